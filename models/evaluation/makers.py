"""A model file as what generates for an evaluation."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine import audiofile
from engine.modelfile import Model

from ..generation.pairs import Pairs
from ..generation.senses import AT_ONCE
from ..generation.spectrogram import RATE
from .generated import Maker


def dreamer(model: Model, pairs: Pairs, side: int) -> Maker:
    """A model of kind "dream": hears half seconds of the pairs, and paints pictures of `side`."""

    def condition(rows: Tensor) -> Tensor:
        heard = [_called(model, "listen", resampled(pairs.wave(part), model.rate)) for part in rows.split(AT_ONCE)]
        return torch.cat(heard)

    def make(condition: Tensor, latent: Tensor) -> Tensor:
        return torch.from_numpy(model.call("paint", condition.numpy(), latent.numpy(), side)[0])

    return Maker(model.name, condition, make, model.manifest["latent"])


def singer(model: Model, pairs: Pairs) -> Maker:
    """A model of kind "voice": sees pictures of the pairs."""

    def make(frames: Tensor, latent: Tensor) -> Tensor:
        return torch.from_numpy(model.call("forward", frames.numpy(), latent.numpy())[0])

    return Maker(model.name, lambda rows: pairs.pixels[rows].permute(0, 2, 3, 1), make, model.manifest["latent"])


def resampled(waves: Tensor, rate: int) -> Tensor:
    """float32 [N,22050] at 44.1 kHz -> [N,rate/2]."""
    if rate == RATE:
        return waves
    heard: list[NDArray[np.float32]] = [audiofile.resample(wave[:, None].numpy(), RATE, rate)[:, 0] for wave in waves]
    return torch.from_numpy(np.stack(heard))


def _called(model: Model, method: str, wave: Tensor) -> Tensor:
    return torch.from_numpy(model.call(method, wave.numpy())[0])
