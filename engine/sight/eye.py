"""The visual encoder: a frame becomes a distribution over scene classes and an embedding."""

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.library import Library
from engine.modelfile import Model
from engine.sight.pictures import Picture


class Eye:
    """A model of kind "eye", one frame at a time. `classes` are the names of what it knows, `model` is what it runs."""

    def __init__(self, model: Model) -> None:
        self.classes = model.classes
        self.model = model

    def see(self, frame: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return (p float32 [classes], summing to 1, embedding float32 [D]) of a frame uint8 [height, width, 3] RGB."""
        log_p, embedding = self.model.run(frame[None])
        p = np.exp(log_p[0])
        return p / p.sum(), embedding[0]


def check_classes(classes: tuple[str, ...], library: Library) -> None:
    """Raise UserError unless the library's sounds are described in the `classes` of the eye that looks for them."""
    if classes != library.classes:
        raise UserError(f"the library {library.folder} knows other scene classes than the eye does; index its sounds "
                        f"again: phonoscope index {library.root} -o {library.folder}")
