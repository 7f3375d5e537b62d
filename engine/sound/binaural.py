"""Binaural output: every virtual loudspeaker is heard as the ears of a head would (compiled; part of the kernel)."""

import numpy as np
from numba import carray, njit, uint64
from numpy.typing import NDArray

from engine.sound.lanes import ARITHMETIC
from engine.sound.state import (
    MOST_CHANNELS,
    TICK,
    ear_past_of,
    ear_responses_of,
    fill,
    master_of,
    mix_of,
    stack_tick,
)


@njit(fastmath=ARITHMETIC, error_model="numpy")
def decode(addresses: NDArray[np.int64]) -> None:
    """Turn the mix of the virtual loudspeakers [MOST_CHANNELS, TICK] into that of the two ears, in its first rows.

    Direct convolution: always the same work. Does nothing in layouts that are not binaural.
    """
    taps = master_of(addresses)[0].taps
    if taps == 0:
        return
    mix = mix_of(addresses)
    past = ear_past_of(addresses)
    responses = ear_responses_of(addresses)
    # Memory that nothing else can alias: the loops are vectorised.
    left = carray(stack_tick(), (TICK,), np.float32)
    right = carray(stack_tick(), (TICK,), np.float32)
    fill(left, 0)
    fill(right, 0)
    for c in range(MOST_CHANNELS):
        line = past[c]
        for j in range(TICK):
            line[taps - 1 + j] = mix[c, j]
        for tap in range(taps):
            to_left, to_right = responses[0, c, tap], responses[1, c, tap]
            first = uint64(taps - 1 - tap)  # an index that can't count from the end is a tenth of the work
            for j in range(TICK):
                left[j] += to_left * line[first + uint64(j)]
                right[j] += to_right * line[first + uint64(j)]
        for i in range(taps - 1):
            line[i] = line[i + TICK]
    for j in range(TICK):
        mix[0, j], mix[1, j] = left[j], right[j]
