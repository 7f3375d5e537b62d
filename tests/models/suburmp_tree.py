"""A tiny Sub-URMP: a red banjo with a low tone and a blue violin with a high one, laid out as published."""

from pathlib import Path

import cv2
import numpy as np
import soundfile

RATE = 44_100
INSTRUMENTS = {"banjo": (200, (30, 40, 220)), "violin": (2000, (220, 60, 30))}


def write_suburmp(folder: Path, each: int = 24) -> Path:
    """Fill `folder` with img/SPLIT/INSTRUMENT/NAME.jpg and chunk/SPLIT/INSTRUMENT/NAME.wav, half a second each.

    each: of an instrument, a quarter of them in the validation split.
    """
    rng = np.random.default_rng(0)
    time = np.arange(RATE // 2) / RATE
    for instrument, (hertz, colour) in INSTRUMENTS.items():
        for i in range(each):
            split = "validation" if i % 4 == 0 else "train"
            name = f"{instrument}{i % 4:02}_{500 * i}"
            for tree in ("img", "chunk"):
                (folder / tree / split / instrument).mkdir(parents=True, exist_ok=True)
            picture = rng.normal(colour, 20, (64, 64, 3)).clip(0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / "img" / split / instrument / f"{name}.jpg"), picture)
            tone = 0.2 * np.sin(2 * np.pi * hertz * (1 + 0.02 * i) * time) + 0.01 * rng.normal(size=len(time))
            soundfile.write(folder / "chunk" / split / instrument / f"{name}.wav", tone, RATE)
    return folder
