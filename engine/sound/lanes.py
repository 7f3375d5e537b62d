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


class Lanes:
    """Writes instructions on vectors of `width` floats into a function that is being compiled."""

    def __init__(self, builder: Any, width: int) -> None:
        self.width, self._builder = width, builder
        self.real, self.whole = ir.VectorType(ir.FloatType(), width), ir.VectorType(ir.IntType(32), width)

    def constant(self, value: float) -> Any:
        """Return a vector that is `value` in all lanes."""
        return ir.Constant(self.real, [float(value)] * self.width)

    def whole_constant(self, value: int) -> Any:
        """Return a vector of whole numbers that is `value` in all lanes."""
        return ir.Constant(self.whole, [value] * self.width)

    def spread(self, value: Any) -> Any:
        """Return a vector that is a scalar in all lanes."""
        kind = self.real if value.type == ir.FloatType() else self.whole
        one = self._builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
        return self._builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), self.whole_constant(0))

    def numbers(self) -> Any:
        """Return the numbers of the lanes: 0, 1, 2 ..."""
        return ir.Constant(self.whole, list(range(self.width)))

    def load(self, address: Any, first: int = 0) -> Any:
        """Return the floats from the `first`-th at an address on."""
        loaded = self._builder.load(self._pointer(self._builder.add(address, ir.Constant(ir.IntType(64), 4 * first))))
        loaded.align = 4
        return loaded

    def store(self, value: Any, address: Any) -> None:
        """Store a vector at an address."""
        self._builder.store(value, self._pointer(address)).align = 4

    def plus(self, a: Any, b: Any) -> Any:
        """Return a + b."""
        return self._builder.fadd(a, b, flags=tuple(ARITHMETIC))

    def minus(self, a: Any, b: Any) -> Any:
        """Return a - b."""
        return self._builder.fsub(a, b, flags=tuple(ARITHMETIC))

    def times(self, a: Any, b: Any) -> Any:
        """Return a * b; either may be a number."""
        a, b = (self.constant(x) if isinstance(x, int | float) else x for x in (a, b))
        return self._builder.fmul(a, b, flags=tuple(ARITHMETIC))

    def least(self, a: Any, b: Any) -> Any:
        """Return the smaller of a and b."""
        return self._builder.select(self._builder.fcmp_ordered("<", a, b), a, b)

    def floats(self, whole: Any) -> Any:
        """Return whole numbers as floats."""
        return self._builder.sitofp(whole, self.real)

    def interpolated(self, points: int, window: Any, offset: Any, increment: Any) -> Any:
        """Return what is read with `points` samples (2: linear, 4: cubic Hermite) at `offset` and every `increment` on.

        window: address of 2 * width samples; fixed-point `offset` counts from its first (linear) or second (cubic).
        """
        builder = self._builder
        low, high = self.load(window), self.load(window, self.width)
        places = builder.add(self.spread(offset), builder.mul(self.numbers(), self.spread(increment)))
        first = builder.ashr(places, self.whole_constant(FRACTION))
        f = self.times(1 / ONE, self.floats(builder.and_(places, self.whole_constant(ONE - 1))))
        taps = [self._pick(low, high, builder.add(first, self.whole_constant(tap))) for tap in range(points)]
        if points == 2:
            return self.plus(taps[0], self.times(f, self.minus(taps[1], taps[0])))
        y0, y1, y2, y3 = taps
        c1 = self.times(0.5, self.minus(y2, y0))
        c2 = self.minus(self.plus(y0, self.times(2, y2)), self.plus(self.times(2.5, y1), self.times(0.5, y3)))
        c3 = self.plus(self.times(0.5, self.minus(y3, y0)), self.times(1.5, self.minus(y1, y2)))
        return self.plus(self.times(self.plus(self.times(self.plus(self.times(c3, f), c2), f), c1), f), y1)

    def _pick(self, low: Any, high: Any, place: Any) -> Any:
        """Return the elements at `place` of `low` and, behind it, `high`."""
        builder = self._builder
        if self.width == 16:
            return builder.call(self._function("llvm.x86.avx512.vpermi2var.ps.512", self.real, self.whole, self.real),
                                [low, place, high])
        permute = self._function("llvm.x86.avx2.permps", self.real, self.whole)
        is_high = builder.icmp_signed(">", place, self.whole_constant(self.width - 1))
        return builder.select(is_high, builder.call(permute, [high, place]), builder.call(permute, [low, place]))

    def _function(self, name: str, *arguments: Any) -> Any:
        return cgutils.get_or_insert_function(self._builder.module, ir.FunctionType(self.real, arguments), name)

    def _pointer(self, address: Any) -> Any:
        return self._builder.inttoptr(address, self.real.as_pointer())


def _reading(width: int, points: int) -> Any:
    """Return the intrinsic read(window, offset, increment, out): see Lanes.interpolated; `out` is an address."""

    def read(typingctx: Any, window: Any, offset: Any, increment: Any, out: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            window, offset, increment, out = args
            lanes = Lanes(builder, width)
            lanes.store(lanes.interpolated(points, window, offset, increment), out)
            return context.get_dummy_value()

        return types.void(types.int64, types.int32, types.int32, types.int64), codegen

    return intrinsic(read)


def room(width: int, points: int) -> int:
    """Return how far apart, fixed-point, the first and the last place may lie that are read out of one window."""
    return (2 * width - points) << FRACTION


Reader = Callable[[int, int, int, int, int], None]


def reader(points: int, width: int) -> Reader:
    """Return the compiled read(source, position, increment, count, out).

    It writes `count` frames (and up to SPILL more) to the address `out`, read at fixed-point `position` and every
    `increment` (from -8x to 8x) on, interpolated with `points` samples. width: frames that are read at once, see LANES.
    """
    before = points // 2 - 1  # samples that are needed before the one under the position

    if width:
        pick: Any = _reading(width, points)
        widest = room(width, points)

        @njit(error_model="numpy")
        def read(source: int, position: int, increment: int, count: int, out: int) -> None:
            step = int64(width)
            while (step - 1) * abs(increment) > widest:
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
