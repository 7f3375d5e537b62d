"""Band-limited reading: windowed sinc kernels, one for every sixth of an octave (compiled; part of the audio kernel).

A sound that is read faster than it was recorded must lose what would lie above half the sample rate afterwards, or it
comes back mirrored, as aliasing. So the kernel for a rate r > 1 is r times as long and passes r times less. Each is a
Kaiser-windowed sinc (Kaiser and Schafer 1980) that is kept at regular phases between two samples and interpolated
linearly between those (Smith, Digital Audio Resampling, 2002).
"""

from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, float32, int64, njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from engine.atomics import address_to_pointer
from engine.sound.lanes import ARITHMETIC, FRACTION

PER_OCTAVE = 6
KERNELS = 3 * PER_OCTAVE + 1
"""Rates up to 1, and from there to 8."""
_HALF = 16
_BETA = 10.5
_CUTOFF = 0.93
"""Of half the sample rate; the kernel's transition ends about as far above it as it begins below."""
_PHASE_BITS = 9
_LANES = 16

KERNEL = np.dtype([("rows", "i8"), ("taps", "i8"), ("bits", "i8")], align=True)
"""One kernel: the address of float32 [2 ** bits + 1, taps], a row for each phase."""


@cache
def kernels() -> tuple[NDArray[Any], list[NDArray[np.float32]]]:
    """Return the table KERNEL [KERNELS] and the rows that it points to; both live as long as the process."""
    rows = [_rows(2 ** (k / PER_OCTAVE), _PHASE_BITS - k // PER_OCTAVE) for k in range(KERNELS)]
    table = np.zeros(KERNELS, KERNEL)
    for k, row in enumerate(rows):
        table[k] = (row.ctypes.data, row.shape[1], _PHASE_BITS - k // PER_OCTAVE)
    return table, rows


def _rows(rate: float, bits: int) -> NDArray[np.float32]:
    """Return the kernel for reading at `rate` at 2 ** bits phases and one more, float32 [phases + 1, taps]."""
    half = _LANES // 2 * int(np.ceil(2 * _HALF * rate / _LANES - 1e-9))
    place = np.arange(2 * half) - half + 1 - np.linspace(0, 1, (1 << bits) + 1)[:, None]
    window = np.i0(_BETA * np.sqrt(np.maximum(0, 1 - (place / half) ** 2))) / np.i0(_BETA)
    kernel = np.sinc(_CUTOFF / rate * place) * window
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True), np.float32)


@njit(error_model="numpy")
def kernel_for(rate: float) -> int:
    """Return the number of the kernel for reading at `rate` (from -8 to 8)."""
    if abs(rate) <= 1:
        return 0
    return min(int64(np.ceil(PER_OCTAVE * np.log2(abs(rate)) - 1e-9)), KERNELS - 1)


def _weigh(typingctx: Any, sound: Any, row: Any, following: Any, g: Any, taps: Any) -> Any:
    """Return the sum of sound * (row + g * (following - row)) over `taps`, a multiple of _LANES, from addresses."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        sound, row, following, g, taps = args
        real = ir.VectorType(ir.FloatType(), _LANES)
        zero = ir.Constant(real, [0.0] * _LANES)
        one = builder.insert_element(ir.Constant(real, ir.Undefined), g, ir.Constant(ir.IntType(32), 0))
        spread = builder.shuffle_vector(one, ir.Constant(real, ir.Undefined),
                                        ir.Constant(ir.VectorType(ir.IntType(32), _LANES), [0] * _LANES))
        total = cgutils.alloca_once_value(builder, zero)

        def load(address: Any, index: Any) -> Any:
            place = builder.add(address, builder.mul(index, ir.Constant(index.type, 4)))
            loaded = builder.load(builder.inttoptr(place, real.as_pointer()))
            loaded.align = 4
            return loaded

        step = ir.Constant(taps.type, _LANES)
        with cgutils.for_range_slice(builder, ir.Constant(taps.type, 0), taps, step) as (index, _):
            first = load(row, index)
            flags = tuple(ARITHMETIC)
            weight = builder.fadd(first, builder.fmul(spread, builder.fsub(load(following, index), first, flags=flags),
                                                      flags=flags), flags=flags)
            builder.store(builder.fadd(builder.load(total), builder.fmul(load(sound, index), weight, flags=flags),
                                       flags=flags), total)
        add = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.FloatType(), [ir.FloatType(), real]),
                                             f"llvm.vector.reduce.fadd.v{_LANES}f32")
        return builder.call(add, [ir.Constant(ir.FloatType(), -0.0), builder.load(total)], fastmath=("reassoc",))

    return types.float32(types.int64, types.int64, types.int64, types.float32, types.int64), codegen


_weigh_addresses: Any = intrinsic(_weigh)


@njit(error_model="numpy")
def sinc(source: int, position: int, increment: int, count: int, out: int, kernel: Any) -> None:
    """Write `count` frames to the address `out`, read like engine.sound.lanes.Reader with a record of KERNEL."""
    taps = kernel.taps
    shift = FRACTION - kernel.bits
    voice = carray(address_to_pointer(out), (64,), np.float32)
    part = float32(1) / float32(int64(1) << shift)
    for j in range(count):
        remainder = position & ((1 << FRACTION) - 1)
        row = kernel.rows + 4 * taps * (remainder >> shift)
        voice[j] = _weigh_addresses(source + 4 * ((position >> FRACTION) - taps // 2 + 1), row, row + 4 * taps,
                                    float32(remainder & ((int64(1) << shift) - 1)) * part, taps)
        position += increment
