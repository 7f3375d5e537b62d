"""`python -m engine.sound SESSION`: the SOUND process."""

import sys

from engine.sound.player import main

if __name__ == "__main__":
    main(sys.argv[1])
