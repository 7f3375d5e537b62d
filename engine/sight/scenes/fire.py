"""A campfire at night between the trees, a lit tent, sparks going up."""

from __future__ import annotations

import cv2
import numpy as np

from engine.sight.scenes.common import (
    Light,
    bloom,
    colour,
    dab,
    gradient,
    grid,
    kernel,
    noise,
    smoothstep,
    sway,
    view,
)


@kernel
def flames(light, tile, cx, base, size, t):  # type: ignore[no-untyped-def]
    """Adds a fire of `size` heights standing at (cx, base) heights: a column of heat torn by rising noise, in place."""
    h, w = light.shape[:2]
    m = tile.shape[0] - 1  # a power of two less one
    x0, x1 = max(int((cx - size * 0.8) * h), 0), min(int((cx + size * 0.8) * h), w)
    y0, y1 = max(int((base - size * 1.6) * h), 0), min(int((base + size * 0.12) * h), h)
    for y in range(y0, y1):
        up = (base - (y + 0.5) / h) / size
        rise = max(up, 0.0)
        for x in range(x0, x1):
            across = ((x + 0.5) / h - cx) / size
            u, v = across * 70, up * 38 + t * 62
            i, j = int(np.floor(v)), int(np.floor(u))
            fv, fu = v - i, u - j
            a = tile[i & m, j & m] * (1 - fu) + tile[i & m, (j + 1) & m] * fu
            b = tile[(i + 1) & m, j & m] * (1 - fu) + tile[(i + 1) & m, (j + 1) & m] * fu
            slow = a * (1 - fv) + b * fv
            u, v = across * 150 + 31 + slow * 8, up * 80 + t * 150
            i, j = int(np.floor(v)), int(np.floor(u))
            fv, fu = v - i, u - j
            a = tile[i & m, j & m] * (1 - fu) + tile[i & m, (j + 1) & m] * fu
            b = tile[(i + 1) & m, j & m] * (1 - fu) + tile[(i + 1) & m, (j + 1) & m] * fu
            fast = a * (1 - fv) + b * fv
            bent = across + (0.16 * slow + 0.05 * fast) * (0.15 + rise)
            tongue = 0.80 + 0.22 * np.sin(bent * 13 + 1.3 * np.sin(t * 2.1)) + 0.12 * np.sin(bent * 29 - t * 3.0)
            width = 0.46 * (1 - 0.55 * min(rise, 1.0)) + 0.04
            d = bent / width
            heat = 1.15 * (1 - d * d) - rise / tongue * 0.9 + 0.28 * slow * min(rise + 0.2, 0.8) + 0.12 * fast
            if up < 0:
                heat += up * 9
            if heat > 0:
                heat = min(heat, 1.1)
                glow = heat * heat
                light[y, x, 0] += 4.2 * heat * (0.25 + heat)
                light[y, x, 1] += 2.1 * glow
                light[y, x, 2] += 0.8 * glow * heat * heat


class Campfire:
    """The fire lights the clearing: one picture of what the night shows, one of what the fire shows."""

    FIRE = (0.0, 0.80, 0.27)

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size = size
        h, w = size
        wide = (h + h // 10, w + h // 6)
        self.wide = wide
        aspect = wide[1] / wide[0]
        self.fire_x = aspect / 2 - 0.12
        night, lit = self._paint(wide, rng, aspect)
        self.night, self.lit = night, lit
        self.tile = noise(rng, (256, 256), 1.5)
        n = 90
        self.sparks = rng.uniform(0, 1, (n, 5)).astype(np.float32)

    def _paint(self, wide: tuple[int, int], rng: np.random.Generator, aspect: float) -> tuple[Light, Light]:
        _h, w = wide
        x, y = grid(wide, 0.66)
        x = x + aspect / 2
        night = gradient(
            y, [(0.0, colour("#4a76a0", 0.42)), (0.3, colour("#24427a", 0.34)), (0.66, colour("#142250", 0.28))]
        )
        milky = np.exp(-(((x - aspect * 0.62) * 0.8 + (y - 0.4) * 0.9) ** 2) / 0.02)
        night += (milky * np.clip(0.6 + 0.4 * noise(rng, wide, 1.5), 0, 2))[..., None] * colour("#8090c0", 0.10)
        n = 900
        bright = rng.pareto(2.2, n).clip(0, 9)
        star = colour("#dfe8ff")[None] * (0.12 + 0.25 * bright[:, None])
        place = rng.uniform(0, aspect, n), rng.uniform(-0.02, 0.66, n)
        dab(night, *place, 0.0012 + 0.0004 * bright, 0.0012 + 0.0004 * bright, star, soft=1, add=True)
        fire_x, fire_y = self.fire_x, self.FIRE[1]
        lit = np.zeros_like(night)
        self._trees(night, lit, rng, aspect)
        ground = y < 0.012 * noise(rng, (1, w), 1.4)
        dip = np.maximum(-y, 1e-3)
        tile = noise(rng, (512, 512), 1.0)
        soil = tile[(90 / (dip + 0.05)).astype(int) % 512, (x * 60 / (dip + 0.1)).astype(int) % 512]
        far = np.hypot((x - fire_x) * 0.75, (0.66 - y - fire_y) * 2.2)
        shine = 0.050 / (0.018 + far * far) * (1 + 0.38 * soil) * (0.55 + 0.45 * smoothstep(-1.0, 1.0, soil))
        earth = np.clip(shine, 0, 4)[..., None] * colour("#d08548", 0.20)
        night[ground] = (colour("#1c2630", 0.22) * (1 + 0.3 * soil[..., None]))[ground]
        lit[ground] = earth[ground]
        self._grass(night, lit, rng, aspect)
        self._tent(night, lit, wide, aspect)
        self._stones_and_logs(night, lit, rng)
        return np.ascontiguousarray(night), np.ascontiguousarray(lit)

    def _trees(self, night: Light, lit: Light, rng: np.random.Generator, aspect: float) -> None:
        for depth, (count, height) in enumerate([(34, 0.26), (16, 0.46), (7, 0.75)]):
            for x in (np.arange(count) + rng.uniform(0, 1, count)) / count * aspect:
                if depth == 2 and abs(x - aspect / 2) < 0.42:
                    continue
                top = 0.67 - height * rng.uniform(0.6, 1.2)
                n = int(120 + 260 * height)
                down = np.sqrt(rng.uniform(0, 1, n))
                py = top + (0.69 - top) * down
                reach = height * 0.20 * down * (0.55 + 0.45 * np.abs(np.sin(down * 26)))
                px = x + rng.uniform(-1, 1, n) * reach
                size = height * 0.035 * rng.uniform(0.6, 1.4, n)
                droop = np.sign(px - x) * 0.5
                far = np.hypot(px - self.fire_x, py - self.FIRE[1])
                dab(night, px, py, size, size * 0.35, colour("#101c22", 0.30 / (1 + depth)), angle=droop)
                warm = (0.05 / (0.06 + far**2) * rng.uniform(0.1, 1.0, n))[:, None] * colour(
                    "#8a7a38", 0.16 + 0.10 * depth
                )
                dab(lit, px, py, size, size * 0.35, warm, angle=droop)

    def _grass(self, night: Light, lit: Light, rng: np.random.Generator, aspect: float) -> None:
        n = 7000
        y = np.sort(0.665 + 0.42 * rng.uniform(0, 1, n) ** 1.3)
        x = rng.uniform(0, aspect, n)
        far = np.hypot((x - self.fire_x) * 0.8, (y - self.FIRE[1]) * 2.0)
        keep = far > 0.2
        x, y, far = x[keep], y[keep], far[keep]
        n = x.size
        length = (0.010 + 0.05 * (y - 0.66)) * rng.uniform(0.5, 1.3, n)
        angle = rng.normal(-1.57, 0.4, n)
        warm = (0.03 / (0.015 + far**2) * rng.uniform(0.2, 1.2, n))[:, None] * colour("#b08a38", 0.22)
        dab(night, x, y, length, length * 0.12, colour("#1a2420", 0.10), angle=angle)
        dab(lit, x, y, length, length * 0.12, warm, angle=angle)

    def _tent(self, night: Light, lit: Light, wide: tuple[int, int], aspect: float) -> None:
        h = wide[0]
        cx, base, half, high = aspect / 2 + 0.42, 0.755, 0.23, 0.27
        corners = {
            "side": [
                (cx - 0.06, base - high),
                (cx + 0.20, base - high * 0.93),
                (cx + half + 0.13, base - 0.03),
                (cx + 0.10, base + 0.025),
            ],
            "front": [(cx - 0.06, base - high), (cx + 0.10, base + 0.025), (cx - half, base)],
            "door": [(cx - 0.06, base - high * 0.82), (cx + 0.015, base + 0.014), (cx - 0.10, base + 0.008)],
        }
        x, y = grid(wide, base)
        inner = np.exp(-np.hypot((x + aspect / 2 - cx) * 1.2, y - 0.07) / 0.15)[..., None]
        for name, tone, glow in (("side", "#c8641e", 0.5), ("front", "#e88a2c", 0.8), ("door", "#ffd890", 1.5)):
            mask = np.zeros(wide, np.uint8)
            points = (np.array(corners[name]) * h * 16).astype(np.int32)
            cv2.fillPoly(mask, [points], 255, cv2.LINE_AA, 4)
            m = (mask.astype(np.float32) / 255)[..., None]
            night[:] = night * (1 - m) + m * (inner * colour(tone, glow) + colour(tone, 0.02))
            lit[:] = lit * (1 - m) + m * colour(tone, 0.10 if name == "side" else 0.22)

    def _stones_and_logs(self, night: Light, lit: Light, rng: np.random.Generator) -> None:
        fx, fy = self.fire_x, self.FIRE[1]
        turn = np.sort(rng.uniform(0, 2 * np.pi, 26))
        turn = turn[np.argsort(np.sin(turn))]
        px, py = fx + 0.215 * np.cos(turn), fy + 0.005 + 0.055 * np.sin(turn)
        size = rng.uniform(0.022, 0.036, px.size)
        dab(night, px, py, size, size * 0.72, colour("#20242a", 0.06), soft=0.25)
        toward = np.stack([fx - px, (fy - py) * 2], 1)
        toward /= np.linalg.norm(toward, axis=1, keepdims=True)
        dab(lit, px, py, size, size * 0.72, colour("#5a4638", 0.10), soft=0.25)
        for k in range(3):
            inward = 0.35 + 0.2 * k
            dab(
                lit,
                px + toward[:, 0] * size * inward,
                py + toward[:, 1] * size * 0.3 * inward - size * 0.2,
                size * (0.62 - 0.16 * k),
                size * (0.45 - 0.12 * k),
                colour("#ff9a50", 0.25 + 0.2 * k),
                soft=1,
                opacity=0.6,
            )
        for dx, dy, tilt, length in (
            (-0.05, 0.0, 0.35, 0.16),
            (0.05, 0.0, -0.38, 0.16),
            (0.0, 0.018, 0.06, 0.17),
            (0.01, -0.02, -1.0, 0.10),
            (-0.02, -0.02, 1.1, 0.10),
        ):
            for row in np.linspace(-1, 1, 9):
                along = np.linspace(-1, 1, 60)
                lx = fx + dx + along * length * np.cos(tilt) - row * 0.017 * np.sin(tilt)
                ly = fy + dy + along * length * np.sin(tilt) * 0.55 + row * 0.017 * np.cos(tilt)
                ember = np.clip(1 - np.abs(along) * 1.1, 0, 1) * np.clip(0.6 - row, 0, 2) * rng.uniform(0.3, 1, 60)
                dab(night, lx, ly, 0.006, 0.004, colour("#100c0a", 0.1), angle=tilt)
                dab(
                    lit,
                    lx,
                    ly,
                    0.006,
                    0.004,
                    colour("#3a1c10", 0.3) + ember[:, None] * colour("#ff5a18", 1.6),
                    angle=tilt,
                )

    def frame(self, t: float) -> Light:
        """Linear light [h, w, 3] at `t` seconds."""
        h, w = self.size
        x, y, zoom = 0.05 * sway(t, 41), 0.02 * sway(t, 29, 2.0), 1.02 + 0.015 * sway(t, 53, 1.0)
        flicker = (
            1 + 0.16 * np.sin(t * 7.3) * np.sin(t * 3.1 + 1) + 0.10 * np.sin(t * 11.9 + 2) + 0.06 * np.sin(t * 19.0)
        )
        whole = cv2.scaleAdd(self.lit, float(flicker) * 1.25, self.night)
        light = view(whole, self.size, x, y, zoom)
        cx = ((self.fire_x * self.wide[0] - self.wide[1] / 2) / h - x) * zoom + w / h / 2
        cy = ((self.FIRE[1] - 0.5) * self.wide[0] / h - y) * zoom + 0.5
        flames(light, self.tile, cx, cy, self.FIRE[2] * zoom, t)
        s = self.sparks
        age = (t * (0.22 + 0.25 * s[:, 0]) + s[:, 1]) % 1
        sx = cx + (s[:, 2] - 0.5) * 0.16 + 0.10 * age * np.sin(age * 7 + 20 * s[:, 3]) + 0.10 * age * (s[:, 4] - 0.4)
        sy = cy - 0.12 - age * (0.35 + 0.5 * s[:, 3])
        fade = (1 - age) ** 1.5 * (0.5 + 0.5 * np.sin(t * 17 * (0.5 + s[:, 4]) + 40 * s[:, 2]))
        size = 0.0014 + 0.0018 * s[:, 4]
        dab(light, sx, sy, size, size * 1.5, fade[:, None] * colour("#ff9a40", 5.0), soft=1, add=True)
        bloom(light, 0.035, 0.22)
        return light
