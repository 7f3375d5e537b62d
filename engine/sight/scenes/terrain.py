"""Wide land: a snowy mountain over a lake, and desert dunes. Height fields seen column by column."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from engine.sight.scenes.common import (
    Clouds,
    Light,
    colour,
    dab,
    gradient,
    grid,
    kernel,
    mix,
    noise,
    over,
    ripples,
    smoothstep,
    sway,
    veil,
    view,
    water,
)


@kernel
def survey(height, tone, picture, horizon, eye, near, far, cell, haze, thickness):  # type: ignore[no-untyped-def]
    """Draws a lit height field into `picture` [h, w, 4], front to back, column by column, hiding what lies behind.

    height [n, n] and tone [n, n, 3] wrap; `horizon` in pixels, `eye`, `near`, `far` and `cell` (size of one height
    sample) in units of ground; air of colour `haze` thickens over `thickness` units. The "voxel space" method.
    """
    h, w = picture.shape[:2]
    n = height.shape[0]
    for x in range(w):
        u = (x + 0.5 - w / 2) / h
        top = np.float64(h)
        z = near
        while z < far and top > 0:
            gx, gz = u * z / cell + n / 2, z / cell
            i, j = int(np.floor(gz)), int(np.floor(gx))
            fz, fx = gz - i, gx - j
            i0, j0, i1, j1 = i % n, j % n, (i + 1) % n, (j + 1) % n
            w00, w01, w10, w11 = (1 - fz) * (1 - fx), (1 - fz) * fx, fz * (1 - fx), fz * fx
            y = height[i0, j0] * w00 + height[i0, j1] * w01 + height[i1, j0] * w10 + height[i1, j1] * w11
            row = horizon - (y - eye) / z * h
            if row < top:
                air = np.exp(-z / thickness)
                first, last = max(int(np.ceil(row)), 0), min(int(np.ceil(top)), h)
                for k in range(3):
                    c = tone[i0, j0, k] * w00 + tone[i0, j1, k] * w01 + tone[i1, j0, k] * w10 + tone[i1, j1, k] * w11
                    c = c * air + haze[k] * (1 - air)
                    for p in range(first, last):
                        picture[p, x, k] = c
                for p in range(first, last):
                    picture[p, x, 3] = 1
                top = row
            z += max(cell * 0.4, z * 0.0022)


def sunlit(height: Light, cell: float, sun: tuple[float, float, float], steps: int) -> tuple[Light, Light]:
    """Sunlight on a wrapping height field and its slope, each [n, n]; `sun` points to the sun (x, up, away)."""
    gx = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) / (2 * cell)
    gz = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) / (2 * cell)
    slope = np.sqrt(gx * gx + gz * gz)
    direct = np.clip((-gx * sun[0] + sun[1] - gz * sun[2]) / np.sqrt(1 + slope * slope), 0, None)
    flat = np.hypot(sun[0], sun[2])
    rise = sun[1] / flat * cell
    shadow = np.ones_like(height)
    for k in np.unique(np.round(np.geomspace(1, steps, 22)).astype(int)):
        dx, dz = round(k * sun[0] / flat), round(k * sun[2] / flat)
        hidden = np.roll(height, (-dz, -dx), (0, 1)) - height - k * rise
        shadow = np.minimum(shadow, 1 - smoothstep(0.0, rise * 3, hidden))
    return (direct * shadow).astype(np.float32), slope.astype(np.float32)


def drawn_at_double(size: tuple[int, int], height: Light, tone: Light, horizon: float, *rest: Any) -> Light:
    """`survey` at twice the size, averaged down: smooth ridges. `rest` is passed on from `eye`."""
    double = np.zeros((size[0] * 2, size[1] * 2, 4), np.float32)
    survey(height, tone, double, horizon * 2, *rest)
    return cv2.resize(double, (size[1], size[0]), interpolation=cv2.INTER_AREA)


class SnowMountain:
    """A snowy massif above a lake; clouds go by behind it and their shadows over it."""

    SHORE = 0.70

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size = size
        h, w = size
        self.rows = max(round(h * self.SHORE), 2)
        wide = (self.rows, w + h // 4)
        _, y = grid(size, self.SHORE)
        stops = [
            (0.0, colour("#dceaf4", 1.2)),
            (0.2, colour("#a4caec", 1.0)),
            (0.45, colour("#5f9adc", 0.8)),
            (0.75, colour("#3472c0", 0.65)),
        ]
        self.sky = gradient(np.maximum(y, 0), stops)
        self.clouds = Clouds(
            rng,
            size,
            self.SHORE,
            cover=0.46,
            lit=colour("#ffffff", 1.7),
            shade=colour("#8ca0bc", 0.85),
            scale=1.5,
            wind=(0.004, 0.0012),
            haze=0.2,
            sun_step=(2, -4),
        )
        self.land = self._massif(rng, wide)
        self._forest(self.land, rng)
        self.surface = ripples(rng, 1.7)
        self.shadow = noise(rng, (96, 256), 2.2, 0.6)
        self.mist = self._mist(rng)

    def _massif(self, rng: np.random.Generator, wide: tuple[int, int]) -> Light:
        n, cell = 640, 0.02
        rough = noise(rng, (n, n), 2.05)
        ridge = 1 - np.abs(noise(rng, (n, n), 2.1)) * 0.75
        fine = 1 - np.abs(noise(rng, (n, n), 1.7)) * 0.8
        i = np.arange(n) * cell
        z, x = np.meshgrid(i, i - n * cell / 2, indexing="ij")
        rise = smoothstep(2.4, 6.2, z.astype(np.float32)) * np.exp(-(((z - 7.2) / 2.6) ** 2))
        peaks = sum(
            a * np.exp(-(((x - px) / s) ** 2))
            for px, a, s in ((0.9, 1.0, 1.6), (-2.3, 0.72, 1.3), (3.9, 0.66, 1.4), (-5.0, 0.8, 1.5))
        )
        height = rise * (0.35 + peaks * 1.2) * (1.55 + 0.62 * ridge + 0.34 * fine + 0.16 * rough)
        height *= 1.55
        height += (
            0.55 * smoothstep(1.6, 4.0, z.astype(np.float32)) * np.clip(0.5 + 0.4 * rough, 0, 2) + 0.02 * rough - 0.06
        )
        height = np.ascontiguousarray(height, np.float32)
        sun, slope = sunlit(height, cell, (-0.72, 0.55, -0.42), 90)
        line = 1.25 + 0.3 * rough + 0.45 * (slope - 1.6)
        snow = smoothstep(-0.12, 0.16, height - line) * smoothstep(3.3, 1.9, slope + 0.5 * fine)
        woods = smoothstep(1.05, 0.65, height + 0.14 * rough)
        rock = mix(colour("#6a6258", 0.75), colour("#3e3a3a", 0.6), np.clip(0.5 + 0.5 * fine, 0, 1)[..., None])
        ground = mix(rock, colour("#26381c", 0.42) * (1 + 0.35 * noise(rng, (n, n), 0.4)[..., None]), woods)
        ground = mix(ground, np.broadcast_to(colour("#ffffff", 0.98), ground.shape), snow)
        tone = ground * (sun[..., None] * colour("#fff0dc", 2.1) + colour("#8fb4e8", 0.50))
        tone = np.ascontiguousarray(np.clip(tone, 0, 4), np.float32)
        haze = colour("#b4cce4", 0.85)
        land = drawn_at_double(wide, height, tone, wide[0] * 1.0, 0.10, 1.2, 11.5, cell, haze, 30.0)
        bank = smoothstep(0.90, 0.94, np.linspace(0, 1, wide[0], dtype=np.float32))[:, None, None] * (1 - land[..., 3:])
        return land + bank * np.append(colour("#2c3a24", 0.3), np.float32(1))

    def _forest(self, land: Light, rng: np.random.Generator) -> None:
        h, w = land.shape[:2]
        aspect = w / h
        for depth in range(3):
            count = int(150 - 40 * depth)
            for x in rng.permutation((np.arange(count) + rng.uniform(0, 1, count)) / count * aspect):
                shore = np.clip(np.abs(x / aspect - 0.55) * 3.2 - 0.55, 0, 1) ** 1.5
                high = (0.030 + 0.010 * depth + 0.17 * shore * depth / 2) * rng.uniform(0.6, 1.3)
                base = 1.0 - 0.012 * (2 - depth)
                n = int(46 * max(high / 0.05, 1) ** 1.5)
                down = np.sqrt(rng.uniform(0, 1, n))
                reach = high * 0.17 * down * (0.6 + 0.4 * np.abs(np.sin(down * 24)))
                px, py = x + rng.uniform(-1, 1, n) * reach, base - high + high * down
                lit = np.clip(0.5 - (px - x) / (reach + 1e-4) * 0.5, 0, 1)[:, None] * rng.uniform(0.4, 1, (n, 1))
                paint = mix(colour("#0e1c14", 0.25), colour("#5a7440", 0.42), lit)
                dab(
                    land,
                    px,
                    py,
                    min(high * 0.045, 0.004),
                    min(high * 0.03, 0.003),
                    mix(paint, colour("#7c94a8", 0.5), 0.34 - 0.16 * depth),
                )

    def _mist(self, rng: np.random.Generator) -> Light:
        h, _w = self.size
        field = noise(rng, (128, 256), 1.7, 0.35)
        alpha = np.clip(field * 0.5 + 0.1, 0, 0.75) * np.exp(-(((np.arange(128) / 128 - 0.5) / 0.2) ** 2))[:, None]
        tile = np.concatenate([alpha, alpha[:, :1]], 1)
        tall, long = max(h // 4, 2), max(int(2.6 * h), 4)
        cover = cv2.resize(tile.astype(np.float32), (long, tall), interpolation=cv2.INTER_CUBIC)[..., None].clip(0, 1)
        return np.ascontiguousarray(np.concatenate([cover * colour("#e8f0f8", 0.95), cover], 2), np.float32)

    def frame(self, t: float) -> Light:
        """Linear light [h, w, 3] at `t` seconds."""
        h, w = self.size
        pan = 0.10 * sway(t, 71)
        light = self.sky.copy()
        self.clouds.over(light, t, pan)
        left = (w - self.land.shape[1]) / 2 - pan * h
        over(light[: self.rows], self.land, left, 0.0, 1.0)
        long = self.mist.shape[1]
        drift = (t * 0.008 * h) % long
        for start in (-drift, long - drift, 2 * long - drift):
            over(light[: self.rows], self.mist, start, 0.36 * h, 1.0)
        self._cloud_shadow(light, t, pan)
        soft = light[: self.rows]
        water(light, soft, self.surface, self.rows, t, 0.34, 0.7, 0.011, colour("#0f4a5c", 0.40), 0.26, pan, 0.45)
        return light

    def _cloud_shadow(self, light: Light, t: float, pan: float) -> None:
        h, w = self.size
        field = cv2.warpAffine(
            self.shadow,
            np.array([[60 / h, 0, (pan * 60 + t * 1.1) % 256], [0, 60 / h, 0]]),
            (w, self.rows),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_WRAP,
        )
        _, y = grid((self.rows, w), self.SHORE * h / self.rows)
        low = smoothstep(0.62 * h / self.rows, 0.30 * h / self.rows, y)
        shade = smoothstep(0.1, 1.2, field) * low * np.float32(0.38)
        veil(light[: self.rows], shade, np.zeros(3, np.float32))


class Desert:
    """Dunes under a low sun; sand blows off the crests."""

    HORIZON = 0.42

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size = size
        h, w = size
        wide = (h + h // 20, w + h // 3)
        self.land = self._dunes(rng, wide)
        self.sky = self._sky(wide)
        self.clouds = Clouds(
            rng,
            size,
            self.HORIZON,
            cover=0.33,
            lit=colour("#fff0e0", 0.9),
            shade=colour("#c0a8a0", 0.7),
            scale=1.8,
            stretch=0.4,
            density=0.5,
            wind=(0.003, 0.0),
            haze=0.15,
        )
        self.dust = noise(rng, (128, 256), 1.5, 0.25)

    def _sky(self, wide: tuple[int, int]) -> Light:
        x, y = grid(wide, self.HORIZON)
        stops = [
            (0.0, colour("#f8dcb4", 1.1)),
            (0.08, colour("#dcd0bc", 1.0)),
            (0.22, colour("#8cb8e0", 0.85)),
            (0.45, colour("#3f80cc", 0.7)),
        ]
        return gradient(np.maximum(y, 0), stops) + np.exp(-np.hypot(x + 0.8, y - 0.1) / 0.3)[..., None] * colour(
            "#ffd890", 0.6
        )

    def _dunes(self, rng: np.random.Generator, wide: tuple[int, int]) -> Light:
        n, cell = 768, 0.02
        i = np.arange(n) / n
        z, x = np.meshgrid(i, i, indexing="ij")
        warp, bend = noise(rng, (n, n), 2.8), noise(rng, (n, n), 2.8)
        height = np.zeros((n, n))
        for count, high, along, phase in ((5, 0.40, 2, 0.0), (9, 0.12, -2, 2.0), (3, 0.34, 1, 4.0)):
            wave = (z * count + x * along + 0.20 * warp + phase * bend * 0.04) % 1
            profile = np.where(wave < 0.74, (wave / 0.74) ** 1.35, ((1 - wave) / 0.26) ** 1.05)
            height += high * profile * (0.75 + 0.35 * bend)
        soft = cv2.GaussianBlur(np.pad(height, 8, "wrap").astype(np.float32), (0, 0), 1.1)[8:-8, 8:-8]
        height = np.ascontiguousarray(soft + 0.010 * noise(rng, (n, n), 1.9), np.float32)
        sun, slope = sunlit(height, cell, (-0.88, 0.30, 0.30), 110)
        across = (z * 210 + x * 60 + 1.2 * bend + 1.6 * warp) * 2 * np.pi
        comb = (1 + 0.16 * np.sin(across) * smoothstep(0.7, 0.2, slope))[..., None]
        sand = mix(colour("#d89a58", 0.85), colour("#e8b878", 0.95), np.clip(0.5 + 0.4 * warp, 0, 1)[..., None])
        tone = sand * comb * (sun[..., None] * colour("#ffd4a0", 2.9) + colour("#a8a0c8", 0.22))
        tone *= 1 + 0.05 * noise(rng, (n, n), 0.3)[..., None]
        tone = np.ascontiguousarray(np.clip(tone, 0, 4), np.float32)
        haze = colour("#f0cfa4", 0.92)
        return drawn_at_double(wide, height, tone, self.HORIZON * wide[0], 1.22, 0.55, 15.0, cell, haze, 26.0)

    def frame(self, t: float) -> Light:
        """Linear light [h, w, 3] at `t` seconds."""
        h, w = self.size
        x, y = 0.14 * sway(t, 73), 0.01 * sway(t, 37, 1.0)
        light = view(self.sky, self.size, x * 0.8, y)
        self.clouds.over(light, t, x)
        over(light, self.land, (w - self.land.shape[1]) / 2 - x * h, (h - self.land.shape[0]) / 2 - y * h, 1.0)
        top = int((self.HORIZON - 0.03) * h)
        rows = h - top
        sheet = cv2.warpAffine(
            self.dust,
            np.array([[70 / h, 0, (x * 70 - t * 34) % 256], [0.0, 130 / h, (t * 1.5) % 128]]),
            (w, rows),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_WRAP,
        )
        fall = np.exp(-np.linspace(0, 1, rows) * 3.2) * np.clip(np.linspace(0, 20, rows), 0, 1)
        amount = np.clip(sheet * 0.17, 0, 0.34) * fall[:, None].astype(np.float32)
        veil(light[top:], amount.astype(np.float32), colour("#ffe2b8", 1.0))
        return light
