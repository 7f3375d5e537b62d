"""Reads the pictures of the output `mmap` (bridge.outputs.layout): for programs in Python, and for tests."""

import mmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge.outputs.layout import CHANNELS, HEADER, MAGIC, VERSION, default_file
from engine.errors import UserError
from engine.shared import fence

_TRIES = 8


class MappedPictures:
    """The pictures in the file `path`, the default one if None; UserError if there are none, or of another layout."""

    def __init__(self, path: Path | None = None) -> None:
        path = path or default_file()
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise UserError(f"{path} can't be read ({error}); is an output of the kind mmap on?") from None
        if len(self._map) < HEADER.itemsize:
            raise UserError(f"{path} is not a file of pictures of Phonoscope")
        self._header = np.frombuffer(self._map, HEADER, 1)
        if self._header["magic"][0] != MAGIC or self._header["version"][0] != VERSION:
            raise UserError(f"{path} is not a file of pictures of Phonoscope, version {VERSION}")

    @property
    def number(self) -> int:
        """Number of the newest picture, 0 before the first."""
        return int(self._header["number"][0])

    def read(self) -> tuple[NDArray[np.uint8], float, int] | None:
        """Return (copy of the newest picture, RGBA uint8 [height, width, 4]; its clock time, s; its number).

        None before the first, or if the writer is so fast that none can be copied whole.
        """
        for _ in range(_TRIES):
            before = int(self._header["sequence"][0])
            fence()
            header = self._header[0].copy()
            height, width, at = int(header["height"]), int(header["width"]), int(header["pixels_at"])
            if at + height * width * CHANNELS <= len(self._map):  # else it is half written
                pixels = np.frombuffer(self._map, np.uint8, height * width * CHANNELS, at).copy()
                fence()
                if before % 2 == 0 and before == int(self._header["sequence"][0]):
                    picture = pixels.reshape(height, width, CHANNELS)
                    return (picture, float(header["time"]), int(header["number"])) if before else None
        return None
