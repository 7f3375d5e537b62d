"""A file as a model perceives it: read as the instrument reads it, and run through the model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from engine.errors import UserError
from engine.sight.pictures import fit, read_picture
from models.export import load_model
from models.sounds import read_wave

from .examples import Outputs


class Model(Protocol):
    """An eye or an ear, checked and loaded: engine.modelfile.Model."""

    @property
    def path(self) -> Path: ...
    @property
    def manifest(self) -> dict[str, Any]: ...
    @property
    def rate(self) -> int: ...
    def run(self, batch: NDArray[Any]) -> Outputs:
        """Return (log_p [N,C], embedding [N,D]) of frames [N,H,W,3] or of waves [N,T] at `rate` Hz."""
        ...


def look(eye: Model) -> Callable[[Path], Outputs]:
    """A function that gives (log_p [C], embedding [D]) of a picture file; it raises UserError if it can't be read."""

    def see(file: Path) -> Outputs:
        log_p, embedding = eye.run(fit(read_picture(file))[None])
        return log_p[0], embedding[0]

    return see


def listen(ear: Model) -> Callable[[Path], Outputs]:
    """A function that gives (log_p [C], embedding [D]) of a sound file; it raises UserError if that is of no use."""

    def hear(file: Path) -> Outputs:
        log_p, embedding = ear.run(_wave(file, ear)[None])
        return log_p[0], embedding[0]

    return hear


def represent(ear: Model) -> tuple[Callable[[Path], Outputs], str]:
    """A function that gives (features [F],) of a sound file for a linear probe, and what these are.

    They come from the model file's method `features` if it has one, else they are the embedding. The function raises
    UserError if the file is of no use.
    """
    if "features" not in ear.manifest:
        return lambda file: listen(ear)(file)[1:], f"embedding, {ear.manifest['embedding']} values"
    script, _ = load_model(ear.path)

    def features(file: Path) -> Outputs:
        with torch.inference_mode():
            return (script.features(torch.from_numpy(_wave(file, ear))[None])[0].numpy(),)

    return features, f"features of the trunk, {ear.manifest['features']} values"


def _wave(file: Path, ear: Model) -> NDArray[np.float32]:
    """The mean of a sound file's channels at the ear's rate, float32 [T]."""
    wave: NDArray[np.float32] = read_wave(file, ear.rate).numpy()
    if not wave.any():
        raise UserError("is silent")
    return wave
