"""Rooms: the nave of a church, and a cafe in the evening. Planes and vaults met by rays, drawn once."""

from __future__ import annotations

import cv2
import numpy as np

from engine.sight.scenes.common import (
    Light,
    bloom,
    colour,
    dab,
    grid,
    kernel,
    noise,
    sway,
    view,
)


@kernel
def lancet(across, up, half, spring):  # type: ignore[no-untyped-def]
    """Depth inside a pointed arch of half width `half` that springs at height `spring`; negative outside."""
    if up < 0:
        return up
    inside = half - abs(across)
    if up > spring:
        radius = 2 * half
        inside = radius - np.sqrt((abs(across) + half) ** 2 + (up - spring) ** 2)
    return min(inside, up)


@kernel
def glass(a, b, seed):  # type: ignore[no-untyped-def]
    """Colour of stained glass at (a, b): leaded panes of blue, ruby, gold, green; returns red, green, blue."""
    i, j = int(np.floor(a * 3.1)), int(np.floor(b * 2.3))
    fa, fb = a * 3.1 - i, b * 2.3 - j
    key = np.sin(i * 12.9898 + j * 78.233 + seed) * 43758.5453
    key -= np.floor(key)
    lead = 0.12 if min(min(fa, 1 - fa), min(fb, 1 - fb)) < 0.06 or abs(fa + fb - 1) < 0.05 else 1.0
    if fa + fb > 1:
        key = key * 7.3 - np.floor(key * 7.3)
    gain = lead * (0.6 + 0.8 * key)
    if key < 0.36:
        return 0.10 * gain, 0.22 * gain, 0.95 * gain
    if key < 0.58:
        return 0.95 * gain, 0.08 * gain, 0.10 * gain
    if key < 0.78:
        return 1.0 * gain, 0.68 * gain, 0.16 * gain
    if key < 0.88:
        return 0.12 * gain, 0.62 * gain, 0.22 * gain
    return 0.95 * gain, 0.9 * gain, 0.8 * gain


@kernel
def nave(light, stone, horizon, focal, eye):  # type: ignore[no-untyped-def]
    """Draws the nave of a Gothic church into `light` [h, w, 3] from its middle, looking at the choir (metres)."""
    h, w = light.shape[:2]
    n = stone.shape[0]
    half, aisle, end, bay = 4.6, 9.0, 37.0, 6.0
    vault, radius = 9.6, 7.4
    for py in range(h):
        v = (horizon * h - py - 0.5) / h / focal
        for px in range(w):
            u = (px + 0.5 - w / 2) / h / focal
            au = abs(u) + 1e-6
            side = 1.0 if u > 0 else -1.0
            r, g, b = 0.0, 0.0, 0.0
            shine = 0.62
            done = False
            if v < 0:
                for k in range(5, 24):
                    zk = k * 1.15
                    y, ax = eye + v * zk, au * zk
                    if 0 < y < 0.92 and 1.25 < ax < 3.9:
                        grain = stone[int(y * 40) % n, int(u * zk * 9 + k * 71) % n]
                        rim = 1.8 if y > 0.84 else 1.0
                        ends = 1.35 if ax < 1.36 else 1.0
                        tone = (0.10 + 0.10 * y) * rim * ends * (1 + 0.25 * grain)
                        r, g, b = tone * 1.05, tone * 0.60, tone * 0.33
                        done = True
                        break
                    if y <= 0:
                        break
            z = half / au
            y = eye + v * z
            if not done and z < end and 0 < y < vault:
                along = z % bay - bay / 2
                opening = lancet(along, y, 2.25, 3.6)
                window = lancet(along, y - 7.3, 0.85, 1.0)
                pier = bay / 2 - abs(along)
                if window > 0:
                    r, g, b = glass(along * 1.4, y * 1.6, np.floor(z / bay) + side)
                    r, g, b, shine = r * 1.7, g * 1.7, b * 1.7, 1.0
                    done = True
                elif opening <= 0:
                    texture = stone[int(y * 30) % n, int(z * 30) % n]
                    courses = 0.86 if (y % 0.55) < 0.03 else 1.0
                    tone = 0.30 * (1 + 0.16 * texture) * courses
                    if pier < 0.72 and y < vault:
                        q = pier / 0.72 * (1 if along > 0 else -1)
                        shaft = 0.35 + 0.95 * max(1 - (q + 0.35) ** 2, 0.0)
                        tone *= shaft * (0.86 + 0.14 * np.cos(q * 16))
                        if 3.4 < y < 3.8 or y < 0.5:
                            tone *= 1.35
                    elif opening > -0.30:
                        tone *= 0.72 + 0.5 * (1 if opening > -0.10 or opening < -0.22 else 0)
                    if 6.3 < y < 6.5:
                        tone *= 1.4
                    tone *= 0.40 + 0.60 * min(y / 9.0, 1.0) + 0.25 * np.exp(-((z - 34) ** 2) / 120)
                    r, g, b = tone * 1.08, tone * 0.86, tone * 0.62
                    done = True
            if not done:
                z = aisle / au
                y = eye + v * z
                reach = half / au
                if z < end and 0 < y < 6.4 and eye + v * reach < 6.2 and reach < end:
                    along = z % bay - bay / 2
                    window = lancet(along, y - 1.5, 0.95, 2.4)
                    if window > 0:
                        r, g, b = glass(along * 1.3, y * 1.3, 3 + np.floor(z / bay) * side)
                        r, g, b, shine = r * 1.5, g * 1.5, b * 1.5, 1.0
                    else:
                        tone = 0.13 * (1 + 0.2 * stone[int(y * 30) % n, int(z * 30) % n])
                        tone *= 0.6 + 1.4 * np.exp(-((abs(along) - 0.95) ** 2 + max(y - 5, 0) ** 2) / 0.8)
                        r, g, b = tone, tone * 0.9, tone * 0.78
                    done = True
            if not done and v > 0:
                c = half - radius
                qa = u * u + v * v
                qb = au * -c + v * (eye - vault)
                qc = c * c + (eye - vault) ** 2 - radius * radius
                z = (-qb + np.sqrt(max(qb * qb - qa * qc, 0.0))) / qa
                if z < end:
                    x, y = au * z, eye + v * z
                    turn = np.arctan2(y - vault, x - c) / 0.98
                    along = (z % bay) / bay
                    rib = min(along, 1 - along) * bay
                    cross = abs(abs(along - 0.5) * 2 - (1 - turn)) * 2.4
                    tone = 0.24 * (1 + 0.14 * stone[int(turn * 240) % n, int(z * 26) % n])
                    tone *= 0.55 + 0.45 * (1 - turn) + 0.3 * abs(along - 0.5)
                    if rib < 0.26 or cross < 0.13 or x < 0.16:
                        tone *= 1.75
                    elif rib < 0.42 or cross < 0.26:
                        tone *= 0.62
                    r, g, b = tone * 1.25, tone * 1.0, tone * 0.72
                    done = True
            if not done and v < 0:
                z = -eye / v
                if z < end:
                    x = u * z
                    tile_x, tile_z = int(np.floor(x / 0.8 + 100)), int(np.floor(z / 0.8))
                    light_tile = (tile_x + tile_z) % 2
                    grain = stone[int(z * 30) % n, int(x * 30) % n]
                    tone = (0.22 if light_tile else 0.09) * (1 + 0.16 * grain)
                    pools = np.exp(-((z % bay - bay / 2) ** 2) / 1.0) * np.exp(-((x + 1.2) ** 2) / 3.4)
                    polish = np.exp(-(x * x) / 1.6) * (0.10 + 0.5 * min(z / 40.0, 1.0))
                    r = tone + 0.34 * pools * (0.5 + tone) + 0.28 * polish
                    g = tone * 0.88 + 0.20 * pools * (0.5 + tone) + 0.24 * polish
                    b = tone * 0.70 + 0.16 * pools * (0.5 + tone) + 0.22 * polish
                    if abs(x) < 0.95:
                        weave = 1 + 0.18 * grain
                        edge = 0.35 if abs(x) > 0.82 else 1.0
                        r, g, b = (0.30 + 0.2 * polish) * weave, 0.035 * weave / edge, 0.03 * weave
                    done = True
            if not done:
                z = end
                x, y = u * z, eye + v * z
                texture = stone[int(abs(y) * 20) % n, int(abs(x) * 20) % n]
                tone = 0.34 * (1 + 0.15 * texture) * (0.5 + 0.06 * y)
                r, g, b = tone * 1.5, tone * 1.2, tone * 0.8
                for k in range(-1, 2):
                    tall = 6.2 if k == 0 else 4.9
                    window = lancet(x - k * 2.9, y - 3.6, 1.15, tall)
                    if window > 0.07:
                        r, g, b = glass((x - k * 2.9) * 1.2, y * 0.9, 11.0 + k)
                        r, g, b, shine = r * 2.8 + 0.1, g * 2.8 + 0.1, b * 2.8 + 0.12, 1.0
                if y < 1.15 and abs(x) < 1.7:
                    r, g, b = 1.6, 1.45, 1.2
                elif y < 3.2 and abs(x) < 0.9:
                    r, g, b = 1.3, 0.8, 0.22
            air = 1 - np.exp(-z / 120.0) if not (v < 0 and done and z > end) else 0.0
            air = min(max(air, 0.0), 0.5)
            light[py, px, 0] = r * shine * (1 - air) + 0.20 * air
            light[py, px, 1] = g * shine * (1 - air) + 0.16 * air
            light[py, px, 2] = b * shine * (1 - air) + 0.11 * air


class Church:
    """The nave of a Gothic church; sun comes and goes through stained glass, candles flicker, dust hangs."""

    HORIZON, FOCAL, EYE = 0.78, 0.80, 1.75

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size = size
        h, w = size
        self.wide = (h + h // 8, w + h // 6)
        big = np.zeros((self.wide[0] * 2, self.wide[1] * 2, 3), np.float32)
        nave(big, noise(rng, (256, 256), 0.9), self.HORIZON, self.FOCAL, self.EYE)
        self.still = cv2.resize(big, (self.wide[1], self.wide[0]), interpolation=cv2.INTER_AREA)
        self.shafts = self._shafts(rng)
        self.motes = rng.uniform(0, 1, (80, 4)).astype(np.float32)
        self.candles = np.array(
            [(s * (0.5 + 0.35 * k), 1.35 + 0.1 * (k % 2), 35.0) for s in (-1, 1) for k in range(5)]
            + [(s * 1.15, 1.3, z) for s in (-1, 1) for z in (29.0, 24.0)],
            np.float32,
        )

    def _shafts(self, rng: np.random.Generator) -> Light:
        h, w = self.size
        mask = np.zeros((h, w), np.float32)
        for k in range(1, 6):
            z0 = 6.0 * k + 3
            corners = [(4.6, 9.6, z0 - 0.8), (4.6, 7.4, z0 + 0.8), (-2.4, 0.0, z0 + 1.4), (-1.0, 0.0, z0 - 1.4)]
            points = np.array(
                [
                    (w / h / 2 + x / z * self.FOCAL, self.HORIZON - (y - self.EYE) / z * self.FOCAL)
                    for x, y, z in corners
                ]
            )
            part = np.zeros((h, w), np.uint8)
            cv2.fillConvexPoly(part, (points * h).astype(np.int32), 255, cv2.LINE_AA)
            mask += cv2.GaussianBlur(part, (0, 0), max(h * 0.05 / k, 0.6)).astype(np.float32) / 255 * (0.6 + 0.1 * k)
        _x, y = grid(self.size, 1.0)
        return (mask * (0.25 + 0.75 * y))[..., None] * colour("#ffe2b0", 0.20)

    def frame(self, t: float) -> Light:
        """Linear light [h, w, 3] at `t` seconds."""
        h, w = self.size
        x, y, zoom = 0.045 * sway(t, 53), 0.02 * sway(t, 37, 1.0), 1.04 + 0.03 * sway(t, 47, 2.0)
        light = view(self.still, self.size, x, y, zoom)
        cv2.scaleAdd(self.shafts, 0.75 + 0.45 * sway(t, 13), light, light)
        scale = self.wide[0] / h * zoom
        middle = ((self.HORIZON - 0.5) * self.wide[0] / h - y) * zoom + 0.5
        c = self.candles
        cx = w / h / 2 - x * zoom + c[:, 0] / c[:, 2] * self.FOCAL * scale
        cy = middle - (c[:, 1] - self.EYE) / c[:, 2] * self.FOCAL * scale
        flicker = 1 + 0.25 * np.sin(t * 9 + np.arange(len(c)) * 2.1) * np.sin(t * 3.7 + np.arange(len(c)))
        dab(light, cx, cy, 0.0035, 0.006, flicker[:, None] * colour("#ffb850", 5.0), soft=1, add=True)
        dab(light, cx, cy, 0.035, 0.035, flicker[:, None] * colour("#ffa040", 0.10), soft=1, add=True)
        m = self.motes
        mx = (m[:, 0] * w / h + 0.03 * np.sin(t * 0.3 + 9 * m[:, 3])) % (w / h)
        my = (m[:, 1] * 0.9 - 0.006 * t + 0.02 * np.sin(t * 0.4 + 7 * m[:, 2])) % 0.9
        dab(light, mx, my, 0.002 + 0.002 * m[:, 2], 0.002 + 0.002 * m[:, 2], colour("#ffe8c0", 0.28), soft=1, add=True)
        bloom(light, 0.03, 0.22)
        return light
