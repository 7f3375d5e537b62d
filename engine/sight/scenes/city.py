"""The city: a skyline over dark water at blue hour, and a street in the rain at night."""

from __future__ import annotations

import cv2
import numpy as np

from engine.sight.scenes.common import (
    Clouds,
    Light,
    Rain,
    blend,
    bloom,
    colour,
    dab,
    gradient,
    grid,
    mix,
    noise,
    ripples,
    smoothstep,
    sway,
    view,
    water,
)

WINDOW_TONES = ("#ffd9a0", "#ffc878", "#fff0d8", "#e8f0ff", "#ffb860")


def windows(rng: np.random.Generator, rows: int, columns: int, share: float) -> Light:
    """Light of a grid of windows [rows, columns, 3]: floors are lit together more often than not."""
    floor = rng.uniform(0, 1, (rows, 1)) < 0.25
    lit = rng.uniform(0, 1, (rows, columns)) < np.where(floor, min(share * 2.2, 0.95), share)
    tones = np.stack([colour(code) for code in WINDOW_TONES])[rng.integers(0, len(WINDOW_TONES), (rows, columns))]
    return (tones * (lit * rng.uniform(0.25, 1.3, (rows, columns)) ** 1.5)[..., None]).astype(np.float32)


def facade(rng: np.random.Generator, size: tuple[int, int], cell: tuple[int, int], tone: Light, share: float) -> Light:
    """A front [h, w, 3] of pixels: floors and windows in cells of (height, width) pixels, lit ones among dark glass."""
    rows, columns = size[0] // cell[0] + 1, size[1] // cell[1] + 1
    pane = np.zeros((*cell, 1), np.float32)
    pane[max(cell[0] // 4, 1) :, max(cell[1] // 5, 1) :] = 1
    light = 0.75 * np.kron(windows(rng, rows, columns, share), pane) + tone * (1 - 0.55 * np.tile(pane, (rows, columns, 1)))
    if min(cell) > 16:  # near enough for glazing bars and curtains to show
        y, x = np.mgrid[0 : light.shape[0], 0 : light.shape[1]]
        inside_y, inside_x = (y % cell[0] - cell[0] / 4) / (cell[0] * 0.75), (x % cell[1] - cell[1] / 5) / (cell[1] * 0.8)
        bars = (np.abs(inside_x - 0.5) < 0.04) | (np.abs(inside_y - 0.6) < 0.03)
        curtain = 0.45 + 0.55 * np.abs(inside_x - 0.5) * 2 + 0.12 * np.sin(inside_x * 60)
        light *= (np.where(bars, 0.15, curtain))[..., None]
    return light[: size[0], : size[1]].astype(np.float32)


class CityNight:
    """Towers at blue hour; traffic runs along the quay; all of it trembles in the river."""

    HORIZON = 0.68

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size = size
        h, w = size
        self.wide = (int(round(h * self.HORIZON)) or 1, w + h // 3)
        self.sky = self._sky(h, w)
        self.clouds = Clouds(
            rng, size, self.HORIZON, cover=0.36, lit=colour("#e09a98", 0.60), shade=colour("#4a5080", 0.36), scale=1.6, stretch=0.5, density=0.6
        )
        self.towers, self.blinking = self._towers(rng)
        self.surface = ripples(rng, 1.5)
        self.cars = rng.uniform(0, 1, (46, 3)).astype(np.float32)

    def _sky(self, h: int, w: int) -> Light:
        _, y = grid((h, w), self.HORIZON)
        stops = [(0.0, colour("#ffb878", 0.95)), (0.12, colour("#e8a0a0", 0.75)), (0.32, colour("#7a92c8", 0.60)), (0.7, colour("#2c509c", 0.48))]
        return gradient(np.maximum(y, 0), stops)

    def _towers(self, rng: np.random.Generator) -> tuple[Light, Light]:
        scale = 2
        h, w = self.wide[0] * scale, self.wide[1] * scale
        frame = self.size[0] * scale
        layer = np.zeros((h, w, 4), np.float32)
        blinking = []
        haze = colour("#8a80b0", 0.34)
        for depth, (count, tall, share) in enumerate([(42, 0.34, 0.05), (30, 0.46, 0.10), (20, 0.30, 0.15)]):
            places = (np.arange(count) + rng.uniform(-0.4, 0.4, count)) / count
            for place in rng.permutation(places):
                centre = np.exp(-(((place - 0.52) / 0.26) ** 2))
                high = frame * tall * (0.30 + 0.75 * centre * rng.uniform(0.3, 1.35) + 0.25 * rng.uniform(0, 1))
                high = int(min(high, h * 0.93))
                wide = int(frame * rng.uniform(0.045, 0.10) * (1 + 0.25 * depth))
                left = int(place * w - wide / 2)
                unit = max(int(frame * (0.0052 + 0.0016 * depth)), 2)
                tone = mix(colour(rng.choice(["#2c3c6a", "#3c4a70", "#4a4658", "#28304e"]), 0.42) * rng.uniform(0.5, 1.5), haze, 0.6 - 0.27 * depth)
                front = facade(rng, (high, wide), (unit, max(int(unit * rng.uniform(0.6, 1.3)), 2)), tone, share * rng.uniform(0.4, 1.8))
                front *= np.linspace(0.72, 1.12, wide)[None, :, None] if rng.uniform() < 0.5 else np.linspace(1.12, 0.72, wide)[None, :, None]
                self._place(layer, front, h - high, left)
                style = rng.uniform()
                if style < 0.5 and depth:
                    step = facade(rng, (max(high // 9, 1), max(wide // 2, 1)), (unit, unit), tone, share)
                    self._place(layer, step, h - high - step.shape[0], left + wide // 4)
                if centre > 0.55 and style < 0.35:
                    mast = int(frame * 0.05 * rng.uniform(0.6, 1.5))
                    self._place(layer, np.zeros((mast, max(unit // 3, 2), 3), np.float32) + tone, h - high - mast, left + wide // 2)
                    blinking.append(((left + wide / 2) / scale, (h - high - mast) / scale, rng.uniform(0, 1)))
                if style > 0.8 and depth:
                    crown = np.zeros((max(unit // 2, 1), wide, 3), np.float32) + colour("#70b8ff" if style > 0.9 else "#ffb060", 1.2)
                    self._place(layer, crown, h - high, left)
        quay = np.zeros((max(int(frame * 0.016), 1), w, 3), np.float32) + colour("#2a2420", 0.12)
        self._place(layer, quay, h - quay.shape[0], 0)
        lamps = np.arange(0, w, max(int(frame * 0.035), 1)) / h
        dab(layer, lamps.astype(np.float32), 1 - 0.028 * frame / h, 0.0045, 0.0045, colour("#ffb45c", 3.0), soft=1)
        small = cv2.resize(layer, (self.wide[1], self.wide[0]), interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(small), np.array(blinking, np.float32).reshape(-1, 3)

    @staticmethod
    def _place(layer: Light, front: Light, top: int, left: int) -> None:
        y0, x0 = max(top, 0), max(left, 0)
        part = layer[y0 : top + front.shape[0], x0 : max(left + front.shape[1], 0)]
        if part.size:
            part[..., :3] = front[y0 - top :, x0 - left :][: part.shape[0], : part.shape[1]]
            part[..., 3] = 1

    def frame(self, t: float) -> Light:
        """Linear light [h, w, 3] at `t` seconds."""
        h, w = self.size
        pan = 0.13 * sway(t, 67)
        light = self.sky.copy()
        self.clouds.over(light, t, pan)
        left = (self.wide[1] - w) / 2 + pan * h
        above = light[: self.wide[0]]
        shifted = cv2.warpAffine(
            self.towers, np.array([[1, 0, left], [0, 1, 0]]), (w, self.wide[0]), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        blend(above, shifted, np.float32(1))
        self._lights(light, t, left)
        soft = cv2.blur(light[: self.wide[0]], (1, max(h // 30, 1)))
        water(light, soft, self.surface, self.wide[0], t, 0.30, 0.8, 0.030, colour("#0c1838", 0.12), 0.42, pan, 0.7)
        bloom(light, 0.02, 0.16)
        return light

    def _lights(self, light: Light, t: float, left: float) -> None:
        h, w = self.size
        lane = self.cars[:, 0] > 0.5
        length = self.wide[1] / h
        x = (self.cars[:, 1] * length + t * np.where(lane, 0.035, -0.045) * (0.7 + 0.6 * self.cars[:, 2])) % length - left / h
        y = np.where(lane, self.HORIZON - 0.010, self.HORIZON - 0.016)
        paint = np.where(lane[:, None], colour("#ff2a18", 3.0), colour("#fff0d8", 4.0))
        dab(light, x, y, 0.0055, 0.003, paint, soft=1, add=True)
        if self.blinking.size:
            on = np.clip(np.sin(2 * np.pi * (t / 2.2 + self.blinking[:, 2])) * 3, 0, 1)
            bx, by = (self.blinking[:, 0] - left) / h, self.blinking[:, 1] / h
            dab(light, bx, by, 0.005, 0.005, on[:, None] * colour("#ff3020", 4.0), soft=1, add=True)
        plane = (t * 0.02 + 0.2) % (w / h + 0.6) - 0.3
        flash = 0.4 + 2.5 * max(np.sin(t * 5.0), 0) ** 8
        dab(light, np.array([plane]), np.array([0.16 - 0.05 * plane]), 0.003, 0.003, colour("#ffffff", flash), soft=1, add=True)


def goods(rng: np.random.Generator, h: int, w: int) -> Light:
    """Brightness [h, w, 3] of a shop window: shelves, goods and glazing bars in front of a lit room."""
    blocks = rng.uniform(0.2, 1.3, (max(h // 3, 1), max(w // 3, 1), 3)).astype(np.float32)
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
                floors = facade(rng, (storeys, stop - start), (int(3.2 * texel), int(rng.uniform(1.5, 2.2) * texel)), tone, 0.30)
                wall[:, start:stop] = floors[::-1] * 0.75
                shop = colour(rng.choice(["#ffc070", "#ffe0b0", "#ffd080", "#ffb060", "#ffe8d0", "#c8e0ff", "#ffc0a0"]), rng.uniform(0.4, 1.3))
                wall[int(0.6 * texel) : int(2.6 * texel), start + texel // 2 : stop - texel // 2] = shop * goods(rng, 2 * texel, stop - start - 2 * (texel // 2)) if stop - start > 2 * texel else 0
                sign = colour(rng.choice(["#ff3050", "#40c0ff", "#ffe060", "#ff60c0", "#60ff90"]), rng.uniform(1.0, 2.6))
                lettering = int(rng.uniform(0.2, 0.5) * (stop - start))
                left = start + texel + int(rng.uniform(0, 0.4) * (stop - start))
                wall[int(3.0 * texel) : int(3.5 * texel), left : min(left + lettering, stop)] = sign * goods(rng, 6, 200)[:, : max(min(left + lettering, stop) - left, 0)]
                roof[start:stop] = rng.uniform(9, 15.5)
                start = stop
            sides.append((wall, roof))
        light = np.zeros((*x.shape, 3), np.float32)
        fog = gradient(y, [(-0.1, colour("#c08860", 0.30)), (0.06, colour("#7a6478", 0.26)), (0.5, colour("#1c2440", 0.10))])
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
                dab(light, np.full(n, px), ys, 0.05 * focal / z, (foot - head) / n, colour("#101014", 0.10), opacity=0.9)
                arm = np.linspace(0, 1, 20)
                dab(light, px - side * arm * 1.1 * focal / z, head - 0.2 * np.sin(arm * 1.5) * focal / z, 0.05 * focal / z, 0.04 * focal / z, colour("#101014", 0.1))
                bulb = np.array([px - side * 1.1 * focal / z]), np.array([head - 0.12 * focal / z])
                for size, gain in ((0.20, 9.0), (0.7, 0.55), (2.2, 0.12)):
                    dab(light, *bulb, size * focal / z, size * (0.6 if size < 0.3 else 1) * focal / z, colour("#ffb868", gain), soft=1, add=True)
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
                    dab(light, np.array([px]), np.array([foot - 1.80 * size]), 0.55 * size, 0.20 * size, colour(rng.choice(["#181820", "#701818", "#203860", "#806020"]), 0.35))

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
        puddle = smoothstep(-0.3, 0.9, noise(rng, (512, 512), 1.9)[(z * 9).astype(int) % 512, (x * z * 14).astype(int) % 512])
        source = self.HORIZON * h - (dip - 2 * self.EYE * np.abs(x) / self.HALF) * h + soak * (6 - 4.5 * puddle) * h / 360
        sharp = cv2.remap(light, (x * h + w / 2 - 0.10 * h + soak * 0.6).astype(np.float32), np.clip(source, 0, h - 1).astype(np.float32), cv2.INTER_LINEAR)
        blur = cv2.blur(sharp, (3, max(h // 9, 1)))
        wet = mix(blur * 1.15, sharp * 0.85, np.clip(puddle, 0, 1) * 0.75)
        asphalt = colour("#20242c", 0.05) * (1 + 0.5 * soak[..., None])
        mirror = (0.36 + 0.5 * np.exp(-dip * 5))[..., None] * (0.75 + 0.25 * soak[..., None])
        zebra = smoothstep(0.5, 0.3, np.abs(z / focal - 12.5) - 1.3) * (np.sin(x * z / focal * 5.2) > 0) * (np.abs(x) * z / focal < 4)
        kerb = np.exp(-(((np.abs(x) * z / focal - 4.2) / 0.12) ** 2))[..., None]
        paint = (np.exp(-(((x * z / focal) / 0.10) ** 2)) * (np.sin(z * 1.3) > 0))[..., None] * (0.6 + 0.4 * soak[..., None])
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
            dab(light, body, np.full(9, foot - 0.55 * size), 0.25 * size, 0.45 * size, colour("#0a0a0e", 0.1), opacity=0.85 * fade)
            dab(light, body * 0.75 + px.mean() * 0.25, np.full(9, foot - 1.05 * size), 0.25 * size, 0.38 * size, colour("#101218", 0.2), opacity=0.85 * fade)
            dab(light, px, py, 0.16 * size, 0.12 * size, tone, soft=1, add=True)
            dab(light, px, py, 0.8 * size, 0.6 * size, tone * 0.05, soft=1, add=True)
            trail = np.repeat(px, 8)
            down = np.tile(np.linspace(0.1, 1.0, 8), 2)
            dab(light, trail, foot + down * 1.5 * size, 0.20 * size, 0.30 * size, tone * 0.05, soft=1, add=True)
