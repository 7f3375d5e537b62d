"""The least that brings a picture to another process by memory, both sides of it: a yardstick, no output.

The file holds number, height and width, u64 each, then RGBA.
"""

import mmap
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_HEAD = 24
_CHANNELS = 4
_LOOK = 0.001


class Sender:
    """Copies pictures of `height` x `width` into the file `target`."""

    def __init__(self, target: str, height: int, width: int) -> None:
        Path(target).write_bytes(np.array([0, height, width], np.uint64).tobytes() + bytes(height * width * _CHANNELS))
        self._head, self._pixels = _mapped(target)

    def send(self, pixels: NDArray[np.uint8]) -> None:
        """Copy `pixels`, RGBA uint8 [height, width, 4]."""
        self._pixels[:] = pixels
        self._head[0] += np.uint64(1)


def pictures(target: str) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures in the file `target`."""
    while not Path(target).exists():
        time.sleep(_LOOK)
    head, pixels = _mapped(target)
    seen = 0
    while True:
        if head[0] == seen:
            time.sleep(_LOOK)
            continue
        seen = int(head[0])
        yield pixels.copy()


def _mapped(target: str) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    with open(target, "r+b") as file:
        memory = mmap.mmap(file.fileno(), 0)
    head = np.frombuffer(memory, np.uint64, 3)
    return head, np.frombuffer(memory, np.uint8, -1, _HEAD).reshape(int(head[1]), int(head[2]), _CHANNELS)
