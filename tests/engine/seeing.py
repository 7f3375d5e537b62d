"""An eye that sees which corner of a picture is bright, pictures for it, and clips that fit what it knows."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.library import Clip, Library
from engine.nearest import Nearest
from engine.parameters import PARAMETERS
from engine.sight.match import MIXTURE, Matcher
from engine.sight.pictures import Picture

CLASSES = ("coast", "forest", "street", "church")
STEP = 1 / 30


class ColourEye:
    """Sees the class of the brightest corner of the picture."""

    classes = CLASSES

    def see(self, frame: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        h, w = frame.shape[0] // 2, frame.shape[1] // 2
        corners = [frame[:h, :w], frame[:h, w:], frame[h:, :w], frame[h:, w:]]
        p = np.exp(np.array([c.mean() / 32 for c in corners], np.float32))
        return p / p.sum(), p


def picture(corner: int, noise: int = 0) -> Picture:
    frame = np.full((90, 160, 3), 40, np.uint8)
    frame[45 * (corner // 2):45 * (corner // 2) + 45, 80 * (corner % 2):80 * (corner % 2) + 80] = 200
    grain = np.random.default_rng(noise).integers(0, 6, frame.shape, dtype=np.uint8)
    return np.asarray(frame + grain, np.uint8)


def log_q() -> NDArray[np.float32]:
    """Two clips for each class."""
    q = np.repeat(np.eye(len(CLASSES)) * 0.8, 2, axis=0) + 0.05
    q[1::2] += 0.02
    return np.asarray(np.log(q / q.sum(1, keepdims=True)), np.float32)


def matcher() -> Matcher:
    return Matcher(Nearest(log_q(), np.zeros((len(LABELS), 4), np.float32), MIXTURE), LABELS)


LABELS = [name for name in CLASSES for _ in range(2)]
DEFAULTS = {p.path: p.default for p in PARAMETERS}


def library(folder: Path, classes: tuple[str, ...], log_q: NDArray[np.float32], labels: list[str]) -> Library:
    clips = tuple(Clip(folder, f"sounds/{label}/{i}.wav", label, str(i), "0" * 64, 1, 1, 1.0, 1, "", "", True)
                  for i, label in enumerate(labels))
    return Library(folder, folder, "ear", "0" * 64, classes, clips, log_q, np.zeros((len(clips), 2), np.float32))
