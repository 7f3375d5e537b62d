"""The scene over time: a smoothed distribution and embedding, and cuts.

A cut shows in what the picture is (the distribution over scenes) and in how it looks (a thumbnail). Each alone
misleads: the network's reading can jump between like frames, and a quick pan changes a picture within its scene. Where
both leap at once the cut is taken at the first frame; otherwise the next frame has to confirm it, so that a flash, a
torn frame or one misreading passes. The leap of the look is measured against the motion before it, as in Yusoff,
Christmas and Kittler, "Video shot cut detection using adaptive thresholding" (BMVC 2000).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.sight.pictures import Picture

_HISTORY = 0.4      # s, time constant of what a new frame is compared with
_LEAP = 0.12        # least difference in look that counts, of 1
_MOTION_FACTOR = 4.0
_CERTAIN = 2.0      # times the least difference that takes a cut at once
_BLANK = 0.03       # standard deviation of a thumbnail without a picture in it
_THUMBNAIL = (16, 9)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """p: the smoothed distribution, float32 [classes]. embedding: the smoothed embedding, float32 [D], unit length.
    change: total variation between the newest frame and those just before it, 0 to 1. cut: whether a new scene began;
    the smoothing starts anew with it."""

    p: NDArray[np.float32]
    embedding: NDArray[np.float32]
    change: float
    cut: bool


class SceneTracker:
    """Follows the scene from frame to frame."""

    def __init__(self) -> None:
        self._time = 0.0
        self._smooth: NDArray[np.float32] | None = None
        self._embedding = np.zeros(0, np.float32)           # smoothed likewise
        self._recent: NDArray[np.float32] | None = None     # distribution over the last frames
        self._look = np.zeros(0, np.float32)                # of the last frame that was believed
        self._motion = 0.0                                  # how much looks differ from frame to frame
        self._doubt: NDArray[np.float32] | None = None      # distribution of a frame that may begin a new scene

    def step(self, p: NDArray[np.float32], embedding: NDArray[np.float32], picture: Picture, t: float,
             smoothing: float, threshold: float) -> Scene:
        """Take in a frame with its distribution p and embedding at time t (seconds, never less than before).

        smoothing: time constant in seconds, 0 for none. threshold: least total variation that can be a cut.
        """
        look, blank = _look(picture)
        if self._smooth is None or self._recent is None:
            return self._begin(p, embedding, look, t, 0.0, False)
        change = _total_variation(p, self._recent)
        leap = _difference(look, self._look) / max(_LEAP, _MOTION_FACTOR * self._motion)
        if change >= threshold and leap >= 1:
            confirmed = self._doubt is not None and _total_variation(p, self._doubt) < change / 2
            if confirmed or (leap >= _CERTAIN and not blank and self._doubt is None):
                return self._begin(p, embedding, look, t, change, True)
            if self._doubt is None:
                self._doubt = p
                return Scene(self._smooth, _unit(self._embedding), change, False)
        self._doubt = None
        dt = t - self._time
        self._time = t
        self._smooth = _toward(self._smooth, p, dt, smoothing)
        self._embedding = _toward(self._embedding, embedding, dt, smoothing)
        self._recent = _toward(self._recent, p, dt, _HISTORY)
        self._motion += (1 - np.exp(-dt / _HISTORY)) * (_difference(look, self._look) - self._motion)
        self._look = look
        return Scene(self._smooth, _unit(self._embedding), change, False)

    def _begin(self, p: NDArray[np.float32], embedding: NDArray[np.float32], look: NDArray[np.float32], t: float,
               change: float, cut: bool) -> Scene:
        self._smooth = self._recent = p
        self._embedding = embedding
        self._look, self._motion, self._doubt, self._time = look, 0.0, None, t
        return Scene(p, _unit(embedding), change, cut)


def _look(picture: Picture) -> tuple[NDArray[np.float32], bool]:
    """Return a thumbnail freed of brightness and contrast, as a unit vector, and whether there is nothing in it."""
    values = np.asarray(cv2.resize(picture, _THUMBNAIL, interpolation=cv2.INTER_AREA), np.float32).ravel() / 255
    values -= values.mean()
    length = np.float32(max(float(np.linalg.norm(values)), 1e-6))
    return np.asarray(values / length, np.float32), bool(values.std() < _BLANK)


def _difference(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Return how unlike two looks are: 0 for the same, 1 for opposite ones, about 0.3 for unrelated photographs."""
    return float(1 - a @ b) / 2


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return vector / np.float32(max(float(np.linalg.norm(vector)), 1e-6))


def _total_variation(p: NDArray[np.float32], q: NDArray[np.float32]) -> float:
    return float(np.abs(p - q).sum()) / 2


def _toward(value: NDArray[np.float32], target: NDArray[np.float32], dt: float, time_constant: float
            ) -> NDArray[np.float32]:
    """Return `value` after a one-pole low-pass has followed `target` for dt seconds."""
    if time_constant <= 0:
        return target
    return value + np.float32(-np.expm1(-dt / time_constant)) * (target - value)
