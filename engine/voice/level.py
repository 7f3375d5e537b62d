"""How loud a generated clip is made: all are alike, whatever the model's idea of loudness."""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.signal import freqz

from engine.sound.loudness import k_weighting, lufs

LOUDNESS = -20.0
"""LUFS."""
HIGHEST = -1.0
"""dBTP; a clip that would exceed it is quieter than LOUDNESS."""
_OVERSAMPLING = 4
_BELOW_HIGHEST = 0.1
"""What four times oversampling may miss of a peak (ITU-R BS.1770-5, Annex 2), and rounding to 24 bits, dB."""


def levelled(loop: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Return `loop` [n] at `rate` Hz as loud as a clip shall be. Silence stays what it is."""
    if not loop.any():
        return loop
    gain = min(LOUDNESS - loudness(loop, rate), HIGHEST - _BELOW_HIGHEST - true_peak_db(loop))
    return np.asarray(loop * np.float32(10 ** (gain / 20)))


def loudness(loop: NDArray[np.float32], rate: int) -> float:
    """Return the loudness of a loop [n] that goes on for ever, LUFS (ITU-R BS.1770, which needs no gate for that)."""
    feedback, numerator = k_weighting(rate)
    denominator = np.convolve([1, *feedback[:2]], [1, *feedback[2:]])
    spectrum = rfft(loop.astype(np.float64))
    response = freqz(numerator, denominator, np.fft.rfftfreq(len(loop), 1 / rate), fs=rate)[1]
    return lufs(float(np.mean(irfft(spectrum * response, len(loop)) ** 2)))


def true_peak_db(loop: NDArray[np.float32]) -> float:
    """Return the highest amplitude of a loop [n] on and between its samples, dBTP; at least -120."""
    between = irfft(rfft(loop.astype(np.float64)), _OVERSAMPLING * len(loop)) * _OVERSAMPLING
    return float(20 * np.log10(max(np.abs(between).max(), 1e-6)))
