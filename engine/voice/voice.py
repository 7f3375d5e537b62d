"""The voice of a show: its model, which is loaded when it is first heard, and its clips, one after the other."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.modelfile import Model, load_model, shipped_model
from engine.parameters import INDEX, LAYERS, VOICE
from engine.voice import SECONDS

_SOURCES = [INDEX[f"layer/{n}/source"] for n in range(1, LAYERS + 1)]


class Voice:
    """Clips of SECONDS at `rate` Hz by the model file `model` ("" for the shipped one); each has a number, from 1.

    seed: of the show. The same picture, number and seed give the same clip.
    """

    def __init__(self, model: str, rate: int, seed: int) -> None:
        self._file: str | Path = model or shipped_model("voice")
        self._rate, self._seed = rate, seed
        self._model: Model | None = None

    def sound_of(self, picture: NDArray[np.uint8], number: int) -> NDArray[np.float32]:
        """Return the clip of a picture, uint8 [height, width, 3] RGB, as float32 [frames, 1].

        Raises UserError if the model file can't be used, RuntimeError if its network fails on the picture.
        """
        from engine.voice.clip import clip_of  # SciPy, which nobody needs who lets no layer have a voice

        if self._model is None:
            self._model = load_model(self._file, "voice")
        return clip_of(self._model, picture, SECONDS, self._rate, self._seed + number)[:, None]


class Occasions:
    """When a voice is made of the picture just seen: as soon as a layer wants one, at each cut while one does, and when
    somebody asks.

    wanted: whether a layer had a voice already, before the first step. asked: how often somebody has asked so far.
    """

    def __init__(self, wanted: bool = False, asked: float = 0) -> None:
        self._wanted, self._asked = wanted, asked

    def step(self, parameters: NDArray[np.float64], cut: bool, asked: float = 0) -> bool:
        """Tell whether it is time. parameters: the block. cut: whether the picture begins a new scene."""
        wanted = is_wanted(parameters)
        due = (wanted and (cut or not self._wanted)) or asked != self._asked
        self._wanted, self._asked = wanted, asked
        return due


def is_wanted(parameters: NDArray[np.float64]) -> bool:
    """Tell whether the source of any layer is the voice. parameters: the block."""
    return bool((parameters[_SOURCES] == VOICE).any())
