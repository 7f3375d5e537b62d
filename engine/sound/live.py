"""The live input as material: a ring of the last minute that layers play from (compiled; called by the audio callback).

It looks like a clip to a reader: PAD frames on either side of the ring repeat its other end.
"""

import numpy as np
from numba import float32, njit
from numpy.typing import NDArray

from engine.atomics import fence
from engine.sound.lanes import PAD

_FAINT = 1e-20
"""Smaller samples are stored as 0, like what isn't finite: arithmetic with denormal numbers is slow."""


@njit(nogil=True, cache=True)
def hear(ring: NDArray[np.float32], header: NDArray[np.int64], sound: NDArray[np.float32]) -> None:
    """Append `sound` [frames, 1 or more channels] to the ring [2, PAD + n + PAD]; a mono input is heard on both sides.

    header: [0] frames ever written, published last; [1] frames of the largest block.
    """
    size = ring.shape[1] - 2 * PAD
    written = header[0]
    header[1] = max(header[1], sound.shape[0])
    last = sound.shape[1] - 1
    for i in range(sound.shape[0]):
        at = (written + i) % size
        for c in range(2):
            sample = sound[i, min(c, last)]
            if not (np.isfinite(sample) and abs(sample) > _FAINT):
                sample = float32(0)
            ring[c, PAD + at] = sample
            if at < PAD:
                ring[c, PAD + size + at] = sample
            if at >= size - PAD:
                ring[c, at - (size - PAD)] = sample
    fence()
    header[0] = written + sound.shape[0]
