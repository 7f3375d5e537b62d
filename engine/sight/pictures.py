"""Pictures on their way into the house: RGB uint8 [height, width, 3], small enough for a frame slot."""

import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from engine.errors import UserError
from engine.shared import FRAME_SHAPE

Picture = NDArray[np.uint8]
SUFFIXES = frozenset([".bmp", ".gif", ".jpeg", ".jpg", ".jp2", ".png", ".ppm", ".tif", ".tiff", ".webp"])
"""Endings of the file names that count as pictures."""
MIN_SIDE = 16
"""Fewest pixels along a side that an eye takes."""
MAX_PIXELS = 120_000_000
"""Pixels of the largest picture that is decoded (360 MB); a file of a few kilobytes can claim a thousand times that."""
# Only these decoders: Pillow would hand PostScript, for one, to an interpreter.
_FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")

Image.MAX_IMAGE_PIXELS = None  # read_picture refuses by MAX_PIXELS, where Pillow would only warn
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # odd metadata, of no use to the person


def read_picture(path: str | Path) -> Picture:
    """Return the picture in a file as RGB uint8 [height, width, 3] in full size, turned upright by its EXIF tag.

    Grey, CMYK, palette and 16-bit pictures are converted, transparency is dropped, of an animation the first frame is
    taken. What the file holds counts, not its name.
    Raises UserError if the file can't be read, is no picture, is cut short, or has more than MAX_PIXELS.
    """
    try:
        with Image.open(path, formats=_FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise UserError(f"picture {path}: {width} x {height} pixels are too many; expected at most "
                                f"{MAX_PIXELS // 1_000_000} million. Scale it down")
            return np.array(_as_rgb(ImageOps.exif_transpose(image)), np.uint8)
    except UserError:
        raise
    except UnidentifiedImageError:
        raise UserError(f"picture {path}: not a picture that can be decoded ({Path(path).stat().st_size} bytes); "
                        f"expected {', '.join(sorted(s[1:] for s in SUFFIXES))}") from None
    # Decoders meet broken files with OSError, SyntaxError, ValueError, struct.error and more.
    except Exception as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else f"damaged: {error}"
        raise UserError(f"picture {path}: {reason}") from None


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode == "I":  # Pillow would clip 16-bit grey instead of scaling it
        image = Image.fromarray((np.asarray(image).clip(0, 65535) >> 8).astype(np.uint8))
    return image.convert("RGB")


def fit(picture: NDArray[Any], largest: tuple[int, int] = FRAME_SHAPE[:2]) -> Picture:
    """Return `picture` [height, width, 3], scaled down by area to `largest` if it is larger, keeping its aspect.

    largest: height and width; those of the frame slot unless told. Sides shorter than MIN_SIDE are stretched to it.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, largest[0] / height, largest[1] / width)
    size = max(MIN_SIDE, round(width * scale)), max(MIN_SIDE, round(height * scale))
    if size == (width, height):
        return np.asarray(picture, np.uint8)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
