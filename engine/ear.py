"""The ear: from a sound to the places where it belongs, in the classes that the eye knows."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import audiofile
from engine.modelfile import Device, load_model, shipped_model


class Ear:
    """A model file that listens. name, sha256: of the file; classes: names of the scene classes."""

    def __init__(self, path: str | Path = "", device: Device = "auto") -> None:
        """Load the model file `path` ("" is the shipped one); UserError if it can't be used."""
        self._model = load_model(path or shipped_model("ear"), "ear", device)
        self.name, self.sha256, self.classes = self._model.name, self._model.sha256, self._model.classes

    def hear(self, samples: NDArray[np.float32], rate: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return (log_q float32 [classes], embedding float32 [D], unit length) of samples [n, channels], n >= 1."""
        mono = audiofile.resample(samples.mean(axis=1, keepdims=True), rate, self._model.rate)
        log_q, embedding = self._model.run(mono.T if len(mono) else np.zeros((1, 1), np.float32))
        return log_q[0], embedding[0]
