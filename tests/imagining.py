"""What the tests of imagining share: an ear that hears places, and pictures for it."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.modelfile import load_model, shipped_model
from tests.engine.sounds import BrightnessEar


class PlacesEar(BrightnessEar):
    """Hears the ocean in what is dark and a lawn in what is bright, in the classes of the shipped eye."""

    def __init__(self) -> None:
        super().__init__("places")
        self._two = super().hear
        self.classes = load_model(shipped_model("eye"), "eye").classes

    def hear(self, samples: NDArray[np.float32], rate: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        (dark, bright), embedding = self._two(samples, rate)
        p = np.full(len(self.classes), 1e-4, np.float32)
        p[[self.classes.index("ocean"), self.classes.index("lawn")]] = np.exp([dark, bright])
        return np.log(p / p.sum()), embedding


def picture(path: Path, colour: tuple[int, int, int] = (60, 160, 40), times: int = 1) -> Path:
    """A meadow, or a sea by its colour (BGR), under a sky; 160 x 120 pixels, or so many times as many each way."""
    image = np.full((120, 160, 3), (230, 190, 120), np.uint8)
    image[60:] = np.clip(np.array(colour) + np.random.default_rng(0).normal(0, 25, (60, 160, 1)), 0, 255)
    cv2.imwrite(str(path), cv2.resize(image, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC))
    return path
