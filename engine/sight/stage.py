"""SIGHT as one pure stage: frames and their times in, layer targets out. Live and offline run the same.

Of V views, view v has the layers v, v + V, v + 2 V ... (from 0): so each knob match/layers higher adds a layer to the
next view, and the layers of a view are always the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.parameters import LAYERS
from engine.shared import SCENE_TOP
from engine.sight.match import Matcher, Rules, Targets
from engine.sight.pictures import Picture
from engine.sight.scene import SceneTracker


class Encoder(Protocol):
    """What an eye does: see engine.sight.eye.Eye."""

    classes: tuple[str, ...]

    def see(self, frame: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return (p float32 [classes], embedding float32 [D])."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a frame of a view led to.

    scene: int32 [SCENE_TOP] the most probable classes, best first, and scene_p their smoothed probabilities (-1 and 0
    beyond what the eye knows). p, embedding: smoothed distribution, float32 [classes], and embedding, float32 [D] of
    unit length. change: how far the scene is from the one just before, 0 to 1. cut: whether a new scene began. targets:
    what the layers shall play; `targets.changed` says whether that is news. fade: crossfade to them, s.
    """

    scene: NDArray[np.int32]
    scene_p: NDArray[np.float32]
    p: NDArray[np.float32]
    embedding: NDArray[np.float32]
    change: float
    cut: bool
    targets: Targets
    fade: float


class Sight:
    """The path of a picture: encoder, smoothing and cuts, match; each view has its own scene and its own layers.

    eye: the encoder. matcher: of the library's clips. get: returns the present value of a parameter by its path, as
    Session.get does. azimuths: where each view looks, degrees, 0 ahead, 90 left; at most LAYERS. `azimuth`, float32
    [LAYERS], is where each layer is seen.
    """

    def __init__(self, eye: Encoder, matcher: Matcher, get: Callable[[str], float],
                 azimuths: Sequence[float] = (0.0,)) -> None:
        self.matcher = matcher
        self.azimuth = np.resize(np.array(azimuths, np.float32), LAYERS)
        self._eye = eye
        self._get = get
        self._scenes = [SceneTracker() for _ in azimuths]

    def step(self, frame: Picture, t: float, view: int = 0) -> Seen:
        """Take in a frame of a view, uint8 [height, width, 3] RGB, captured at t (seconds, never less than before)."""
        get = self._get
        share = slice(view, None, len(self._scenes))
        p, embedding = self._eye.see(frame)
        scene = self._scenes[view].step(p, embedding, frame, t, get("match/smoothing"), get("match/cut"))
        if get("match/freeze"):
            targets = self.matcher.hold(scene.p, scene.embedding, share)
        else:
            rules = Rules(int(get("match/layers")), get("match/hysteresis"), get("match/hold"), get("match/focus"),
                          bool(get("match/diversity")))
            targets = self.matcher.choose(scene.p, scene.embedding, t, rules, scene.cut, share)
        top, top_p = _top(scene.p)
        fade = get("crossfade/cut") if scene.cut else get("crossfade/time")
        return Seen(top, top_p, scene.p, scene.embedding, scene.change, scene.cut, targets, fade)


def _top(p: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    classes = np.full(SCENE_TOP, -1, np.int32)
    values = np.zeros(SCENE_TOP, np.float32)
    order = np.argsort(-p, kind="stable")[:SCENE_TOP]
    classes[:len(order)] = order
    values[:len(order)] = p[order]
    return classes, values
