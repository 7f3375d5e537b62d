"""`python -m engine.dream.painter SESSION_FOLDER [--standby [--model MODEL_FILE]]`: PAINTER as a process."""

import gc
import os
import signal


def main() -> None:
    """Run the player and leave with its exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the conductor's to handle, also while this starts
    gc.disable()  # a tenth of the start would go into looking for garbage that imports don't make
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: its products here are too small to share out
    from engine.dream.painter.player import load, play
    from engine.modelplayer import run

    run("painter", load, play)


if __name__ == "__main__":
    main()
