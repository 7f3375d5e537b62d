"""Pitch by McLeod and Wyvill, "A smarter way to find pitch" (ICMC 2005)."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.dream.spectrum import window_frames

LOWEST_HZ, HIGHEST_HZ = 50.0, 2000.0
VOICED = 0.8
"""Clarity from which a sound has a pitch."""
_KEY_MAXIMUM = 0.9
_SILENCE = 1e-8


@njit(cache=True, nogil=True)
def _key_maximum(nsdf: NDArray[np.float64], shortest: int) -> int:
    """Return the lag of the first maximum of its lobe within 0.9 of the highest, 0 if there is none (section 6)."""
    lags = len(nsdf)
    start = 1
    while start < lags and nsdf[start] > 0:
        start += 1
    maxima = np.zeros(lags, np.int64)
    count = 0
    highest = 0.0
    lag = start
    while lag < lags:
        while lag < lags and nsdf[lag] <= 0:
            lag += 1
        best = 0
        while lag < lags and nsdf[lag] > 0:
            if (shortest <= lag < lags - 1 and nsdf[lag] >= nsdf[lag - 1] and nsdf[lag] > nsdf[lag + 1]
                    and (best == 0 or nsdf[lag] > nsdf[best])):
                best = lag
            lag += 1
        if best:
            maxima[count] = best
            count += 1
            highest = max(highest, nsdf[best])
    for i in range(count):
        if nsdf[maxima[i]] >= _KEY_MAXIMUM * highest:
            return int(maxima[i])
    return 0


class PitchTracker:
    """Finds the pitch of one window of mono sound at `rate` Hz."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._frames = window_frames(rate)
        self._lags = int(rate / LOWEST_HZ) + 2
        self._shortest = int(rate / HIGHEST_HZ)

    def measure(self, newest: NDArray[np.float64]) -> tuple[float, float]:
        """Return (pitch in Hz, 0 when unvoiced; clarity, 0 to 1) of `newest`, float64 [window_frames]."""
        x = newest - newest.mean()
        squares = x * x
        total = squares.sum()
        if total < _SILENCE * self._frames:
            return 0.0, 0.0
        spectrum = np.fft.rfft(x, 2 * self._frames)
        correlation = np.fft.irfft(spectrum.real ** 2 + spectrum.imag ** 2)[:self._lags]
        # m'(tau) of equation 6: twice the energy less what the shift pushes out at both ends.
        lost = np.concatenate([[0.0], np.cumsum(squares + squares[::-1])[:self._lags - 1]])
        nsdf = 2 * correlation / np.maximum(2 * total - lost, _SILENCE)
        lag = _key_maximum(nsdf, self._shortest)
        if lag == 0:
            return 0.0, 0.0
        left, middle, right = nsdf[lag - 1:lag + 2]
        shift = 0.5 * (left - right) / (left - 2 * middle + right)
        clarity = min(max(middle - 0.25 * (left - right) * shift, 0.0), 1.0)
        return (self._rate / (lag + shift) if clarity >= VOICED else 0.0), float(clarity)
