"""Wan, Chuang, Lee 2018, "Towards Audio to Scene Image Synthesis Using Generative Adversarial Network", and what it is
compared with there: a plain conditional GAN and the improved Wasserstein GAN.

The discriminator sees real pictures with sounds that fit them, and generated ones with the sounds that they are of. Its
auxiliary classifier learns the names of the real ones; the generator is to make pictures that it names rightly.
"""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ..networks import wan
from ..training.loop import precision
from .adversarial import CONTESTS, gradient_penalty
from .course import Losses, Method
from .pairs import Batch, Drawer, Pairs
from .settings import Settings

BETA2 = 0.9
"""Adam's, as in Miyato and Koyama 2018, section 6, and Gulrajani et al. 2017, algorithm 1."""


class Wan(Method):
    """conditions float32 [M,C]: what is heard in each sound of `pairs`."""

    conditions: Tensor

    def __init__(self, pairs: Pairs, conditions: Tensor, settings: Settings) -> None:
        super().__init__()
        assert settings.tricks is not None  # the variant's recipe has them
        self.settings, self.tricks = settings, settings.tricks
        self.drawer = Drawer(pairs)
        even = wan.Even(conditions[pairs.windows(test=False)])
        self.generator = wan.Generator(even, settings.latent, settings.width, settings.side)
        self.discriminator = wan.Discriminator(
            even, settings.width, settings.side, len(pairs.classes) if self.tricks.auxiliary else 0,
            self.tricks.spectral, self.tricks.projection,
        )  # fmt: skip
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # twice as fast on a CPU
        self.register_buffer("conditions", conditions, persistent=False)
        self.contest = CONTESTS[self.tricks.contest]
        self.optimizers = [
            torch.optim.Adam(network.parameters(), settings.rate, (settings.momentum, BETA2))
            for network in (self.discriminator, self.generator)
        ]

    def step(self, generator: Generator) -> Losses:
        """As many steps of either network as the settings say; losses are those of the last."""
        losses: Losses = {}
        for _ in range(self.settings.discriminator_steps):
            losses |= self._discriminate(self.drawer.draw(self.settings.batch, generator), generator)
        self.discriminator.requires_grad_(False)
        for _ in range(self.settings.generator_steps):
            losses |= self._generate(self.drawer.draw(self.settings.batch, generator), generator)
        self.discriminator.requires_grad_(True)
        return losses

    def make(self, condition: Tensor, latent: Tensor) -> Tensor:
        """condition [N,C], latent [N,Z] -> pictures [N,3,side,side] in 0..1."""
        made: Tensor = self.generator(condition, latent)
        return made

    def network(self) -> nn.Module:
        """The generator."""
        return self.generator

    def _discriminate(self, batch: Batch, generator: Generator) -> Losses:
        real = batch.real.to(self.device).float() / 255
        condition = self.conditions[batch.sound]
        with self._autocast():
            with torch.no_grad():
                fake = self._fake(condition, generator)
            score, names = self.discriminator(torch.cat([real, fake]), condition.repeat(2, 1))
            loss = self.contest.discriminator(*score.chunk(2))
            losses = {"discriminator": float(loss.detach())}
            if names is not None:
                named = F.cross_entropy(names[: len(real)], batch.label.to(names.device))
                loss = loss + self.tricks.auxiliary * named
                losses["names"] = float(named.detach())
            if self.tricks.penalty:
                slope = gradient_penalty(lambda x: self.discriminator(x, condition)[0], real, fake, generator)
                loss = loss + self.tricks.penalty * slope
                losses["penalty"] = float(slope.detach())
        self._descend(loss, self.optimizers[0])
        return losses

    def _generate(self, batch: Batch, generator: Generator) -> Losses:
        condition = self.conditions[batch.sound]
        with self._autocast():
            score, names = self.discriminator(self._fake(condition, generator), condition)
            loss = self.contest.generator(score)
            losses = {"generator": float(loss.detach())}
            if names is not None:
                named = F.cross_entropy(names, batch.label.to(names.device))
                loss = loss + self.tricks.auxiliary * named
                losses["generated_names"] = float(named.detach())
        self._descend(loss, self.optimizers[1])
        return losses

    def _fake(self, condition: Tensor, generator: Generator) -> Tensor:
        latent = torch.randn(len(condition), self.settings.latent, generator=generator)
        return self.make(condition, latent.to(condition.device))

    def _autocast(self) -> torch.autocast:
        dtype = precision(self.device, self.settings.precision)
        return torch.autocast(self.device.type, dtype, enabled=dtype != torch.float32)

    @staticmethod
    def _descend(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
