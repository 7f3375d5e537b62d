"""What the picture is to show, followed smoothly: the direction says what sounds, the last value how loud it is."""

import numpy as np
from numpy.typing import NDArray

_AUDIBLE = 0.25
"""Level (0 at -60 dBFS, 1 at 0 dBFS) from which what is heard counts in full: below, noise has little to say."""


class Condition:
    """Follows conditions, float32 [C], the last of whose values is the level, 0 to 1.

    The rest follows the less the quieter the sound is, and not at all in silence: so the picture rests there.
    """

    def __init__(self) -> None:
        self._value: NDArray[np.float32] | None = None

    def follow(self, heard: NDArray[np.float32], passed: float, smoothing: float) -> NDArray[np.float32]:
        """Return the condition `passed` seconds later, when `heard` is heard; smoothing: time constant, s."""
        if self._value is None:
            self._value = heard.copy()
        else:
            near = -float(np.expm1(-passed / smoothing)) if smoothing > 0 else 1.0
            share = np.full(len(heard), near * min(1.0, float(heard[-1]) / _AUDIBLE), np.float32)
            share[-1] = near
            self._value += share * (heard - self._value)
        return self._value.copy()
