"""Output `sharedmem`: pictures for a Shared Mem In TOP of TouchDesigner, on Windows (bridge.outputs.sharedmem_layout).

target: the TOP's Memory Name; "" is "phonoscope". Its Memory Type is Local, Global is off.
"""

import sys

import numpy as np
from numpy.typing import NDArray

from bridge.outputs import FrameOutput
from bridge.outputs.sharedmem_layout import CHANNELS, HEADER_SIZE, INFO_SIZE, header, info, names, write_pixels
from engine.errors import UserError
from engine.shared import DREAM_SHAPE

_DEFAULT = "phonoscope"
_ROOM = HEADER_SIZE + DREAM_SHAPE[0] * DREAM_SHAPE[1] * CHANNELS
"""Bytes for the largest picture: the memory never has to grow, which would give it another name."""


def open_output(target: str, rate: float) -> FrameOutput:
    """Make the memory `target`."""
    if sys.platform == "win32":
        return SharedMemory(target or _DEFAULT)
    raise UserError("sharedmem: TouchDesigner's Shared Mem TOPs take pictures of other programs on Windows only; use "
                    "the output mmap with the Script TOP of patches/touchdesigner, or ndi")


if sys.platform == "win32":
    from bridge.outputs.windows_memory import Memory

    class SharedMemory(FrameOutput):
        """Sends to the TOP with Memory Name `name`."""

        def __init__(self, name: str) -> None:
            called = names(name)
            self._data = Memory(called.data, called.data_mutex, _ROOM)
            try:
                self._info = Memory(called.info, called.info_mutex, INFO_SIZE)
            except UserError:
                self._data.close()
                raise
            self._missed = 0
            self._tell(detach=False)

        def send(self, frame: NDArray[np.uint8], time: float) -> None:
            """Write `frame` if TouchDesigner isn't reading just now, else it misses it."""
            height, width, _ = frame.shape
            with self._data.locked() as memory:
                if memory is None:
                    self._missed += 1
                    return
                memory[:HEADER_SIZE] = np.frombuffer(header(width, height), np.uint8)
                write_pixels(frame, memory[HEADER_SIZE:])

        def missed(self) -> int:
            """Return how many pictures it missed because it was reading."""
            return self._missed

        def close(self) -> None:
            """Say good-bye and give the memory back."""
            self._tell(detach=True)
            self._data.close()
            self._info.close()

        def _tell(self, detach: bool) -> None:
            with self._info.locked() as memory:
                if memory is not None:
                    memory[:] = np.frombuffer(info(detach), np.uint8)
