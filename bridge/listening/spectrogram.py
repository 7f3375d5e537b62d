"""Pictures of sounds: time to the right, frequency upwards in octaves, level as colour."""

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

LOWEST_HZ, HIGHEST_HZ = 40.0, 24_000.0
WIDTH, HEIGHT = 960, 240
_WINDOW = 4096
_LOBE = 2.0
"""Bins to each side that a tone spreads over under the Hann window."""
_QUIETEST_DB, _LOUDEST_DB = -100.0, -20.0


def picture(sound: NDArray[np.float32], rate: int) -> bytes:
    """Return a PNG, WIDTH x HEIGHT, of `sound` [frames, channels]; several channels share it, the first on top.

    Each row is the power within its band, so that a tone has the same colour at every height; 0 dB is a full sine.
    """
    channels = sound.shape[1]
    bands = [_levels(sound[:, channel], rate, HEIGHT // channels) for channel in range(channels)]
    level = (np.concatenate(bands) - _QUIETEST_DB) / (_LOUDEST_DB - _QUIETEST_DB)
    palette = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_INFERNO)[:, 0, ::-1]
    image = Image.fromarray((255 * np.clip(level, 0, 1)).astype(np.uint8), "P")
    image.putpalette(palette.tobytes())
    packed = io.BytesIO()
    image.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def _levels(mono: NDArray[np.float32], rate: int, rows: int) -> NDArray[np.float64]:
    """Return the levels in dB [rows, WIDTH], the highest frequency first."""
    window = np.hanning(_WINDOW + 1)[:-1]
    padded = np.pad(mono, (_WINDOW // 2, _WINDOW // 2))
    middles = np.linspace(0, len(mono), WIDTH, endpoint=False).astype(np.intp)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[middles]
    power = np.abs(np.fft.rfft(frames * window, axis=1) / (window.sum() / 2)) ** 2
    # Power below each place between the bins; the difference between its edges is a band's.
    below = np.concatenate([np.zeros((len(power), 1)), np.cumsum(power, axis=1)], axis=1)
    middle = np.geomspace(HIGHEST_HZ, LOWEST_HZ, rows) * _WINDOW / rate + 0.5
    half = np.maximum(middle * (np.log(HIGHEST_HZ / LOWEST_HZ) / rows / 2), _LOBE)
    band = _between(below, middle + half) - _between(below, middle - half)
    return 10 * np.log10(np.maximum(band, 1e-12)).T


def _between(values: NDArray[np.float64], place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values [frames, bins] at places between the bins, by linear interpolation."""
    place = np.clip(place, 0, values.shape[1] - 1.001)
    left = place.astype(np.intp)
    return values[:, left] + (place - left) * (values[:, left + 1] - values[:, left])
