"""The city: a skyline over dark water at blue hour."""

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
    ripples,
    sway,
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
    light = 0.75 * np.kron(windows(rng, rows, columns, share), pane) + tone * (
        1 - 0.55 * np.tile(pane, (rows, columns, 1))
    )
    if min(cell) > 16:  # near enough for glazing bars and curtains to show
        y, x = np.mgrid[0 : light.shape[0], 0 : light.shape[1]]
        inside_y, inside_x = (
            (y % cell[0] - cell[0] / 4) / (cell[0] * 0.75),
            (x % cell[1] - cell[1] / 5) / (cell[1] * 0.8),
        )
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
        self.wide = (round(h * self.HORIZON) or 1, w + h // 3)
        self.sky = self._sky(h, w)
        self.clouds = Clouds(
            rng,
            size,
            self.HORIZON,
            cover=0.36,
            lit=colour("#e09a98", 0.60),
            shade=colour("#4a5080", 0.36),
            scale=1.6,
            stretch=0.5,
            density=0.6,
        )
        self.towers, self.blinking = self._towers(rng)
        self.surface = ripples(rng, 1.5)
        self.cars = rng.uniform(0, 1, (46, 3)).astype(np.float32)

    def _sky(self, h: int, w: int) -> Light:
        _, y = grid((h, w), self.HORIZON)
        stops = [
            (0.0, colour("#ffb878", 0.95)),
            (0.12, colour("#e8a0a0", 0.75)),
            (0.32, colour("#7a92c8", 0.60)),
            (0.7, colour("#2c509c", 0.48)),
        ]
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
                tone = mix(
                    colour(rng.choice(["#2c3c6a", "#3c4a70", "#4a4658", "#28304e"]), 0.42) * rng.uniform(0.5, 1.5),
                    haze,
                    0.6 - 0.27 * depth,
                )
                front = facade(
                    rng,
                    (high, wide),
                    (unit, max(int(unit * rng.uniform(0.6, 1.3)), 2)),
                    tone,
                    share * rng.uniform(0.4, 1.8),
                )
                front *= (
                    np.linspace(0.72, 1.12, wide)[None, :, None]
                    if rng.uniform() < 0.5
                    else np.linspace(1.12, 0.72, wide)[None, :, None]
                )
                self._place(layer, front, h - high, left)
                style = rng.uniform()
                if style < 0.5 and depth:
                    step = facade(rng, (max(high // 9, 1), max(wide // 2, 1)), (unit, unit), tone, share)
                    self._place(layer, step, h - high - step.shape[0], left + wide // 4)
                if centre > 0.55 and style < 0.35:
                    mast = int(frame * 0.05 * rng.uniform(0.6, 1.5))
                    self._place(
                        layer,
                        np.zeros((mast, max(unit // 3, 2), 3), np.float32) + tone,
                        h - high - mast,
                        left + wide // 2,
                    )
                    blinking.append(((left + wide / 2) / scale, (h - high - mast) / scale, rng.uniform(0, 1)))
                if style > 0.8 and depth:
                    crown = np.zeros((max(unit // 2, 1), wide, 3), np.float32) + colour(
                        "#70b8ff" if style > 0.9 else "#ffb060", 1.2
                    )
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
            self.towers,
            np.array([[1, 0, left], [0, 1, 0]]),
            (w, self.wide[0]),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
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
        x = (
            self.cars[:, 1] * length + t * np.where(lane, 0.035, -0.045) * (0.7 + 0.6 * self.cars[:, 2])
        ) % length - left / h
        y = np.where(lane, self.HORIZON - 0.010, self.HORIZON - 0.016)
        paint = np.where(lane[:, None], colour("#ff2a18", 3.0), colour("#fff0d8", 4.0))
        dab(light, x, y, 0.0055, 0.003, paint, soft=1, add=True)
        if self.blinking.size:
            on = np.clip(np.sin(2 * np.pi * (t / 2.2 + self.blinking[:, 2])) * 3, 0, 1)
            bx, by = (self.blinking[:, 0] - left) / h, self.blinking[:, 1] / h
            dab(light, bx, by, 0.005, 0.005, on[:, None] * colour("#ff3020", 4.0), soft=1, add=True)
        plane = (t * 0.02 + 0.2) % (w / h + 0.6) - 0.3
        flash = 0.4 + 2.5 * max(np.sin(t * 5.0), 0) ** 8
        dab(
            light,
            np.array([plane]),
            np.array([0.16 - 0.05 * plane]),
            0.003,
            0.003,
            colour("#ffffff", flash),
            soft=1,
            add=True,
        )
