"""`python -m engine.dream SESSION_FOLDER`: the DREAM player as a process."""

import sys

from engine.dream.player import play

play(sys.argv[1])
