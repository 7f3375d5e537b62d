"""A railway line through woods in late light; now and then a train comes by."""

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
    smoothstep,
    sway,
    view,
)


class Railway:
    """Two tracks run to the horizon; a train approaches on the other one, passes, and leaves the line empty."""

    HORIZON, EYE, FOCAL = 0.44, 2.3, 1.0
    SIDE = 2.35  # metres from the eye to the near side of the train
    EVERY, SPEED, CAR, CARS = 19.0, 21.0, 20.0, 7

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size = size
        _h, _w = size
        self.sky = self._sky(size)
        self.clouds = Clouds(
            rng,
            size,
            self.HORIZON,
            cover=0.46,
            lit=colour("#ffe8c8", 1.5),
            shade=colour("#a098b0", 0.75),
            scale=1.4,
            wind=(0.003, 0.001),
            haze=0.12,
        )
        self.land = self._land(rng)
        self.side = self._train_side(rng)
        self.front = self._train_front()
        x, y = grid(size, self.HORIZON)
        self.x, self.y = np.ascontiguousarray(x), np.ascontiguousarray(y)

    def _sky(self, size: tuple[int, int]) -> Light:
        x, y = grid(size, self.HORIZON)
        stops = [
            (0.0, colour("#ffe0b0", 1.15)),
            (0.1, colour("#f0d4c0", 0.95)),
            (0.25, colour("#a4c4e4", 0.95)),
            (0.5, colour("#4f8cd4", 0.75)),
        ]
        return gradient(np.maximum(y, 0), stops) + np.exp(-np.hypot(x + 0.28, y - 0.09) / 0.14)[..., None] * colour(
            "#ffd090", 1.4
        )

    def _land(self, rng: np.random.Generator) -> Light:
        h, w = self.size[0] + self.size[0] // 20, self.size[1] + self.size[0] // 5
        layer = np.zeros((h, w, 4), np.float32)
        aspect = w / h
        self._ballast(layer, rng)
        self._trees(layer, rng, aspect)
        self._grass(layer, rng)
        self._masts(layer, aspect)
        return layer

    def _trees(self, layer: Light, rng: np.random.Generator, aspect: float) -> None:
        haze = colour("#f4d8ac", 1.0)
        for z in np.geomspace(260, 17, 60):
            for side in (-1, 1):
                px = aspect / 2 + side * (rng.uniform(9, 17) + 0.02 * z) * self.FOCAL / z + rng.normal(0, 0.004)
                foot = self.HORIZON + self.EYE * self.FOCAL / z
                tall = rng.uniform(7, 14) * self.FOCAL / z
                veil = 1 - np.exp(-z / 110)
                autumn = colour(rng.choice(["#5a7a2a", "#6a7a30", "#8a7a2c", "#b0802c", "#4a6a2c"]), 0.95)
                dark, lit = mix(autumn * 0.10, haze, veil), mix(autumn * 1.9, haze, veil)
                trunk_y = np.linspace(foot - tall * 0.6, foot, 14)
                dab(layer, np.full(14, px), trunk_y, tall * 0.018, tall * 0.03, mix(colour("#2c2018", 0.3), haze, veil))
                n = int(np.clip(900 * tall / 0.2, 110, 2600))
                a, r = rng.uniform(0, 2 * np.pi, n), np.sqrt(rng.uniform(0, 1, n))
                lobes = 1 + 0.25 * np.sin(a * 3 + z)
                lx, ly = (
                    px + tall * 0.30 * r * lobes * np.cos(a),
                    foot - tall * 0.62 + tall * 0.42 * r * lobes * np.sin(a),
                )
                shine = np.clip(0.36 - 0.42 * r * np.sin(a) - 0.30 * r * np.cos(a) + rng.normal(0, 0.25, n), 0, 1.3)[
                    :, None
                ]
                leaf = np.clip(tall * 0.020, 0.0018, 0.0065) * rng.uniform(0.6, 1.4, n)
                dab(layer, lx, ly, leaf, leaf * 0.6, mix(dark, lit, shine), angle=rng.uniform(0, 3.1, n))
                bush = 140
                bx = px + rng.normal(0, 2.2, bush) * self.FOCAL / z
                by = foot - np.abs(rng.normal(0, 0.9, bush)) * self.FOCAL / z
                dab(
                    layer,
                    bx,
                    by,
                    0.28 * self.FOCAL / z,
                    0.18 * self.FOCAL / z,
                    mix(dark, lit, np.clip(rng.normal(0.3, 0.25, (bush, 1)), 0, 1)),
                )

    def _ballast(self, layer: Light, rng: np.random.Generator) -> None:
        h, w = layer.shape[:2]
        x, y = grid((h, w), self.HORIZON)
        dip = np.maximum(-y, 2e-3)
        z = self.EYE * self.FOCAL / dip
        gx = x * z / self.FOCAL
        n = 512
        stone, patch = noise(rng, (n, n), 0.35), noise(rng, (n, n), 1.6)
        fade = np.exp(-z / 14)
        row, column = (z * 38).astype(int) % n, (gx * 38).astype(int) % n
        grit = stone[row, column] * fade
        gravel = colour("#94836e", 0.72) * (1 + 0.42 * grit + 0.12 * patch[row, column])[..., None]
        grass_grain = noise(rng, (n, n), 0.8, 0.35)[row, column] * (0.3 + 0.7 * fade)
        grass = mix(
            colour("#4a6420", 0.6),
            colour("#c8b450", 1.0),
            np.clip(0.45 + 0.30 * grass_grain + 0.12 * patch[row, column], 0, 1),
        )
        bed = smoothstep(6.6, 5.8, np.abs(gx - 1.9) + 0.35 * patch[row, column])
        ground = mix(grass, gravel, bed)
        for track in (0.0, 3.8):
            off = np.abs(gx - track)
            sleeper = smoothstep(1.32, 1.28, off) * smoothstep(0.16, 0.12, np.abs((z / 0.62) % 1 - 0.5) * 0.62)
            tone = colour("#5c4c40", 0.42) * (1 + 0.22 * grit + 0.2 * np.sin(z / 0.62 // 1 * 7.7))[..., None]
            blurred = np.clip(0.55 * smoothstep(1.32, 1.28, off) * (1 - np.exp(-z / 34)), 0, 1)
            ground = mix(ground, tone, np.maximum(sleeper * np.exp(-((z / 34) ** 2)), blurred * 0.7))
            for rail in (-0.72, 0.72):
                d = gx - track - rail
                pixel = z / self.FOCAL / h
                shadow = np.exp(-(((d - 0.09) / (0.08 + pixel)) ** 2)) * 0.7
                ground = ground * (1 - shadow[..., None])
                web = smoothstep(0.058 + pixel, 0.05, np.abs(d + 0.02))
                ground = mix(ground, colour("#6a3c24", 0.40), web)
                top = smoothstep(0.036 + pixel * 0.9, 0.028, np.abs(d))
                ground = mix(ground, colour("#ffe8cc", 0.85) * (0.75 + 0.5 * np.exp(-z / 40))[..., None], top)
        veil = 1 - np.exp(-z / 130)
        ground = mix(ground, colour("#f4d8ac", 1.0), veil)
        warm = 1 + 0.35 * np.exp(-((x + 0.28) ** 2) / 0.1) * np.exp(-dip * 3)
        below = y < -0.004
        layer[..., :3][below] = (ground * warm[..., None])[below]
        layer[..., 3][below] = 1

    def _grass(self, layer: Light, rng: np.random.Generator) -> None:
        h, w = layer.shape[:2]
        n = 5200
        d = np.sort(rng.uniform(0.012, 0.58, n))
        depth = self.EYE * self.FOCAL / d
        side = np.where(rng.uniform(0, 1, n) < 0.55, rng.uniform(-13, -4.4, n), rng.uniform(8.2, 17, n))
        px = w / h / 2 + side * self.FOCAL / depth
        tall = 0.42 * rng.uniform(0.4, 1.3, n) * self.FOCAL / depth
        straw = mix(colour("#3c5418", 0.45), colour("#e8cc70", 1.2), rng.uniform(0, 1, (n, 1)) ** 1.5)
        straw = mix(straw, colour("#f4d8ac", 1.0), (1 - np.exp(-depth / 90))[:, None])
        dab(
            layer,
            px,
            self.HORIZON + d - tall * 0.7,
            tall,
            np.maximum(tall * 0.05, 0.0007),
            straw,
            angle=rng.normal(-1.57, 0.35, n),
        )

    def _masts(self, layer: Light, aspect: float) -> None:
        h = layer.shape[0]
        steel = colour("#4a4844", 0.35)
        for z in (150.0, 110.0, 80.0, 57.0, 40.0, 27.0, 17.5):
            tone = mix(steel, colour("#f4d8ac", 1.0), 1 - np.exp(-z / 110))
            scale = self.FOCAL / z
            foot, head = self.HORIZON + self.EYE * scale, self.HORIZON - (7.2 - self.EYE) * scale
            px = aspect / 2 - 3.4 * scale
            ys = np.linspace(head, foot, 90)
            dab(layer, np.full(90, px), ys, max(0.11 * scale, 0.0012), (foot - head) / 120, tone, soft=0.2)
            arm = np.linspace(0, 1, 60)
            dab(
                layer,
                px + 3.6 * scale * arm,
                head + (0.35 + 0.5 * arm) * scale,
                0.06 * scale,
                max(0.05 * scale, 0.0011),
                tone,
            )
            dab(
                layer,
                px + 3.2 * scale * arm,
                head + (1.7 - 0.8 * arm) * scale,
                0.06 * scale,
                max(0.05 * scale, 0.0011),
                tone,
            )
        along = np.geomspace(3.2, 250, 900)
        for gx, gy, sag in ((-0.3, 5.4, 0.0), (-0.3, 6.4, 0.5), (3.8, 5.4, 0.0), (3.8, 6.4, 0.5)):
            hang = sag * np.sin(np.pi * ((along / 42) % 1))
            wire_x, wire_y = (
                aspect / 2 + gx * self.FOCAL / along,
                self.HORIZON - (gy - hang - self.EYE) * self.FOCAL / along,
            )
            dab(
                layer,
                wire_x,
                wire_y,
                np.maximum(0.03 / along, 0.0016),
                np.maximum(0.02 / along, 0.7 / h * 0.9),
                colour("#3c3836", 0.4),
                opacity=0.75,
            )

    def _train_side(self, rng: np.random.Generator) -> Light:
        k = 40
        tall, long = int(4.0 * k), int(self.CAR * k)
        car = np.zeros((tall, long, 3), np.float32) + colour("#b02a24", 0.70)
        y = np.linspace(4.0, 0, tall)[:, None]
        car *= (0.62 + 0.4 * smoothstep(0.6, 3.4, y))[..., None]
        car[(y[:, 0] > 3.45)] = colour("#8a8c90", 0.55)
        car[(y[:, 0] > 1.25) & (y[:, 0] < 1.45)] = colour("#f0e4cc", 0.85)
        car[(y[:, 0] < 0.95)] = colour("#26241f", 0.20)
        glass = (y[:, 0] > 1.85) & (y[:, 0] < 3.0)
        for start in np.arange(1.6, self.CAR - 3.0, 1.75):
            a, b = int(start * k), int((start + 1.3) * k)
            car[glass, a:b] = gradient(
                np.linspace(0, 1, int(glass.sum())), [(0, colour("#e8d8b8", 0.75)), (1, colour("#4a4238", 0.35))]
            )[:, None]
            car[glass, a : a + 2] *= 0.3
            if rng.uniform() < 0.6:
                cx = int((start + rng.uniform(0.3, 1.0)) * k)
                car[int(1.6 * k) : int(2.1 * k), cx - 6 : cx + 6] *= 0.3
        for door in (0.35, self.CAR - 1.25):
            a, b = int(door * k), int((door + 0.9) * k)
            car[(y[:, 0] > 0.95) & (y[:, 0] < 3.2), a:b] *= 0.72
            car[glass, a + 8 : b - 8] = colour("#cfc0a0", 0.6)
        car[:, -6:] = colour("#141414", 0.12)
        for wheel in (2.2, 4.4, self.CAR - 4.4, self.CAR - 2.2):
            cv2.circle(
                car,
                (int(wheel * k), int(3.55 * k)),
                int(0.42 * k),
                tuple(float(v) for v in colour("#5a5450", 0.3)),
                -1,
                cv2.LINE_AA,
            )
        return np.ascontiguousarray(np.tile(car, (1, 1, 1)))

    def _train_front(self) -> Light:
        k = 60
        tall, wide = int(4.0 * k), int(2.9 * k)
        face = np.zeros((tall, wide, 4), np.float32)
        x = np.linspace(-1.45, 1.45, wide)[None, :]
        y = np.linspace(4.0, 0, tall)[:, None]
        body = (np.abs(x) < 1.42 - 0.5 * np.clip(y - 3.2, 0, 1)) & (y > 0.35)
        red = (
            colour("#c02c24", 0.8)
            * (0.55 + 0.45 * (1 - (x / 1.5) ** 2))[..., None]
            * (0.6 + 0.4 * smoothstep(0.3, 3, y))[..., None]
        )
        face[..., :3] = red
        yellow = (y > 0.9) & (y < 1.5)
        face[..., :3] = np.where(yellow[..., None], colour("#f4b820", 0.9), face[..., :3])
        screen = (y > 2.05) & (y < 3.25) & (np.abs(x) < 1.15)
        face[..., :3] = np.where(
            screen[..., None],
            gradient((y - 2.05) / 1.2 + 0 * x, [(0, colour("#181c22", 0.25)), (1, colour("#8aa0b0", 0.6))]),
            face[..., :3],
        )
        face[..., :3] = np.where(((np.abs(x) < 0.05) & (y > 2.0) & (y < 3.3))[..., None], red * 0.6, face[..., :3])
        face[..., :3] = np.where((y < 0.9)[..., None], colour("#1c1a18", 0.2) * np.ones_like(red), face[..., :3])
        face[..., 3] = body
        face[..., :3] *= body[..., None]
        return face

    def frame(self, t: float) -> Light:
        """Linear light [h, w, 3] at `t` seconds."""
        h, _w = self.size
        x, y, zoom = 0.03 * sway(t, 47), 0.006 * sway(t, 29, 1.0), 1.01 + 0.01 * sway(t, 61)
        light = self.sky.copy()
        self.clouds.over(light, t, x)
        land = view(self.land, self.size, x, y, zoom)
        blend(light, land, np.float32(1))
        centre_y = (self.HORIZON - 0.5) * self.land.shape[0] / h
        self._train(light, t, -x * zoom, (centre_y - y) * zoom + 0.5, zoom * self.land.shape[0] / h)
        bloom(light, 0.03, 0.10)
        return light

    def _train(self, light: Light, t: float, cx: float, horizon: float, scale: float) -> None:
        h, w = self.size
        nose = 230.0 - (t % self.EVERY) * self.SPEED
        tail = nose + self.CAR * self.CARS
        if tail < 3:
            return
        focal = self.FOCAL * scale
        left = w / 2 + cx * h
        near = max(nose, 2.2)
        first = max(int(left + self.SIDE * focal / max(tail, 1) * h), 0)
        last = min(int(left + self.SIDE * focal / near * h) + 1, w)
        if last > first:
            u = (np.arange(first, last, dtype=np.float32) + 0.5 - left) / h
            z = self.SIDE * focal / np.maximum(u, 1e-4)
            along = np.mod(z - nose, self.CAR) * 40
            top = max(int((horizon - 1.7 * focal / near) * h), 0)
            v = horizon - (np.arange(top, h, dtype=np.float32) + 0.5) / h
            up = self.EYE + v[:, None] * z / focal
            row = (4.0 - up) * 40
            seen = cv2.remap(
                self.side,
                np.broadcast_to(along, row.shape).astype(np.float32),
                row.astype(np.float32),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            veil = (1 - np.exp(-z / 130)).astype(np.float32)[None, :, None]
            seen = seen + (colour("#f4d8ac", 1.0) - seen) * veil
            cover = np.clip(np.minimum(row - 5, 160 - 6 - row) / 3 + 0.5, 0, 1) * ((z > nose) & (z < tail))
            part = light[top:, first:last]
            part += (seen - part) * cover[..., None].astype(np.float32)
        if nose > 2.6:
            self._nose(light, nose, left, horizon, focal)

    def _nose(self, light: Light, nose: float, left: float, horizon: float, focal: float) -> None:
        h, w = self.size
        unit = focal / nose * h
        wide, tall = int(2.9 * unit), int(4.0 * unit)
        if wide > 2 and wide < 2 * w:
            x0, y0 = left + self.SIDE * unit, horizon * h - (4.0 - self.EYE) * unit
            matrix = np.array([[2.9 * unit / self.front.shape[1], 0, x0], [0, 4.0 * unit / self.front.shape[0], y0]])
            a, b = max(int(x0) - 1, 0), max(int(y0) - 1, 0)
            c, d = min(int(x0) + wide + 2, w), min(int(y0) + tall + 2, h)
            if c > a and d > b:
                matrix[:, 2] -= (a, b)
                face = cv2.warpAffine(self.front, matrix, (c - a, d - b), flags=cv2.INTER_LINEAR)
                air = float(1 - np.exp(-nose / 130))
                face[..., :3] = mix(face[..., :3], colour("#f4d8ac", 1.0) * face[..., 3:], air)
                light[b:d, a:c] = light[b:d, a:c] * (1 - face[..., 3:]) + face[..., :3]
        lamps = np.array([0.45, 1.45, 2.45]) * unit / h + left / h + self.SIDE * unit / h
        rows = horizon + (self.EYE - np.array([1.15, 3.5, 1.15])) * unit / h
        glow = colour("#fff0d0", 6.0)
        dab(light, lamps, rows, 0.16 * unit / h + 0.002, 0.14 * unit / h + 0.002, glow, soft=1, add=True)
        dab(light, lamps, rows, 0.7 * unit / h + 0.012, 0.7 * unit / h + 0.012, glow * 0.05, soft=1, add=True)
