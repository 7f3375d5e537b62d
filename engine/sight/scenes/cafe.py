"""A cafe in the evening: tables under lamps, a counter, guests, the street behind the window."""

from __future__ import annotations

import cv2
import numpy as np

from engine.sight.scenes.common import Light, bloom, colour, dab, gradient, grid, mix, noise, smoothstep, sway, view


class Cafe:
    """Room of 8 x 11 x 3.2 m: windows to the left, the counter with bottles behind, lamps over wooden tables."""

    HORIZON, FOCAL, EYE = 0.46, 0.80, 1.45
    HALF, DEEP, HIGH = 4.0, 9.5, 3.2

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size = size
        h, w = size
        self.wide = (h + h // 9, w + h // 6)
        self.glare: list[tuple[float, float, float]] = []
        self.still = self._room(rng)
        n = 60
        self.street = np.column_stack([rng.uniform(0, 1, (n, 3)), rng.integers(0, 4, n)]).astype(np.float32)
        self.panes = self._panes()
        self.steam = noise(rng, (128, 64), 1.7)

    def spot(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Place on the wide picture (heights of it) and size of a metre there."""
        h, w = self.wide
        scale = self.FOCAL / z
        return w / h / 2 + x * scale, self.HORIZON - (y - self.EYE) * scale, scale

    def _room(self, rng: np.random.Generator) -> Light:
        h, w = self.wide
        u, v = grid((h, w), self.HORIZON)
        u, v = u / self.FOCAL, v / self.FOCAL
        with np.errstate(divide="ignore"):
            z_side = self.HALF / np.abs(u)
            z_flat = np.where(v > 0, (self.HIGH - self.EYE) / v, -self.EYE / v)
        z = np.minimum(np.minimum(z_side, z_flat), self.DEEP)
        x, y = u * z, self.EYE + v * z
        wall, floor, back = z == z_side, (z == z_flat) & (v < 0), z == self.DEEP
        n = 512
        grain, patch = noise(rng, (n, n), 0.9, 0.12), noise(rng, (n, n), 1.6)

        def tex(field: Light, a: Light, b: Light, scale: float) -> Light:
            return field[(b * scale).astype(int) % n, (a * scale).astype(int) % n]

        plank = np.floor(x / 0.16)
        board = 0.75 + 0.25 * np.sin(plank * 12.9) + 0.16 * tex(grain, x * 3 + plank * 7, z, 40)
        seam = smoothstep(0.0, 0.06, np.minimum((x / 0.16) % 1, 1 - (x / 0.16) % 1))
        picture = colour("#8a6038", 0.46) * (board * (0.55 + 0.45 * seam))[..., None]
        row = np.floor(y / 0.085)
        along = np.where(back, x, z) / 0.25 + 0.5 * (row % 2)
        mortar = np.minimum(smoothstep(0.03, 0.10, (y / 0.085) % 1), smoothstep(0.02, 0.05, along % 1))
        brick = (
            0.8 + 0.28 * np.sin(np.floor(along) * 78.2 + row * 37.7) + 0.16 * tex(patch, np.where(back, x, z), y, 60)
        )
        masonry = mix(colour("#a09890", 0.40), colour("#a87c64", 0.52) * brick[..., None], mortar)
        picture = np.where((wall | back)[..., None], masonry, picture)
        plaster = colour("#9a8a70", 0.34) * (1 + 0.10 * tex(patch, x, z, 30))[..., None]
        beam = smoothstep(0.86, 0.90, np.abs(((z / 1.4) % 1) * 2 - 1))
        ceiling = (z == z_flat) & (v > 0)
        picture = np.where(ceiling[..., None], mix(plaster, colour("#3a2818", 0.2), beam), picture)
        lamps = [
            (-1.9, 2.15, 3.4),
            (0.1, 2.15, 4.4),
            (1.9, 2.1, 3.3),
            (-1.5, 2.15, 6.4),
            (1.0, 2.15, 6.6),
            (2.7, 2.15, 5.2),
            (-0.4, 2.2, 8.2),
            (1.6, 2.2, 8.4),
        ]
        lit = np.full((h, w), 0.10, np.float32)
        for lx, ly, lz in lamps:
            lit += 0.95 / (0.55 + (x - lx) ** 2 + (y - ly) ** 2 * 0.9 + (z - lz) ** 2)
        picture = (picture * lit[..., None] * colour("#ffe2b8", 1.9)).astype(np.float32)
        shine = np.exp(-(((x + 2.8) / 1.6) ** 2)) * floor
        picture += (shine * 0.10)[..., None] * colour("#90a8d8", 0.9)
        picture = np.ascontiguousarray(picture)
        self._counter(picture, rng, x, y, z, back)
        self._furniture(picture, rng)
        for lx, ly, lz in sorted(lamps, key=lambda p: -p[2]):
            px, py, m = self.spot(lx, ly, lz)
            cord = np.linspace(0, 1, 30)
            dab(
                picture,
                np.full(30, px),
                py - cord * (self.HIGH - ly) * m,
                max(0.012 * m, 0.001),
                0.03 * m,
                colour("#100c08", 0.1),
            )
            shade = np.linspace(0, 1, 14)
            dab(
                picture,
                np.full(14, px),
                py - (0.22 - 0.22 * shade) * m,
                (0.06 + 0.17 * shade) * m,
                0.03 * m,
                colour("#1c2420", 0.22),
                soft=0.2,
            )
            dab(
                picture, np.array([px]), np.array([py + 0.02 * m]), 0.20 * m, 0.05 * m, colour("#ffdc98", 5.0), soft=0.8
            )
            dab(
                picture,
                np.array([px]),
                np.array([py + 0.06 * m]),
                0.42 * m,
                0.36 * m,
                colour("#ffb860", 0.30),
                soft=1,
                add=True,
            )
            self.glare.append((px, py, m))
        return picture

    def _counter(self, picture: Light, rng: np.random.Generator, x: Light, y: Light, z: Light, back: Light) -> None:
        board = back & (y > 1.9) & (y < 2.9) & (x > -3.4) & (x < -1.2)
        chalk = (
            np.clip(np.sin(x * 60) * np.sin(y * 55 + 3 * np.sin(x * 9)), 0, 1)
            * (np.sin(y * 21) > -0.2)
            * (np.abs(x + 2.3) < 0.9)
        )
        picture[board] = (colour("#181c1a", 0.14) + chalk[..., None] * 0.14)[board]
        for shelf in (1.45, 1.95, 2.45):
            px0, py0, m = self.spot(-0.9, shelf, self.DEEP - 0.1)
            ends = np.linspace(px0, px0 + 4.4 * m, 200)
            dab(picture, ends, py0, 0.004, 0.028 * m, colour("#5a3c22", 0.4), soft=0.2)
            count = 44
            tall = rng.uniform(0.16, 0.36, count)
            bx = px0 + np.linspace(0.05, 4.3, count) * m + rng.normal(0, 0.01, count) * m
            tones = np.stack(
                [
                    colour(
                        rng.choice(["#3a7a3a", "#b06a20", "#d8d0c0", "#a03028", "#284878", "#e0b860", "#f0e8dc"]), 0.7
                    )
                    for _ in range(count)
                ]
            )
            dab(picture, bx, py0 - tall / 2 * m, 0.036 * m, tall / 2 * m, tones * 0.45, soft=0.3)
            dab(picture, bx, py0 - tall * m, 0.012 * m, 0.06 * m, tones * 0.45)
            dab(picture, bx - 0.01 * m, py0 - tall / 2 * m, 0.008 * m, tall / 3 * m, tones * 1.7, soft=1, opacity=0.8)
        strip_x, strip_y, m = self.spot(-0.9, 2.75, self.DEEP - 0.1)
        dab(picture, strip_x + np.linspace(0, 4.4, 90) * m, strip_y, 0.06 * m, 0.03 * m, colour("#ffc878", 1.3), soft=1)
        front = [
            self.spot(0.2, 1.08, 7.6),
            self.spot(4.0, 1.08, 7.6),
            self.spot(4.0, 0.0, 7.6),
            self.spot(0.2, 0.0, 7.6),
        ]
        left = [
            self.spot(0.2, 1.08, 7.6),
            self.spot(0.2, 0.0, 7.6),
            self.spot(0.2, 0.0, 9.4),
            self.spot(0.2, 1.08, 9.4),
        ]
        top = [
            self.spot(0.1, 1.10, 7.5),
            self.spot(4.0, 1.10, 7.5),
            self.spot(4.0, 1.10, 8.4),
            self.spot(0.1, 1.10, 8.4),
        ]
        h = self.wide[0]
        for corners, tone in (
            (left, colour("#3a2616", 0.25)),
            (front, colour("#5a3a20", 0.34)),
            (top, colour("#c89a68", 0.65)),
        ):
            mask = np.zeros(self.wide, np.uint8)
            cv2.fillPoly(mask, [(np.array(corners)[:, :2] * h * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
            m_ = (mask.astype(np.float32) / 255)[..., None]
            slats = 1 + 0.22 * np.sin(x * 7.6 / np.maximum(z, 1) * 38)[..., None]
            picture[:] = picture * (1 - m_) + m_ * tone * slats
        for k, kind in enumerate((0.9, 1.6, 2.4, 3.2)):
            px, py, m = self.spot(kind, 1.12, 7.8)
            if k == 1:
                body = np.linspace(-0.36, 0.36, 20)
                dab(picture, px + body * m, py - 0.24 * m, 0.05 * m, 0.24 * m, colour("#b8bcc0", 0.55), soft=0.2)
                dab(picture, px + body * m, py - 0.40 * m, 0.05 * m, 0.05 * m, colour("#f0f0f0", 0.95), soft=0.5)
                dab(picture, px + body[::4] * m, py - 0.14 * m, 0.03 * m, 0.06 * m, colour("#201c18", 0.2))
            else:
                cups = rng.uniform(-0.22, 0.22, 9)
                dab(
                    picture,
                    px + cups * m,
                    py - rng.uniform(0.03, 0.10, 9) * m,
                    0.045 * m,
                    0.045 * m,
                    colour("#f4ece0", 0.75),
                    soft=0.3,
                )
        self._guest(picture, rng, 1.3, 8.6, 1.72, colour("#2a2a30", 0.3))
        self._guest(picture, rng, 2.6, 8.6, 1.66, colour("#e0d8cc", 0.45))

    def _guest(self, picture: Light, rng: np.random.Generator, x: float, z: float, tall: float, coat: Light) -> None:
        px, foot, m = self.spot(x, 0.0, z)
        up = np.linspace(max(tall - 0.95, 0.42), tall - 0.24, 26)
        share = np.linspace(0, 1, 26)
        girth = np.interp(share, [0, 0.35, 0.8, 1], [0.20, 0.19, 0.24, 0.09])
        light = (0.55 + 0.6 * share)[:, None]
        dab(picture, np.full(26, px), foot - up * m, girth * m, 0.045 * m, coat * light, soft=0.25)
        skin, hair = (
            colour(rng.choice(["#d8a080", "#b07850", "#e8b898", "#8a5a3c"]), 0.55),
            colour(rng.choice(["#20140c", "#4a2c14", "#100c0a", "#7a5a30"]), 0.3),
        )
        dab(picture, np.array([px]), np.array([foot - (tall - 0.20) * m]), 0.05 * m, 0.08 * m, skin * 0.8)
        dab(picture, np.array([px]), np.array([foot - (tall - 0.08) * m]), 0.088 * m, 0.12 * m, skin)
        dab(
            picture, np.array([px + 0.01 * m]), np.array([foot - (tall - 0.02) * m]), 0.10 * m, 0.10 * m, hair, soft=0.3
        )

    def _furniture(self, picture: Light, rng: np.random.Generator) -> None:
        tables = [(-1.5, 6.4), (1.0, 6.6), (2.7, 5.2), (0.1, 4.4), (-1.9, 3.4), (1.9, 3.3), (-3.1, 5.0)]
        coats = ["#7a2c2c", "#2c4a6a", "#4a5a3c", "#8a7a5a", "#30303a", "#a86a3a", "#6a4a6a"]
        for x, z in sorted(tables, key=lambda p: -p[1]):
            for side in (-1, 1):
                sitting = rng.uniform() < 0.55 and z > 3.9
                self._chair(picture, x + side * 0.72, z + 0.25)
                if sitting:
                    self._guest(picture, rng, x + side * 0.68, z + 0.22, 1.27, colour(rng.choice(coats), 0.5))
            px, py, m = self.spot(x, 0.75, z)
            foot = self.spot(x, 0.0, z)[1]
            leg = np.linspace(0, 1, 30)
            dab(picture, np.full(30, px), py + leg * (foot - py), 0.035 * m, 0.03 * m, colour("#14100c", 0.15))
            dab(picture, np.array([px]), np.array([foot]), 0.26 * m, 0.05 * m, colour("#14100c", 0.15))
            flat = 0.47 * (self.EYE - 0.75) / z * 1.0
            dab(
                picture,
                np.array([px]),
                np.array([py + 0.03 * m]),
                0.47 * m,
                flat * m,
                colour("#2c1a0e", 0.25),
                soft=0.06,
            )
            dab(picture, np.array([px]), np.array([py]), 0.47 * m, flat * m, colour("#b07a48", 0.62), soft=0.08)
            dab(
                picture,
                np.array([px]),
                np.array([py - 0.02 * m]),
                0.34 * m,
                flat * 0.7 * m,
                colour("#ffd8a0", 0.5),
                soft=1,
                opacity=0.5,
            )
            for cup in (-0.2, 0.18):
                cx, cy = px + cup * m, py - 0.02 * m + abs(cup) * 0.15 * m
                dab(picture, np.array([cx]), np.array([cy]), 0.09 * m, 0.022 * m, colour("#e8e0d4", 0.7), soft=0.2)
                dab(
                    picture,
                    np.full(6, cx),
                    cy - np.linspace(0, 0.07, 6) * m,
                    (0.035 + 0.012 * np.linspace(0, 1, 6)) * m,
                    0.016 * m,
                    colour("#f8f0e6", 0.8),
                    soft=0.2,
                )
                dab(
                    picture,
                    np.array([cx]),
                    np.array([cy - 0.075 * m]),
                    0.04 * m,
                    0.010 * m,
                    colour("#2c160a", 0.3),
                    soft=0.2,
                )

    def _chair(self, picture: Light, x: float, z: float) -> None:
        wood = colour("#4a2c16", 0.36)
        for dx in (-0.19, 0.19):
            for dz in (-0.18, 0.18):
                px, py, m = self.spot(x + dx, 0.45, z + dz)
                foot = self.spot(x + dx, 0.0, z + dz)[1]
                down = np.linspace(0, 1, 20)
                dab(picture, np.full(20, px), py + down * (foot - py), 0.018 * m, 0.02 * m, wood * 0.6)
        px, py, m = self.spot(x, 0.46, z)
        dab(picture, np.array([px]), np.array([py]), 0.23 * m, 0.07 * m, wood * 1.3, soft=0.1)
        for dx in np.linspace(-0.19, 0.19, 5):
            sx, sy, m = self.spot(x + dx, 0.46, z + 0.2)
            up = np.linspace(0, 0.46, 20)
            dab(picture, np.full(20, sx), sy - up * m, (0.018 if abs(dx) > 0.15 else 0.010) * m, 0.02 * m, wood)
        top = np.linspace(-0.2, 0.2, 14)
        dab(picture, px + top * m, self.spot(x, 0.93, z + 0.2)[1], 0.03 * m, 0.035 * m, wood * 1.4, soft=0.2)

    def _panes(self) -> Light:
        h, w = self.wide
        u, v = grid((h, w), self.HORIZON)
        u, v = u / self.FOCAL, v / self.FOCAL
        z = self.HALF / np.maximum(-u, 1e-4)
        y = self.EYE + v * z
        along = (z - 2.2) % 2.3
        pane = (u < 0) & (z < 9.0) & (y > 0.8) & (y < 2.75) & (along > 0.16) & (z > 2.2)
        bars = (np.abs(along - 1.23) > 0.035) & (np.abs(y - 2.15) > 0.03)
        return cv2.GaussianBlur((pane & bars).astype(np.float32), (0, 0), max(h / 500, 0.3))

    def frame(self, t: float) -> Light:
        """Linear light [h, w, 3] at `t` seconds."""
        _h, _w = self.size
        x, y, zoom = 0.045 * sway(t, 49), 0.015 * sway(t, 33, 1.0), 1.05 + 0.025 * sway(t, 58, 2.0)
        light = view(self.still, self.size, x, y, zoom)
        self._window(light, t, x, y, zoom)
        pulse = 1 + 0.02 * np.sin(t * 2.3)
        bloom(light, 0.04, 0.22 * pulse)
        return light

    def _window(self, light: Light, t: float, x: float, y: float, zoom: float) -> None:
        h, w = self.size
        columns = int(w * 0.48)
        mask = view(self.panes, self.size, x, y, zoom)[:, :columns]
        small = (max(h // 2, 1), max(columns // 2, 1))
        out = np.empty((*small, 3), np.float32)
        out[:] = gradient(
            np.linspace(1, 0, small[0]),
            [(0, colour("#2c2c38", 0.22)), (0.5, colour("#4a5a88", 0.40)), (1, colour("#2a4484", 0.42))],
        )[:, None]
        s = self.street
        tones = np.stack([colour(c, 1.6) for c in ("#ffd080", "#ff5030", "#fff0d8", "#60c0ff")])[s[:, 3].astype(int)]
        moving = s[:, 3] % 2
        px = (s[:, 0] + moving * t * (0.02 + 0.03 * s[:, 1])) % 1 * 1.1 - 0.05 - x * zoom
        py = 0.30 + 0.24 * s[:, 1] + 0.03 * moving
        size = 0.012 + 0.018 * s[:, 2]
        dab(out, px * columns / h, py, size, size, tones * 0.55, soft=0.12, add=True)
        street = cv2.resize(out, (columns, h))
        part = light[:, :columns]
        part += (street - part * 0.9) * mask[..., None]
