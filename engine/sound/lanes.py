"""Reading a sound at a constant rate, several frames at once (compiled; part of the audio kernel).

A transposed grain reads at fractional positions, so neighbouring frames need samples at irregular places. Compilers
turn that into gathers, one load for each sample and tap, and those cost most of a grain. But the places lie close
together: as many frames as fit read from one window of 32 samples (AVX-512) or 16 (AVX2), which takes two loads, and
picks of them are single permutations of registers. Where the processor has neither, a plain loop does the same.

Positions are fixed-point numbers with FRACTION fractional bits, so that a grain of any length is exact and the same in
blocks of any size. `source` is always the address of a float32 frame 0 with PAD readable frames on either side of the
sound.
"""

from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import carray, float32, int32, int64, njit, types, uint64
from numba.core import cgutils, config
from numba.extending import intrinsic

from engine.atomics import address_to_pointer

FRACTION = 22
"""Fractional bits of a reading position: 16 frames at 8x (the most that 36 semitones give) fit 32 bits."""
ONE = 1 << FRACTION
PAD = 160
"""Readable frames before and after every sound: a window reads up to 32 ahead, a sinc at 8x 128 either way."""
SPILL = 16
"""Frames behind the last one asked for that a reader may write."""
ARITHMETIC = {"contract", "reassoc", "nsz", "arcp"}
"""What the compiler may do to the order of arithmetic. Not all: NaN must stay NaN for the guards that look for it."""


def _lanes() -> int:
    """Return how many frames are read at once; 0 without permutations of registers."""
    if config.CPU_NAME or config.CPU_FEATURES:  # somebody compiles for another processor than this one
        return 0
    features = llvm.get_host_cpu_features()
    return 16 if features.get("avx512f") else 8 if features.get("avx2") else 0


LANES = _lanes()


def _picking(width: int, points: int) -> Any:
    """Return the intrinsic read(window, offset, increment, out).

    It stores `width` frames to the address `out`, interpolated with `points` samples (2: linear, 4: cubic Hermite) out
    of the 2 * width samples at the address `window`, the first at fixed-point `offset` behind its first (linear) or
    second (cubic) sample.
    """
    real, whole = ir.VectorType(ir.FloatType(), width), ir.VectorType(ir.IntType(32), width)

    def read(typingctx: Any, window: Any, offset: Any, increment: Any, out: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            window, offset, increment, out = args

            def spread(value: Any) -> Any:
                one = builder.insert_element(ir.Constant(whole, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
                return builder.shuffle_vector(one, ir.Constant(whole, ir.Undefined), ir.Constant(whole, [0] * width))

            def load(address: Any, first: int) -> Any:
                place = builder.add(address, ir.Constant(ir.IntType(64), 4 * first))
                loaded = builder.load(builder.inttoptr(place, real.as_pointer()))
                loaded.align = 4
                return loaded

            def times(factor: float, value: Any) -> Any:
                return multiply(ir.Constant(real, [factor] * width), value)

            def multiply(a: Any, b: Any) -> Any:
                return builder.fmul(a, b, flags=tuple(ARITHMETIC))

            def plus(a: Any, b: Any) -> Any:
                return builder.fadd(a, b, flags=tuple(ARITHMETIC))

            def minus(a: Any, b: Any) -> Any:
                return builder.fsub(a, b, flags=tuple(ARITHMETIC))

            low, high = load(window, 0), load(window, width)
            places = builder.add(spread(offset), builder.mul(ir.Constant(whole, list(range(width))), spread(increment)))
            first = builder.ashr(places, ir.Constant(whole, [FRACTION] * width))
            remainder = builder.and_(places, ir.Constant(whole, [ONE - 1] * width))
            f = times(1 / ONE, builder.sitofp(remainder, real))

            def pick(tap: int) -> Any:
                place = builder.add(first, ir.Constant(whole, [tap] * width))
                if width == 16:
                    signature = ir.FunctionType(real, [real, whole, real])
                    function = cgutils.get_or_insert_function(builder.module, signature,
                                                              "llvm.x86.avx512.vpermi2var.ps.512")
                    return builder.call(function, [low, place, high])
                function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(real, [real, whole]),
                                                          "llvm.x86.avx2.permps")
                is_high = builder.icmp_signed(">", place, ir.Constant(whole, [width - 1] * width))
                return builder.select(is_high, builder.call(function, [high, place]),
                                      builder.call(function, [low, place]))

            if points == 2:
                y0, y1 = pick(0), pick(1)
                value = plus(y0, multiply(f, minus(y1, y0)))
            else:
                y0, y1, y2, y3 = (pick(tap) for tap in range(4))
                c1 = times(0.5, minus(y2, y0))
                c2 = minus(plus(y0, times(2, y2)), plus(times(2.5, y1), times(0.5, y3)))
                c3 = plus(times(0.5, minus(y3, y0)), times(1.5, minus(y1, y2)))
                value = plus(multiply(plus(multiply(plus(multiply(c3, f), c2), f), c1), f), y1)
            builder.store(value, builder.inttoptr(out, real.as_pointer())).align = 4
            return context.get_dummy_value()

        return types.void(types.int64, types.int32, types.int32, types.int64), codegen

    return intrinsic(read)


Reader = Callable[[int, int, int, int, int], None]


def reader(points: int, width: int) -> Reader:
    """Return the compiled read(source, position, increment, count, out).

    It writes `count` frames (and up to SPILL more) to the address `out`, read at fixed-point `position` and every
    `increment` (from -8x to 8x) on, interpolated with `points` samples. width: frames that are read at once, see LANES.
    """
    before = points // 2 - 1  # samples that are needed before the one under the position

    if width:
        pick: Any = _picking(width, points)
        room = (2 * width - points) << FRACTION  # how far the last frame's position may lie behind the first one's

        @njit(error_model="numpy")
        def read(source: int, position: int, increment: int, count: int, out: int) -> None:
            step = int64(width)
            while (step - 1) * abs(increment) > room:
                step >>= 1
            reach = (step - 1) * min(increment, int64(0))  # the window begins at the lowest of the places
            for j in range(0, count, step):
                base = (position + reach) >> FRACTION
                pick(source + 4 * (base - before), int32(position - (base << FRACTION)), int32(increment), out + 4 * j)
                position += step * increment
    else:
        @njit(fastmath=ARITHMETIC, error_model="numpy")
        def read(source: int, position: int, increment: int, count: int, out: int) -> None:
            base = (position + (count - 1) * min(increment, int64(0))) >> FRACTION
            sound = carray(address_to_pointer(source + 4 * (base - before)), (1 << 20,), np.float32)
            voice = carray(address_to_pointer(out), (1 << 20,), np.float32)
            offset = int32(position - (base << FRACTION))
            for j in range(count):
                place = offset + int32(increment) * int32(j)
                i = uint64(place >> int32(FRACTION))
                f = float32(place & int32(ONE - 1)) * float32(1 / ONE)
                if points == 2:
                    voice[j] = sound[i] + f * (sound[i + uint64(1)] - sound[i])
                else:
                    y0, y1, y2, y3 = sound[i], sound[i + uint64(1)], sound[i + uint64(2)], sound[i + uint64(3)]
                    c1 = float32(0.5) * (y2 - y0)
                    c2 = (y0 + float32(2) * y2) - (float32(2.5) * y1 + float32(0.5) * y3)
                    c3 = float32(0.5) * (y3 - y0) + float32(1.5) * (y1 - y2)
                    voice[j] = ((c3 * f + c2) * f + c1) * f + y1

    compiled: Reader = read
    return compiled


linear = reader(2, LANES)
"""Linear interpolation."""
cubic = reader(4, LANES)
"""4-point, third-order Hermite interpolation (Catmull-Rom)."""
