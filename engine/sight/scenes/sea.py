"""Wide water: the sea at dusk and a beach by day."""

from __future__ import annotations

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
    water,
)


class SeaAtDusk:
    """The sun goes down behind a swell; its path of light lies on the water."""

    HORIZON = 0.47

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size = size
        self.wide = (size[0], size[1] + size[0] // 4)
        x, y = grid(self.wide, self.HORIZON)
        stops = [
            (0.0, colour("#ff9a50", 1.5)),
            (0.05, colour("#ff8a4a", 1.0)),
            (0.16, colour("#e08a88", 0.78)),
            (0.32, colour("#8a86b8", 0.60)),
            (0.6, colour("#3c5c98", 0.48)),
        ]
        sky = gradient(np.maximum(y, 0), stops)
        sun_x, sun_y = 0.16, 0.055
        away = np.hypot(x - sun_x, (y - sun_y) * 1.15)
        sky += np.exp(-away / 0.16)[..., None] * colour("#ff7a30", 1.1)
        sky += np.exp(-away / 0.045)[..., None] * colour("#ffb060", 2.6)
        disc = smoothstep(0.034, 0.028, away)[..., None]
        self.sky = (sky * (1 - disc) + disc * colour("#fff0c0", 9.0)).astype(np.float32)
        lit, shade = colour("#ffa878", 1.2), colour("#7a6080", 0.42)
        self.clouds = Clouds(
            rng, size, self.HORIZON, cover=0.40, scale=1.4, stretch=0.4, density=0.7, haze=0.05, lit=lit, shade=shade
        )
        self.surface = ripples(rng, 1.35)
        self.body = colour("#56608c", 0.48)

    def frame(self, t: float) -> Light:
        """Linear light [h, w, 3] at `t` seconds."""
        h, w = self.size
        pan = 0.1 * sway(t, 61)
        left = (self.wide[1] - w) / 2 + pan * h
        light = cv2.warpAffine(
            self.sky, np.array([[1, 0, left], [0, 1, 0]]), (w, h), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        self.clouds.over(light, t, pan)
        swell = 0.004 * np.sin(t * 0.55)
        horizon = self.HORIZON * h
        water(light, light, self.surface, horizon, t, 0.42 + swell, 0.9, 0.095, self.body, 0.20, pan, 1.2)
        return light


@kernel
def shore(light, lace, horizon, eye, t, pan, sand, wet_light):  # type: ignore[no-untyped-def]
    """Paints shallows, breaking waves, swash and sand over a sea in `light`, in place.

    `lace` [n, n]: tiling foam pattern, 0 .. 1, n a power of two;
    `sand` [h, w, 3]: the dry beach. The ground coordinate `s` counts from
    the water's mean edge: negative in the sea, positive on the beach.
    """
    h, w = light.shape[:2]
    n = lace.shape[0]
    beat = 0.13 * (np.sin(t * 0.62) + 0.35 * np.sin(t * 0.37 + 1.0))
    lap = 0.03 * np.sin(t * 0.5)
    for y in range(int(horizon) + 1, h):
        dip = (y + 0.5 - horizon) / h
        z = eye / dip
        for x in range(w):
            gx = ((x + 0.5 - w / 2) / h + pan) * z
            s = 0.62 + 0.62 * gx - 0.72 * (z - 0.55)
            if s < -3.0:
                continue
            if s > 1.2:
                for k in range(3):
                    light[y, x, k] = sand[y, x, k]
                continue
            bay, cusp = np.sin(gx * 3.1 + 0.6), np.sin(gx * 7.3)
            s += 0.05 * bay + 0.03 * cusp
            edge = beat + lap * bay + 0.02 * cusp
            u, v = gx * 70 - t * 2.0, z * 70 + s * 30 - t * 3.0
            j, i = int(np.floor(u)), int(np.floor(v))
            fu, fv = u - j, v - i
            i0, j0, i1, j1 = i & (n - 1), j & (n - 1), (i + 1) & (n - 1), (j + 1) & (n - 1)
            foam_map = (lace[i0, j0] * (1 - fu) + lace[i0, j1] * fu) * (1 - fv)
            foam_map += (lace[i1, j0] * (1 - fu) + lace[i1, j1] * fu) * fv
            if s > edge:
                damp = np.exp(-max(s - edge - 0.05, 0.0) / 0.16)
                line = max(1 - (s - edge) / 0.03, 0.0) * (0.5 + foam_map)
                line = min(line, 1.0)
                for k in range(3):
                    ground = sand[y, x, k] * (1 - 0.50 * damp) + wet_light[k] * damp * 0.16
                    light[y, x, k] = ground * (1 - line) + line * 1.2
                continue
            wave = s * 0.95 - t * 0.16 + 0.12 * bay + 0.05 * cusp
            phase = wave - np.floor(wave)
            behind = phase - 0.96 if phase > 0.46 else phase + 0.04
            crest = max(1 - (behind / 0.06) ** 2, 0.0)
            hollow = max(1 - ((phase - 0.86) / 0.09) ** 2, 0.0)
            trail = max(phase * 0.9 + 0.1, 0.0) if phase > 0.35 else 0.0
            breaking = min(max(s + 2.3, 0.0), 1.0)
            foam = breaking * (crest * crest * (0.6 + 0.5 * foam_map) + trail * trail * max(foam_map - 0.42, 0.0) * 2.2)
            shallow = max(1 + s / 2.6, 0.0)
            shade = 1 - 0.30 * hollow * min(shallow + 0.3, 1.0)
            clear = np.exp((s - edge) * 1.5)
            film = clear * clear * clear
            froth = min(foam + film * max(foam_map - 0.30, 0.0) * 1.9, 1.0)
            cover = 0.85 * clear * shallow
            for k in range(3):
                tint = 0.12 if k == 0 else 0.62 if k == 1 else 0.60
                bed = sand[y, x, k] * (tint + (1 - tint) * clear * clear) * 0.82
                light[y, x, k] = (light[y, x, k] * (1 - cover) + bed * cover) * shade * (1 - froth) + froth * 1.25


class Beach:
    """A bright day: turquoise water runs up a beach, clouds sail by."""

    HORIZON = 0.36

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size = size
        x, y = grid(size, self.HORIZON)
        stops = [(0.0, colour("#d8ecf8", 1.35)), (0.1, colour("#a4d2f4", 1.15)), (0.36, colour("#4a94e0", 0.85))]
        self.sky = gradient(np.maximum(y, 0), stops)
        self.clouds = Clouds(
            rng,
            size,
            self.HORIZON,
            cover=0.44,
            lit=colour("#ffffff", 1.9),
            shade=colour("#a8bcd2", 1.0),
            scale=0.9,
            haze=0.08,
        )
        self.surface = ripples(rng, 1.4)
        dip = np.maximum(-y, 1e-3)
        tile, coarse = noise(rng, (512, 512), 0.6), noise(rng, (512, 512), 1.7)
        row, column = (70 / (dip + 0.05)).astype(int) % 512, (x * 80 / (dip + 0.06)).astype(int) % 512
        prints = coarse[row, column] * smoothstep(0.1, 0.5, dip)
        sand = mix(colour("#e2c894", 1.25), colour("#f4e2ba", 1.45), np.clip(dip * 2, 0, 1)[..., None])
        self.sand = np.ascontiguousarray(sand * (1 + 0.05 * tile[row, column] + 0.09 * prints)[..., None], np.float32)
        lace = 1 - np.abs(noise(rng, (256, 256), 1.5)) * 1.2 + 0.15 * noise(rng, (256, 256), 0.8)
        self.lace = np.clip(lace, 0, 1).astype(np.float32)
        self.palm = self._palm(rng)

    def _palm(self, rng: np.random.Generator) -> Light:
        h = self.size[0]
        layer = np.zeros((int(0.9 * h), int(0.9 * h), 4), np.float32)
        k = np.linspace(0, 1, 160)
        tx, ty = 0.86 - 0.36 * k**1.5, 0.98 - 0.66 * k
        ring = 0.8 + 0.2 * np.sin(k * 150)
        tone = mix(colour("#4a3c2c", 0.45), colour("#a08a68", 0.7), 0.5)
        dab(layer, tx, ty, 0.017 - 0.006 * k, 0.008, tone * ring[:, None], soft=0.2)
        dab(layer, tx - 0.005, ty, 0.006, 0.007, tone * 1.6 * ring[:, None], soft=0.8, opacity=0.7)
        for angle in (-2.9, -2.4, -1.9, -1.35, -0.8, -0.25, 0.25, 0.8, 2.5, 2.95, 3.4):
            n = 38
            s = np.linspace(0.02, 1, n)
            reach, dim = 0.32 * rng.uniform(0.75, 1.1), rng.uniform(0.45, 1.1)
            fx = 0.50 + reach * np.cos(angle) * s
            fy = 0.32 + reach * (np.sin(angle) * s * 0.75 + 0.42 * s**2.2)
            for side in (-1, 1):
                droop = np.arctan2(np.gradient(fy), np.gradient(fx)) + side * (1.15 - 0.5 * s)
                length = 0.045 * np.sin(np.clip(s * 3.0, 0, 2.6)) * rng.uniform(0.75, 1.2, n) + 0.008
                px, py = fx + np.cos(droop) * length, fy + np.sin(droop) * length + 0.010
                shine = np.clip(0.4 - 0.5 * np.sin(droop) + rng.normal(0, 0.18, n), 0, 1)[:, None]
                leaf = mix(colour("#1a3410", 0.5), colour("#86a03c", 1.1), shine * dim)
                dab(layer, px, py, length, 0.0034, leaf, angle=droop, soft=0.3)
        return layer

    def frame(self, t: float) -> Light:
        """Linear light [h, w, 3] at `t` seconds."""
        h, w = self.size
        pan = 0.10 * sway(t, 61)
        light = self.sky.copy()
        self.clouds.over(light, t, pan)
        horizon = self.HORIZON * h
        last = int(h * 0.82)
        water(
            light[:last],
            light[:last],
            self.surface,
            horizon,
            t,
            0.38,
            0.9,
            0.055,
            colour("#0c96ac", 0.75),
            0.02,
            pan,
            0.9,
        )
        shore(light, self.lace, horizon, 0.38, t, pan, self.sand, colour("#bcdcf4", 1.0))
        palm_x = w - 0.74 * h - pan * h * 1.2
        over(light, self.palm, palm_x + 0.003 * h * np.sin(t * 0.8), 0.02 * h, 1.0)
        return light
