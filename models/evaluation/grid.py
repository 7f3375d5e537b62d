"""Generated pictures, or spectrograms, beside real ones: a row for each class."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.errors import UserError

from ..cache import whole

LEFT, TOP, GAP = 96, 18, 2
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def write_grid(rows: Sequence[Tensor], names: Sequence[str], heads: dict[int, str], file: Path) -> None:
    """Write a PNG of rows [n,3,h,w] (RGB) or [n,h,w] (spectrograms, the lowest band at the bottom), all in 0..1.

    names: one for each row. heads: what stands above the columns of these numbers. Raises UserError if it can't be
    written.
    """
    tiles = [_tiles(row) for row in rows]
    height, width = tiles[0].shape[1:3]
    columns = max(len(row) for row in tiles)
    sheet = np.full((TOP + len(tiles) * (height + GAP), LEFT + columns * (width + GAP), 3), 255, np.uint8)
    for i, (row, name) in enumerate(zip(tiles, names, strict=True)):
        top = TOP + i * (height + GAP)
        cv2.putText(sheet, name[:14], (2, top + height // 2 + 4), _FONT, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
        for j, tile in enumerate(row):
            left = LEFT + j * (width + GAP)
            sheet[top : top + height, left : left + width] = tile
    for j, head in heads.items():
        cv2.putText(sheet, head, (LEFT + j * (width + GAP), TOP - 5), _FONT, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
    done, encoded = cv2.imencode(".png", sheet[:, :, ::-1])
    assert done
    try:
        with whole(file) as part:
            part.write_bytes(encoded.tobytes())
    except OSError as error:
        raise UserError(f"{file}: can't be written: {error.strerror}") from None


def _tiles(row: Tensor) -> NDArray[np.uint8]:
    """uint8 [n,h,w,3] RGB."""
    values = (row.clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()
    if values.ndim == 4:
        return np.ascontiguousarray(values.transpose(0, 2, 3, 1))
    painted = [cv2.applyColorMap(spectrogram[::-1], cv2.COLORMAP_MAGMA)[:, :, ::-1] for spectrogram in values]
    return np.stack(painted)
