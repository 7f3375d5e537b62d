"""Render the shipped sounds: `SOUNDS` lists them, `render` makes one."""

import zlib

import numpy as np
from scipy import fft, ndimage

from engine.errors import UserError
from engine.shipped.catalogue import SOUNDS, Sound
from engine.shipped.dsp import Loop, Signal, decibels

__all__ = ["SOUNDS", "Sound", "loudness", "render"]

PEAK_DBFS = -3.5  # half a decibel below the promise, for what a lossy codec adds


def render(name: str, seconds: float, rate: int, seed: int) -> Signal:
    """A seamless loop of the sound, float32 [round(seconds * rate), 2], peak at most -3.5 dBFS.

    seconds : at least 1; rate : 16000 Hz or more; seed : another seed gives another take of the same place.
    The same arguments give the same samples on the same platform. Raises UserError for an unknown name or bad numbers.
    """
    if name not in SOUNDS:
        raise UserError(f"no shipped sound is named {name!r}; there are: {', '.join(SOUNDS)}")
    if not seconds >= 1 or rate < 16000:
        raise UserError(f"cannot render {seconds} s at {rate} Hz: at least 1 s and 16000 Hz are needed")
    sound = SOUNDS[name]
    loop = Loop(seconds, rate, np.random.default_rng([seed, zlib.crc32(name.encode())]))
    x = sound.make(loop)
    x = x - x.mean(axis=0)
    return limit(x * np.float32(decibels(sound.loudness - loudness(x, rate))), rate)


def limit(x: Signal, rate: int) -> Signal:
    """Round off the peaks of a loop above PEAK_DBFS: up to 8 dB by a look-ahead limiter, the rest by the level."""
    ceiling = decibels(PEAK_DBFS)
    x = x * np.float32(min(1.0, ceiling * decibels(8) / float(np.abs(x).max())))
    window = max(3, round(0.012 * rate))
    peaks = ndimage.maximum_filter1d(np.abs(x).max(axis=1), window, mode="wrap")
    # the mean of gains that each suffice within the window suffices at its centre
    gain = ndimage.uniform_filter1d(np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9)), window, mode="wrap")
    return (x * gain[:, None]).astype(np.float32)


def loudness(x: Signal, rate: int) -> float:
    """Gated loudness of a stereo loop [n, 2] in LUFS: ITU-R BS.1770-4, K-weighted in the frequency domain."""
    hz = fft.rfftfreq(len(x), 1 / rate)
    shelf = 10 ** (np.interp(np.log(np.maximum(hz, 1)), np.log([800, 2600]), [0.0, 4.0]) / 20)
    weight = (shelf * hz**2 / (hz**2 + 38.0**2)).astype(np.float32)
    power = np.square(fft.irfft(fft.rfft(x, axis=0) * weight[:, None], len(x), axis=0)).sum(axis=1)
    block = max(1, min(len(x), round(0.1 * rate)))
    steps = power[: len(power) // block * block].reshape(-1, block).mean(axis=1)
    blocks = np.mean([np.roll(steps, shift) for shift in range(4)], axis=0)  # 400 ms, overlapping by 75 %
    heard = blocks[blocks > 10 ** (-69.309 / 10)]
    if not len(heard):
        return -70.0
    heard = heard[heard > heard.mean() / 10]
    return float(-0.691 + 10 * np.log10(heard.mean()))
