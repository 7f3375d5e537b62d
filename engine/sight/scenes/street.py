"""A street at night in the rain."""

from __future__ import annotations

import cv2
import numpy as np

from engine.sight.scenes.city import facade
from engine.sight.scenes.common import (
    Light,
    bloom,
    colour,
    dab,
    gradient,
    grid,
    mix,
    noise,
    smoothstep,
    sway,
    view,
)
from engine.sight.scenes.rain import Rain


def goods(rng: np.random.Generator, h: int, w: int) -> Light:
    """Brightness [h, w, 3] of a shop window: shelves, goods and glazing bars in front of a lit room."""
    blocks = rng.uniform(0.15, 1.2, (max(h // 3, 1), max(w // 3, 1), 1)).astype(np.float32) ** 1.5
    blocks = blocks * rng.uniform(0.75, 1.15, (*blocks.shape[:2], 3)).astype(np.float32)
    blocks *= rng.uniform(0.3, 1.0, (blocks.shape[0], 1, 1)).astype(np.float32)
    light = 0.15 + 0.85 * cv2.resize(blocks, (w, h), interpolation=cv2.INTER_LINEAR)
    light *= np.linspace(0.65, 1.15, h, dtype=np.float32)[:, None, None]
    light[:, :: max(w // int(rng.integers(2, 5)), 6)] *= 0.12
    return light


class RainStreet:
    """A street at night in the rain: shop fronts, lamps and cars, doubled by the wet asphalt."""

    HORIZON, EYE, HALF = 0.47, 1.6, 7.0

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size = size
        self.wide = (size[0] + size[0] // 10, size[1] + size[0] // 6)
        self.still = self._paint(rng)
        glow = cv2.GaussianBlur(self.still.max(2), (0, 0), max(size[0] / 14, 0.5))
        centre = view(np.repeat(glow[..., None], 3, 2), size)[..., 0]
        self.rain = Rain(rng, np.clip(0.05 + centre * 0.55, 0, 0.5), 1.3)
        self.rng_drops = rng.uniform(0, 1, (240, 3)).astype(np.float32)
        self.cars = rng.uniform(0, 1, (6, 2)).astype(np.float32)

    def _paint(self, rng: np.random.Generator) -> Light:
        h, w = self.wide
        x, y = grid((h, w), self.HORIZON)
        x = x + 0.10
        focal = 0.95
        light = self._walls(rng, x, y, focal)
        self._lamps(light, rng, focal)
        self._wet_ground(light, rng, x, y, focal)
        return light

    def _walls(self, rng: np.random.Generator, x: Light, y: Light, focal: float) -> Light:
        far = 110.0
        z = np.minimum(self.HALF * focal / (np.abs(x) + 1e-3), far)
        height = self.EYE + y * z / focal
        texel = 12
        length, storeys = int(far * texel), 16 * texel
        sides = []
        for _ in range(2):
            wall = np.zeros((storeys, length, 3), np.float32)
            roof = np.zeros(length)
            start = 0
            while start < length:
                wide = int(rng.uniform(6, 14) * texel)
                stop = min(start + wide, length)
                tone = colour(rng.choice(["#4a3a34", "#3a3c48", "#54463a", "#40484a"]), 0.28 * rng.uniform(0.6, 1.5))
                floors = facade(
                    rng, (storeys, stop - start), (int(3.2 * texel), int(rng.uniform(1.5, 2.2) * texel)), tone, 0.30
                )
                wall[:, start:stop] = floors[::-1] * 0.75
                shop = colour(
                    rng.choice(["#ffc070", "#ffe0b0", "#ffd080", "#ffb060", "#ffe8d0", "#c8e0ff", "#ffc0a0"]),
                    rng.uniform(0.4, 1.3),
                )
                wall[int(0.6 * texel) : int(2.6 * texel), start + texel // 2 : stop - texel // 2] = (
                    shop * goods(rng, 2 * texel, stop - start - 2 * (texel // 2)) if stop - start > 2 * texel else 0
                )
                sign = colour(
                    rng.choice(["#ff3050", "#40c0ff", "#ffe060", "#ff60c0", "#60ff90"]), rng.uniform(1.0, 2.6)
                )
                lettering = int(rng.uniform(0.2, 0.5) * (stop - start))
                left = start + texel + int(rng.uniform(0, 0.4) * (stop - start))
                wall[int(3.0 * texel) : int(3.5 * texel), left : min(left + lettering, stop)] = (
                    sign * goods(rng, 6, 200)[:, : max(min(left + lettering, stop) - left, 0)]
                )
                roof[start:stop] = rng.uniform(9, 15.5)
                start = stop
            sides.append((wall, roof))
        light = np.zeros((*x.shape, 3), np.float32)
        fog = gradient(
            y, [(-0.1, colour("#c08860", 0.30)), (0.06, colour("#7a6478", 0.26)), (0.5, colour("#1c2440", 0.10))]
        )
        light[:] = fog
        for side, (wall, roof) in zip((-1, 1), sides, strict=True):
            iz = np.clip(z * texel, 0, length - 1).astype(int)
            iy = np.clip(height * texel, 0, storeys - 1).astype(int)
            hit = (np.sign(x) == side) & (height > 0) & (height < roof[iz]) & (z < far * 0.98)
            veil = np.exp(-z / 42)[..., None]
            light[hit] = (wall[iy, iz] * veil + fog * (1 - veil))[hit]
        return cv2.GaussianBlur(light, (0, 0), max(x.shape[0] / 600, 0.3))

    def _lamps(self, light: Light, rng: np.random.Generator, focal: float) -> None:
        h, w = light.shape[:2]
        for z in (72.0, 54.0, 40.0, 29.0, 20.0, 13.5, 8.5):
            for side in (-1, 1):
                px = w / h / 2 - 0.10 + side * 4.6 * focal / z
                foot, head = self.HORIZON + self.EYE * focal / z, self.HORIZON - (5.6 - self.EYE) * focal / z
                n = 60
                ys = np.linspace(foot, head, n)
                dab(
                    light, np.full(n, px), ys, 0.05 * focal / z, (foot - head) / n, colour("#101014", 0.10), opacity=0.9
                )
                arm = np.linspace(0, 1, 20)
                dab(
                    light,
                    px - side * arm * 1.1 * focal / z,
                    head - 0.2 * np.sin(arm * 1.5) * focal / z,
                    0.05 * focal / z,
                    0.04 * focal / z,
                    colour("#101014", 0.1),
                )
                bulb = np.array([px - side * 1.1 * focal / z]), np.array([head - 0.12 * focal / z])
                for size, gain in ((0.20, 9.0), (0.7, 0.55), (2.2, 0.12)):
                    dab(
                        light,
                        *bulb,
                        size * focal / z,
                        size * (0.6 if size < 0.3 else 1) * focal / z,
                        colour("#ffb868", gain),
                        soft=1,
                        add=True,
                    )
        for side in (-1, 1):
            n = 26
            depth = np.sort(rng.uniform(7, 60, n))[::-1]
            for z in depth:
                px = w / h / 2 - 0.10 + side * rng.uniform(5.0, 6.6) * focal / z
                size = focal / z
                foot = self.HORIZON + self.EYE * size
                tone = colour("#0c0c12", 0.12)
                up = np.linspace(0.0, 1.45, 24)
                girth = np.interp(up, [0, 0.75, 0.95, 1.3, 1.45], [0.09, 0.19, 0.18, 0.23, 0.10])
                dab(light, px + 0.03 * np.sin(up * 2 + z) * size, foot - up * size, girth * size, 0.08 * size, tone)
                dab(light, np.array([px]), np.array([foot - 1.58 * size]), 0.11 * size, 0.14 * size, tone)
                if rng.uniform() < 0.55:
                    dab(
                        light,
                        np.array([px]),
                        np.array([foot - 1.80 * size]),
                        0.55 * size,
                        0.20 * size,
                        colour(rng.choice(["#181820", "#701818", "#203860", "#806020"]), 0.35),
                    )

    def _wet_ground(self, light: Light, rng: np.random.Generator, x: Light, y: Light, focal: float) -> None:
        h, w = light.shape[:2]
        dip = np.maximum(-y, 1e-3)
        ground = y < -self.EYE / (self.HALF * focal) * np.abs(x) * 0 - 0.004
        on_street = np.abs(x) * self.EYE < self.HALF * dip
        ground &= on_street
        rows, columns = np.nonzero(ground)
        tile = noise(rng, (512, 512), 1.1)
        z = self.EYE * focal / dip
        soak = tile[(z * 22).astype(int) % 512, (x * z * 30).astype(int) % 512]
        puddle = smoothstep(
            -0.3, 0.9, noise(rng, (512, 512), 1.9)[(z * 9).astype(int) % 512, (x * z * 14).astype(int) % 512]
        )
        source = (
            self.HORIZON * h - (dip - 2 * self.EYE * np.abs(x) / self.HALF) * h + soak * (6 - 4.5 * puddle) * h / 360
        )
        sharp = cv2.remap(
            light,
            (x * h + w / 2 - 0.10 * h + soak * 0.6).astype(np.float32),
            np.clip(source, 0, h - 1).astype(np.float32),
            cv2.INTER_LINEAR,
        )
        blur = cv2.blur(sharp, (3, max(h // 9, 1)))
        wet = mix(blur * 1.15, sharp * 0.85, np.clip(puddle, 0, 1) * 0.75)
        asphalt = colour("#20242c", 0.05) * (1 + 0.5 * soak[..., None])
        mirror = (0.36 + 0.5 * np.exp(-dip * 5))[..., None] * (0.75 + 0.25 * soak[..., None])
        zebra = (
            smoothstep(0.5, 0.3, np.abs(z / focal - 12.5) - 1.3)
            * (np.sin(x * z / focal * 5.2) > 0)
            * (np.abs(x) * z / focal < 4)
        )
        kerb = np.exp(-(((np.abs(x) * z / focal - 4.2) / 0.12) ** 2))[..., None]
        paint = (np.exp(-(((x * z / focal) / 0.10) ** 2)) * (np.sin(z * 1.3) > 0))[..., None] * (
            0.6 + 0.4 * soak[..., None]
        )
        paint = np.maximum(paint, zebra[..., None] * (0.75 + 0.35 * soak[..., None]) * 1.6)
        floor = asphalt + wet * mirror * (1 - 0.5 * kerb) + np.clip(paint, 0, 2) * colour("#d0c4b0", 0.13)
        light[rows, columns] = floor[rows, columns]

    def frame(self, t: float) -> Light:
        """Linear light [h, w, 3] at `t` seconds."""
        h, w = self.size
        x, y, zoom = 0.04 * sway(t, 43), 0.012 * sway(t, 31, 1.0), 1.03 + 0.025 * sway(t, 57, 2.0)
        light = view(self.still, self.size, x, y, zoom)
        self._traffic(light, t, x, y, zoom)
        d = self.rng_drops
        beat = t * 2.2 + d[:, 2]
        age = beat % 1
        place = (d[:, 0] + np.floor(beat) * 0.377 + d[:, 1]) % 1
        depth = ((d[:, 1] + np.floor(beat) * 0.619) % 1) ** 1.5
        py = self.HORIZON + 0.06 + 0.47 * depth
        radius = (0.003 + 0.018 * depth) * age
        shine = ((1 - age) * (0.05 + 0.10 * depth))[:, None] * colour("#ffd0a0", 0.7)
        dab(light, place * w / h, py, radius, radius * 0.32, shine, soft=1, add=True)
        self.rain.fall(light, t, colour("#c8d0e8", 0.55))
        bloom(light, 0.03, 0.25)
        return light

    def _traffic(self, light: Light, t: float, x: float, y: float, zoom: float) -> None:
        h, w = self.size
        for k, (start, pace) in enumerate(self.cars):
            toward = k % 2 == 0
            way = (start * 95 + t * (5.0 + 3.0 * pace) * (-1 if toward else 1)) % 95
            z = 7.0 + way
            fade = min(1.0, way / 6, (95 - way) / 25)
            lane = -1.9 if toward else 1.9
            size = 0.95 / z * zoom
            base = np.array([-0.72, 0.72]) * size
            px = (w / h / 2) + (lane * 0.95 / z - 0.10 - x) * zoom + base
            foot = ((self.HORIZON - 0.5) * self.wide[0] / h + 0.95 * self.EYE / z - y) * zoom + 0.5
            py = np.full(2, foot - 0.65 * size)
            tone = colour("#fff2dc", 5.0 * fade) if toward else colour("#ff2010", 2.4 * fade)
            body = np.linspace(-1, 1, 9) * 0.75 * size + px.mean()
            dab(
                light,
                body,
                np.full(9, foot - 0.55 * size),
                0.25 * size,
                0.45 * size,
                colour("#0a0a0e", 0.1),
                opacity=0.85 * fade,
            )
            dab(
                light,
                body * 0.75 + px.mean() * 0.25,
                np.full(9, foot - 1.05 * size),
                0.25 * size,
                0.38 * size,
                colour("#101218", 0.2),
                opacity=0.85 * fade,
            )
            dab(light, px, py, 0.16 * size, 0.12 * size, tone, soft=1, add=True)
            dab(light, px, py, 0.8 * size, 0.6 * size, tone * 0.05, soft=1, add=True)
            trail = np.repeat(px, 8)
            down = np.tile(np.linspace(0.1, 1.0, 8), 2)
            dab(light, trail, foot + down * 1.5 * size, 0.20 * size, 0.30 * size, tone * 0.05, soft=1, add=True)
