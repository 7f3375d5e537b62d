"""The built-in demo camera: a slow walk through drawn scenes, for when there is no camera.

Every picture is a pure function of scene, time, size and seed: nothing is recorded, nothing is random.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.sight.scenes.cafe import Cafe
from engine.sight.scenes.city import CityNight
from engine.sight.scenes.common import Scene
from engine.sight.scenes.deep import Underwater
from engine.sight.scenes.film import Film
from engine.sight.scenes.fire import Campfire
from engine.sight.scenes.forest import Forest
from engine.sight.scenes.interior import Church
from engine.sight.scenes.railway import Railway
from engine.sight.scenes.river import Waterfall
from engine.sight.scenes.sea import Beach, SeaAtDusk
from engine.sight.scenes.street import RainStreet
from engine.sight.scenes.terrain import Desert, SnowMountain
from engine.sight.scenes.weather import Thunderstorm

if TYPE_CHECKING:
    from collections.abc import Callable

SCENE_TYPES: dict[str, Callable[[tuple[int, int], np.random.Generator], Scene]] = {
    "sea_at_dusk": SeaAtDusk,
    "forest": Forest,
    "city_night": CityNight,
    "campfire": Campfire,
    "rain_street": RainStreet,
    "beach": Beach,
    "snow_mountain": SnowMountain,
    "desert": Desert,
    "thunderstorm": Thunderstorm,
    "underwater": Underwater,
    "railway": Railway,
    "church": Church,
    "waterfall": Waterfall,
    "cafe": Cafe,
}
SCENES: tuple[str, ...] = tuple(SCENE_TYPES)
"""Names of the scenes."""

SCENE_THEMES: dict[str, str] = {
    "sea_at_dusk": "sea_waves",
    "forest": "birds_forest",
    "city_night": "city_traffic",
    "campfire": "crackling_fire",
    "rain_street": "rain",
    "beach": "seagulls",
    "snow_mountain": "wind",
    "desert": "wind",
    "thunderstorm": "thunderstorm",
    "underwater": "underwater",
    "railway": "train",
    "church": "church",
    "waterfall": "waterfall",
    "cafe": "crowd_cafe",
}
"""Scene -> category of sounds that fits it."""

_KEPT = 4  # the walk needs two at a time; a painted scene of 640 x 360 holds 5 to 20 MB
_painted: OrderedDict[tuple[str, tuple[int, int], int], Scene] = OrderedDict()
_films: OrderedDict[tuple[int, int], Film] = OrderedDict()
_lock = Lock()


def _scene(name: str, size: tuple[int, int], seed: int) -> Scene:
    if name not in SCENE_TYPES:
        raise UserError(f"There is no demo scene called {name!r}. Choose one of: {', '.join(SCENES)}.")
    key = (name, size, seed)
    with _lock:
        if key in _painted:
            _painted.move_to_end(key)
            return _painted[key]
    rng = np.random.default_rng([seed, SCENES.index(name)])
    scene = SCENE_TYPES[name](size, rng)
    with _lock:
        _painted[key] = scene
        while len(_painted) > _KEPT:
            _painted.popitem(last=False)
    return scene


def _film(size: tuple[int, int]) -> Film:
    with _lock:
        if size not in _films:
            _films[size] = Film(size)
            while len(_films) > 2:
                _films.popitem(last=False)
        return _films[size]


def render_scene(name: str, t: float, *, size: tuple[int, int] = (360, 640), seed: int = 0) -> NDArray[np.uint8]:
    """Picture of one scene at `t` seconds: uint8 [h, w, 3] RGB, deterministic, smooth in t.

    `size` is (height, width), each at least 16. The first frame of a scene paints its still layers (well under a
    second), which are kept for the four scenes used last. Raises UserError for an unknown name or a size too small.
    """
    size = _checked(size)
    return _film(size).develop(_scene(name, size, seed).frame(float(t)), t)


def walk(
    t: float, *, size: tuple[int, int] = (360, 640), seed: int = 0, dwell: float = 12.0, fade: float = 2.5
) -> NDArray[np.uint8]:
    """Picture of the endless tour at `t` seconds: uint8 [h, w, 3] RGB.

    Each scene stays for `dwell` seconds, the last `fade` of which dissolve into the next one. A pure function of its
    arguments.
    """
    name, following, share = scene_at(t, seed, dwell, fade)
    size = _checked(size)
    picture = render_scene(name, t, size=size, seed=seed)
    if share > 0:
        cv2.addWeighted(picture, 1 - share, render_scene(following, t, size=size, seed=seed), share, 0, picture)
    return picture


def scene_at(t: float, seed: int = 0, dwell: float = 12.0, fade: float = 2.5) -> tuple[str, str, float]:
    """(scene, next scene, share of the next one 0 .. 1) of the tour at `t` seconds.

    The tour visits every scene once before it repeats one, in another order each round, never the same twice running.
    """
    if not 0 <= fade <= dwell or dwell <= 0:
        raise UserError(f"The demo walk needs 0 <= fade <= dwell, but fade is {fade} s and dwell {dwell} s.")
    step = int(np.floor(t / dwell))
    share = float(np.clip((t - step * dwell - (dwell - fade)) / fade, 0, 1)) if fade else 0.0
    return _stop(step, seed), _stop(step + 1, seed), share * share * (3 - 2 * share)


def _round(number: int, seed: int) -> list[str]:
    return [SCENES[i] for i in np.random.default_rng([seed, number & 0xFFFFFFFF]).permutation(len(SCENES))]


def _stop(step: int, seed: int) -> str:
    """Scene of one step of the tour; where a round would begin with the scene just seen, its first two swap places."""
    number, place = divmod(step, len(SCENES))
    order = _round(number, seed)
    if place < 2 and _round(number - 1, seed)[-1] == order[0]:
        place = 1 - place
    return order[place]


def _checked(size: tuple[int, int]) -> tuple[int, int]:
    h, w = int(size[0]), int(size[1])
    if min(h, w) < 16:
        raise UserError(f"The demo camera draws pictures of at least 16 x 16 pixels, but was asked for {w} x {h}.")
    return h, w
