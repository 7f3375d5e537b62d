"""A data set of a minute's work: red pictures go with a low tone, blue ones with a high one."""

from pathlib import Path

import cv2
import numpy as np
import soundfile

CATEGORIES = {"red": (300, (30, 30, 220)), "blue": (2500, (220, 60, 30))}
RATE = 16_000


def write_tiny_set(folder: Path, each: int = 6) -> Path:
    """Fill `folder` with pictures/CATEGORY/N.png and sounds/CATEGORY/N.wav of a second, `each` of both categories."""
    rng = np.random.default_rng(0)
    time = np.arange(RATE) / RATE
    for category, (hertz, colour) in CATEGORIES.items():
        for kind in ("pictures", "sounds"):
            (folder / kind / category).mkdir(parents=True)
        for i in range(each):
            picture = rng.normal(colour, 25, (40, 60, 3)).clip(0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / "pictures" / category / f"{i}.png"), picture)
            tone = 0.2 * np.sin(2 * np.pi * hertz * (1 + 0.05 * i) * time) + 0.02 * rng.normal(size=RATE)
            soundfile.write(folder / "sounds" / category / f"{i}.wav", tone, RATE)
    return folder
