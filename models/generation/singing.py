"""Our own way to train I2S on few recordings: networks/song.py, and what has been learned since Chen et al. 2017.

Hinge loss, spectral norm and projection (Miyato and Koyama 2018), an auxiliary classifier (Odena et al. 2017), altered
spectrograms (Zhao et al. 2020, "Differentiable augmentation for data-efficient GAN training"; Park et al. 2019,
"SpecAugment"), wrong pairs as in GAN-CLS, noise on the conditions, a running mean of the weights.
"""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.optim.swa_utils import AveragedModel

from ..networks.song import Song, SongCritic
from ..training.fitting import towards
from ..training.loop import precision
from .course import Losses, Method
from .pairs import Drawer, Pairs
from .senses import Sense
from .settings import Settings
from .speaking import spectra

CONDITION_NOISE = 0.05
LEVEL, BANDS, FRAMES, CUTOUT = 0.06, 3, 4, 0.3
CLASS_WEIGHT = 0.3


class Singing(Method):
    """sense: of pictures."""

    conditions: Tensor
    spectra: Tensor

    def __init__(self, pairs: Pairs, sense: Sense, settings: Settings) -> None:
        super().__init__()
        self.drawer, self.settings = Drawer(pairs), settings
        width, values = settings.width, sense.conditions.shape[1]
        self.generator = Song(values, settings.latent, (8 * width, 8 * width, 4 * width, 2 * width, width))
        self.critic = SongCritic(values, len(pairs.classes), 2 * width)
        for network in (self.generator, self.critic):
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = AveragedModel(self.generator, avg_fn=towards, use_buffers=True)
        self.averaged.requires_grad_(False)
        self.register_buffer("conditions", sense.conditions, persistent=False)
        self.register_buffer("spectra", spectra(pairs), persistent=False)
        self.optimizers = [torch.optim.Adam(network.parameters(), settings.rate, (settings.momentum, 0.99))
                           for network in (self.critic, self.generator)]

    def schedule(self, progress: float) -> None:
        for optimizer in self.optimizers:
            optimizer.param_groups[0]["lr"] = self.settings.rate * min(1.0, 4 * (1 - progress) + 0.05)

    def step(self, generator: Generator) -> Losses:
        batch = self.drawer.draw(self.settings.batch, generator)
        heard = self.spectra[batch.sound.to(self.device)].float()
        fitting, wrong = self._known(batch.picture), self._known(batch.wrong)
        label = batch.label.to(self.device)
        with torch.autocast(self.device.type, self._dtype, enabled=self._dtype != torch.float32):
            told = self._judge(heard, fitting, wrong, label, generator)
            told |= self._sing(fitting, label, generator)
        self.averaged.update_parameters(self.generator)
        return told

    def make(self, condition: Tensor, latent: Tensor) -> Tensor:
        made: Tensor = self.averaged(condition, latent)
        return made

    def network(self) -> nn.Module:
        return self.averaged.module

    def _judge(self, heard: Tensor, fitting: Tensor, wrong: Tensor, label: Tensor, generator: Generator) -> Losses:
        critic = self.critic
        with torch.no_grad():
            made = self.generator(fitting, self._latent(generator))
        real, fake = critic.look(altered(torch.cat([heard, made]))).chunk(2)
        losses = {"real": F.relu(1 - critic.judge(real, fitting)).mean(),
                  "fake": F.relu(1 + critic.judge(fake, fitting)).mean(),
                  "wrong": F.relu(1 + critic.judge(real, wrong)).mean(),
                  "class": F.cross_entropy(critic.name(real), label)}
        self._take(0, losses["real"] + (losses["fake"] + losses["wrong"]) / 2 + losses["class"])
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _sing(self, fitting: Tensor, label: Tensor, generator: Generator) -> Losses:
        made = self.critic.look(altered(self.generator(fitting, self._latent(generator))))
        losses = {"generator": -self.critic.judge(made, fitting).mean(),
                  "made class": F.cross_entropy(self.critic.name(made), label)}
        self._take(1, losses["generator"] + CLASS_WEIGHT * losses["made class"])
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _take(self, which: int, loss: Tensor) -> None:
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        loss.backward()
        self.optimizers[which].step()

    def _known(self, pictures: Tensor) -> Tensor:
        """Their conditions [N,C], each a little beside itself, as those of pictures that were never seen are."""
        known = self.conditions[pictures.to(self.device)]
        return F.normalize(known + CONDITION_NOISE * torch.randn_like(known), dim=1)

    def _latent(self, generator: Generator) -> Tensor:
        return torch.randn(self.settings.batch, self.settings.latent, generator=generator).to(self.device)

    @property
    def _dtype(self) -> torch.dtype:
        return precision(self.device, self.settings.precision)


def altered(spectrograms: Tensor) -> Tensor:
    """[N,128,44], each in its own way: louder or softer, moved by some bands and frames, a part left out."""
    x = spectrograms.float()
    count, bands, frames = x.shape
    at = x.device
    x = x + LEVEL * (2 * torch.rand(count, 1, 1, device=at) - 1)
    x = F.pad(x.unsqueeze(1), (FRAMES, FRAMES, BANDS, BANDS), mode="replicate").squeeze(1)
    down = torch.randint(2 * BANDS + 1, (count, 1), device=at) + torch.arange(bands, device=at)
    along = torch.randint(2 * FRAMES + 1, (count, 1), device=at) + torch.arange(frames, device=at)
    x = x[torch.arange(count, device=at)[:, None, None], down[:, :, None], along[:, None, :]]
    return x * (1 - _part(count, bands, at)[:, :, None] * _part(count, frames, at)[:, None, :])


def _part(count: int, length: int, device: torch.device) -> Tensor:
    """[N,length]: ones over CUTOUT of it, from a random place on."""
    size = int(CUTOUT * length)
    first = torch.randint(1 - size // 2, length - size // 2, (count, 1), device=device)
    place = torch.arange(length, device=device)
    return ((place >= first) & (place < first + size)).float()
