"""One time for audio, video and control: seconds as float, injected everywhere so that live and offline are one code.

Live players on one machine share the monotonic clock of the operating system, so times written by one player are
comparable in another. Offline rendering and tests advance a virtual clock by hand.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """Source of time in seconds; only differences have a meaning."""

    def now(self) -> float:
        """Return the current time in seconds."""
        ...


class MonotonicClock:
    """The machine's monotonic clock: never jumps, is the same in every process."""

    def now(self) -> float:
        """Return the seconds of the machine's monotonic clock."""
        return time.monotonic()


class VirtualClock:
    """A clock that moves only when told to, for rendering and tests."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start

    def now(self) -> float:
        """Return the virtual time in seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the time forward by `seconds` (>= 0); ValueError if negative."""
        if seconds < 0:
            raise ValueError(f"time can't go back: advance({seconds})")
        self._now += seconds
