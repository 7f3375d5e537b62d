"""Parts of a library's clips for browsers: small MP3s."""

import io
import math
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample

from engine.library import RATE, Library, close_loop
from engine.voice.level import levelled

MP3_RATE = 32_000
"""Hz of what is packed."""
LEAD_S = 0.2
"""How much of a loop's end is before it in its file, and of its beginning behind it.

An MP3 begins some 1,100 samples late or not, as its decoder likes (LAME technical FAQ: encoder delay). In a sound that
is periodic all through the file, any stretch of one period is the loop, wherever it begins. And a period of whole
granules is coded alike each time, but at the ends of the file: what is decoded repeats to the sample.
"""
_GRANULE = 576  # samples that MPEG-1 layer III codes at once
_SEAM_S = 1.0
_SHORTEST_S = 1.0
_SOFT = 0.8  # compression level, about 48 kbit/s


def loudest(mono: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Return the `length` samples of `mono` [n] that hold the most energy, or all if they aren't more."""
    if length >= len(mono):
        return mono
    power = np.concatenate([[0], np.cumsum(np.square(mono, dtype=np.float64))])
    begin = int(np.argmax(power[length:] - power[:-length]))
    return mono[begin:begin + length]


def looped(library: Library, index: int, longest_s: float) -> bytes:
    """Return a clip as a mono MP3 that can be looped for ever, as loud as all others.

    Of a clip that is longer than `longest_s` by far it is the loudest part of that length. The loop begins LEAD_S into
    the file and has `loop_seconds`. Raises UserError if the clip's file is gone or broken.
    """
    loop = library.load(index, RATE).mean(axis=1)
    part = loudest(loop, round((longest_s + _SEAM_S) * RATE))
    if len(part) < len(loop):
        loop = close_loop(part[:, None], RATE, _SEAM_S)[:, 0]
    loop = np.tile(levelled(loop, RATE), math.ceil(_SHORTEST_S * RATE / len(loop)))
    # By its Fourier series it stays a loop; being retuned by half a granule in a second or more is not heard.
    loop = resample(loop, _GRANULE * round(len(loop) / RATE * MP3_RATE / _GRANULE)).astype(np.float32)
    lead = round(LEAD_S * MP3_RATE)
    return mp3(np.take(loop, np.arange(-lead, len(loop) + lead), mode="wrap"))


def loop_seconds(file: Path) -> float:
    """Return how long the loop in a file that `looped` made is."""
    return float(soundfile.info(file).frames / MP3_RATE - 2 * LEAD_S)


def mp3(samples: NDArray[np.float32]) -> bytes:
    """Return samples [n], -1 to 1 at MP3_RATE, as a small MP3."""
    packed = io.BytesIO()
    soundfile.write(packed, samples, MP3_RATE, format="MP3", subtype="MPEG_LAYER_III", bitrate_mode="VARIABLE",
                    compression_level=_SOFT)
    return packed.getvalue()
