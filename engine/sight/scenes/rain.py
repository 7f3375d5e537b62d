"""Falling rain, as a lens sees it: streaks."""

from __future__ import annotations

import numpy as np

from engine.sight.scenes.common import Light, dab, kernel


@kernel
def streaks(light, tile, dx, dy, glow, tint):  # type: ignore[no-untyped-def]
    """Adds a wrapping plane `tile` [th, tw], moved by (dx, dy) pixels and lit by `glow` [h, w] and `tint` [3]."""
    h, w = light.shape[:2]
    th, tw = tile.shape
    for y in range(h):
        row = (y - dy) % th
        for x in range(w):
            v = tile[row, (x - dx) % tw] * glow[y, x]
            for k in range(3):
                light[y, x, k] += v * tint[k]


class Rain:
    """Falling streaks in two depths, brightest where `glow` [h, w] says that light falls on them."""

    def __init__(self, rng: np.random.Generator, glow: Light, amount: float = 1.0, slant: float = 0.06) -> None:
        h, w = glow.shape
        self.glow, self.h, self.slant = np.ascontiguousarray(glow, np.float32), h, slant
        self.tiles = []
        for length, width, count in ((0.05, 0.0016, 900), (0.12, 0.0028, 160)):
            tile = np.zeros((h, w, 3), np.float32)
            n = int(count * amount * w / h)
            x, y, size = rng.uniform(0, w / h, n), rng.uniform(0, 1, n), rng.uniform(0.5, 1.2, n)
            shine = rng.uniform(0.3, 1.0, (n, 1)) * np.ones(3)
            for wrap in (-1.0, 0.0, 1.0):
                dab(tile, x, y + wrap, width * size, length * size, shine, angle=slant, soft=1, add=True)
            self.tiles.append(np.ascontiguousarray(tile[..., 0]))

    def fall(self, light: Light, t: float, tint: Light) -> None:
        """Adds the rain of time t to `light`, in place."""
        for tile, speed, gain in zip(self.tiles, (1.9, 3.1), (0.5, 0.8), strict=True):
            drop = t * speed * self.h
            streaks(light, tile, int(-drop * self.slant), int(drop), self.glow, (tint * gain).astype(np.float32))
