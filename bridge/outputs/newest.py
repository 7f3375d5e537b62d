"""Which picture of a frame slot is to be sent, and when: the newest, once, so many a second at most."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.shared import FrameSlot


class Picture(NamedTuple):
    """A picture to send.

    frame: RGB uint8 [height, width, 3]. time: of what it shows, clock s. appeared: when it was published, clock s.
    """

    frame: NDArray[np.uint8]
    time: float
    appeared: float


class Newest:
    """Takes pictures from `slot`, `rate` a second at most."""

    def __init__(self, slot: FrameSlot, rate: float) -> None:
        self._slot, self._period = slot, 1 / rate
        self._taken = max(0, slot.number - 1)  # who comes late gets the picture that is there
        self._due = 0.0
        self.dropped = 0
        """Pictures that were replaced before they could be taken."""

    @property
    def waits(self) -> bool:
        """Whether there is a picture that was not taken yet."""
        return self._slot.number != self._taken

    def take(self, now: float) -> Picture | None:
        """Return the newest picture if it was not taken yet and it is time for one; `now`: clock s."""
        if now < self._due or not self.waits or (got := self._slot.read()) is None:
            return None
        frame, time, number = got
        self.dropped += number - self._taken - 1
        self._taken = number
        # Small delays are made up for, so that a source of the same rate keeps it; long ones are not.
        self._due = self._due + self._period if now - self._due < self._period else now + self._period
        return Picture(frame, time, self._slot.appeared(number, now))
