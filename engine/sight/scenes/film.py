"""The film of the demo camera: light becomes a picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.sight.scenes.common import Light, grid, kernel


class Film:
    """Turns light into a picture: exposure, a filmic curve, vignette and grain; made once for a size."""

    def __init__(self, size: tuple[int, int]) -> None:
        h, w = size
        rng = np.random.default_rng(77)
        x, y = grid(size, 0.5)
        fall = 1 - 0.32 * np.minimum((x * x * (h / w) ** 2 + y * y) * 2.2, 1.5)
        self.vignette = np.repeat(fall.astype(np.float32), 3, 1)
        coarse = cv2.GaussianBlur(rng.standard_normal((h + 64, w + 64)).astype(np.float32), (0, 0), 0.7)
        self.grain = np.repeat(coarse / coarse.std(), 3, 1)

    def develop(self, light: Light, t: float, grain: float = 0.007) -> NDArray[np.uint8]:
        """Picture uint8 [h, w, 3] of `light`; the grain changes 24 times a second."""
        h, w = light.shape[:2]
        dy, dx = np.random.default_rng(int(t * 24) & 0xFFFFFFFF).integers(0, 64, 2)
        picture = np.empty((h, w * 3), np.uint8)
        develop(light.reshape(h, w * 3), self.vignette, self.grain, dy, dx * 3, np.float32(grain), picture)
        return picture.reshape(h, w, 3)


@kernel
def develop(light, vignette, plane, dy, dx, grain, picture):  # type: ignore[no-untyped-def]
    """Filmic curve of Narkowicz ("ACES filmic tone mapping curve", 2015), square-root display curve, grain."""
    h, w = light.shape
    for y in range(h):
        shifted = plane[y + dy, dx : dx + w]
        for x in range(w):
            v = light[y, x] * vignette[y, x] * np.float32(0.8)
            curve = v * (np.float32(2.43) * v + np.float32(0.59)) + np.float32(0.14)
            v = v * (np.float32(2.51) * v + np.float32(0.03)) / curve
            v = (np.sqrt(v) + grain * shifted[x]) * np.float32(255) + np.float32(0.5)
            v = np.float32(0) if v < np.float32(0) else v
            v = np.float32(255) if v > np.float32(255) else v
            picture[y, x] = np.uint8(np.int32(v))
