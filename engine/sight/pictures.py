"""Pictures on their way into the house: RGB uint8 [height, width, 3], small enough for a frame slot."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.shared import FRAME_SHAPE

Picture = NDArray[np.uint8]
SUFFIXES = frozenset([".bmp", ".gif", ".jpeg", ".jpg", ".jp2", ".png", ".ppm", ".tif", ".tiff", ".webp"])
"""Endings of the file names that count as pictures."""
MIN_SIDE = 16
"""Fewest pixels along a side that an eye takes."""


def read_picture(path: str | Path) -> Picture:
    """Return the picture in a file as RGB uint8 [height, width, 3] in full size, turned upright by its EXIF tag.

    Grey, CMYK and 16-bit pictures are converted, transparency is dropped, of an animation the first frame is taken.
    Raises UserError if the file can't be read or decoded.
    """
    try:
        body = np.fromfile(path, np.uint8)  # cv2.imread can't open every path on Windows
    except OSError as error:
        raise UserError(f"picture {path}: {error.strerror}") from None
    try:
        picture = cv2.imdecode(body, cv2.IMREAD_COLOR) if body.size else None
    except cv2.error as error:
        raise UserError(f"picture {path}: {error.err}") from None
    if picture is None:
        raise UserError(f"picture {path}: not a picture that can be decoded ({body.size} bytes); expected "
                        f"{', '.join(sorted(s[1:] for s in SUFFIXES))}")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def fit(picture: NDArray[Any]) -> Picture:
    """Return `picture` [height, width, 3], scaled down by area to FRAME_SHAPE if it is larger, keeping its aspect.

    Sides shorter than MIN_SIDE are stretched to it.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, FRAME_SHAPE[0] / height, FRAME_SHAPE[1] / width)
    size = max(MIN_SIDE, round(width * scale)), max(MIN_SIDE, round(height * scale))
    if size == (width, height):
        return np.asarray(picture, np.uint8)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
