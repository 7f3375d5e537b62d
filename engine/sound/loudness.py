"""Loudness by ITU-R BS.1770-5 and EBU R 128: the standard's filters and weights, and the gated figures.

The audio kernel filters the output and sums it up in blocks of 100 ms (engine.sound.metering); here they become LUFS.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from engine.sound.spatial import Layout

SILENCE = -120.0
"""What is told of silence, LUFS."""

# BS.1770-5, Annex 1, tables 1 and 2: the two biquads of the K-weighting at 48 kHz, numerator and denominator.
_TABLE_RATE = 48_000
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGHPASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))

_ABSOLUTE, _RELATIVE = -70.0, -10.0
_STEP = 0.01
_TOP = 20.0  # sixteen channels at full scale stay below it
_MOMENTARY, _SHORT = 4, 30


def k_weighting(rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the K-weighting for `rate` Hz: feedback [4] of the shelf and of the high-pass, joint numerator [5].

    The standard's tables are taken back to their analogue prototypes (bilinear transform, prewarped at the corner of
    each filter) and those to `rate`: at 48 kHz the tables themselves come out.
    """
    (shelf, shelf_poles), (highpass, highpass_poles) = _at(rate, *_SHELF), _at(rate, *_HIGHPASS)
    return np.concatenate([shelf_poles[1:], highpass_poles[1:]]), np.convolve(shelf, highpass)


def _at(rate: int, zeros: Iterable[float], poles: Iterable[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    # z = (1 + s) / (1 - s) turns c0 + c1/z + c2/z^2 into a polynomial of s, highest power first, but for a factor
    turn = np.array([[1, -1, 1], [2, 0, -2], [1, 1, 1]])
    numerator, denominator = turn @ list(zeros), turn @ list(poles)
    corner = np.sqrt(denominator[2] / denominator[0])
    stretch = np.tan(np.arctan(corner) * _TABLE_RATE / rate) / corner
    scale = stretch ** np.array([-2, -1, 0])
    back = np.array([[1, 1, 1], [-2, 0, 2], [1, -1, 1]])
    numerator, denominator = back @ (numerator * scale), back @ (denominator * scale)
    return numerator / denominator[0], denominator / denominator[0]


def weights(layout: Layout) -> NDArray[np.float64]:
    """Return how much each channel's power counts [layout.channels] (BS.1770-5, Annex 1, table 4).

    1.41 for loudspeakers 60 to 120 degrees to either side, 1 for the others, nothing for channels that are heard from
    nowhere (azimuth None): the LFE, and all of Ambisonics but the omnidirectional one.
    """
    return np.array([0.0 if azimuth is None else 1.41 if 60 <= abs(azimuth) <= 120 else 1.0
                     for azimuth in layout.azimuths])


def lufs(energy: float) -> float:
    """Return the loudness of a weighted mean square."""
    return float(max(-0.691 + 10 * np.log10(max(energy, 1e-30)), SILENCE))


class Loudness:
    """Momentary, short-term and integrated loudness in LUFS of a stream of blocks of 100 ms.

    The integrated one is that of all blocks ever, in bounded memory: a histogram in steps of 0.01 LU, which is how
    exactly the relative gate is placed. What came before the first block counts as silence.
    """

    def __init__(self) -> None:
        self.momentary = self.short = self.integrated = SILENCE
        self._newest = np.zeros(_SHORT)
        self._seen = 0
        bins = round((_TOP - _ABSOLUTE) / _STEP)
        self._counts, self._energies = np.zeros(bins), np.zeros(bins)

    def push(self, blocks: NDArray[np.float64]) -> None:
        """Take the weighted mean squares [n] of the blocks that follow."""
        if not len(blocks):
            return
        for energy in blocks:
            self._newest[:-1] = self._newest[1:]
            self._newest[-1] = energy
            self._seen += 1
            gated = float(self._newest[-_MOMENTARY:].mean())
            level = lufs(gated)
            if self._seen >= _MOMENTARY and level > _ABSOLUTE:
                at = min(int((level - _ABSOLUTE) / _STEP), len(self._counts) - 1)
                self._counts[at] += 1
                self._energies[at] += gated
        self.momentary = lufs(float(self._newest[-_MOMENTARY:].mean()))
        self.short = lufs(float(self._newest.mean()))
        self.integrated = self._gate()

    def _gate(self) -> float:
        count = self._counts.sum()
        if not count:
            return SILENCE
        threshold = lufs(float(self._energies.sum() / count)) + _RELATIVE
        first = max(int(np.ceil((threshold - _ABSOLUTE) / _STEP)), 0)
        return lufs(float(self._energies[first:].sum() / self._counts[first:].sum()))
