"""Weather over open land: a thunderstorm."""

from __future__ import annotations

import cv2
import numpy as np

from engine.sight.scenes.common import (
    Clouds,
    Light,
    blend,
    bloom,
    colour,
    dab,
    gradient,
    grid,
    mix,
    noise,
    relight,
    smoothstep,
    sway,
    veil,
    view,
)
from engine.sight.scenes.rain import Rain


def bolt(rng: np.random.Generator, start: tuple[float, float], ground: float, crooked: float) -> list[Light]:
    """Polylines [n, 2] of a lightning stroke and its branches, by midpoint displacement; the stroke comes first."""

    def crack(a: Light, b: Light, spread: float) -> Light:
        points = np.stack([a, b])
        for _ in range(6):
            middles = (points[1:] + points[:-1]) / 2
            step = points[1:] - points[:-1]
            middles += rng.normal(0, spread, (len(step), 1)) * np.stack([step[:, 1], -step[:, 0]], 1)
            merged = np.empty((len(points) + len(middles), 2))
            merged[::2], merged[1::2] = points, middles
            points = merged
        return points

    end = np.array([start[0] + rng.normal(0, 0.12), ground])
    lines = [crack(np.array(start), end, crooked)]
    for _ in range(int(rng.integers(3, 7))):
        at = lines[0][int(rng.integers(6, 40))]
        reach = np.array([rng.normal(0, 0.16), rng.uniform(0.06, 0.2)])
        lines.append(crack(at, at + reach, crooked * 1.2))
    return lines


class Thunderstorm:
    """Black clouds roll over the plain, rain hangs from them, lightning strikes every few seconds."""

    HORIZON, EVERY = 0.76, 4.0

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size = size
        _h, _w = size
        self.seed = int(rng.integers(1 << 31))
        x, y = grid(size, self.HORIZON)
        stops = [
            (0.0, colour("#e0cc98", 0.70)),
            (0.07, colour("#98a0a8", 0.42)),
            (0.2, colour("#5a6474", 0.26)),
            (0.76, colour("#1c2430", 0.14)),
        ]
        self.sky = gradient(np.maximum(y, 0), stops)
        lit, shade = colour("#b4bcc8", 0.80), colour("#262e3a", 0.18)
        self.clouds = Clouds(
            rng,
            size,
            self.HORIZON,
            cover=0.66,
            scale=2.4,
            slope=1.9,
            wind=(0.006, 0.004),
            haze=0.12,
            lit=lit,
            shade=shade,
        )
        self.scud = Clouds(
            rng,
            size,
            self.HORIZON,
            cover=0.40,
            scale=1.1,
            slope=1.6,
            wind=(0.013, 0.008),
            haze=0.3,
            density=0.7,
            lit=lit,
            shade=shade,
        )
        curtain = np.clip(noise(rng, (64, 256), 1.8, 0.5)[20], 0, None)
        self.curtain = np.concatenate([curtain, curtain]).astype(np.float32)
        self.land = self._plain(rng)
        self.rain = Rain(rng, np.full(size, 0.16, np.float32), 1.2, 0.12)
        self.x, self.y = np.ascontiguousarray(x), np.ascontiguousarray(y)
        self._strike(self.sky.copy(), 1.0, 0)  # loads its pixel loops now, not under the first stroke

    def _plain(self, rng: np.random.Generator) -> Light:
        h, w = self.size
        wide = (h, w + h // 4)
        x, y = grid(wide, self.HORIZON)
        dip = np.maximum(-y, 1e-3)
        tile = noise(rng, (512, 512), 1.2)
        field = tile[(40 / (dip + 0.02)).astype(int) % 512, (x * 30 / (dip + 0.03)).astype(int) % 512]
        wheat = gradient(
            dip, [(0.0, colour("#9a9468", 0.40)), (0.05, colour("#a89450", 0.36)), (0.24, colour("#6a6430", 0.24))]
        )
        rows = 0.8 + 0.2 * np.sin(x / (dip + 0.02) * 14)
        layer = np.zeros((*wide, 4), np.float32)
        ground = y < 0.004 * noise(rng, (1, wide[1]), 1.6)
        layer[..., :3][ground] = np.clip(wheat * (1 + 0.35 * field[..., None]) * rows[..., None], 0, 1)[ground]
        layer[..., 3][ground] = 1
        aspect = wide[1] / h
        for _ in range(26):
            cx, size = rng.uniform(0, aspect), rng.uniform(0.008, 0.022)
            n = 60
            dab(
                layer,
                cx + rng.normal(0, size, n),
                self.HORIZON - np.abs(rng.normal(0, size * 0.7, n)),
                size * 0.35,
                size * 0.3,
                colour("#0c120e", 0.10),
            )
        n = 5000
        down = np.sort(rng.uniform(0.02, 0.26, n))
        length = 0.10 * down * rng.uniform(0.4, 1.2, n)
        straw = mix(colour("#38341c", 0.12), colour("#c0ac60", 0.40), rng.uniform(0, 1, (n, 1)) ** 2)
        dab(
            layer,
            rng.uniform(0, aspect, n),
            self.HORIZON + down,
            length,
            length * 0.06,
            straw,
            angle=rng.normal(-1.4, 0.25, n),
        )
        return layer

    def flash(self, t: float) -> tuple[float, int]:
        """Brightness of the lightning at t, 0 when dark, and the number of its stroke."""
        stroke = int(np.floor(t / self.EVERY))
        rng = np.random.default_rng([self.seed, stroke & 0xFFFFFFFF])
        if rng.uniform() > 0.8:
            return 0.0, stroke
        since = t - stroke * self.EVERY - rng.uniform(0.2, self.EVERY - 1.2)
        if since < 0:
            return 0.0, stroke
        again = since - rng.uniform(0.12, 0.25)
        return float(np.exp(-since / 0.10) + (0.7 * np.exp(-again / 0.16) if again > 0 else 0)), stroke

    def frame(self, t: float) -> Light:
        """Linear light [h, w, 3] at `t` seconds."""
        h, w = self.size
        pan = 0.08 * sway(t, 59)
        light = self.sky.copy()
        self.clouds.over(light, t, pan)
        self.scud.over(light, t, pan)
        self._curtains(light, t, pan)
        bright, stroke = self.flash(t)
        if bright > 0.01:
            self._strike(light, bright, stroke)
        left = (self.land.shape[1] - w) / 2 + pan * h
        land = view(self.land, self.size, (left - (self.land.shape[1] - w) / 2) / h)
        first = int(h * (self.HORIZON - 0.06))
        blend(light[first:], land[first:], np.float32(1 + 2.5 * min(bright, 1)))
        self.rain.fall(light, t, colour("#aab4c4", 0.7 + 1.5 * min(bright, 1.0)))
        bloom(light, 0.03, 0.12)
        return light

    def _curtains(self, light: Light, t: float, pan: float) -> None:
        h, w = self.size
        rows = int(h * self.HORIZON)
        place = (np.arange(w) / h + pan + t * 0.012) * 70
        columns = np.interp(place % 256, np.arange(512), self.curtain).astype(np.float32)
        y = np.linspace(1, 0, rows)[:, None]
        amount = (0.55 * np.clip(columns - 0.35, 0, 1) * smoothstep(0.0, 0.12, y) * smoothstep(0.75, 0.2, y)).astype(
            np.float32
        )
        veil(light[:rows], amount, colour("#6a7280", 0.20))

    def _strike(self, light: Light, bright: float, stroke: int) -> None:
        h, w = self.size
        rng = np.random.default_rng([self.seed, 7, stroke & 0xFFFFFFFF])
        top = (w / h * rng.uniform(0.15, 0.85), rng.uniform(0.08, 0.22))
        far = np.hypot((self.x + w / h / 2 - top[0]) * 0.8, self.HORIZON - self.y - top[1] - 0.1)
        near = np.exp(-far / 0.35)
        relight(light, 1 + bright * 3.2 * near, bright * 0.10 * near * near, colour("#b8b8ff"))
        mask = np.zeros((h, w), np.uint8)
        for k, line in enumerate(bolt(rng, top, self.HORIZON - 0.005, 0.14)):
            points = (line * h * 16).astype(np.int32).reshape(-1, 1, 2)
            cv2.polylines(
                mask, [points], False, 255 if k == 0 else 110, max(h // 240, 1) if k == 0 else 1, cv2.LINE_AA, 4
            )
        glow = cv2.GaussianBlur(mask, (0, 0), max(h / 90, 0.5))
        stroke_light = mask.astype(np.float32) / 51 + glow.astype(np.float32) / 70
        relight(light, np.ones((h, w), np.float32), stroke_light, colour("#d8d4ff", bright))
