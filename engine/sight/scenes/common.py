"""Brushes shared by the drawn scenes: noise, skies, clouds, water, stamps, film.

Pictures are painted in linear light, float32 [height, width, 3] RGB, 1.0 = diffuse white; `develop` turns light into
uint8. Lengths are in frame heights unless a name says pixels, so a scene looks the same at every size.
"""

from __future__ import annotations

from typing import Any, Protocol

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

Light = NDArray[Any]
"""Linear light, [height, width, 3] (or 4: premultiplied by coverage, the last channel), or a field [height, width]."""


kernel = njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
"""Decorator of the pixel loops; numpy's division (no check for zero) lets the compiler vectorise them."""


class Scene(Protocol):
    """One drawn place: static layers are painted when it is made, moving parts when a frame is asked for."""

    def frame(self, t: float) -> Light:
        """Linear light [h, w, 3] at `t` seconds; the caller may write into it."""
        ...


def colour(code: str, gain: float = 1.0) -> Light:
    """Linear RGB [3] of a display colour such as "#ffcc88", times `gain`."""
    values = np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255
    return (values**2.2 * gain).astype(np.float32)


def noise(rng: np.random.Generator, size: tuple[int, int], slope: float = 1.8, stretch: float = 1.0) -> Light:
    """Seamlessly tiling noise [h, w], zero mean, unit deviation, amplitude spectrum 1 / f**slope.

    `stretch` > 1 draws it out horizontally, < 1 vertically. Spectral synthesis, as in Saupe, "Algorithms for random
    fractals", in: The Science of Fractal Images, 1988.
    """
    h, w = size
    fy = np.fft.fftfreq(h)[:, None] * h
    fx = np.fft.rfftfreq(w)[None, :] * h * stretch
    radius = np.sqrt(fx * fx + fy * fy).astype(np.float32)
    radius[0, 0] = np.inf
    spectrum = np.fft.rfft2(rng.standard_normal((h, w)).astype(np.float32))
    field = np.fft.irfft2(spectrum * radius**-slope, (h, w))
    field -= field.mean()
    return (field / (field.std() + 1e-9)).astype(np.float32)


def smoothstep(low: float, high: float, x: Light) -> Light:
    """Hermite step from 0 at `low` to 1 at `high`."""
    s = np.clip((x - low) / (high - low), 0, 1)
    return (s * s * (3 - 2 * s)).astype(np.float32)


def grid(size: tuple[int, int], horizon: float = 0.0) -> tuple[Light, Light]:
    """Pixel centres in frame heights: x from the middle, y up from `horizon` (0 = top, 1 = bottom), each [h, w]."""
    h, w = size
    x = (np.arange(w, dtype=np.float32) + 0.5 - w / 2) / h
    y = horizon - (np.arange(h, dtype=np.float32) + 0.5) / h
    return np.broadcast_to(x, (h, w)), np.broadcast_to(y[:, None], (h, w))


def gradient(levels: Light, stops: list[tuple[float, Light]]) -> Light:
    """Colours [..., 3] interpolated at `levels` between (position, colour) stops in rising order."""
    positions = [p for p, _ in stops]
    return np.stack([np.interp(levels, positions, [c[i] for _, c in stops]) for i in range(3)], -1).astype(np.float32)


def mix(a: Light, b: Light, amount: Light | float) -> Light:
    """Colours a + (b - a) * amount; an `amount` array spreads over the channels unless it has that axis (size 1)."""
    m = amount[..., None] if isinstance(amount, np.ndarray) and amount.shape[-1] != 1 else amount
    return (a + (b - a) * m).astype(np.float32)


def sway(t: float, period: float, phase: float = 0.0) -> float:
    """A slow unhurried wander in -1 .. 1: two sines whose periods never meet."""
    angle = 2 * np.pi * t / period + phase
    return float(0.7 * np.sin(angle) + 0.3 * np.sin(angle * 0.618 + 1.3 * phase + 0.5))


def view(layer: Light, size: tuple[int, int], x: float = 0.0, y: float = 0.0, zoom: float = 1.0) -> Light:
    """The frame-sized part of `layer` around its centre, moved by (x, y) frame heights and magnified."""
    h, w = size
    lh, lw = layer.shape[:2]
    cx = np.clip(lw / 2 + x * h, w / 2 / zoom, max(lw - w / 2 / zoom, w / 2 / zoom))
    cy = np.clip(lh / 2 + y * h, h / 2 / zoom, max(lh - h / 2 / zoom, h / 2 / zoom))
    k = 1 / zoom
    matrix = np.array([[k, 0, cx - 0.5 - (w - 1) / 2 * k], [0, k, cy - 0.5 - (h - 1) / 2 * k]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(layer, matrix, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE)


def bloom(light: Light, radius: float, amount: float) -> None:
    """Adds the halo that lenses give to lights, in place: a blur of `radius` heights, done at a quarter of the size."""
    h, w = light.shape[:2]
    small = cv2.resize(light, (max(w // 4, 1), max(h // 4, 1)), interpolation=cv2.INTER_AREA)
    halo = cv2.GaussianBlur(small, (0, 0), max(radius * h / 4, 0.5))
    cv2.scaleAdd(cv2.resize(halo, (w, h)), amount, light, light)


@kernel
def stamp(light, x, y, rx, ry, angle, paint, opacity, soft, add):  # type: ignore[no-untyped-def]
    """Paints ellipses in order into `light` [h, w, C], in place: leaves, stones, grass, drops, lamps, sparks.

    x, y, rx, ry: centres and radii in pixels [n]; angle in radians [n]; paint [n, C]; opacity [n]; `soft` 0 .. 1 is
    the share of the radius (squared) over which the edge fades; `add` adds light instead of covering.
    """
    h, w, channels = light.shape
    for i in range(x.size):
        reach = max(rx[i], ry[i]) + 1
        x0, x1 = max(int(x[i] - reach), 0), min(int(x[i] + reach) + 1, w - 1)
        y0, y1 = max(int(y[i] - reach), 0), min(int(y[i] + reach) + 1, h - 1)
        c, s = np.cos(angle[i]), np.sin(angle[i])
        ix, iy = 1 / max(rx[i], 0.5), 1 / max(ry[i], 0.5)
        strength = opacity[i] * min(rx[i] * 2, 1.0) * min(ry[i] * 2, 1.0)
        for py in range(y0, y1 + 1):
            for px in range(x0, x1 + 1):
                dx, dy = px + 0.5 - x[i], py + 0.5 - y[i]
                u, v = (dx * c + dy * s) * ix, (dy * c - dx * s) * iy
                cover = 1 - u * u - v * v
                if cover > 0:
                    a = strength * min(cover / soft, 1.0)
                    keep = 1.0 if add else 1 - a
                    for k in range(channels):
                        light[py, px, k] = light[py, px, k] * keep + a * paint[i, k]


def dab(
    light: Light,
    x: Light | float,
    y: Light | float,
    rx: Light | float,
    ry: Light | float,
    paint: Light,
    *,
    angle: Light | float = 0.0,
    opacity: Light | float = 1.0,
    soft: float = 0.4,
    add: bool = False,
) -> None:
    """`stamp` with scalars spread and lengths in frame heights of `light`; paint [3] or [n, 3]."""
    h, n, channels = light.shape[0], max(np.size(x), np.size(y)), light.shape[2]
    colours = np.ones((n, channels), np.float32)
    colours[:, :3] = paint

    def spread(value: Light | float, scale: float = 1.0) -> Light:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(value, np.float32) * np.float32(scale), (n,)))

    lengths = (spread(x, h), spread(y, h), spread(rx, h), spread(ry, h))
    stamp(light, *lengths, spread(angle), colours, spread(opacity), np.float32(max(soft, 1e-3)), add)


@kernel
def over(light, layer, left, top, gain):  # type: ignore[no-untyped-def]
    """Lays `layer` [lh, lw, 4], premultiplied, over `light`, its corner at (left, top) pixels or between."""
    h, w = light.shape[:2]
    lh, lw = layer.shape[:2]
    ix, iy = int(np.floor(left)), int(np.floor(top))
    fx, fy = np.float32(1 - (left - ix)), np.float32(1 - (top - iy))
    if fx == 1:
        fx, ix = np.float32(0), ix - 1
    if fy == 1:
        fy, iy = np.float32(0), iy - 1
    w00, w01, w10, w11 = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    for y in range(max(iy + 1, 0), min(iy + 1 + lh, h)):
        sy = y - iy - 1
        ty = min(sy + 1, lh - 1)
        for x in range(max(ix + 1, 0), min(ix + 1 + lw, w)):
            sx = x - ix - 1
            tx = min(sx + 1, lw - 1)
            a = w00 * layer[sy, sx, 3] + w01 * layer[sy, tx, 3]
            a += w10 * layer[ty, sx, 3] + w11 * layer[ty, tx, 3]
            if a > 0:
                for k in range(3):
                    top_light = w00 * layer[sy, sx, k] + w01 * layer[sy, tx, k]
                    top_light += w10 * layer[ty, sx, k] + w11 * layer[ty, tx, k]
                    light[y, x, k] = light[y, x, k] * (1 - a) + top_light * gain


@kernel
def lookup(tile, map_x, map_y, dx, dy):  # type: ignore[no-untyped-def]
    """Bilinear samples [h, w, C] of a wrapping `tile` [n, m, C] at (map_x + dx, map_y + dy); n, m powers of two."""
    n, m, channels = tile.shape
    h, w = map_x.shape
    seen = np.empty((h, w, channels), np.float32)
    dx, dy = dx % m, dy % n
    for y in range(h):
        for x in range(w):
            px, py = map_x[y, x] + dx, map_y[y, x] + dy
            left, top = np.floor(px), np.floor(py)
            fx, fy = np.float32(px - left), np.float32(py - top)
            j, i = int(left) & (m - 1), int(top) & (n - 1)
            j1, i1 = (j + 1) & (m - 1), (i + 1) & (n - 1)
            for k in range(channels):
                above = tile[i, j, k] + (tile[i, j1, k] - tile[i, j, k]) * fx
                below = tile[i1, j, k] + (tile[i1, j1, k] - tile[i1, j, k]) * fx
                seen[y, x, k] = above + (below - above) * fy
    return seen


class Clouds:
    """A drifting layer of clouds in perspective over a flat earth, lit from one side.

    The tile holds colour and cover; each frame looks it up at half the size, since clouds are soft.
    """

    TILE = 512

    def __init__(
        self,
        rng: np.random.Generator,
        size: tuple[int, int],
        horizon: float,
        *,
        cover: float,
        lit: Light,
        shade: Light,
        scale: float = 1.0,
        slope: float = 1.75,
        sharp: float = 0.9,
        density: float = 1.0,
        wind: tuple[float, float] = (0.006, 0.002),
        haze: float = 0.10,
        stretch: float = 1.0,
        sun_step: tuple[int, int] = (3, 4),
    ) -> None:
        n = self.TILE
        field = noise(rng, (n, n), slope, stretch) + 0.25 * noise(rng, (n, n), 1.2, stretch)
        body = np.clip((field + (cover - 0.5) * 4) * sharp, 0, None)
        depth = np.zeros_like(body)
        for k in range(1, 9):
            depth += np.roll(body, (k * sun_step[0], k * sun_step[1]), (0, 1))
        glow = np.exp(-depth * 0.28) * 0.85 + np.exp(-body * 1.6) * 0.35
        alpha = (1 - np.exp(-body * 2.2 * density)).astype(np.float32)
        tone = mix(shade, lit, np.clip(glow, 0, 1.15).astype(np.float32)[..., None])
        self.tile = np.dstack([tone * alpha[..., None], alpha]).astype(np.float32)
        self.size, self.wind = size, wind
        h, w = size
        self.rows = max(int(np.ceil(horizon * h)), 2)
        half = (max(self.rows // 2, 1), max(w // 2, 1))
        x = (np.arange(half[1], dtype=np.float32) + 0.5 - half[1] / 2) / half[1] * w / h
        elevation = (horizon - (np.arange(half[0], dtype=np.float32) + 0.5) / half[0] * self.rows / h)[:, None]
        distance = 0.22 / (np.maximum(elevation, 0.0) + 0.07) * n / scale
        self.map_x = np.ascontiguousarray(np.broadcast_to(x * distance, half), np.float32)
        self.map_y = np.ascontiguousarray(np.broadcast_to(distance, half), np.float32)
        self.fade = np.ascontiguousarray(smoothstep(0.0, haze, elevation)[..., None], np.float32)

    def over(self, light: Light, t: float, pan: float = 0.0, gain: float = 1.0) -> None:
        """Lays the clouds of time t over the sky rows of `light`, in place; `pan` turns the camera (heights)."""
        n = self.TILE
        map_x = self.map_x + self.map_y * np.float32(pan)
        seen = lookup(self.tile, map_x, self.map_y, t * self.wind[0] * n, t * self.wind[1] * n)
        seen *= self.fade
        seen = cv2.resize(seen, (self.size[1], self.rows))
        blend(light[: self.rows], seen, np.float32(gain))


@kernel
def blend(light, layer, gain):  # type: ignore[no-untyped-def]
    """Lays `layer` [h, w, 4], premultiplied, over `light` [h, w, 3] of the same size, in place."""
    h, w = light.shape[:2]
    for y in range(h):
        for x in range(w):
            keep = 1 - layer[y, x, 3]
            for k in range(3):
                light[y, x, k] = light[y, x, k] * keep + layer[y, x, k] * gain


@kernel
def veil(light, amount, tint):  # type: ignore[no-untyped-def]
    """Hides `light` [h, w, 3] behind mist of colour `tint` [3] by `amount` [h, w], 0 .. 1, in place."""
    h, w = amount.shape
    for y in range(h):
        for x in range(w):
            for k in range(3):
                light[y, x, k] += (tint[k] - light[y, x, k]) * amount[y, x]


@kernel
def relight(light, factor, glow, tint):  # type: ignore[no-untyped-def]
    """light * factor [h, w] + glow [h, w] * tint [3], in place."""
    h, w = factor.shape
    for y in range(h):
        for x in range(w):
            for k in range(3):
                light[y, x, k] = light[y, x, k] * factor[y, x] + glow[y, x] * tint[k]


def ripples(rng: np.random.Generator, slope: float = 1.6, n: int = 256, levels: int = 6) -> Light:
    """Slopes of a tiling water surface [levels, n, n, 2] (across, along the view).

    Each level is twice as smooth; n is a power of two.
    """
    height = noise(rng, (n, n), slope + 0.6, 0.55)
    out = np.empty((levels, n, n, 2), np.float32)
    for level in range(levels):
        if level:
            padded = cv2.copyMakeBorder(height, 32, 32, 32, 32, cv2.BORDER_WRAP)
            height = cv2.GaussianBlur(padded, (0, 0), 0.75 * 2 ** (level - 1))[32:-32, 32:-32]
        out[level, ..., 0] = np.roll(height, -1, 1) - height
        out[level, ..., 1] = np.roll(height, -1, 0) - height
    return out / (out[0].std() + 1e-9)


@kernel
def water(light, above, surface, horizon, t, eye, scale, chop, body, clear, pan, pace):  # type: ignore[no-untyped-def]
    """Paints a reflecting water plane into the rows of `light` below `horizon` (pixels), from the rows
    of `above` over it (`light` itself, or a softened copy).

    `surface` comes from `ripples`; `eye`: height of the eye; `scale`: tiles per unit of ground; `chop`: slope of the
    waves (radians, rms); `body` [3]: light from within the water; `clear`: mirror share at normal incidence (0.02 is
    water); `pan` and `pace` move the camera and the waves. Schlick's approximation of Fresnel's law; two wave fields
    cross each other so that the tile does not show.
    """
    h, w = light.shape[:2]
    levels, n = surface.shape[0], surface.shape[1]
    first = max(int(np.ceil(horizon)), 1)
    for y in range(first, h):
        dip = (y + 0.7 - horizon) / h
        z = eye / dip
        texel = z / h * scale * n * np.sqrt(max(z / eye, 1.0)) * 0.8
        level = min(max(int(np.log2(max(texel, 1.0)) + 0.5), 0), levels - 1)
        calm = chop / (1.0 + 0.12 * texel / (1 << level))
        z1 = z * scale * n + t * pace * 9.0
        z2 = z * scale * 0.43 * n + t * pace * 5.0
        b1, b2 = int(np.floor(z1)), int(np.floor(z2))
        f1, f2 = np.float32(z1 - b1), np.float32(z2 - b2)
        b1, b2 = b1 & (n - 1), b2 & (n - 1)
        c1, c2 = (b1 + 1) & (n - 1), (b2 + 1) & (n - 1)
        other = max(level - 1, 0)
        step = z / h * scale * n
        x1 = (-w / 2 * z / h + pan * z) * scale * n + t * pace * 4.0
        x2 = (-w / 2 * z / h + pan * z) * scale * 0.43 * n - t * pace * 5.5
        mirror_row = 2 * horizon - y
        for x in range(w):
            p1, p2 = x1 + x * step, x2 + x * step * 0.43
            a1, a2 = int(np.floor(p1)), int(np.floor(p2))
            g1, g2 = np.float32(p1 - a1), np.float32(p2 - a2)
            a1, a2 = a1 & (n - 1), a2 & (n - 1)
            d1, d2 = (a1 + 1) & (n - 1), (a2 + 1) & (n - 1)
            sx = (surface[level, b1, a1, 0] * (1 - g1) + surface[level, b1, d1, 0] * g1) * (1 - f1)
            sx += (surface[level, c1, a1, 0] * (1 - g1) + surface[level, c1, d1, 0] * g1) * f1
            sz = (surface[level, b1, a1, 1] * (1 - g1) + surface[level, b1, d1, 1] * g1) * (1 - f1)
            sz += (surface[level, c1, a1, 1] * (1 - g1) + surface[level, c1, d1, 1] * g1) * f1
            sx += (surface[other, b2, a2, 0] * (1 - g2) + surface[other, b2, d2, 0] * g2) * (1 - f2)
            sz += (surface[other, b2, a2, 1] * (1 - g2) + surface[other, b2, d2, 1] * g2) * (1 - f2)
            sz += (surface[other, c2, a2, 1] * (1 - g2) + surface[other, c2, d2, 1] * g2) * f2
            tilt = sz * calm
            cosine = min(max(dip + tilt, 0.0), 1.0)
            away = 1 - cosine
            mirror = clear + (1 - clear) * away * away * away * away * away
            row = int(mirror_row - 2 * tilt * h)
            if row >= first:
                row = 2 * first - row
            row = min(max(row, 0), first - 1)
            column = min(max(int(x + sx * calm * h * 0.7), 0), w - 1)
            for k in range(3):
                light[y, x, k] = above[row, column, k] * mirror + body[k] * (1 - mirror) * (0.75 + 1.2 * cosine)
