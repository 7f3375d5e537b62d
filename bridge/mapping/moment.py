"""All that an expression can read, as it is at one moment."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from bridge.control import Control
from engine.shared import Session


class Moment:
    """classes: names of the scene classes that the eye tells apart. now: clock s.

    controls: where each control was moved to, 0 to 1. heard: numbers by OSC address and place from 1. failed: whether
    something could not be computed since `turn`.
    """

    def __init__(self, session: Session, classes: Sequence[str], now: float) -> None:
        self.session = session
        self.classes = {name: index for index, name in enumerate(classes)}
        self.controls: dict[Control, float] = {}
        self.heard: dict[tuple[str, int], float] = {}
        self.began = now
        self.turn(now)

    def turn(self, now: float) -> None:
        """Go on to the moment `now`."""
        self.now = now
        self.failed = False
        self._records: dict[str, NDArray[Any] | None] = {}

    def record(self, name: str) -> NDArray[Any] | None:
        """Return the newest record of the session's mailbox `name`, the same one throughout the moment."""
        if name not in self._records:
            self._records[name] = getattr(self.session, name).read()
        return self._records[name]
