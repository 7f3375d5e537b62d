"""The shared reverb: a feedback delay network of 16 lines (compiled; part of the audio kernel).

Lines of prime lengths, from 29 to 101 ms, feed each other through a Hadamard matrix, which keeps the energy and mixes
every line with every other (Jot and Chaigne 1991; Smith, Physical Audio Signal Processing). Each line loses what makes
it fall by 60 dB in `reverb/time`, and above `reverb/damping` more, through a filter of one pole. Each comes from its
own direction, so the room is as wide as the loudspeakers are.
"""

import numpy as np
from numba import float32, njit
from numpy.typing import NDArray

from engine.parameters import INDEX
from engine.sound.lanes import ARITHMETIC
from engine.sound.state import (
    REVERB_FRAMES,
    REVERB_LINES,
    TICK,
    controls_of,
    fill,
    master_of,
    mix_of,
    reverb_damped_of,
    reverb_lines_of,
    reverb_of,
    reverb_turns_of,
    send_of,
)

_GAIN, _TIME, _DAMPING = INDEX["reverb/gain"], INDEX["reverb/time"], INDEX["reverb/damping"]
_LEVEL = 0.35
"""Makes a reverb about as loud as what is sent to it."""
_MASK = REVERB_FRAMES - 1
_FAINT = float32(1e-9)


@njit(fastmath=ARITHMETIC, error_model="numpy")
def _mix_lines(rows: NDArray[np.float32]) -> None:
    """Multiply rows [REVERB_LINES, TICK] by a Hadamard matrix of norm 1, in place."""
    half = 1
    while half < REVERB_LINES:
        for begin in range(0, REVERB_LINES, 2 * half):
            for k in range(begin, begin + half):
                for j in range(TICK):
                    a, b = rows[k, j], rows[k + half, j]
                    rows[k, j], rows[k + half, j] = a + b, a - b
        half *= 2
    for k in range(REVERB_LINES):
        for j in range(TICK):
            rows[k, j] *= float32(1 / np.sqrt(REVERB_LINES))


@njit(error_model="numpy")
def reverberate(addresses: NDArray[np.int64], rows: NDArray[np.float32]) -> None:
    """Add a tick of the reverb of what was sent to the mix; clear the send. rows [REVERB_LINES, TICK]: scratch."""
    master = master_of(addresses)[0]
    send = send_of(addresses)
    loudest = float32(0)
    for c in range(2):
        for j in range(TICK):
            loudest = max(loudest, abs(send[c, j]))
    if loudest == 0 and not master.reverb_rings:
        return
    controls = controls_of(addresses)
    memory, lengths, damped = reverb_of(addresses), reverb_lines_of(addresses), reverb_damped_of(addresses)
    place = master.reverb_place
    decay_before = 10 ** (-3 / (controls[_TIME].before * master.rate))  # per frame
    decay = 10 ** (-3 / (controls[_TIME].now * master.rate))
    pole = float32(np.exp(-2 * np.pi * min(controls[_DAMPING].now, 0.49 * master.rate) / master.rate))
    loudest = float32(0)
    kept_before = kept = 0.0  # of the power, in one passage
    for k in range(REVERB_LINES):
        kept_before += decay_before ** (2.0 * lengths[k]) / REVERB_LINES
        kept += decay ** (2.0 * lengths[k]) / REVERB_LINES
        gain = float32(decay_before ** lengths[k] * (1 - pole))
        step = (float32(decay ** lengths[k] * (1 - pole)) - gain) * float32(1 / TICK)
        last = damped[k]
        for j in range(TICK):
            last = memory[k, (place + j - lengths[k]) & _MASK] * (gain + step * float32(j)) + pole * last
            rows[k, j] = last
            loudest = max(loudest, abs(last))
        damped[k] = last if abs(last) > _FAINT else float32(0)
    mix, turns = mix_of(addresses), reverb_turns_of(addresses)
    # Long reverbs gather more of what they get: level it, so that the knob for the time isn't one for the level.
    before = controls[_GAIN].before * _LEVEL * np.sqrt((1 - kept_before) / kept_before)
    now = controls[_GAIN].now * _LEVEL * np.sqrt((1 - kept) / kept)
    for k in range(REVERB_LINES):
        for c in range(master.bus):
            gain = turns[k, c]
            if gain != 0:
                for j in range(TICK):
                    mix[c, j] += rows[k, j] * gain * float32(before + (now - before) * (j / TICK))
    _mix_lines(rows)
    for k in range(REVERB_LINES):
        into = send[k % 2]
        sign = float32(1 if k % 4 < 2 else -1)
        for j in range(TICK):
            memory[k, (place + j) & _MASK] = rows[k, j] + sign * into[j]
            loudest = max(loudest, abs(into[j]))
    master.reverb_place = (place + TICK) & _MASK
    if loudest > _FAINT:
        master.reverb_rings = REVERB_FRAMES // TICK
    else:
        master.reverb_rings -= 1
    for c in range(2):
        fill(send[c], 0)
