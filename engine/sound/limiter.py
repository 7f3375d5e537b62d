"""The master: gain, DC block, panic and a look-ahead limiter that keeps true peaks (compiled; part of the kernel).

The limiter finds the peaks between samples by interpolating 8 times (ITU-R BS.1770-5, Annex 2, asks for 4), takes the
gain that each needs, holds its minimum over the look-ahead, lets it recover slowly and smooths it with a window that
is shorter than the hold: the gain is smooth, and never above what any peak needs. It is one gain for all channels, so
that nothing moves in space.
"""

import numpy as np
from numba import carray, float32, float64, njit, uint64
from numpy.typing import NDArray

from engine.parameters import INDEX
from engine.sound.lanes import ARITHMETIC
from engine.sound.metering import OVERSHOOT, between, loudest
from engine.sound.state import (
    FINITE,
    GUARD,
    HALF_TAPS,
    LINE,
    METER_BAD,
    METER_REDUCTION,
    RUN,
    TICK,
    controls_of,
    dc_of,
    envelope_of,
    fill,
    interpolation_of,
    line_of,
    master_of,
    meters_of,
    mix_of,
    output_of,
    played_of,
    required_of,
    stack_tick,
    window_of,
)

PANIC_S = 0.045
"""Length of the panic fade, s: 50 ms less what may be computed already when it begins."""

_TAPS = 2 * HALF_TAPS
_HISTORY = LINE - TICK
_MARGIN = 10 ** (-0.35 / 20)
"""What meters may see above our interpolation: 0.17 dB because a peak falls between its points, and as much again close
to half the sample rate, where no two filters agree and grains that are transposed up are rich."""
_ABSURD = float32(1e6)
_GAIN, _CEILING, _PANIC = INDEX["master/gain"], INDEX["master/ceiling"], INDEX["master/panic"]


@njit(fastmath=ARITHMETIC, error_model="numpy")
def _block_dc(mix: NDArray[np.float32], dc: NDArray[np.float64], pole: float, before: float, step: float) -> None:
    """Apply a gain that grows by `step` a frame and the DC block to a channel in place; dc: [last input, output]."""
    x1, y1 = dc[0], dc[1]
    for j in range(TICK):
        x = mix[uint64(j)] * (before + step * j)
        y1 = x - x1 + pole * y1
        x1 = x
        mix[uint64(j)] = float32(y1) if abs(y1) > 1e-20 else float32(0)
    # What rings on is dropped long before numbers are denormal and slow.
    dc[0], dc[1] = x1, y1 if abs(y1) > 1e-9 else 0.0


@njit(error_model="numpy")
def condition(addresses: NDArray[np.int64]) -> bool:
    """Apply master gain, DC block (one pole, 5 Hz) and panic fade to the mix in place; return whether panic is silence.

    A mix with a sample that is no number, or absurdly large, becomes silence and is counted.
    """
    mix = mix_of(addresses)
    dc = dc_of(addresses)
    controls = controls_of(addresses)
    master = master_of(addresses)[0]
    gain = controls[_GAIN]
    bad = 0
    for c in range(master.channels):
        row = mix[c]
        for j in range(TICK):
            bad += not abs(row[uint64(j)]) < _ABSURD
    if bad:
        meters_of(addresses)[METER_BAD] += bad
        for c in range(master.channels):
            fill(mix[c], 0)
            fill(dc[c], 0)
    for c in range(master.channels):
        _block_dc(mix[c], dc[c], master.dc_pole, gain.before, (gain.now - gain.before) / TICK)
    panic_step = (-1.0 if controls[_PANIC].now >= 0.5 else 1.0) / (PANIC_S * master.rate)
    if master.panic < 1 or panic_step < 0:
        for j in range(TICK):
            master.panic = min(max(master.panic + panic_step, 0.0), 1.0)
            fade = float32(0.5 - 0.5 * np.cos(np.pi * master.panic))
            for c in range(master.channels):
                mix[c, j] *= fade
    return bool(master.panic == 0.0)


@njit
def rest(addresses: NDArray[np.int64]) -> None:
    """Let the panic fade arrive at once: nothing sounds that could click."""
    master_of(addresses)[0].panic = 0.0 if controls_of(addresses)[_PANIC].now >= 0.5 else 1.0


@njit
def _advance(addresses: NDArray[np.int64]) -> None:
    """Move what is seen of the delay lines on by a tick, back to their start when it arrives at their end."""
    master = master_of(addresses)[0]
    master.at += TICK
    if master.at < RUN:
        return
    for c in range(master.channels):
        _rewind(line_of(addresses)[c])
        _rewind(played_of(addresses)[c])
    _rewind(required_of(addresses))
    _rewind(envelope_of(addresses))
    master.at = _HISTORY


@njit
def _rewind(line: NDArray[np.float32]) -> None:
    for i in range(_HISTORY):
        line[uint64(i)] = line[uint64(RUN - _HISTORY + i)]


@njit(fastmath=FINITE, error_model="numpy")
def _lowest(line: NDArray[np.float32], first: int, end: int) -> float:
    lowest = float32(1)
    for j in range(first, end):
        value = line[uint64(j)]
        lowest = value if value < lowest else lowest
    return lowest


@njit
def _copy(line: NDArray[np.float32], at: int, row: NDArray[np.float32]) -> None:
    for j in range(TICK):
        line[uint64(at + j)] = row[uint64(j)]


@njit
def _apply(to: NDArray[np.float32], at: int, gain: NDArray[np.float32], line: NDArray[np.float32], first: int) -> None:
    for j in range(TICK):
        to[uint64(at + j)] = line[uint64(first + j)] * gain[uint64(j)]


@njit(error_model="numpy")
def _require(addresses: NDArray[np.int64]) -> None:
    """Write to the line `required` the most that each frame leaves to the gain of the peaks HALF_TAPS before it."""
    master = master_of(addresses)[0]
    line = line_of(addresses)
    required = required_of(addresses)
    control = controls_of(addresses)[_CEILING]
    ceiling = float32(10 ** (min(control.before, control.now) / 20) * _MARGIN)
    peak = carray(stack_tick(), (TICK,), np.float32)
    fill(peak, 0)
    for c in range(master.channels):
        if loudest(line[c], master.at - _TAPS + 1, TICK + _TAPS - 1) * OVERSHOOT > ceiling:
            between(peak, line[c], master.at, interpolation_of(addresses), 1)
    for j in range(TICK):
        value = peak[uint64(j)]
        required[uint64(master.at + j)] = ceiling / value if value > ceiling else float32(1)


@njit(error_model="numpy")
def _hold(addresses: NDArray[np.int64]) -> None:
    """Write to the line `envelope` the smallest gain required over the look-ahead, recovering slowly."""
    master = master_of(addresses)[0]
    required = required_of(addresses)
    envelope = envelope_of(addresses)
    length = master.look_ahead + GUARD + 2
    recovered = master.recovered
    if recovered == 1 and _lowest(required, master.at - length + 1, master.at + TICK) == 1:
        fill(envelope[master.at:master.at + TICK], 1)
        return
    held = carray(stack_tick(), (TICK,), np.float32)
    fill(held, 1)
    for k in range(length):
        for j in range(TICK):
            value = required[uint64(master.at - k) + uint64(j)]
            held[uint64(j)] = value if value < held[uint64(j)] else held[uint64(j)]
    for j in range(TICK):
        recovered = min(float64(held[j]), recovered + master.release * (1 - recovered))
        if recovered > 1 - 1e-6:
            recovered = 1.0
        envelope[master.at + j] = float32(recovered)
    master.recovered = recovered


@njit(fastmath=ARITHMETIC, error_model="numpy")
def _smooth(gain: NDArray[np.float32], envelope: NDArray[np.float32], at: int, window: NDArray[np.float32],
            length: int) -> None:
    """Write the mean of `envelope` at `at` and after, weighted over the past by `window`, to `gain` [TICK]."""
    sums = carray(stack_tick(), (TICK,), np.float32)
    fill(sums, 0)
    for k in range(length):
        weight = window[k]
        first = uint64(at - k)
        for j in range(TICK):
            sums[uint64(j)] += weight * envelope[first + uint64(j)]
    for j in range(TICK):
        gain[uint64(j)] = sums[uint64(j)]


@njit(error_model="numpy")
def limit(addresses: NDArray[np.int64]) -> None:
    """Write the limited mix to the output tick, look_ahead + HALF_TAPS frames late."""
    _advance(addresses)
    master = master_of(addresses)[0]
    mix = mix_of(addresses)
    line = line_of(addresses)
    played = played_of(addresses)
    output = output_of(addresses)
    envelope = envelope_of(addresses)
    at = master.at
    for c in range(master.channels):
        _copy(line[c], at, mix[c])
    _require(addresses)
    _hold(addresses)

    length = master.look_ahead - GUARD + 1
    gain = carray(stack_tick(), (TICK,), np.float32)
    lowest = _lowest(envelope, at - length + 1, at + TICK)
    if lowest == 1:
        fill(gain, 1)  # exactly: what needs no limiting passes unchanged
    else:
        _smooth(gain, envelope, at, window_of(addresses), length)
        lowest = min(lowest, _lowest(gain, 0, TICK))
    for c in range(master.channels):
        _apply(played[c], at, gain, line[c], at - HALF_TAPS - master.look_ahead)
        for j in range(TICK):
            output[uint64(j), c] = played[c, uint64(at + j)]
    meters_of(addresses)[METER_REDUCTION] = -20 * np.log10(max(lowest, float32(1e-6)))
