"""Reads the output `mmap` as the Script TOP does: looks every millisecond and copies what is new."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge.outputs.mmap_reader import MappedPictures
from engine.errors import UserError

_LOOK = 0.001


def pictures(target: str) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures in the file `target`."""
    while True:
        try:
            reader = MappedPictures(Path(target))
            break
        except UserError:
            time.sleep(_LOOK)
    seen = 0
    while True:
        if reader.number == seen or (got := reader.read()) is None:
            time.sleep(_LOOK)
            continue
        seen = got[2]
        yield got[0]
