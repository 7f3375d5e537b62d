"""A broadleaf forest in the morning: trunks in haze, leaves, shafts of light, a path."""

from __future__ import annotations

import cv2
import numpy as np

from engine.sight.scenes.common import Light, colour, dab, gradient, grid, mix, noise, over, smoothstep, sway, view


def trunk(
    layer: Light, x: float, base: float, radius: float, tone: Light, bark: Light, lean: float, side: float
) -> None:
    """Paints one tree trunk from the top edge down to `base` into `layer` [h, w, 4]; lengths in heights."""
    h, w = layer.shape[:2]
    bottom = min(int(base * h), h)
    rows = (np.arange(bottom) + 0.5) / h
    up = base - rows
    half = radius * (1 - 0.35 * np.clip(up, 0, 1)) + radius * 0.9 * np.exp(-up / (radius * 1.4))
    middle = x + lean * up + 0.25 * radius * np.sin(up * 9 + x * 40)
    left = max(int((x - 3 * radius - abs(lean)) * h), 0)
    right = min(int((x + 3 * radius + abs(lean)) * h) + 1, w)
    if right <= left or bottom < 1:
        return
    columns = (np.arange(left, right) + 0.5) / h
    across = (columns[None] - middle[:, None]) / half[:, None]
    n = bark.shape[0]
    iy = (rows * 260 + x * 977).astype(int) % n
    ix = (np.arcsin(np.clip(across, -1, 1)) * radius * 900 + x * 3331).astype(int) % n
    grooves = np.clip(bark[iy[:, None], ix], -1.6, 2.2)
    round_light = 0.35 + 0.65 * np.clip(0.5 + 0.62 * side * across, 0, 1) ** 1.3
    light = np.clip(round_light * (1 + 0.5 * grooves), 0.05, 2)
    cover = np.clip((1 - np.abs(across)) * half[:, None] * h + 0.5, 0, 1)[..., None]
    part = layer[:bottom, left:right]
    part[..., :3] = part[..., :3] * (1 - cover) + tone * light[..., None] * cover
    part[..., 3:] = part[..., 3:] * (1 - cover) + cover


def leaves(
    layer: Light,
    rng: np.random.Generator,
    count: int,
    band: tuple[float, float],
    size: float,
    dark: Light,
    lit: Light,
    clump: Light,
) -> None:
    """Paints `count` leaves between two heights, denser and brighter where the noise field `clump` is high."""
    h, w = layer.shape[:2]
    x, y = rng.uniform(0, w / h, count * 2), rng.uniform(band[0], band[1], count * 2)
    n = clump.shape[0]
    field = clump[(y * n * 0.9).astype(int) % n, (x * n * 0.55).astype(int) % n]
    middle = (band[0] + band[1]) / 2
    keep = field + rng.normal(0, 0.35, x.size) - 2.2 * np.abs(y - middle) / max(band[1] - band[0], 1e-3) + 0.9 > 0
    x, y, field = x[keep][:count], y[keep][:count], field[keep][:count]
    n = x.size
    shine = np.clip(0.22 + 0.32 * field + rng.normal(0, 0.30, n), 0, 1.4)[:, None] ** 1.3
    radius = size * rng.uniform(0.5, 1.3, n)
    dab(layer, x, y, radius, radius * rng.uniform(0.3, 0.8, n), mix(dark, lit, shine), angle=rng.uniform(0, 3.1, n))


class Forest:
    """Three planes of trees slide past each other while the light breathes."""

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.size = size
        h, w = size
        wide = (h + h // 12, w + h // 3)
        bark = noise(rng, (256, 256), 0.9, 4.0)
        clump = noise(rng, (256, 256), 1.5)
        mist = colour("#cbd694", 0.72)
        self.planes: list[tuple[Light, float]] = []
        self.back = self._background(wide, rng, mist, clump)
        aspect = wide[1] / wide[0]
        for depth, (haze, trunks, radius, base, shift) in enumerate(
            [(0.55, 17, 0.012, 0.66, 0.25), (0.24, 9, 0.023, 0.76, 0.55), (0.02, 4, 0.046, 1.02, 1.0)]
        ):
            layer = np.zeros((*wide, 4), np.float32)
            tone = mix(colour("#5c4a36", 0.62), mist, haze)
            places = (np.arange(trunks) + rng.uniform(0.1, 0.9, trunks)) / trunks * aspect
            for x in places:
                gap = (x - aspect / 2) / aspect
                if abs(gap) < 0.06 + 0.03 * depth:
                    x += np.sign(gap) * (0.10 + 0.12 * depth)
                r = radius * rng.uniform(0.6, 1.35)
                trunk(layer, x, base + rng.uniform(-0.03, 0.03), r, tone, bark, rng.normal(0, 0.03), -np.sign(gap))
            dark, lit = mix(colour("#121f0a", 0.30), mist, haze), mix(colour("#93a83c", 0.80), mist, haze * 0.8)
            size_of_leaf = 0.0032 + 0.0024 * depth
            leaves(layer, rng, 20000 - 4000 * depth, (-0.20, 0.44 - 0.05 * depth), size_of_leaf, dark, lit, clump)
            ferns = (base - 0.10 - 0.02 * depth, base + 0.05 + 0.03 * depth)
            self._undergrowth(layer, rng, 9000, ferns, 0.009 + 0.010 * depth, dark, lit)
            self.planes.append((layer, shift))
        self.shafts = self._shafts(size, rng)
        self.motes = rng.uniform(0, 1, (70, 4)).astype(np.float32)

    def _background(self, wide: tuple[int, int], rng: np.random.Generator, mist: Light, clump: Light) -> Light:
        x, y = grid(wide, 0.62)
        sky = gradient(
            y, [(-0.38, colour("#5a5a24", 0.45)), (0.0, mist * 0.75), (0.25, mist * 1.15), (0.62, mist * 0.6)]
        )
        sky += np.exp(-np.hypot(x - 0.05, y - 0.22) / 0.22)[..., None] * colour("#fff0b0", 1.6)
        picture = np.dstack([sky, np.ones(wide, np.float32)]).astype(np.float32)
        leaves(
            picture, rng, 14000, (-0.1, 0.62), 0.008, mist * np.array([0.22, 0.34, 0.16], np.float32), mist * 1.0, clump
        )
        for _ in range(34):
            place = rng.uniform(0, wide[1] / wide[0])
            trunk(picture, place, 0.64, rng.uniform(0.005, 0.010), mist * 0.42, clump * 0.2, rng.normal(0, 0.02), 1)
        soft: Light = cv2.GaussianBlur(picture, (0, 0), max(wide[0] / 220, 0.4))
        self._ground(soft, rng)
        return np.ascontiguousarray(soft[..., :3])

    def _ground(self, picture: Light, rng: np.random.Generator) -> None:
        h, w = picture.shape[:2]
        x, y = grid((h, w), 0.62)
        dip = np.maximum(-y, 1e-3)
        path_middle = 0.06 * np.sin(0.5 / (dip + 0.05))
        off = np.abs(x - path_middle * (0.4 + dip)) / (dip * 0.75 + 0.01)
        path = smoothstep(1.15, 0.75, off + 0.2 * noise(rng, (h, w), 1.2))
        grass = gradient(
            dip, [(0.0, colour("#b8c480", 0.75)), (0.12, colour("#5f7d2a", 0.5)), (0.4, colour("#2c4412", 0.4))]
        )
        earth = gradient(
            dip, [(0.0, colour("#d8cf9a", 0.85)), (0.12, colour("#9a8258", 0.55)), (0.4, colour("#57422c", 0.5))]
        )
        tile = noise(rng, (256, 256), 1.3)
        dapple = tile[(np.clip(14 / dip, 0, 9e4)).astype(int) % 256, (x / dip * 60).astype(int) % 256]
        ground = mix(grass, earth, path) * (1 + 0.35 * dapple[..., None])
        ground *= (0.75 + 0.7 * smoothstep(0.1, 0.9, dapple))[..., None]
        below = y < 0
        picture[..., :3][below] = np.clip(ground, 0.01, 3)[below]
        n = 9000
        depth = rng.uniform(0.02, 0.45, n) ** 1.0
        order = np.argsort(depth)
        depth = depth[order]
        place = rng.uniform(0, w / h, n)
        litter = mix(colour("#7a5a2c", 0.5), colour("#c9a860", 0.9), rng.uniform(0, 1, (n, 1)) ** 2)
        radius = 0.014 * depth * rng.uniform(0.6, 1.4, n) + 0.0008
        dab(picture, place, 0.62 + depth, radius, radius * 0.4, litter, angle=rng.uniform(-0.5, 0.5, n), opacity=0.7)

    def _undergrowth(
        self,
        layer: Light,
        rng: np.random.Generator,
        n: int,
        band: tuple[float, float],
        size: float,
        dark: Light,
        lit: Light,
    ) -> None:
        aspect = layer.shape[1] / layer.shape[0]
        x = rng.uniform(0, aspect, n)
        clear = np.abs(x - aspect / 2) < 0.16 + 0.5 * (band[1] - 0.62) + rng.normal(0, 0.06, n)
        x = x[~clear]
        n = x.size
        y = np.sort(rng.uniform(*band, n))
        angle = rng.normal(-1.57, 0.75, n)
        length = size * rng.uniform(0.4, 1.5, n)
        patch = np.sin(x * 9 + 2 * np.sin(x * 23)) * 0.18
        shine = np.clip(rng.normal(0.32, 0.26, n) + patch, 0, 1.2)[:, None] ** 1.3
        dab(layer, x, y, length, length * 0.13, mix(dark, lit, shine), angle=angle)

    def _shafts(self, size: tuple[int, int], rng: np.random.Generator) -> list[Light]:
        x, y = grid(size, 0.0)
        angle = np.arctan2(x - 0.1, 0.55 - y)
        out = []
        for k in range(2):
            profile = np.interp(angle, np.linspace(-1.6, 1.6, 160), np.clip(noise(rng, (1, 160), 0.8)[0], 0, 2) ** 1.5)
            fall = np.exp(-((y + 0.35 + 0.1 * k) ** 2) / 0.16)
            beam = cv2.GaussianBlur((profile * fall).astype(np.float32), (0, 0), max(size[0] / 150, 0.4))
            out.append((beam[..., None] * colour("#ffe9a0", 0.34)).astype(np.float32))
        return out

    def frame(self, t: float) -> Light:
        """Linear light [h, w, 3] at `t` seconds."""
        h, w = self.size
        x, y = 0.13 * sway(t, 47), 0.012 * sway(t, 23, 1.0)
        light = view(self.back, self.size, x * 0.12, y)
        for layer, shift in self.planes:
            left = (w - layer.shape[1]) / 2 - x * shift * h
            top = (h - layer.shape[0]) / 2 - (y + 0.002 * np.sin(t * 0.9 + shift * 5)) * h
            over(light, layer, left, top, 1.0)
        for k, beam in enumerate(self.shafts):
            cv2.scaleAdd(beam, 0.75 + 0.35 * sway(t, 9 + 4 * k, k), light, light)
        m = self.motes
        mx = (m[:, 0] * w / h + 0.04 * np.sin(t * (0.2 + 0.3 * m[:, 2]) + 9 * m[:, 3]) + 0.006 * t) % (w / h)
        my = (m[:, 1] + 0.02 * np.sin(t * (0.3 + 0.2 * m[:, 3]) + 7 * m[:, 2]) - 0.004 * t) % 1
        dab(light, mx, my, 0.0025 + 0.003 * m[:, 2], 0.0025 + 0.003 * m[:, 2], colour("#fff0b0", 0.5), soft=1, add=True)
        return light
