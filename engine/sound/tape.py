"""The tape: the newest seconds of all that is played, kept by the kernel for a thread that writes them to a file."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.atomics import fence
from engine.sound.state import (
    REEL_RUNS,
    REEL_WRITTEN,
    TAPE,
    TICK,
    master_of,
    output_of,
    reel_of,
    tape_of,
)


@njit
def tape(addresses: NDArray[np.int64]) -> None:
    """Append the output tick to the tape if it runs."""
    reel = reel_of(addresses)
    if reel[REEL_RUNS] == 0:
        return
    channels = master_of(addresses)[0].channels
    output = output_of(addresses)
    samples = tape_of(addresses)
    at = reel[REEL_WRITTEN] % _capacity(channels) * channels
    for j in range(TICK):
        for c in range(channels):
            samples[at] = output[j, c]
            at += 1
    fence()
    reel[REEL_WRITTEN] += TICK


@njit
def _capacity(channels: int) -> int:
    """Return the frames that the tape holds, whole ticks."""
    return TAPE // (TICK * channels) * TICK


class Tape:
    """The reading end of the tape; for one thread.

    samples, reel: of the State. channels: of the output.
    """

    def __init__(self, samples: NDArray[np.float32], reel: NDArray[np.int64], channels: int) -> None:
        self.channels = channels
        self.capacity: int = _capacity.py_func(channels)
        self._frames = samples[:self.capacity * channels].reshape(self.capacity, channels)
        self._reel = reel

    @property
    def written(self) -> int:
        """Frames ever written; the next one has this number."""
        return int(self._reel[REEL_WRITTEN])

    def run(self) -> None:
        """Let the kernel write, from its next tick on."""
        self._frames.fill(0)  # so that its pages are there before the kernel needs them
        self._reel[REEL_RUNS] = 1

    def stop(self) -> None:
        """Let the kernel write no more after the present tick."""
        self._reel[REEL_RUNS] = 0

    def read(self, start: int, most: int) -> tuple[int, NDArray[np.float32]]:
        """Return a copy of up to `most` frames from number `start` on, float32 [n, channels], and the first's number.

        That is a later one than `start` if the kernel has written over it since: the newest half of the tape is left.
        """
        while True:
            written = self.written
            fence()
            first = start if self._holds(start, written) else written - self.capacity // 2
            at = first % self.capacity
            sound = self._frames[at:at + min(most, written - first, self.capacity - at)].copy()
            fence()
            if self._holds(first, self.written):
                return first, sound

    def _holds(self, frame: int, written: int) -> bool:
        return written + TICK - frame <= self.capacity  # the kernel may be at the next tick already


__all__ = ["Tape", "tape"]
