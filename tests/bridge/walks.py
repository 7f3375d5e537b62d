"""Panoramas and a library for walks, made here: quick to see and to hear."""

from pathlib import Path

import cv2
import numpy as np
import soundfile
from PIL import Image

from engine.indexing import index
from engine.library import Library
from engine.sight.panorama import SIDE, places_of
from engine.sight.pictures import Picture
from engine.sight.views import AROUND
from tests.engine.seeing import CLASSES, picture
from tests.engine.sounds import RATE, FirstEar, tone


class TitledEar(FirstEar):
    """Hears the class of CLASSES by the pitch: 100 Hz is the first, 200 Hz the second, and so on."""

    def __init__(self) -> None:
        super().__init__(CLASSES)

    def hear(self, samples: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
        spectrum = np.abs(np.fft.rfft(samples.mean(axis=1)))
        hertz = np.fft.rfftfreq(len(samples), 1 / rate)[int(spectrum.argmax())]
        p = np.full(len(CLASSES), 0.05, np.float32)
        p[min(round(hertz / 100) - 1, len(CLASSES) - 1)] = 1 - hertz % 100 / 1000
        return np.log(p / p.sum()), p / np.linalg.norm(p)


def library(folder: Path) -> Library:
    """A library of two tones for each class, of two and one seconds, in folders named after the classes."""
    for number, name in enumerate(CLASSES):
        for hertz, seconds in ((100 * (number + 1), 2.0), (100 * (number + 1) + 20, 1.0)):
            file = folder / "sounds" / name / f"{name}_{hertz}.wav"
            file.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(file, tone(hertz, seconds), RATE)
    (folder / "sounds" / "LICENCE").write_text("CC0\n")
    index(folder / "sounds", folder / "library", TitledEar())
    return Library.open(folder / "library")


def panorama(corners: tuple[int, int, int, int] = (0, 1, 2, 3), height: int = 512) -> Picture:
    """A panorama in which ColourEye sees these classes: ahead, left, behind, right."""
    made = np.zeros((height, 2 * height, 3), np.uint8)
    for corner, azimuth in zip(corners, AROUND, strict=True):
        columns, rows = places_of(height, 2 * height, azimuth)
        cut = cv2.resize(picture(corner), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
        made[rows.round().astype(int).clip(0, height - 1), columns.round().astype(int) % (2 * height)] = cut
    return np.asarray(cv2.medianBlur(made, 5 if height > 512 else 3), np.uint8)


def save(folder: Path, **panoramas: tuple[int, int, int, int]) -> Path:
    """Write panoramas as JPEGs of those names into a folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, corners in panoramas.items():
        Image.fromarray(panorama(corners)).save(folder / f"{name}.jpg", quality=95)
    return folder
