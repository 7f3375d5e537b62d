"""`python -m engine.sight SESSION_FOLDER [--standby [--model FILE] [--library FOLDER]]`: SIGHT as a process."""

import gc
import os
import signal
import threading


def main() -> None:
    """Run the player and leave with its exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the conductor's to handle, also while this starts
    gc.disable()  # a tenth of the start would go into looking for garbage that imports don't make
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: its products here are too small to share out
    from engine.modelfile import import_torch

    # Importing torch takes most of the start, so it goes on beside everything else.
    threading.Thread(target=import_torch, daemon=True).start()
    from engine.modelplayer import run
    from engine.sight.player import load, play

    run("sight", load, play)


if __name__ == "__main__":
    main()
