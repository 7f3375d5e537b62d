"""S2I of Chen et al. 2017, "Deep Cross-Modal Audio-Visual Generation": a discriminator that also sees real pictures
with sounds that do not fit them (GAN-CLS, Reed et al. 2016, algorithm 1)."""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ..networks.chen import Critic, Painter
from ..training.loop import precision
from .course import Losses, Method
from .pairs import Batch, Drawer, Pairs
from .senses import Sense
from .settings import Settings


def discriminator_loss(real: Tensor, wrong: Tensor | None, fake: Tensor) -> Tensor:
    """-(log s_r + (log(1 - s_w) + log(1 - s_f)) / 2), of logits [N]; s is their logistic function.

    Chen et al. 2017, section 3, equations 4 to 6: the scores of a real picture with its sound, with another one's
    sound, and of a generated one. wrong None, S2I-N: without the mismatch term, -(log s_r + log(1 - s_f)).
    """
    right, false = F.logsigmoid(real).mean(), F.logsigmoid(-fake).mean()
    return -(right + false) if wrong is None else -(right + (F.logsigmoid(-wrong).mean() + false) / 2)


def generator_loss(fake: Tensor) -> Tensor:
    """-log s_f (equation 7), of logits [N]."""
    return -F.logsigmoid(fake).mean()


class GanCls(Method):
    """conditions float32 [M,C]: what is known of each sound. mismatch: whether wrong pairs are learnt from (S2I-N
    leaves them out)."""

    conditions: Tensor

    def __init__(self, pairs: Pairs, conditions: Tensor, settings: Settings, mismatch: bool = True) -> None:
        super().__init__()
        self.drawer, self.settings, self.mismatch = Drawer(pairs), settings, mismatch
        self.painter, self.critic = self.networks()
        for network in (self.painter, self.critic):
            network.apply(_begin).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.register_buffer("conditions", conditions, persistent=False)
        self.optimizers = [torch.optim.Adam(network.parameters(), settings.rate, (settings.momentum, 0.999))
                           for network in (self.critic, self.painter)]

    def networks(self) -> tuple[nn.Module, nn.Module]:
        """The generator and the discriminator."""
        settings = self.settings
        return Painter(settings.latent, settings.width, settings.side), Critic(settings.width, settings.side)

    def examples(self, batch: Batch) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
        """What is real, the conditions that it fits, and wrong pairs of the two."""
        condition = self.known(batch.sound)
        return self._seen(batch.real), condition, (self._seen(batch.mismatched), condition)

    def step(self, generator: Generator) -> Losses:
        for _ in range(self.settings.discriminator_steps):
            told = self._discriminate(generator)
        for _ in range(self.settings.generator_steps):
            painted = self._paint(generator)
        return {"discriminator": told, "generator": painted}

    def make(self, condition: Tensor, latent: Tensor) -> Tensor:
        return cast(Tensor, self.painter(condition, latent))

    def network(self) -> nn.Module:
        return self.painter

    def _discriminate(self, generator: Generator) -> float:
        batch = self.drawer.draw(self.settings.batch, generator)
        seen, condition, mismatched = self.examples(batch)
        with self._autocast():
            with torch.no_grad():
                made = self.painter(condition, self._latent(generator))
            real, fake = self.critic(seen, condition), self.critic(made, condition)
            wrong = self.critic(*mismatched) if self.mismatch else None
        return self._take(0, discriminator_loss(real, wrong, fake))

    def _paint(self, generator: Generator) -> float:
        batch = self.drawer.draw(self.settings.batch, generator)
        _, condition, _ = self.examples(batch)
        with self._autocast():
            fake = self.critic(self.painter(condition, self._latent(generator)), condition)
        return self._take(1, generator_loss(fake))

    def _take(self, which: int, loss: Tensor) -> float:
        self.optimizers[which].zero_grad()
        loss.backward()
        self.optimizers[which].step()
        return float(loss.detach())

    def known(self, given: Tensor) -> Tensor:
        """The conditions of sounds (or pictures) by their indices [N]."""
        return self.conditions[given.to(self.device)]

    def _latent(self, generator: Generator) -> Tensor:
        return torch.randn(self.settings.batch, self.settings.latent, generator=generator).to(self.device)

    def _seen(self, pixels: Tensor) -> Tensor:
        return (pixels.to(self.device).float() / 255).contiguous(memory_format=torch.channels_last)

    def _autocast(self) -> torch.autocast:
        dtype = precision(self.device, self.settings.precision)
        return torch.autocast(self.device.type, dtype, enabled=dtype != torch.float32)


def _begin(layer: nn.Module) -> None:
    """Weights as DCGAN begins with them (Radford et al. 2016, section 4)."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(layer.weight, 0, 0.02)
    if isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1, 0.02)


class Poses(Method):
    """Pose-oriented S2I (section 3.2): a model for each category, whose wrong pairs are within the category.

    Each step takes one of every category's. The sound's own classifier says which model paints it.
    """

    def __init__(self, pairs: Pairs, sense: Sense, settings: Settings) -> None:
        super().__init__()
        assert sense.names is not None
        self.names = sense.names
        self.methods = nn.ModuleList([
            GanCls(pairs.of_class(label), sense.conditions[pairs.sound_class == label], settings)
            for label in range(len(pairs.classes))
        ])
        self.optimizers = [optimizer for method in self._each() for optimizer in method.optimizers]

    def step(self, generator: Generator) -> Losses:
        losses = [method.step(generator) for method in self._each()]
        return {name: sum(loss[name] for loss in losses) / len(losses) for name in losses[0]}

    def make(self, condition: Tensor, latent: Tensor) -> Tensor:
        return cast(Tensor, self.network()(condition, latent))

    def network(self) -> nn.Module:
        return Choice(self.names, [method.painter for method in self._each()]).eval()

    def _each(self) -> list[GanCls]:
        return cast(list[GanCls], list(self.methods))


class Choice(nn.Module):
    """The generator of the class that a classifier finds in the condition's first 128 values."""

    def __init__(self, names: nn.Module, painters: list[nn.Module]) -> None:
        super().__init__()
        self.names, self.painters = names, nn.ModuleList(painters)

    def forward(self, condition: Tensor, latent: Tensor) -> Tensor:
        """condition [N,C], latent [N,Z] -> [N,3,side,side] in 0..1."""
        chosen = self.names(condition[:, :128]).argmax(1)
        made = torch.zeros(0)
        for label, painter in enumerate(self.painters):
            rows = torch.where(chosen == label)[0]
            if len(rows) > 0:
                pictures = painter(condition[rows], latent[rows])
                if len(made) == 0:
                    made = pictures.new_zeros([len(condition), 3, pictures.shape[2], pictures.shape[3]])
                made[rows] = pictures
        return made

