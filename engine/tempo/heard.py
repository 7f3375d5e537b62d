"""Follows the beat that DREAM hears in the live input."""

from collections.abc import Callable
from typing import Any, ClassVar

from numpy.typing import NDArray

from engine.tempo.timeline import Tempo

_STALE = 1.0
"""Seconds after which an analysis says nothing about now."""


class HeardBeat:
    """The tempo and phase in the newest record of FEATURES; `features` reads it.

    A phase says nothing of the count, so the beat that is nearest to the present one is meant. It is approached slowly:
    a tracker that changes its mind must not be heard.
    """

    peers = jumps = 0
    glide: ClassVar[float] = 2.0
    absent = "no beat is heard yet"

    def __init__(self, features: Callable[[], NDArray[Any] | None]) -> None:
        self._features = features

    def tempo(self, now: float, present: Tempo) -> Tempo | None:
        """Return the beat that is heard, or None if there is none; `present`: the beat so far."""
        heard = self._features()
        if heard is None or heard["tempo"] <= 0 or now - heard["time"] > _STALE:
            return None
        time = float(heard["time"])
        beat = present.beat_at(time)
        ahead = (float(heard["beat_phase"]) - beat + 0.5) % 1 - 0.5
        return Tempo(time, beat + ahead, float(heard["tempo"]))
