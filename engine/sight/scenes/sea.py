"""Wide water: the sea at dusk and a beach by day."""

from __future__ import annotations

import cv2
import numpy as np

from engine.sight.scenes.common import Clouds, Light, colour, gradient, grid, noise, ripples, smoothstep, sway, water


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
            (0.16, colour("#d9707a", 0.62)),
            (0.34, colour("#6a5f9a", 0.42)),
            (0.6, colour("#26386e", 0.32)),
        ]
        sky = gradient(np.maximum(y, 0), stops)
        sun_x, sun_y = 0.16, 0.055
        away = np.hypot(x - sun_x, (y - sun_y) * 1.15)
        sky += np.exp(-away / 0.16)[..., None] * colour("#ff7a30", 1.1)
        sky += np.exp(-away / 0.045)[..., None] * colour("#ffb060", 2.6)
        disc = smoothstep(0.034, 0.028, away)[..., None]
        self.sky = (sky * (1 - disc) + disc * colour("#fff0c0", 9.0)).astype(np.float32)
        light = {"lit": colour("#ff9560", 0.95), "shade": colour("#4a3f66", 0.30)}
        self.clouds = Clouds(rng, size, self.HORIZON, cover=0.44, scale=1.5, stretch=0.4, haze=0.05, **light)
        self.surface = ripples(rng, 1.35)
        self.body = colour("#4c4470", 0.42)

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
        water(light, light, self.surface, horizon, t, 0.42 + swell, 0.9, 0.095, self.body, 0.16, pan, 1.2)
        return light
