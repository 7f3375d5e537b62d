"""Tempo from the autocorrelation of the flux over the last seconds, and a phase that is locked to it.

The tempo's score is the mean autocorrelation at the first multiples of the beat, weighted by a log-Gaussian prior
(Ellis, "Beat tracking by dynamic programming", JNMR 36(1), 2007, equations 6 and 7). The phase runs on by itself and
is drawn towards the phase at which the folded flux is strongest, so that a beat is known when it comes and not after.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.dream.onset import STEP, WINDOW

SLOWEST, FASTEST = 60.0, 200.0
MEMORY_SECONDS = 6.0
PRIOR_BPM = 120.0
PRIOR_OCTAVES = 1.0
KNOWN = 0.3
"""Confidence from which there is a tempo."""
_UPDATE_HOPS = 8
_MULTIPLES = 4
_OFF_BEAT = 0.2
_PHASES = 64
_PULL = 0.25
_STEADY = 0.1
_SETTLING = 0.15
_FLUX_DELAY = WINDOW - STEP / 2
"""Frames from an attack to the middle of its flux, about."""


class Beat(NamedTuple):
    """tempo: BPM, 0 while unknown; phase: 0 to 1, 0 on the beat; confidence: 0 to 1; frame: of a beat in the hop."""

    tempo: float
    phase: float
    confidence: float
    frame: int | None


class BeatTracker:
    """Follows the flux of a sound at `rate` Hz, hop by hop."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        steps_per_second = rate / STEP
        self._flux = np.zeros(round(MEMORY_SECONDS * steps_per_second))
        self._size = 1 << (2 * len(self._flux) - 1).bit_length()
        self._tempi = np.geomspace(SLOWEST, FASTEST, 512)
        self._periods = 60 * steps_per_second / self._tempi
        self._prior = np.exp(-0.5 * (np.log2(self._tempi / PRIOR_BPM) / PRIOR_OCTAVES) ** 2)
        spread = np.arange(-8, 9) / (0.01 * steps_per_second)
        self._smoothing = np.exp(-0.5 * spread ** 2) / np.exp(-0.5 * spread ** 2).sum()
        age = np.arange(len(self._flux))[::-1]
        self._weight = np.exp(-age / (0.5 * len(self._flux)))
        self._age = age.astype(np.float64)
        self._score = np.zeros_like(self._tempi)
        self._hops = 0
        self._period = 0.0      # frames from beat to beat, 0 while unknown
        self._phase = 0.0
        self._confidence = 0.0

    def process(self, flux: NDArray[np.float64], hop: int) -> Beat:
        """Take the flux of one hop of `hop` frames (float64 [hop // STEP]) and return where the beat is at its end."""
        self._flux = np.concatenate([self._flux[len(flux):], flux])
        self._hops += 1
        before = self._phase
        if self._period:
            self._phase += hop / self._period
        if self._hops % _UPDATE_HOPS == 0:
            self._update()
        if not self._period:
            return Beat(0.0, 0.0, self._confidence, None)
        frame = None
        if self._phase >= 1 > before:
            self._phase -= 1
            frame = min(max(round(hop - self._phase * self._period), 0), hop - 1)
        return Beat(60 * self._rate / self._period, self._phase % 1, self._confidence, frame)

    def _update(self) -> None:
        """Measure tempo and phase anew."""
        flux = np.convolve(self._flux, self._smoothing, "same")
        varying = flux - flux.mean()
        spectrum = np.fft.rfft(varying, self._size)
        correlation = np.fft.irfft(spectrum.real ** 2 + spectrum.imag ** 2)[:len(flux)]
        lags = np.arange(len(flux))
        # Flux whose variance is below that of a steady noise has no beat, however regular it is.
        correlation /= (correlation[0] / len(flux) + _STEADY) * (len(flux) - lags)
        on = np.mean([np.interp(k * self._periods, lags, correlation) for k in range(1, _MULTIPLES + 1)], axis=0)
        off = np.interp(0.5 * self._periods, lags, correlation)
        self._score += _SETTLING * (self._prior * on - _OFF_BEAT * np.maximum(off, 0) - self._score)
        best = int(np.argmax(self._score))
        self._confidence = float(np.clip(self._score[best] / (0.8 * self._prior[best]), 0, 1))
        if self._confidence < KNOWN:
            self._period = self._phase = 0.0
            return
        shift = _vertex(*self._score[best - 1:best + 2]) if 0 < best < len(self._score) - 1 else 0.0
        known = self._period > 0
        self._period = float(np.interp(best + shift, np.arange(len(self._periods)), self._periods)) * STEP
        error = (self._measured_phase(flux) - self._phase + 0.5) % 1 - 0.5
        self._phase += _PULL * error if known else error

    def _measured_phase(self, flux: NDArray[np.float64]) -> float:
        """Return the phase at the newest frame that lets most of the remembered flux fall on beats."""
        # Beats lie where age / period = phase, modulo 1; the flux trails its attack.
        position = (self._age * STEP + _FLUX_DELAY) / self._period % 1 * _PHASES
        low = position.astype(np.int64)
        part = position - low
        weighted = flux * self._weight
        folded = (np.bincount(low % _PHASES, weighted * (1 - part), _PHASES)
                  + np.bincount((low + 1) % _PHASES, weighted * part, _PHASES))
        best = int(np.argmax(folded))
        shift = _vertex(folded[best - 1], folded[best], folded[(best + 1) % _PHASES])
        return float((best + shift) / _PHASES % 1)


def _vertex(left: float, middle: float, right: float) -> float:
    """Return where the parabola through three neighbouring values has its maximum, -0.5 to 0.5 from the middle."""
    bend = left - 2 * middle + right
    return 0.5 * (left - right) / bend if bend < 0 else 0.0
