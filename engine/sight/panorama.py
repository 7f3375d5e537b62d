"""Views out of panoramas: perspective pictures cut from equirectangular ones.

An equirectangular picture shows 360 by 180 degrees: azimuth runs evenly along its width, from 180 degrees (behind) by
90 (left) and 0 (ahead, the middle) to -180, elevation along its height from 90 degrees to -90. A view is what a pinhole
camera in its centre would see (the gnomonic projection: Snyder, "Map Projections: A Working Manual", 1987, section 22).
"""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.sight.pictures import Picture, fit
from engine.sight.views import View

LARGEST = (512, 1024)
"""Height and width that panoramas are scaled down to: so fine as a view is in its middle, so that none flickers."""
SIDE = 256
"""Pixels along the side of a view; the eye takes fewer."""
FIELD = 90.0
"""Degrees that a view is wide and high."""
_SKEW = 0.02  # of its height, that a panorama may be wider or narrower than it should


def fit_panorama(picture: NDArray[Any], name: str) -> Picture:
    """Return a panorama [height, width, 3] scaled down to LARGEST if it is larger; `name` is for people.

    Raises UserError if it is not twice as wide as high.
    """
    check_panorama(picture, f"camera {name}")
    return fit(picture, LARGEST)


def check_panorama(picture: NDArray[Any], whose: str) -> None:
    """Raise UserError unless a picture [height, width, 3] is twice as wide as high; `whose` is for people."""
    height, width = picture.shape[:2]
    if abs(width - 2 * height) > _SKEW * height:
        raise UserError(f"{whose}: a picture of {width} x {height} pixels is no panorama; expected one twice as "
                        "wide as high, that shows 360 by 180 degrees (equirectangular)")


def shown(picture: Picture, view: View) -> Picture:
    """Return what `view` shows of its camera's picture: all, or uint8 [SIDE, SIDE, 3] cut from a panorama."""
    if view.within is None:
        return picture
    places, weights = _maps(*picture.shape[:2], view.within)
    return np.asarray(cv2.remap(picture, places, weights, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.uint8)


def places_of(height: int, width: int, azimuth: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return where in a panorama [height, width] the pixels of the view at `azimuth` (degrees) lie.

    Columns and rows, each float32 [SIDE, SIDE], counted from the centre of the first pixel.
    """
    plane = (2 * np.arange(SIDE) + 1 - SIDE) / SIDE * np.tan(np.radians(FIELD / 2))
    right, down = np.meshgrid(plane, plane)
    turn = azimuth / 360 - np.arctan2(right, 1) / (2 * np.pi)
    rise = -np.arctan2(down, np.hypot(right, 1)) / np.pi
    return (((0.5 - turn) * width - 0.5) % width).astype(np.float32), ((0.5 - rise) * height - 0.5).astype(np.float32)


@lru_cache(maxsize=64)
def _maps(height: int, width: int, azimuth: float) -> tuple[NDArray[np.int16], NDArray[np.uint16]]:
    """Return the places in the form in which OpenCV is fastest."""
    places, weights = cv2.convertMaps(*places_of(height, width, azimuth), cv2.CV_16SC2)
    return np.asarray(places, np.int16), np.asarray(weights, np.uint16)
