"""Tap tempo: a performer taps the beat."""

from collections import deque

import numpy as np

from engine.tempo.timeline import FASTEST, SLOWEST

_TAPS = 4
_SLOWEST_TAP = 60 / SLOWEST
_FASTEST_TAP = 60 / FASTEST


class Taps:
    """The last four taps."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=_TAPS)

    def tap(self, time: float) -> float | None:
        """Return the tempo in BPM, from the median interval of the last taps, or None at a first one.

        A pause longer than a beat at the slowest tempo begins anew; what follows faster than a beat at the fastest is
        a bounce of the key and doesn't count.
        """
        if self._times and time - self._times[-1] < _FASTEST_TAP:
            return None
        if self._times and time - self._times[-1] > _SLOWEST_TAP:
            self._times.clear()
        self._times.append(time)
        if len(self._times) < 2:
            return None
        return min(max(60 / float(np.median(np.diff(self._times))), SLOWEST), FASTEST)
