"""Output `mmap`: a file that other programs on this machine map into their memory (bridge.outputs.layout).

target: the file, made if its folder is there; "" for layout.default_file().
"""

import mmap
import os
import sys
from pathlib import Path
from typing import IO

import cv2
import numpy as np
from numpy.typing import NDArray

from bridge.outputs import FrameOutput
from bridge.outputs.layout import CHANNELS, HEADER, MAGIC, PIXELS_AT, ROOM, VERSION, default_file
from engine.errors import UserError
from engine.shared import fence


class MappedFile(FrameOutput):
    """The writer of one such file."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = _opened(path)
        except OSError as error:
            raise UserError(f"mmap: the file {path} can't be written: {error.strerror or error}") from None
        self._map = mmap.mmap(self._file.fileno(), PIXELS_AT + ROOM)
        self._header = np.frombuffer(self._map, HEADER, 1)
        self._pixels = np.frombuffer(self._map, np.uint8, ROOM, PIXELS_AT)
        if self._header["magic"][0] != MAGIC or self._header["version"][0] != VERSION:
            self._header[0] = (MAGIC, VERSION, PIXELS_AT, 0, 0, 0, CHANNELS, 0, 0.0, 0, ROOM)

    def send(self, frame: NDArray[np.uint8], time: float) -> None:
        """Publish a picture of up to ROOM bytes as RGBA; OSError for a larger one."""
        height, width, _ = frame.shape
        size = height * width * CHANNELS
        if size > ROOM:
            raise OSError(f"mmap: a picture of {width} x {height} is larger than the file's {ROOM} bytes")
        header = self._header[0]
        begun = int(header["sequence"]) | 1  # odd already if an earlier writer died here
        header["sequence"] = begun
        fence()
        cv2.cvtColor(frame, cv2.COLOR_RGB2RGBA, dst=self._pixels[:size].reshape(height, width, CHANNELS))
        header["width"], header["height"], header["time"] = width, height, time
        header["number"] += 1
        fence()
        header["sequence"] = begun + 1

    def close(self) -> None:
        """Leave the file as it is."""
        del self._header, self._pixels  # the map, and with it the lock, lasts as long as they do
        self._map.close()
        self._file.close()


def open_output(target: str, rate: float) -> MappedFile:
    """Open the file `target`."""
    return MappedFile(Path(target).expanduser() if target else default_file())


def _opened(path: Path) -> IO[bytes]:
    """Open `path` with enough room for pictures, for one writer alone; OSError."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600), "r+b", buffering=0)
    try:
        _lock(file)
        if not (found := file.read(len(MAGIC))):
            file.write(MAGIC)  # from now on it is known as ours, whatever interrupts
        elif found != MAGIC:
            raise OSError("there is something else in it, that would be lost")
        _enlarge(file)
    except OSError:
        file.close()
        raise
    return file


def _enlarge(file: IO[bytes]) -> None:
    if sys.platform == "linux":  # a picture in memory for which there is no room would end the process
        os.posix_fallocate(file.fileno(), 0, PIXELS_AT + ROOM)
    elif os.fstat(file.fileno()).st_size < PIXELS_AT + ROOM:
        file.truncate(PIXELS_AT + ROOM)


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        return  # files have no such locks there
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OSError("another output writes to it; give this one a file of its own") from None
