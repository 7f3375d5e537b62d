"""Pictures on their way into the house: RGB uint8 [height, width, 3], small enough for a frame slot."""

import io
import warnings
from pathlib import Path
from typing import Any, NamedTuple

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
SEEN = FRAME_SHAPE[:2]
"""Height and width of the largest picture that is looked at: what the frame slot holds."""
MAX_PIXELS = 120_000_000
"""Pixels of the largest picture that is decoded (360 MB); a file of a few kilobytes can claim a thousand times that."""
_MARGIN = 2
"""How many times as many pixels along a side as are wanted are decoded at least, so that averaging decides the rest."""
# Only these decoders: Pillow would hand PostScript, for one, to an interpreter.
_FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")

Image.MAX_IMAGE_PIXELS = None  # read_picture refuses by MAX_PIXELS, where Pillow would only warn
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # odd metadata, of no use to the person


class Decoded(NamedTuple):
    """A picture, and the width and height that its file gives it, upright."""

    picture: Picture
    width: int
    height: int


def read_picture(path: str | Path, largest: tuple[int, int] | None = None) -> Picture:
    """Return the picture in a file as RGB uint8 [height, width, 3], turned upright by its EXIF tag.

    Grey, CMYK, palette and 16-bit pictures are converted, transparency is dropped, of an animation the first frame is
    taken. What the file holds counts, not its name.
    largest: height and width that it will be scaled down to with `fit`; of a picture that has several times as many
    pixels, fewer are decoded, where they can be left out at no loss. In full size without it.
    Raises UserError if the file can't be read, is no picture, is cut short, or has more than MAX_PIXELS.
    """
    return _decoded(path, str(path), largest).picture


def decode_picture(body: bytes, name: str, largest: tuple[int, int] | None = None) -> Decoded:
    """Return the picture in the bytes of a file, as read_picture does. name: what errors call it."""
    return _decoded(io.BytesIO(body), name, largest)


def _decoded(file: str | Path | io.BytesIO, name: str, largest: tuple[int, int] | None) -> Decoded:
    try:
        with Image.open(file, formats=_FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise UserError(f"picture {name}: {width} x {height} pixels are too many; expected at most "
                                f"{MAX_PIXELS // 1_000_000} million. Scale it down")
            least = _MARGIN * max(largest) if largest else min(width, height)  # of either side: it may be turned
            image.draft(None, (least, least))  # JPEG alone can decode fewer pixels
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            rgb = _as_rgb(image)
            if (rgb.width > rgb.height) != (width > height):
                width, height = height, width
            times = min(rgb.size) // least
            return Decoded(np.array(rgb.reduce(times) if times > 1 else rgb, np.uint8), width, height)
    except (UserError, MemoryError):
        raise
    except UnidentifiedImageError:
        size = len(file.getbuffer()) if isinstance(file, io.BytesIO) else Path(file).stat().st_size
        raise UserError(f"picture {name}: not a picture that can be decoded ({size} bytes); "
                        f"expected {', '.join(sorted(s[1:] for s in SUFFIXES))}") from None
    # Decoders meet broken files with OSError, SyntaxError, ValueError, struct.error and more.
    except Exception as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else f"damaged: {error}"
        raise UserError(f"picture {name}: {reason}") from None


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode == "I":  # Pillow would clip 16-bit grey instead of scaling it
        image = Image.fromarray((np.asarray(image).clip(0, 65535) >> 8).astype(np.uint8))
    return image if image.mode == "RGB" else image.convert("RGB")  # which copies in any case


def fit(picture: NDArray[Any], largest: tuple[int, int] = SEEN) -> Picture:
    """Return `picture` [height, width, 3], scaled down by area to `largest` if it is larger, keeping its aspect.

    largest: height and width; those of the frame slot unless told. Sides shorter than MIN_SIDE are stretched to it.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, largest[0] / height, largest[1] / width)
    size = max(MIN_SIDE, round(width * scale)), max(MIN_SIDE, round(height * scale))
    if size == (width, height):
        return np.asarray(picture, np.uint8)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
