"""A sound becomes a picture: what a model file of kind "dream" holds."""

from typing import Final

import torch
from torch import Tensor, nn


class Dream(nn.Module):
    """A listener and a painter.

    listener: wave float32 [N,T] mono at `rate` -> [N,C-1], about a unit vector that does not depend on the level.
    painter: (condition [N,C], latent [N,Z], side) -> pictures float32 [N,3,side,side] RGB in 0..1. sides: those that it
    paints, ascending. The last value of a condition is the sound's level: 0 at -60 dBFS (RMS) or
    below, 1 at 0 dBFS.
    """

    rate: Final[int]
    largest: Final[int]

    def __init__(self, listener: nn.Module, painter: nn.Module, rate: int, sides: tuple[int, ...]) -> None:
        super().__init__()
        self.listener, self.painter = listener, painter
        self.rate, self.largest = rate, sides[-1]
        self.sides = list(sides)

    def forward(self, wave: Tensor, latent: Tensor) -> Tensor:
        """The picture of a sound at the largest side; see `listen` and `paint`."""
        return self.paint(self.listen(wave), latent, self.largest)

    @torch.jit.export
    def listen(self, wave: Tensor) -> Tensor:
        """wave float32 [N,T] in -1..1, T at least 1 -> condition float32 [N,C]."""
        return torch.cat([self.listener(wave), level(wave).unsqueeze(1)], 1)

    @torch.jit.export
    def paint(self, condition: Tensor, latent: Tensor, side: int) -> Tensor:
        """condition [N,C], latent [N,Z] standard normal, side one of `sides` -> float32 [N,3,side,side] in 0..1."""
        return self.painter(condition, latent, side)


class OneSide(nn.Module):
    """A generator (condition, latent) -> pictures of one side only, as a painter."""

    def __init__(self, generator: nn.Module) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, condition: Tensor, latent: Tensor, side: int) -> Tensor:
        return self.generator(condition, latent)


def level(wave: Tensor) -> Tensor:
    """wave [N,T] -> [N]: its RMS in dBFS from -60 (0) to 0 (1)."""
    decibels = 20.0 * torch.log10(wave.square().mean(1).sqrt().clamp_min(1e-9))
    return (1.0 + decibels / 60.0).clamp(0.0, 1.0)
