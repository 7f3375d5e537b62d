"""A number within a picture, that survives what codecs do to pictures: a row of black and white squares at the top."""

import numpy as np
from numpy.typing import NDArray

_SIDE = 16
_BITS = 16
_FRAME = (True, False)
"""The squares before the number, by which a picture that has none is told from one."""
MOST = 1 << _BITS
WIDTH = (len(_FRAME) + _BITS + 1) * _SIDE
"""Pixels that a picture has to be wide at least."""


def stamp(picture: NDArray[np.uint8], number: int) -> None:
    """Write `number`, below MOST, into a picture [height, width, channels]."""
    bits = [bool(number >> bit & 1) for bit in range(_BITS)]
    squares = np.repeat([*_FRAME, *bits, sum(bits) % 2 == 1], _SIDE)
    picture[:_SIDE, :WIDTH] = np.where(squares, 255, 0)[:, None]


def number_in(picture: NDArray[np.uint8]) -> int | None:
    """Return the number in a picture, RGB or RGBA; None if there is none that can be read."""
    if picture.shape[0] < _SIDE or picture.shape[1] < WIDTH:
        return None
    rows = picture[_SIDE // 4:3 * _SIDE // 4, :WIDTH, :3].mean((0, 2)).reshape(-1, _SIDE)
    squares = [bool(white) for white in rows[:, _SIDE // 4:3 * _SIDE // 4].mean(1) > 127]
    bits = squares[len(_FRAME):-1]
    if tuple(squares[:len(_FRAME)]) != _FRAME or sum(bits) % 2 != squares[-1]:
        return None
    return sum(1 << bit for bit, white in enumerate(bits) if white)
