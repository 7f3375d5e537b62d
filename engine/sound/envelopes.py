"""Envelopes of grains (compiled; part of the audio kernel).

They are computed for each frame, not looked up: a polynomial takes a few vector instructions, a table of any useful
size a gather. Time is in frames from the grain's onset; a frame counts at its middle.

TAPERED     Tukey window: cosine tapers around a flat middle; with tapers that meet, a Hann window
GAUSSIAN    bell whose standard deviation is a sixth of the length, lowered so that it ends at 0
DECAYING    exponential decay by 60 dB that ends at 0, after a rise of a fiftieth of the length (Roads, Microsound,
            2001, ch. 3: expodec)
SWELLING    the same backwards (rexpodec)
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import float32, int32, njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from engine.sound.lanes import ARITHMETIC

TAPERED, GAUSSIAN, DECAYING, SWELLING = range(4)

TAPER = (1.5707962900, -2.5838534395, 1.2750156885, -0.2990225863, 0.0386100632)
"""Coefficients of w, w ** 3, ... in 0.5 - 0.5 cos(pi (w + 0.5)) - 0.5 on -0.5 to 0.5, error below 2e-9."""
_T1, _T3, _T5, _T7, _T9 = (float32(c) for c in TAPER)
_RISE = 50
_DECAY = float32(np.log2(1000))
_DECAY_END = float32(1 / 1000)
_DECAY_SCALE = float32(1 / (1 - 1 / 1000))
_BELL = float32(18 / np.log(2))
_BELL_END = float32(np.exp(-4.5))
_BELL_SCALE = float32(1 / (1 - np.exp(-4.5)))


def _power_of_two(typingctx: Any, bits: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), codegen


_as_float: Any = intrinsic(_power_of_two)


@njit(fastmath=ARITHMETIC, error_model="numpy", inline="always")
def _exp2(x: np.float32) -> np.float32:
    """Return 2 ** x for -30 <= x <= 0, within 2e-7 of its value."""
    whole = int32(x - float32(1))  # rounds towards 0: the next whole number below, or that less 1
    f = x - float32(whole)
    # Polynomial of 2 ** f on 0 to 1, relative error below 2e-9; f = 1 gives 2.
    y = float32(1) + f * (float32(0.693146987) + f * (float32(0.240229796) + f * (float32(0.0554835247) + f * (
        float32(0.00967847255) + f * (float32(0.00124430815) + f * float32(0.000216906092))))))
    return y * _as_float((whole + int32(127)) << int32(23))


@njit(fastmath=ARITHMETIC, error_model="numpy", inline="always")
def tapered(t: np.float32, length: np.float32, slope: np.float32) -> np.float32:
    """Return the Tukey window of `length` frames at 0 <= t <= length; slope: 1 / frames of each taper."""
    rest = length - t
    u = (t if t < rest else rest) * slope
    w = (u if u < float32(1) else float32(1)) - float32(0.5)
    q = w * w
    return float32(0.5) + w * (_T1 + q * (_T3 + q * (_T5 + q * (_T7 + q * _T9))))


@njit(fastmath=ARITHMETIC, error_model="numpy", inline="always")
def gaussian(t: np.float32, length: np.float32) -> np.float32:
    """Return the Gaussian window of `length` frames at 0 <= t <= length."""
    u = t / length - float32(0.5)
    return (_exp2(-_BELL * u * u) - _BELL_END) * _BELL_SCALE


@njit(fastmath=ARITHMETIC, error_model="numpy", inline="always")
def decaying(t: np.float32, length: np.float32) -> np.float32:
    """Return the decaying window of `length` frames at 0 <= t <= length."""
    u = t / length
    fall = (_exp2(-_DECAY * u) - _DECAY_END) * _DECAY_SCALE
    return fall * tapered(t, float32(2) * length, float32(_RISE) / length)


@njit(error_model="numpy")
def envelope(shape: int, t: np.float32, length: np.float32, slope: np.float32) -> np.float32:
    """Return the envelope of this shape at one moment."""
    if shape == TAPERED:
        return tapered(t, length, slope)
    if shape == GAUSSIAN:
        return gaussian(t, length)
    return decaying(t if shape == DECAYING else length - t, length)


@njit(fastmath=ARITHMETIC, error_model="numpy")
def shade(shape: int, voice: NDArray[np.float32], age: int, length: int, slope: np.float32) -> None:
    """Multiply some frames of a voice with the envelope; the first of them has this age."""
    size = float32(length)
    first = float32(age) + float32(0.5)
    if shape == TAPERED:
        for j in range(len(voice)):
            voice[j] *= tapered(first + float32(int32(j)), size, slope)
    elif shape == GAUSSIAN:
        for j in range(len(voice)):
            voice[j] *= gaussian(first + float32(int32(j)), size)
    elif shape == DECAYING:
        for j in range(len(voice)):
            voice[j] *= decaying(first + float32(int32(j)), size)
    else:
        for j in range(len(voice)):
            voice[j] *= decaying(size - (first + float32(int32(j))), size)
