"""A model of kind "dream" as the painter uses it: one sound, one picture."""

import numpy as np
from numpy.typing import NDArray

from engine.dream.painter import brush
from engine.errors import UserError
from engine.modelfile import Model, load_model, shipped_model


class Generator:
    """Listens and paints with a model. `rate` (Hz) and `window` (samples) are of the sound that it hears.

    side: of the pictures, 0 for the model's largest. live: paint as fast as this machine can instead of as exactly;
    `arithmetic` says in what. Raises UserError if the model doesn't paint pictures of that side.
    """

    def __init__(self, model: Model, side: int = 0, live: bool = False) -> None:
        sides: list[int] = model.manifest["sides"]
        if side and side not in sides:
            raise UserError(f"dream side {side}: model file {model.path} paints {', '.join(map(str, sides))}; choose "
                            "one of them, or 0 for the largest")
        self.model = model
        self.rate = model.rate
        self.window = round(model.rate * model.manifest["window_s"])
        self.side = side or sides[-1]
        self.latent: int = model.manifest["latent"]
        self._brush, self.arithmetic = (brush.fastest(model, self.side) if live else
                                        (brush.exact(model, self.side), "float32"))

    @classmethod
    def load(cls, file: str, side: int = 0, live: bool = False) -> "Generator":
        """Return the generator in a model file, "" for the shipped one, live on CUDA where there is one; UserError."""
        return cls(load_model(file or shipped_model("dream"), "dream", "auto" if live else "cpu"), side, live)

    def listen(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the condition, float32 [C], of a mono sound at `rate`, float32 [n], n at least 1."""
        condition, = self.model.call("listen", wave[None])
        return np.asarray(condition[0], np.float32)

    def paint(self, condition: NDArray[np.float32], latent: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the picture, float32 [side, side, 3] in 0..1, of a condition and a latent, float32 [latent]."""
        import torch

        device = self.model.device
        with torch.inference_mode():
            picture = self._brush(torch.from_numpy(condition[None]).to(device),
                                  torch.from_numpy(latent[None]).to(device))
            return np.array(picture[0].permute(1, 2, 0).cpu().numpy(), np.float32, order="C")
