"""A high-pass and a low-pass for each deck (compiled; part of the audio kernel).

State-variable filters of second order with trapezoidal integrators (Zavalishin, The Art of VA Filter Design, 2012, ch.
4), Butterworth: they stay stable and quiet however fast their cutoff moves. A filter whose knob stands at its end is
out of the way: it fades out within 10 ms and then costs nothing and changes nothing.
"""

from typing import Any

import numpy as np
from numba import float32, njit
from numpy.typing import NDArray

from engine.sound.emission import LAYER_BASE, LAYER_STRIDE, offset
from engine.sound.state import TICK, buses_of, controls_of, decks_of, filters_of, master_of

HIGH, LOW = range(2)
_HIGHPASS, _LOWPASS = offset("highpass"), offset("lowpass")
_DAMPING = np.sqrt(2)
_FADE_S = 0.01
_HIGHEST = 0.49
"""Of the sample rate; no cutoff can lie above half of it."""
_FAINT = 1e-15


@njit(error_model="numpy")
def _filter(state: Any, kind: int, bus: NDArray[np.float32], g_now: float, wet_now: float) -> None:
    """Filter a bus [2, TICK] in place while cutoff and wetness go from their last values to these."""
    g, wet = state.g, state.wet
    g_step, wet_step = (g_now - g) / TICK, (wet_now - wet) / TICK
    left1, left2, right1, right2 = state.left1, state.left2, state.right1, state.right2
    a1 = 1 / (1 + g * (g + _DAMPING))
    for j in range(TICK):
        if g_step != 0:
            g += g_step
            a1 = 1 / (1 + g * (g + _DAMPING))
        wet += wet_step
        a2 = g * a1
        a3 = g * a2
        x, y = float(bus[0, j]), float(bus[1, j])
        x3, y3 = x - left2, y - right2
        x1, y1 = a1 * left1 + a2 * x3, a1 * right1 + a2 * y3
        x2, y2 = left2 + a2 * left1 + a3 * x3, right2 + a2 * right1 + a3 * y3
        left1, left2 = 2 * x1 - left1, 2 * x2 - left2
        right1, right2 = 2 * y1 - right1, 2 * y2 - right2
        x4 = x2 if kind == LOW else x - _DAMPING * x1 - x2
        y4 = y2 if kind == LOW else y - _DAMPING * y1 - y2
        bus[0, j], bus[1, j] = float32(x + wet * (x4 - x)), float32(y + wet * (y4 - y))
    state.g, state.wet = g_now, wet_now
    faint = abs(left1) + abs(left2) + abs(right1) + abs(right2) < _FAINT  # denormal numbers are slow
    state.left1, state.left2 = (0.0, 0.0) if faint else (left1, left2)
    state.right1, state.right2 = (0.0, 0.0) if faint else (right1, right2)


@njit(error_model="numpy")
def _follow(addresses: NDArray[np.int64], d: int, kind: int, cutoff: float, target: float, begun: bool) -> None:
    """Apply one filter of deck `d`: `cutoff` in Hz, `target` wetness 0 or 1; `begun`: whether it may fade in."""
    state = filters_of(addresses)[d, kind]
    if target == 0 and state.wet == 0:
        return
    rate = master_of(addresses)[0].rate
    g = np.tan(np.pi * min(cutoff / rate, _HIGHEST))
    step = TICK / (_FADE_S * rate)
    wet = min(max(target, state.wet - step), state.wet + step)
    if state.wet == 0:
        state.g = g
        state.left1 = state.left2 = state.right1 = state.right2 = 0.0
        if not begun:
            state.wet = wet = target
    _filter(state, kind, buses_of(addresses)[d], g, wet)


@njit(error_model="numpy")
def filter_deck(addresses: NDArray[np.int64], d: int, begun: bool) -> None:
    """Apply the high-pass and the low-pass of deck `d`'s layer to its bus; `begun`: whether it sounded before."""
    controls = controls_of(addresses)
    base = LAYER_BASE + decks_of(addresses)[d].layer * LAYER_STRIDE
    high, low = controls[base + _HIGHPASS], controls[base + _LOWPASS]
    _follow(addresses, d, HIGH, high.now, 1.0 if high.target > high.low else 0.0, begun)
    _follow(addresses, d, LOW, low.now, 1.0 if low.target < low.high else 0.0, begun)
