"""Level, octave-like bands and centroid of the newest frames."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.shared import BANDS

FLOOR_DB = -120.0
LEVEL_FRAMES = 1024
"""Frames over which the RMS level is taken."""
BAND_EDGES = np.geomspace(40.0, 16_000.0, BANDS + 1)
"""Edges of the bands in Hz: 40, 85, 179, 378, 800, 1692, 3578, 7566, 16000."""


def window_frames(rate: int) -> int:
    """Return how many frames the spectrum and the pitch look at: 2048 at 44.1 and 48 kHz, as long in time above."""
    return 2048 * max(1, round(rate / 48_000))


def decibels(mean_square: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return a mean square as dBFS, not below FLOOR_DB. A full-scale sine is at -3.01."""
    return np.asarray(10 * np.log10(np.maximum(mean_square, 10 ** (FLOOR_DB / 10))))


class Levels(NamedTuple):
    """rms and peak in dBFS, bands [BANDS] in dBFS, centroid in Hz (0 in silence)."""

    rms: float
    peak: float
    bands: NDArray[np.float64]
    centroid: float


class Spectrum:
    """Measures one window of mono sound at `rate` Hz."""

    def __init__(self, rate: int) -> None:
        frames = window_frames(rate)
        self._window = np.hanning(frames + 1)[:-1]
        self._frequencies = np.fft.rfftfreq(frames, 1 / rate)
        self._to_mean_square = 2 / (frames * np.sum(self._window ** 2))
        band = np.searchsorted(BAND_EDGES, self._frequencies, "right") - 1
        self._membership = np.asarray(band[None, :] == np.arange(BANDS)[:, None], np.float64)

    def measure(self, newest: NDArray[np.float64], hop: int) -> Levels:
        """Return the levels of `newest` (float64 [window_frames]), the peak over its last `hop` frames.

        The centroid is the mean frequency weighted by magnitude (Peeters 2004, section 6.1.1); 0 below -100 dBFS.
        """
        tail = newest[-LEVEL_FRAMES:]
        magnitude = np.abs(np.fft.rfft(newest * self._window))
        power = magnitude * magnitude * self._to_mean_square
        audible = power.sum() > 1e-10
        return Levels(
            rms=float(decibels(tail @ tail / LEVEL_FRAMES)),
            peak=float(decibels(np.max(np.abs(newest[-hop:])) ** 2)),
            bands=decibels(self._membership @ power),
            centroid=float(self._frequencies @ magnitude / magnitude.sum()) if audible else 0.0,
        )
