"""A waterfall between mossy rocks in a wood, and its pool."""

from __future__ import annotations

import cv2
import numpy as np

from engine.sight.scenes.common import (
    Light,
    blend,
    colour,
    dab,
    gradient,
    grid,
    lookup,
    mix,
    noise,
    relight,
    ripples,
    smoothstep,
    sway,
    veil,
    view,
    water,
)
from engine.sight.scenes.forest import leaves


class Waterfall:
    """Veils of water fall over a ledge into a pool; mist drifts, ferns frame it."""

    SHORE, LIP = 0.74, 0.20

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size = size
        h, w = size
        self.wide = (h, w + h // 5)
        self.rows = max(round(self.SHORE * h), 2)
        self.cliff = self._cliff(rng)
        self.frame_of_leaves = self._ferns(rng)
        self.veil, self.map_x, self.map_y = self._veil(rng)
        self.strands = np.clip(0.5 + 0.32 * noise(rng, (512, 256), 1.05, 0.16), 0, 1.4).astype(np.float32)[..., None]
        self.surface = ripples(rng, 1.3)
        self.mist = noise(rng, (64, 128), 1.9)

    def _cliff(self, rng: np.random.Generator) -> Light:
        h, w = self.wide
        x, y = grid((h, w), self.SHORE)
        strata, blocks, fine = (
            noise(rng, (h, w), 2.0, 0.45),
            1 - np.abs(noise(rng, (h, w), 2.0, 1.6)),
            noise(rng, (h, w), 0.9),
        )
        relief = 0.9 * strata + 1.5 * blocks + 0.06 * fine + 0.5 * np.abs(np.sin(y * 21 + 2.5 * strata))
        step = max(h // 90, 1)
        lit = np.clip((relief - np.roll(relief, step, (0, 1))) * 1.3 + 0.14 * fine + 0.42, 0.04, 1.6)
        rock = mix(colour("#34302c", 0.5), colour("#a89c8a", 0.95), np.clip(lit * 0.62, 0, 1))
        rock = mix(rock, colour("#16181a", 0.22), smoothstep(0.34, 0.10, np.abs(x)) * 0.75)
        moss = smoothstep(0.2, 1.3, strata + 0.9 * np.clip(lit, 0, 1.2) + 0.9 * np.abs(x) - 0.8)
        picture = mix(
            rock,
            mix(colour("#1c3010", 0.45), colour("#86a03c", 0.85), np.clip(lit * 0.6 + 0.1 * fine, 0, 1)),
            moss * 0.85,
        )
        picture *= (0.5 + 0.6 * smoothstep(0.0, 0.5, y))[..., None]
        sky = gradient(y, [(0.4, colour("#4c6a28", 0.45)), (0.74, colour("#86a450", 0.62))])
        edge = self.SHORE - self.LIP + 0.035 * noise(rng, (1, w), 1.6) + 0.10 * np.clip(np.abs(x) - 0.22, 0, 0.6)
        picture = mix(picture, sky, smoothstep(-0.004, 0.004, y - edge))
        layer = np.dstack([picture, np.ones((h, w), np.float32)]).astype(np.float32)
        clump = noise(rng, (256, 256), 1.5)
        leaves(layer, rng, 26000, (-0.16, 0.31), 0.0042, colour("#16280c", 0.3), colour("#a0b850", 0.85), clump)
        gap = gradient(y, [(0.4, colour("#b8cc88", 0.9)), (0.74, colour("#f8ffe8", 1.8))])
        torn = 0.10 * clump[(y * 300).astype(int) % 256, (x * 300).astype(int) % 256]
        cover = smoothstep(0.26, 0.08, np.abs(x) + torn) * smoothstep(-0.004, 0.004, y - edge)
        layer[..., :3] = mix(layer[..., :3], gap, cover * 0.85)
        aspect = w / h
        for side in (-1, 1):
            n = 5200
            off = 0.17 + 0.8 * rng.uniform(0, 1, n) ** 1.2
            px, py = aspect / 2 + side * off, rng.uniform(self.LIP, self.SHORE, n)
            keep = clump[(py * 250).astype(int) % 256, (px * 250).astype(int) % 256] + off > 0.9
            px, py = px[keep], py[keep]
            shine = np.clip(rng.normal(0.4, 0.3, px.size), 0, 1.2)[:, None]
            green = mix(colour("#14240c", 0.3), colour("#90b83c", 0.75), shine)
            dab(layer, px, py, 0.006, 0.0020, green, angle=rng.normal(0, 0.9, px.size) + 0.6 * side)
        self._boulders(layer, rng, aspect)
        return np.ascontiguousarray(layer[: self.rows, :, :3])

    def _boulders(self, layer: Light, rng: np.random.Generator, aspect: float) -> None:
        for _ in range(40):
            side = rng.choice([-1, 1])
            cx = aspect / 2 + side * rng.uniform(0.16, 0.95)
            size = rng.uniform(0.02, 0.06)
            cy = self.SHORE + size * 0.15
            n = 500
            a, r = rng.uniform(0, 2 * np.pi, n), np.sqrt(rng.uniform(0, 1, n))
            px, py = cx + 1.3 * size * r * np.cos(a), cy + 0.75 * size * r * np.sin(a)
            shine = np.clip(0.42 - 0.55 * r * np.sin(a) + rng.normal(0, 0.10, n), 0, 1.1)[:, None]
            mossy = rng.uniform(0, 1, (n, 1)) < np.clip(0.25 - 0.7 * np.sin(a) * r, 0, 1)[:, None]
            tone = np.where(
                mossy,
                mix(colour("#1c3010", 0.3), colour("#86a838", 0.7), shine),
                mix(colour("#1c1a18", 0.2), colour("#9a9284", 0.7), shine),
            )
            dab(layer, px, py, size * 0.10, size * 0.06, tone)

    def _ferns(self, rng: np.random.Generator) -> Light:
        h, w = self.wide
        layer = np.zeros((h, w, 4), np.float32)
        aspect = w / h
        for _ in range(70):
            side = rng.choice([-1, 1])
            cx, cy = aspect / 2 + side * rng.uniform(0.60, 1.08), rng.uniform(0.90, 1.10)
            lean = rng.normal(-1.57 - side * 0.25, 0.7)
            s = np.linspace(0, 1, 40)
            reach = rng.uniform(0.12, 0.26)
            fx = cx + reach * s * np.cos(lean)
            fy = cy + reach * (s * np.sin(lean) + 0.55 * s**2.2)
            tone = rng.uniform(0.4, 1.2)
            for way in (-1, 1):
                turn = np.arctan2(np.gradient(fy), np.gradient(fx)) + way * 1.15
                leaf = 0.026 * np.sin(np.clip(s * 2.8 + 0.3, 0, 3.0)) + 0.002
                shine = np.clip(0.45 - 0.45 * np.sin(turn) + rng.normal(0, 0.12, 40), 0, 1.2)[:, None] * tone
                green = mix(colour("#0c1a08", 0.25), colour("#8cb840", 0.75), shine)
                dab(
                    layer, fx + np.cos(turn) * leaf, fy + np.sin(turn) * leaf, leaf, 0.0026, green, angle=turn, soft=0.3
                )
        return layer

    def _veil(self, rng: np.random.Generator) -> tuple[Light, Light, Light]:
        h, w = self.wide
        x, y = grid((h, w), 1.0)
        y = 1 - y
        fall = np.clip((y - self.LIP) / (self.SHORE - self.LIP), 0, 1)
        spread = 0.105 + 0.05 * fall + 0.012 * noise(rng, (1, w), 1.4)
        main = smoothstep(1.05, 0.80, np.abs(x + 0.01) / spread + 0.10 * noise(rng, (h, w), 1.3, 0.15))
        left = (
            smoothstep(1.0, 0.5, np.abs(x + 0.245 + 0.03 * fall) / (0.026 + 0.03 * fall))
            * smoothstep(self.LIP + 0.05, self.LIP + 0.08, y)
            * 0.8
        )
        right = (
            smoothstep(1.0, 0.5, np.abs(x - 0.22 - 0.02 * fall) / (0.016 + 0.025 * fall))
            * smoothstep(self.LIP + 0.07, self.LIP + 0.10, y)
            * 0.75
        )
        top = smoothstep(self.LIP - 0.012, self.LIP + 0.012, y)
        ledge = 1 - 0.25 * np.exp(-(((fall - 0.45) / 0.05) ** 2))
        cover = (np.clip(main + left + right, 0, 1) * top * ledge).astype(np.float32)[: self.rows]
        map_x = (x * 210 / (1 + 0.35 * fall)).astype(np.float32)[: self.rows]
        map_y = (260 * np.sqrt(fall + 0.06)).astype(np.float32)[: self.rows]
        return cover, map_x, map_y

    def frame(self, t: float) -> Light:
        """Linear light [h, w, 3] at `t` seconds."""
        h, w = self.size
        pan = 0.07 * sway(t, 59)
        left = int(np.floor((self.wide[1] - w) / 2 + pan * h))
        part = (self.wide[1] - w) / 2 + pan * h - left
        shift = np.array([[1, 0, left + part], [0, 1, 0]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        light = np.empty((h, w, 3), np.float32)
        light[: self.rows] = cv2.warpAffine(
            self.cliff, shift, (w, self.rows), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        window = slice(max(left, 0), max(left, 0) + w)
        map_x, map_y = self.map_x[:, window] - np.float32(part), self.map_y[:, window]
        strand = lookup(self.strands, map_x, map_y, 0.0, -t * 170)[..., 0]
        cover = self.veil[:, window] * np.clip(strand * 1.5 - 0.1, 0, 1)
        above = light[: self.rows]
        relight(above, 1 - cover, (0.42 + 0.75 * strand) * cover, colour("#e8f4fc", 1.1))
        water(light, above, self.surface, self.rows, t, 0.30, 1.0, 0.05, colour("#1c4a44", 0.28), 0.12, pan, 1.3)
        self._mist(light, t, pan)
        near = view(self.frame_of_leaves, self.size, pan * 1.6 + 0.002 * np.sin(t * 1.1), 0.002 * np.sin(t * 0.9))
        first = h // 2
        blend(light[first:], np.ascontiguousarray(near[first:]), np.float32(1))
        return light

    def _mist(self, light: Light, t: float, pan: float) -> None:
        h, w = self.size
        top = int(h * 0.52)
        rows = h - top
        drift = np.array([[90 / h / 2, 0, (t * 3 + pan * 45) % 128], [0, 90 / h / 2, (t * 5) % 64]])
        puff = cv2.warpAffine(
            self.mist, drift, (w, rows), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_WRAP
        )
        x = (np.arange(w) + 0.5 - w / 2) / h + pan
        y = (np.arange(rows) + 0.5 + top) / h
        shape = np.exp(-((x / 0.36) ** 2))[None] * np.exp(-(((y - self.SHORE + 0.01) / 0.075) ** 2))[:, None]
        amount = (np.clip(0.55 + 0.30 * puff, 0, 1) * shape).astype(np.float32)
        veil(light[top:], amount, colour("#f0f8ff", 0.95))
