"""The way back from log-mel spectrograms to the magnitudes of their FFT.

They are those of Chen et al. 2017, "Deep Cross-Modal Audio-Visual Generation", section 4.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

RATE = 44_100
FFT = 2048
HOP = 512
MELS = 128
FRAMES = 44
"""Half a second."""
TOP_DB = 80.0

_ROUNDS = 100
_FAINT = 1e-20


def power_of(log_mel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values 0..1 -> power relative to the loudest, 0..1: 1 is 0 dB, and 0, TOP_DB below, is silence."""
    floor = 10 ** (-TOP_DB / 10)
    return np.asarray(10 ** (TOP_DB / 10 * (log_mel.clip(0, 1) - 1)) - floor, np.float32)


def magnitudes(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mel power [MELS, T], 0 and up -> magnitudes [T, FFT/2+1] of which the mel filters make this power.

    Of the many that would, those that the iteration of Richardson 1972 and Lucy 1974 comes to. It minimises the
    Kullback-Leibler divergence, whose errors are in proportion: least squares, as librosa.feature.inverse has them, fit
    the loudest bands and leave those 50 dB below several decibels off.
    """
    to_mel, to_hertz = _filters()
    share = to_hertz @ np.ones((MELS, 1), np.float32) + _FAINT
    guess = to_hertz @ power / share
    for _ in range(_ROUNDS):
        guess *= to_hertz @ (power / (to_mel @ guess + _FAINT)) / share
    return np.sqrt(np.ascontiguousarray(guess.T, np.float32))


@cache
def filters() -> NDArray[np.float32]:
    """Slaney's triangles of equal area, float32 [MELS, FFT/2+1], as librosa.filters.mel draws them by default."""
    hertz = np.linspace(0, RATE / 2, FFT // 2 + 1)
    highest = 15 + 27 * np.log(RATE / 2 / 1000) / np.log(6.4)
    mel = np.linspace(0, highest, MELS + 2)
    # linear below 1 kHz, logarithmic above (Slaney 1998, "Auditory Toolbox")
    edges = np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.minimum((hertz - low) / (middle - low), (high - hertz) / (high - middle)).clip(0)
    return np.asarray(triangles * 2 / (high - low), np.float32)


@cache
def _filters() -> tuple[csr_array, csr_array]:
    """The filters and their transpose; almost all of their entries are 0."""
    return csr_array(filters()), csr_array(filters().T)
