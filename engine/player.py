"""What every player process has in common: it shows signs of life, leaves with its parent, and says why it ends."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from engine.clock import MonotonicClock
from engine.shared import Session, is_abandoned

CONFIGURATION_WRONG = 64
"""Exit status of a player that a person has to help: what it was asked for doesn't exist."""
TRY_AGAIN = 75
"""Exit status of a player whose device or source may come back by itself."""
STANDBY = "--standby"
"""Argument of a player that is to load everything and then wait until it is its turn."""
MODEL = "--model"
"""Argument of a player that runs one: the model file that follows counts instead of the configured one."""
LIBRARY = "--library"
"""Likewise for the library's folder."""


class Life:
    """The life of one player process.

    Ctrl-C is the conductor's to handle, so SIGINT is ignored here; SIGTERM asks the player to stop. A player whose
    parent is gone stops too, so that a killed conductor leaves nothing running.
    """

    def __init__(self, player: str, folder: str | Path) -> None:
        self.player = player
        self.session = Session.attach(folder)
        self.clock = MonotonicClock()
        self._parent = os.getppid()
        self._stop = is_abandoned(self.session.folder)  # the parent went before this process could know it
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._on_term)
        self.session.tell(f"{player}/pid", os.getpid())

    def goes_on(self) -> bool:
        """Show a sign of life; False when the player has to end."""
        self.session.tell(f"{self.player}/alive", self.clock.now())
        return not self._stop and os.getppid() == self._parent

    def say(self, message: str) -> None:
        """Tell the person at the terminal something, in one line on stderr."""
        print(f"{self.player}: {message}", file=sys.stderr, flush=True)

    def _on_term(self, signum: int, frame: FrameType | None) -> None:
        self._stop = True
