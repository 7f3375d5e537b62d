"""Sound from magnitudes alone (Griffin and Lim 1984), with the momentum of Perraudin, Balazs and Søndergaard 2013.

Time is a circle here: the last frames overlap with the first, so that the sound loops without a seam.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.signal import get_window

from engine.voice.mel import FFT, HOP

ROUNDS = 32
_MOMENTUM = 0.99
_OVERLAP = FFT // HOP
_WINDOW = get_window("hann", FFT).astype(np.float32)
_GAIN = np.float32(np.sum(_WINDOW[::HOP] ** 2))
"""What the squares of the windows that overlap add up to, everywhere."""


def sound_of(magnitudes: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Magnitudes [T, FFT/2+1] of frames HOP apart, the first centred on sample 0 -> float32 [T * HOP].

    The phases begin at random, by the seed.
    """
    angles = 2 * np.pi * np.random.default_rng(seed).random(magnitudes.shape, np.float32)
    spectrum = magnitudes * np.exp(1j * angles)
    before = np.zeros_like(spectrum)
    for _ in range(ROUNDS):
        now = _analysed(_synthesised(spectrum))
        ahead = now + _MOMENTUM * (now - before)
        spectrum = magnitudes * ahead / np.maximum(np.abs(ahead), 1e-20)
        before = now
    return _synthesised(spectrum)


def _analysed(sound: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Sound [T * HOP] -> spectrum [T, FFT/2+1]."""
    blocks = sound.reshape(-1, HOP)
    frames = np.hstack([np.roll(blocks, _OVERLAP // 2 - part, axis=0) for part in range(_OVERLAP)])
    return np.asarray(rfft(frames * _WINDOW, axis=1))


def _synthesised(spectrum: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Spectrum [T, FFT/2+1] -> the sound [T * HOP] whose spectrum comes nearest."""
    frames = (irfft(spectrum, FFT, axis=1) * _WINDOW / _GAIN).reshape(-1, _OVERLAP, HOP)
    return np.asarray(sum(np.roll(frames[:, part], part - _OVERLAP // 2, axis=0) for part in range(_OVERLAP)).ravel())
