"""`python -m engine.sight SESSION_FOLDER [--standby [--eye MODEL_FILE]]`: the SIGHT player as a process."""

import argparse
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
    from engine.player import EYE, STANDBY
    from engine.sight.player import play

    parser = argparse.ArgumentParser()
    parser.add_argument("session")
    parser.add_argument(STANDBY, action="store_true", dest="standby")
    parser.add_argument(EYE, dest="eye")
    args = parser.parse_args()

    # Python must not be taken down under a camera's thread that waits inside a driver.
    os._exit(play(args.session, args.standby, args.eye))


if __name__ == "__main__":
    main()
