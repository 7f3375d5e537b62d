"""The master: gain, DC block, panic and a look-ahead limiter that keeps true peaks (compiled; part of the kernel).

The limiter finds the peaks between samples by interpolating 8 times (ITU-R BS.1770-4, Annex 2, asks for 4), takes the
gain that each needs, holds its minimum over the look-ahead, lets it recover slowly and smooths it with a window that
is shorter than the hold: the gain is smooth, and never above what any peak needs.
"""

import numpy as np
from numba import carray, float32, float64, njit
from numpy.typing import NDArray

from engine.parameters import INDEX
from engine.sound.lanes import ARITHMETIC
from engine.sound.state import (
    GUARD,
    HALF_TAPS,
    LINE,
    METER_BAD,
    METER_PEAK,
    METER_REDUCTION,
    OVERSAMPLING,
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
    required_of,
    stack_tick,
    window_of,
)

PANIC_S = 0.045
"""Length of the panic fade, s: 50 ms less what may be computed already when it begins."""

_TAPS = 2 * HALF_TAPS
_MARGIN = 0.9886
"""What 8x interpolation may miss of a peak just below half the sample rate, -0.1 dB."""
_OVERSHOOT = 3
"""No interpolated value exceeds the samples around it by this factor (the filter's absolute sum is below it)."""
_ABSURD = float32(1e6)
_GAIN, _CEILING, _PANIC = INDEX["master/gain"], INDEX["master/ceiling"], INDEX["master/panic"]


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
    for c in range(2):
        for j in range(TICK):
            bad += not abs(mix[c, j]) < _ABSURD
    if bad:
        meters_of(addresses)[METER_BAD] += bad
        for c in range(2):
            fill(mix[c], 0)
            fill(dc[c], 0)
    panic_step = (-1.0 if controls[_PANIC].now >= 0.5 else 1.0) / (PANIC_S * master.rate)
    for c in range(2):
        x1, y1 = dc[c, 0], dc[c, 1]
        panic = master.panic
        for j in range(TICK):
            x = mix[c, j] * (gain.before + (gain.now - gain.before) * (j / TICK))
            y1 = x - x1 + master.dc_pole * y1
            x1 = x
            panic = min(max(panic + panic_step, 0.0), 1.0)
            fade = panic if panic == 0 or panic == 1 else 0.5 - 0.5 * np.cos(np.pi * panic)
            mix[c, j] = float32(y1 * fade)
        dc[c, 0], dc[c, 1] = x1, y1 if abs(y1) > 1e-9 else 0.0
    master.panic = min(max(master.panic + TICK * panic_step, 0.0), 1.0)
    return bool(master.panic == 0.0)


@njit
def _advance(line: NDArray[np.float32]) -> None:
    """Move a delay line on by a tick, whose frames are the last."""
    for i in range(LINE - TICK):
        line[i] = line[i + TICK]


@njit
def rest(addresses: NDArray[np.int64]) -> None:
    """Let the panic fade arrive at once: nothing sounds that could click."""
    master_of(addresses)[0].panic = 0.0 if controls_of(addresses)[_PANIC].now >= 0.5 else 1.0


@njit(fastmath=ARITHMETIC, error_model="numpy")
def limit(addresses: NDArray[np.int64]) -> None:
    """Write the limited mix to the output tick, look_ahead + HALF_TAPS frames late."""
    mix = mix_of(addresses)
    line = line_of(addresses)
    required = required_of(addresses)
    envelope = envelope_of(addresses)
    interpolation = interpolation_of(addresses)
    window = window_of(addresses)
    output = output_of(addresses)
    controls = controls_of(addresses)
    master = master_of(addresses)[0]
    ahead = master.look_ahead
    history = line.shape[1] - TICK  # frames before this tick that each line holds

    for c in range(2):
        _advance(line[c])
        for j in range(TICK):
            line[c, history + j] = mix[c, j]
    _advance(required)
    _advance(envelope)

    # required[history + j]: gain that the frame's length after frame j - HALF_TAPS may have at most
    loudest = float32(0)
    for c in range(2):
        for j in range(history - _TAPS + 1, LINE):
            loudest = max(loudest, abs(line[c, j]))
    ceiling = float32(10 ** (min(controls[_CEILING].before, controls[_CEILING].now) / 20) * _MARGIN)
    peak = required[history:]
    fill(peak, 1)
    scratch = carray(stack_tick(), (TICK,), np.float32)
    if loudest * _OVERSHOOT > ceiling:
        fill(peak, 0)
        between = scratch
        for c in range(2):
            for phase in range(OVERSAMPLING):
                fill(between, 0)
                for tap in range(_TAPS):
                    weight = interpolation[phase, tap]
                    first = history - _TAPS + 1 + tap
                    for j in range(TICK):
                        between[j] += weight * line[c, first + j]
                for j in range(TICK):
                    value = abs(between[j])
                    peak[j] = value if value > peak[j] else peak[j]
        for j in range(TICK):
            required[history + j] = ceiling / peak[j] if peak[j] > ceiling else float32(1)

    hold = ahead + GUARD + 2
    lowest = float32(1)
    for j in range(history - hold + 1, LINE):
        lowest = min(lowest, required[j])
    recovered = master.recovered
    if lowest == float32(1) and recovered == 1:
        fill(envelope[history:], 1)
    else:
        held = scratch
        fill(held, 1)
        for k in range(hold):
            first = history - k
            for j in range(TICK):
                held[j] = required[first + j] if required[first + j] < held[j] else held[j]
        for j in range(TICK):
            recovered = min(float64(held[j]), recovered + master.release * (1 - recovered))
            if recovered > 1 - 1e-6:
                recovered = 1.0
            envelope[history + j] = float32(recovered)
        master.recovered = recovered

    smooth = ahead - GUARD + 1
    gain = scratch
    lowest = float32(1)
    for j in range(history - smooth + 1, LINE):
        lowest = min(lowest, envelope[j])
    if lowest == float32(1):
        fill(gain, 1)  # exactly: what needs no limiting passes unchanged
    else:
        fill(gain, 0)
        for k in range(smooth):
            weight = window[k]
            first = history - k
            for j in range(TICK):
                gain[j] += weight * envelope[first + j]
    first = history - HALF_TAPS - ahead
    for j in range(TICK):
        output[j, 0] = line[0, first + j] * gain[j]
        output[j, 1] = line[1, first + j] * gain[j]
        lowest = min(lowest, gain[j])
    meters_of(addresses)[METER_REDUCTION] = -20 * np.log10(max(lowest, float32(1e-6)))


@njit(error_model="numpy")
def measure(addresses: NDArray[np.int64]) -> None:
    """Let the peak meter see the output tick; count the ticks of exact silence."""
    output = output_of(addresses)
    master = master_of(addresses)[0]
    meters = meters_of(addresses)
    peak = 0.0
    for j in range(TICK):
        peak = max(peak, abs(output[j, 0]), abs(output[j, 1]))
    master.quiet = master.quiet + 1 if peak == 0 else 0
    master.peak = max(peak, master.peak * master.peak_decay)
    meters[METER_PEAK] = 20 * np.log10(max(master.peak, 1e-6))
