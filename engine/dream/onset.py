"""Onsets: attacks found within a few milliseconds, from the rise of band energies in short frames.

The detection function is SuperFlux (Boeck and Widmer, "Maximum filter vibrato suppression for onset detection",
DAFx 2013) with the maximum filter along time instead of frequency: a band counts only as far as it rises above the
loudest that it was in the preceding 40 ms. So neither the periods of a low tone nor the grain of a noise count. The
frames are 5.3 ms long and 2.7 ms apart (at 48 kHz), because an onset is worth nothing when it comes late.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

STEP = 128
"""Frames between two values of the flux."""
WINDOW = 2 * STEP
GAP = 2
"""Steps just before the present one that the reference leaves out: an attack is measured over its whole rise."""
REFERENCE_SECONDS = 0.04
REFRACTORY_SECONDS = 0.06
ADAPTATION_SECONDS = 1.0
_RESTLESS = 0.8
FLUX_EDGES = np.array([0, 200, 400, 600, 900, 1300, 1900, 2700, 3900, 5600, 8000, 11500, 16500], np.float64)
"""Edges in Hz of the bands of the flux."""
QUIET = 1e-9
"""Mean square that is added to each band: rises below -90 dBFS don't count."""
FULL_STRENGTH_DB = 40.0
_EDGE = 8


class Onset(NamedTuple):
    """frame: where in the hop the attack began (may be negative: in the hop before); strength: above 0, up to 1."""

    frame: int
    strength: float


class OnsetDetector:
    """Follows a mono sound at `rate` Hz hop by hop."""

    def __init__(self, rate: int) -> None:
        frequencies = np.fft.rfftfreq(WINDOW, 1 / rate)
        band = np.searchsorted(FLUX_EDGES, frequencies, "right") - 1
        bands = len(FLUX_EDGES) - 1
        window = np.hanning(WINDOW + 1)[:-1]
        self._window = window
        self._membership = np.asarray(band[:, None] == np.arange(bands), np.float64) * (
            2 / (WINDOW * np.sum(window ** 2)))
        self._reference = round(REFERENCE_SECONDS * rate / STEP)
        # What sounded before the first hop is unknown: nothing counts as a rise above it.
        self._levels = np.full((self._reference + GAP, bands), 1000.0)
        self._recent = np.zeros(round(ADAPTATION_SECONDS * rate / STEP))
        self._refractory = round(REFRACTORY_SECONDS * rate)
        self._since = self._refractory
        self._armed = True

    def process(self, newest: NDArray[np.float64], hop: int, gate: float, sensitivity: float,
                ) -> tuple[NDArray[np.float64], Onset | None]:
        """Analyse the last `hop` frames of `newest`, which reaches back 2 * hop at least.

        gate: dBFS below which nothing counts; sensitivity: 0 to 1. Returns the flux of each step of the hop in dB
        [hop // STEP] (the mean rise of the bands) and the onset found in the hop, at most one.
        """
        steps = hop // STEP
        rows = np.arange(steps)[:, None]
        frames = newest[-hop - STEP:][STEP * rows + np.arange(WINDOW)]
        spectrum = np.fft.rfft(frames * self._window)
        power = (spectrum.real ** 2 + spectrum.imag ** 2) @ self._membership
        levels = np.concatenate([self._levels, 10 * np.log10(power + QUIET)])
        references = levels[rows + np.arange(self._reference)].max(1)
        flux = np.maximum(levels[-steps:] - references, 0).mean(1)
        self._levels = levels[steps:]

        threshold = self._threshold(sensitivity)
        loud = np.abs(frames).max(1) >= 10 ** (gate / 20)
        onset = None
        for step in range(steps):
            self._since += STEP
            if flux[step] < 0.5 * threshold:
                self._armed = True
            if flux[step] >= threshold and loud[step] and self._armed and self._since >= self._refractory:
                onset = Onset(self._attack(newest, hop, step), min(float(flux[step:].max()) / FULL_STRENGTH_DB, 1.0))
                self._since, self._armed = 0, False
        self._recent = np.concatenate([self._recent[steps:], flux])
        return flux, onset

    def _threshold(self, sensitivity: float) -> float:
        """Return the rise in dB that counts as an onset: more in restless sound (Bello et al. 2005, section V.C)."""
        rank = int(_RESTLESS * len(self._recent))
        return float(2 ** (2.6 - 3 * sensitivity) * (1 + np.partition(self._recent, rank)[rank]))

    @staticmethod
    def _attack(newest: NDArray[np.float64], hop: int, step: int) -> int:
        """Return where the attack noticed in `step` began.

        It is where the sound splits best into a quieter and a louder stationary part, by Akaike's criterion on the
        samples (Maeda 1985) and, for soft attacks of bright sounds under a strong hum, on their slope.
        """
        end = len(newest) - hop + (step + 1) * STEP
        start = end - WINDOW - GAP * STEP
        part = newest[start - 1:end]
        channels = np.stack([part[1:] - part.mean(), np.diff(part)])
        energy = np.cumsum(channels * channels, axis=1) + 1e-12
        count = np.arange(_EDGE, end - start - _EDGE)
        before = energy[:, count - 1] / count
        after = (energy[:, -1:] - energy[:, count - 1] + 1e-12) / (end - start - count)
        criterion = count * np.log(before) + (end - start - count) * np.log(after)
        criterion[after <= before] = 0
        return start + int(count[np.argmin(criterion.sum(0))]) - (len(newest) - hop)
