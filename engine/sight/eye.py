"""The visual encoder: a frame becomes a distribution over scene classes and an embedding."""

import numpy as np
from numpy.typing import NDArray

from engine.modelfile import Model
from engine.sight.pictures import Picture


class Eye:
    """A model of kind "eye", one frame at a time. `classes` are the names of what it knows."""

    def __init__(self, model: Model) -> None:
        self.classes = model.classes
        self._model = model

    def see(self, frame: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return (p float32 [classes], summing to 1, embedding float32 [D]) of a frame uint8 [height, width, 3] RGB."""
        log_p, embedding = self._model.run(frame[None])
        p = np.exp(log_p[0])
        return p / p.sum(), embedding[0]
