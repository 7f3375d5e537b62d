"""Paints what an uploaded sound looks like, as `phonoscope dream` does: the same sound, model, seed and knobs give the
same pictures.

What painting is told: "model" (file, "" for the shipped one), "seed", "fps", "gain" (dB, by which the sound is heard
louder than it is) and "knobs" (values by path).
"""

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge.studio.shelf import Shelf
from bridge.studio.wire import Header, Result
from engine import audiofile
from engine.errors import UserError

LONGEST = 60.0
"""Seconds of a sound that are painted; the rest is left out."""
RATE = 48_000
QUALITY = 82
_SIZE = 512, 512

Pictures = Iterator[tuple[NDArray[np.uint8], float]]


def prepare(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Load the "model" that paints."""
    shelf.generator(told["model"])
    yield {}, b""


def hear(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Yield the sound in a file as a WAV."""
    import soundfile

    samples, _ = _decoded(body)
    wav = io.BytesIO()
    soundfile.write(wav, samples, RATE, "PCM_16", format="WAV")
    yield {}, wav.getvalue()


def paint(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Yield "seconds" of the sound, "fps", the "model"'s name, and "remarks" on what was wrong with the file; then each
    picture as a JPEG, with its "time", s."""
    import cv2

    samples, remarks = _decoded(body)
    del body
    pictures, model = _pictures(shelf, told, samples)
    yield {"seconds": len(samples) / RATE, "fps": told["fps"], "model": model, "remarks": remarks}, b""
    for picture, t in pictures:
        yield {"time": t}, cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def film(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Yield "time", how far the film is, over and over, and in the end the film with its sound, an MP4."""
    from bridge.recording import open_recorder, record_film

    samples, _ = _decoded(body)
    del body
    pictures, _ = _pictures(shelf, told, samples)
    with tempfile.TemporaryDirectory(prefix="phonoscope-") as folder:
        file = Path(folder) / "dream.mp4"
        with open_recorder(file, RATE, told["fps"], samples.shape[1]) as recorder:
            for t in record_film(recorder, pictures, samples, RATE, told["fps"]):
                yield {"time": t}, b""
        yield {}, file.read_bytes()


def _decoded(body: bytes) -> tuple[NDArray[np.float32], list[str]]:
    """Return the samples, float32 [n, 1 or 2] at RATE, and what was wrong with the file."""
    recording = audiofile.read_bytes(body, "the file", LONGEST)
    samples = audiofile.resample(recording.samples, recording.rate, RATE)
    if len(samples) == 0:
        raise UserError("the file: its sound is too short to be painted")
    return samples, list(recording.remarks)


def _pictures(shelf: Shelf, told: Header, samples: NDArray[np.float32]) -> tuple[Pictures, str]:
    """Return the pictures of a sound with their times, and the name of the model that paints them."""
    from engine.dream.painter.album import film

    generator = shelf.generator(told["model"])
    louder = samples * np.float32(10 ** (told["gain"] / 20))
    return (film(generator, louder, RATE, told["seed"], told["fps"], _SIZE, told["knobs"]),
            generator.model.name)
