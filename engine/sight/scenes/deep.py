"""Under water: a reef below shafts of light, fish, bubbles."""

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
    smoothstep,
    sway,
    veil,
    view,
)

CORALS = ("#d8705a", "#c86a9a", "#d8a050", "#8a6ac0", "#c8b890", "#5aa090", "#b05050")


class Underwater:
    """Blue depth, a sandy floor with caustics, corals at both sides, schools of fish in between."""

    FLOOR = 0.62

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size = size
        h, w = size
        self.wide = (h + h // 12, w + h // 4)
        x, y = grid(self.wide, 0.0)
        sea = gradient(
            -y,
            [
                (0.0, colour("#a8f0f0", 1.25)),
                (0.10, colour("#48c0dc", 0.85)),
                (0.35, colour("#1478b0", 0.50)),
                (0.7, colour("#0a4a80", 0.34)),
                (1.0, colour("#083a60", 0.28)),
            ],
        )
        sea += np.exp(-np.hypot(x - 0.1, (y + 0.0) * 1.2) / 0.28)[..., None] * colour("#d8fff0", 1.5)
        self.still = sea.astype(np.float32)
        self.shine = np.zeros((*self.wide, 1), np.float32)
        self._floor(rng)
        self.reef = self._reef(rng)
        n = 256
        self.caustic = (1 - np.clip(np.abs(noise(rng, (n, n), 1.7)) * 1.7, 0, 1)).astype(np.float32)[..., None] ** 2.2
        self.crossing = np.roll(self.caustic.swapaxes(0, 1), 37, 0).copy()
        xs, ys = grid(size, self.FLOOR)
        dip = np.maximum(-ys, 0.01)
        self.floor_top = int(self.FLOOR * h)
        self.map_x = np.ascontiguousarray((xs / (dip + 0.06) * 42)[self.floor_top :], np.float32)
        self.map_y = np.ascontiguousarray((22 / (dip + 0.06))[self.floor_top :], np.float32)
        self.near = np.ascontiguousarray(smoothstep(0.0, 0.14, dip)[self.floor_top :])
        half = (max(h // 2, 1), max(w // 2, 1))
        hx, hy = grid(half, 0.0)
        self.angle = (np.arctan2(hx - 0.12, 0.42 - hy) * 90 + 200).astype(np.float32)
        self.depth = np.exp(hy * 2.1).astype(np.float32)
        ray = noise(rng, (2, 400), 1.1)
        self.rays = np.clip(ray + 0.2, 0, None)
        self.school = rng.normal(0, 1, (64, 4)).astype(np.float32)
        self.bubbles = rng.uniform(0, 1, (46, 4)).astype(np.float32)

    def _floor(self, rng: np.random.Generator) -> None:
        _h, w = self.wide
        x, y = grid(self.wide, self.FLOOR)
        edge = 0.02 * noise(rng, (1, w), 1.8)
        dip = np.maximum(-y + edge, 1e-3)
        tile = noise(rng, (512, 512), 1.5)
        sand = tile[(60 / (dip + 0.05)).astype(int) % 512, (x * 45 / (dip + 0.06)).astype(int) % 512]
        lines = np.sin(90 / (dip + 0.12) ** 0.9 + 2.4 * sand + x * 5)
        floor = gradient(
            dip, [(0.0, colour("#0f5c94", 0.40)), (0.14, colour("#3f90a8", 0.45)), (0.4, colour("#9ab098", 0.55))]
        )
        floor *= (1 + 0.20 * sand + 0.10 * lines * smoothstep(0.02, 0.2, dip))[..., None]
        cover = smoothstep(0.0, 0.16, -y + edge)
        self.still = mix(self.still, floor, cover)

    def _reef(self, rng: np.random.Generator) -> Light:
        h, w = self.wide
        layer = np.zeros((h, w, 4), np.float32)
        aspect = w / h
        water_tone = colour("#0f6090", 0.42)
        heads = []
        for _ in range(70):
            side = rng.choice([-1, 1])
            near = rng.uniform(0, 1) ** 1.3
            off = rng.uniform(0.28, 1.05) if near > 0.25 else rng.uniform(0.12, 1.0)
            heads.append((near, aspect / 2 + side * off, self.FLOOR + 0.02 + 0.40 * near - 0.10 * max(off - 0.5, 0)))
        for near, cx, base in sorted(heads):
            size = (0.03 + 0.10 * near) * rng.uniform(0.6, 1.3)
            veil = 0.72 - 0.62 * near
            tint = colour(rng.choice(CORALS), 0.55)
            kind = rng.integers(0, 4)
            dark = mix(tint * 0.10, water_tone, veil)
            bright = mix(tint * np.array([0.7, 0.95, 1.0], np.float32) * 1.3, water_tone * 1.3, veil)
            if kind == 0:
                n = 420
                r = np.sqrt(rng.uniform(0, 1, n))
                a = rng.uniform(0, 2 * np.pi, n)
                px, py = cx + size * 1.2 * r * np.cos(a), base - size * 0.3 + size * 0.8 * r * np.sin(a)
                shine = np.clip(0.45 - 0.6 * r * np.sin(a) + rng.normal(0, 0.22, n), 0, 1.2)[:, None]
                dab(layer, px, py, size * 0.09, size * 0.075, mix(dark, bright, shine))
            else:
                stalks = int(rng.integers(9, 22)) if kind < 3 else 40
                for _ in range(stalks):
                    lean = rng.normal(0, 0.55 if kind < 3 else 0.8)
                    k = np.linspace(0, 1, 26)
                    tall = size * rng.uniform(0.7, 1.9) * (1.0 if kind < 3 else 0.8)
                    px = cx + rng.normal(0, size * 0.35) + lean * tall * k**1.4 + 0.06 * size * np.sin(k * 9 + lean * 8)
                    py = base - tall * k
                    girth = size * (0.11 if kind == 1 else 0.06 if kind == 2 else 0.035) * (1.15 - 0.6 * k)
                    shine = np.clip(0.15 + 0.9 * k + rng.normal(0, 0.2), 0, 1.2)[:, None]
                    dab(layer, px, py, girth, girth * 1.4, mix(dark, bright, shine * rng.uniform(0.5, 1.1)), soft=0.3)
        stone = noise(rng, (256, 256), 1.2)
        grain = stone[(np.arange(h) * 400 // h % 256)[:, None], (np.arange(w) * 400 // h % 256)[None]]
        layer[..., :3] *= np.clip(1 + 0.22 * grain, 0.2, 2)[..., None]
        return layer

    def frame(self, t: float) -> Light:
        """Linear light [h, w, 3] at `t` seconds."""
        h, w = self.size
        x, y = 0.10 * sway(t, 43), 0.02 * sway(t, 19, 1.0)
        light = view(self.still, self.size, x * 0.6, y)
        self._caustics(light, t, x)
        self._fish(light, t, 0.0)
        reef = view(self.reef, self.size, x, y)
        blend(light[h // 3 :], reef[h // 3 :], np.float32(1))
        self._fish(light, t, 1.0)
        self._shafts(light, t)
        b = self.bubbles
        rise = (t * (0.05 + 0.06 * b[:, 0]) + b[:, 1]) % 1
        bx = (
            w / h * np.where(b[:, 2] < 0.6, 0.27, 0.80)
            + 0.05 * (b[:, 3] - 0.5)
            + 0.015 * np.sin(t * 3 + 30 * b[:, 2])
            - x
        )
        size = 0.0035 + 0.007 * b[:, 3] * (0.5 + rise)
        dab(light, bx, 0.95 - rise, size, size, colour("#b0f0ff", 0.28), soft=0.25, add=True)
        dab(
            light,
            bx - size * 0.35,
            0.95 - rise - size * 0.35,
            size * 0.3,
            size * 0.3,
            colour("#ffffff", 1.2),
            soft=1,
            add=True,
        )
        return light

    def _caustics(self, light: Light, t: float, pan: float) -> None:
        a = lookup(self.caustic, self.map_x, self.map_y, pan * 60 + t * 5, t * 3)
        b = lookup(self.crossing, self.map_x, self.map_y, pan * 60 - t * 4, -t * 4)
        spots = cv2.multiply(a[..., 0], b[..., 0], scale=2.6)
        relight(light[self.floor_top :], 1 + (spots - np.float32(0.25)) * self.near, spots, np.zeros(3, np.float32))

    def _shafts(self, light: Light, t: float) -> None:
        h, w = self.size
        steps = np.arange(400)
        one = np.interp(steps + (t * 5) % 400, steps, self.rays[0], period=400)
        two = np.interp(steps * 1.7 - (t * 7) % 400, steps, self.rays[1], period=400)
        beam = np.interp(self.angle, steps, one * two).astype(np.float32) * self.depth
        wide = cv2.resize(beam, (w, h))
        veil(light, np.clip(wide * np.float32(0.34 * 0.5), 0, 0.8), colour("#c0fff8", 1.9))

    def _fish(self, light: Light, t: float, near: float) -> None:
        h, w = self.size
        s = self.school[:44] if near == 0 else self.school[44:]
        span = w / h + 1.2
        way = 1 if near == 0 else -1
        centre = (t * (0.05 + 0.02 * near) + 0.45 * near + 0.3) % 1 * span - 0.6
        if way < 0:
            centre = w / h - centre
        x = centre + s[:, 0] * (0.17 + 0.1 * near) + 0.02 * np.sin(t * 0.9 + s[:, 2] * 3)
        y = 0.34 + 0.16 * near + s[:, 1] * (0.055 + 0.03 * near) + 0.015 * np.sin(t * 1.1 + s[:, 3] * 3)
        size = (0.011 + 0.012 * near) * (1 + 0.2 * s[:, 2].clip(-2, 2))
        wag = np.sin(t * 9 + s[:, 3] * 5)
        paint = colour("#1a5a80", 0.30) if near == 0 else colour("#f0b840", 0.62)
        dab(
            light,
            x - way * size * 1.2,
            y,
            size * 0.5,
            size * (0.45 - 0.1 * wag),
            paint * 0.8,
            angle=way * 0.2 * wag,
            soft=0.5,
        )
        dab(light, x, y, size, size * 0.42, paint, angle=way * 0.12 * wag, soft=0.5)
        dab(light, x + way * size * 0.1, y + size * 0.15, size * 0.7, size * 0.15, paint * 2.2, soft=1, opacity=0.5)
