"""Videos for tests, small and lossless, of which each half second tells by its look and loudness which one it is."""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

FPS = 10
RATE = 44100


def make_video(file: Path, levels: Sequence[float], hue: int = 0, sound_starts: float = 0.0,
               rate: int = RATE, tracks: Sequence[str] = ("picture", "sound")) -> Path:
    """Write a video with one half second for each level, of white noise in dBFS; -inf is silence.

    Of half second i the frames have the green value 20 * i + 10; its first frame is the one with a blue value of 255.
    Red is `hue`, to make videos differ. The sound's first `sound_starts` seconds are left out of its track.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(file), "w", format="matroska") as container:
        picture = container.add_stream("ffv1", FPS) if "picture" in tracks else None
        sound = container.add_stream("pcm_f32le", rate, layout="mono") if "sound" in tracks else None
        if picture:
            picture.width, picture.height, picture.pix_fmt = 48, 32, "bgr0"
            for i in range(len(levels) * FPS // 2):
                half, place = divmod(i, FPS // 2)
                pixels = np.full((32, 48, 3), (hue, 20 * half + 10, 0 if place else 255), np.uint8)
                container.mux(picture.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
            container.mux(picture.encode())
        if sound:
            samples = np.concatenate([noise(level, i, rate) for i, level in enumerate(levels)])
            skipped = round(sound_starts * rate)
            frame = av.AudioFrame.from_ndarray(samples[None, skipped:], "flt", "mono")
            frame.rate, frame.pts = rate, skipped
            container.mux(sound.encode(frame))
            container.mux(sound.encode())
    return file


def noise(level: float, seed: int, rate: int = RATE) -> np.ndarray:
    """Half a second of white noise, float32, whose RMS is `level` dBFS exactly."""
    samples = np.random.default_rng(seed).uniform(-1, 1, rate // 2)
    return (samples / np.sqrt(np.mean(samples**2)) * 10 ** (level / 20)).astype(np.float32)
