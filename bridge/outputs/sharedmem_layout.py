"""TouchDesigner's shared memory for pictures as bytes and names: what a Shared Mem In TOP reads on Windows. Pure.

From the layout of Derivative's headers TOP_SharedMemHeader.h (version 1, pixel formats by VkFormat number) and
UT_SharedMem.h, little-endian. Which row comes first is not written there: as in all of TouchDesigner's pictures in
memory it is taken to be the bottom one.
"""

import struct
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

CHANNELS = 4
_HEADER = struct.Struct("<IiiiffI4xqi4x")
_MAGIC, _VERSION = 0xD95EF835, 1
_RGBA8 = 37
HEADER_SIZE = _HEADER.size
_INFO = struct.Struct("<Ii?x64s?x")
_INFO_MAGIC, _INFO_VERSION = 0x56ED34BA, 2
INFO_SIZE = _INFO.size


class Names(NamedTuple):
    """What the memory, its mutex, the memory that tells of it, and that one's mutex are called."""

    data: str
    data_mutex: str
    info: str
    info_mutex: str


def names(name: str) -> Names:
    """Return the names for the Memory Name `name` of a Shared Mem In TOP."""
    data = f"TouchSHM{name}"
    info = f"TouchSHM{data}4jhd783h"  # it is a shared memory itself, whose name is the first one's with a tail
    return Names(data, f"{data}Mutex", info, f"{info}Mutex")


def header(width: int, height: int) -> bytes:
    """Return the header of a picture, which HEADER_SIZE bytes after its beginning is followed by the pixels."""
    return _HEADER.pack(_MAGIC, _VERSION, width, height, width, height, _RGBA8, width * height * CHANNELS, HEADER_SIZE)


def write_pixels(frame: NDArray[np.uint8], pixels: NDArray[np.uint8]) -> None:
    """Write RGB `frame` [height, width, 3] to `pixels`, uint8 of at least as many RGBA pixels."""
    height, width, _ = frame.shape
    cells = pixels[:height * width * CHANNELS].reshape(height, width, CHANNELS)
    cv2.cvtColor(frame[::-1], cv2.COLOR_RGB2RGBA, dst=cells)


def info(detach: bool) -> bytes:
    """Return what tells of the memory: nobody else has it yet, its name has no tail; detach: the sender leaves."""
    return _INFO.pack(_INFO_MAGIC, _INFO_VERSION, False, bytes(64), detach)
