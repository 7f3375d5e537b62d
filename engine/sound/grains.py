"""Grains: what they read and how they sound (compiled; part of the audio kernel).

A grain is `length` frames of a clip, read at a constant rate, under an envelope, at one place between left and right.
Clips are loops: a grain that runs over the end of its clip goes on at its start.

Source of the scheme: C. Roads, Microsound (2001), ch. 3; of the pool and the 1/sqrt normalisation: Mutable Instruments
Clouds.
"""

from typing import Any

import numpy as np
from numba import carray, float32, int32, int64, njit
from numpy.typing import NDArray

from engine.sound.envelopes import TAPERED, envelope, shade
from engine.sound.lanes import ARITHMETIC, FRACTION, ONE, SPILL, cubic, linear
from engine.sound.sinc import sinc
from engine.sound.state import (
    DECKS,
    TICK,
    buses_of,
    decks_of,
    grains_of,
    kernels_of,
    master_of,
    pointer,
    stack_tick,
)
from engine.sound.tapered import add_cubic, add_linear

LINEAR, CUBIC, SINC = range(3)


@njit(error_model="numpy")
def read(source: int, position: int, increment: int, count: int, out: int, interpolation: int, kernel: Any) -> None:
    """Write `count` frames to the address `out`, read like engine.sound.lanes.Reader with this interpolation."""
    if abs(increment) == ONE and position & (ONE - 1) == 0:  # frame by frame: there is nothing to interpolate
        voice = carray(pointer(out), (TICK,), np.float32)
        if increment > 0:
            sound = carray(pointer(source + 4 * (position >> FRACTION)), (TICK,), np.float32)
            for j in range(count):
                voice[j] = sound[j]
        else:
            sound = carray(pointer(source + 4 * ((position >> FRACTION) - count + 1)), (TICK,), np.float32)
            for j in range(count):
                voice[j] = sound[count - 1 - j]
    elif interpolation == LINEAR:
        linear(source, position, increment, count, out)
    elif interpolation == CUBIC:
        cubic(source, position, increment, count, out)
    else:
        sinc(source, position, increment, count, out, kernel)


@njit(error_model="numpy")
def _voice(source: int, grain: Any, count: int, out: int, kernel: Any) -> None:
    """Write the next `count` frames to the address `out`, running over the clip's end as often as needed."""
    size = grain.frames << FRACTION
    increment = int64(grain.increment)
    position = grain.position
    last = position + (count - 1) * increment
    if 0 <= last < size:
        read(source, position, increment, count, out, grain.interpolation, kernel)
        return
    done = 0
    while done < count:
        # as far as the clip's end, or its start when it is read backwards
        steps = (size - position + increment - 1) // increment if increment > 0 else position // -increment + 1
        part = min(count - done, steps)
        read(source, position, increment, part, out + 4 * done, grain.interpolation, kernel)
        position = (position + increment * part) % size
        done += part


@njit(fastmath=ARITHMETIC, error_model="numpy")
def _add(voice: NDArray[np.float32], bus: NDArray[np.float32], gain: np.float32) -> None:
    for j in range(len(voice)):
        bus[j] += voice[j] * gain


@njit(error_model="numpy")
def _add_tick(grain: Any, bus: NDArray[np.float32]) -> bool:
    """Add a whole tick of a grain to the bus [2, TICK] in one pass; False if this grain needs more than that."""
    if grain.delay != 0 or grain.length - grain.age < TICK or grain.right != 0 or grain.shape != TAPERED:
        return False
    last = grain.position + (TICK - 1) * int64(grain.increment)
    if not 0 <= last < grain.frames << FRACTION:
        return False
    if grain.interpolation == LINEAR:
        return add_linear(grain, bus[0].ctypes.data, bus[1].ctypes.data)
    return grain.interpolation == CUBIC and add_cubic(grain, bus[0].ctypes.data, bus[1].ctypes.data)


@njit(error_model="numpy")
def sound(addresses: NDArray[np.int64]) -> None:
    """Add this tick of every grain to the bus of its deck, drop the grains that end, sum up the decks' power."""
    decks = decks_of(addresses)
    grains = grains_of(addresses)
    buses = buses_of(addresses)
    kernels = kernels_of(addresses)
    master = master_of(addresses)[0]
    # The clip may overlap anything as far as the compiler knows; through memory of their own the loops are vectorised.
    voice = carray(stack_tick(), (TICK + SPILL,), np.float32)
    out = voice.ctypes.data
    for d in range(DECKS):
        decks[d].power = 0
    g = 0
    while g < master.grains:
        grain = grains[g]
        begin = int64(grain.delay)
        end = min(int64(TICK), begin + grain.length - grain.age)
        middle = float32(grain.age - grain.delay + TICK // 2)
        if 0 <= middle <= grain.length:
            amid = envelope(grain.shape, middle, float32(grain.length), grain.slope)
            decks[grain.deck].power += amid * amid
        if not _add_tick(grain, buses[grain.deck]):
            kernel = kernels[grain.kernel]
            sounding = voice[:end - begin]
            _voice(grain.left, grain, end - begin, out, kernel)
            shade(grain.shape, sounding, grain.age, grain.length, grain.slope)
            _add(sounding, buses[grain.deck, 0, begin:end], grain.gain_left)
            if grain.right != 0:
                _voice(grain.right, grain, end - begin, out, kernel)
                shade(grain.shape, sounding, grain.age, grain.length, grain.slope)
            _add(sounding, buses[grain.deck, 1, begin:end], grain.gain_right)
        grain.position = _moved(grain.position, (end - begin) * int64(grain.increment), grain.frames << FRACTION)
        grain.age += int32(end - begin)
        grain.delay = int32(0)
        if grain.age >= grain.length:
            master.grains -= 1
            grains[g] = grains[master.grains]
        else:
            g += 1


@njit(error_model="numpy")
def _moved(position: int, by: int, size: int) -> int:
    """Return the position on a loop of `size`; a division only where the loop begins anew."""
    there = position + by
    return there if 0 <= there < size else there % size


@njit
def silence(addresses: NDArray[np.int64], d: int) -> None:
    """Drop all grains of deck `d` at once."""
    grains = grains_of(addresses)
    master = master_of(addresses)[0]
    g = 0
    while g < master.grains:
        if grains[g].deck == d:
            master.grains -= 1
            grains[g] = grains[master.grains]
        else:
            g += 1
