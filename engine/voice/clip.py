"""From a picture to a clip: spectrograms along a walk through the latent space, joined to one that is made audible."""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.signal import get_window, resample

from engine.voice.griffin_lim import sound_of
from engine.voice.level import levelled
from engine.voice.mel import FRAMES, HOP, MELS, RATE, magnitudes, power_of

if TYPE_CHECKING:
    from engine.modelfile import Model

_STEP = FRAMES // 2
"""Frames from one spectrogram to the next at most: each sounds together with its neighbours."""
# A model's spectrogram fades at its ends: half of their windows lies beyond the half second that it learnt from.
_WEIGHT = (get_window("hann", FRAMES) + 1e-3).astype(np.float32)


def clip_of(model: "Model", picture: NDArray[np.uint8], seconds: float, rate: int, seed: int) -> NDArray[np.float32]:
    """Return what a voice makes of `picture`, uint8 [height, width, 3] RGB: mono, float32 [round(seconds * rate)].

    It loops without a seam, at the loudness of `level`. model: of kind "voice". seconds: from SHORTEST up; pitch and
    pace are off by as much as it takes to fill them, 0.15 % at four seconds. The same seed gives the same samples.
    Raises RuntimeError if the network fails on the picture.
    """
    frames = round(seconds * RATE / HOP)
    walk = _walk(math.ceil(frames / _STEP), int(model.manifest["latent"]), seed)
    heard = [model.call("forward", picture[None], latent[None])[0][0] for latent in walk]
    loop = sound_of(magnitudes(_joined(heard, frames)), seed)
    return levelled(np.asarray(resample(loop, round(seconds * rate)), np.float32), rate)


def _walk(count: int, width: int, seed: int) -> NDArray[np.float32]:
    """Return `count` latents [count, width] around a circle, each of them standard normal."""
    one, other = np.random.default_rng(seed).standard_normal((2, width))
    angle = 2 * np.pi * np.arange(count)[:, None] / count
    return np.asarray(np.cos(angle) * one + np.sin(angle) * other, np.float32)


def _joined(heard: list[NDArray[np.float32]], frames: int) -> NDArray[np.float32]:
    """Spectrograms [MELS, FRAMES] in 0..1, spread evenly around a circle of `frames` -> mel power [MELS, frames]."""
    power, weight = np.zeros((MELS, frames), np.float32), np.zeros(frames, np.float32)
    for number, spectrogram in enumerate(heard):
        at = (round(number * frames / len(heard)) + np.arange(FRAMES)) % frames
        power[:, at] += _WEIGHT * power_of(spectrogram)
        weight[at] += _WEIGHT
    return power / weight
