"""Our own way to train a generator of few photographs on a small machine.

What has been learned since the two papers: a discriminator that looks through a trained eye (perceived.py), altered
pictures (alterations.py), a skip-layer generator that grows from half its side to the whole (networks/skip.py; Karras
et al. 2018, "Progressive growing of GANs"), a reward for what the latent changes (Mao et al. 2019, "Mode seeking GANs";
ours is bounded, and for what can be seen from afar), a running mean of the weights (Yazıcı et al. 2019, "The unusual
effectiveness of averaging in GAN training"), and as condition the vector of a listener that knows AudioSet.

Louder is nearer: a picture that goes with a loud sound is cropped, so that what is in it is bigger (after the volume
experiment of Wan et al. 2018, section 4.4, where the data had it of themselves).
"""

import copy
from collections.abc import Iterable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ..networks.skip import SkipGenerator
from ..training.loop import precision
from .alterations import alter
from .borrowed import eye_trunk
from .course import Losses, Method
from .pairs import Drawer, Pairs
from .perceived import PerceivingDiscriminator
from .settings import Settings

NEAREST = 0.65
"""Side of the crop that goes with full level; the quietest sound goes with the whole picture."""
QUIET = 0.25
"""Level of the quietest sounds (-45 dBFS)."""
GROWN = 0.7
"""How much of the training is done at half the side."""
APART = 0.6
"""How far two pictures of one sound should be apart: mean absolute difference of their `outlines`; strangers have 1."""
CONDITION_NOISE = 0.04
AVERAGE = 0.998


class Ours(Method):
    """conditions float32 [M,C]: what the listener makes of each sound, and its level, which every draw sets anew."""

    conditions: Tensor
    steps: Tensor

    def __init__(self, pairs: Pairs, conditions: Tensor, settings: Settings) -> None:
        super().__init__()
        self.drawer, self.settings = Drawer(pairs), settings
        self.register_buffer("conditions", conditions, persistent=False)
        width = conditions.shape[1]
        self.generator = SkipGenerator(width, settings.latent, channels(settings))
        self.discriminator = PerceivingDiscriminator(eye_trunk(), width, len(pairs.classes), 64)
        self.averaged = copy.deepcopy(self.generator).requires_grad_(False).eval()
        learning = [parameter for parameter in self.discriminator.parameters() if parameter.requires_grad]
        self.optimizers = [torch.optim.Adam(parameters, settings.rate, (settings.momentum, 0.99))
                           for parameters in (self.generator.parameters(), learning)]
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))
        self.side = self.generator.sides[0]

    def schedule(self, progress: float) -> None:
        self.side = self.generator.sides[int(progress >= GROWN)]
        for optimizer in self.optimizers:
            optimizer.param_groups[0]["lr"] = self.settings.rate * min(1.0, 10 * (1 - progress) + 0.1)

    def step(self, generator: Generator) -> Losses:
        size, device = self.settings.batch, self.device
        batch = self.drawer.draw(size, generator)
        level = QUIET + (1 - QUIET) * torch.rand(size, 1, generator=generator)
        vector = self.conditions[batch.sound.to(device), :-1].cpu()
        vector = vector + CONDITION_NOISE * torch.randn(vector.shape, generator=generator)
        condition = torch.cat([F.normalize(vector, dim=1), level], 1).to(device)
        real = near(batch.real, level.squeeze(1), self.side, generator).to(device)
        label = batch.label.to(device)
        dtype = precision(device, self.settings.precision)
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            told = self._discriminate(real, condition, label, generator)
            told |= self._generate(condition, label, generator)
        self._average()
        return told

    def make(self, condition: Tensor, latent: Tensor) -> Tensor:
        return cast(Tensor, self.averaged(condition, latent, self.side))

    def network(self) -> SkipGenerator:
        return self.averaged

    def _discriminate(self, real: Tensor, condition: Tensor, label: Tensor, generator: Generator) -> Losses:
        judge = self.discriminator
        with torch.no_grad():
            fake = self.generator(condition, self._latent(len(real), generator), self.side)
        seen = judge.look(alter(torch.cat([real, fake.float()])))
        seen_real, seen_fake = ([part[half] for part in seen] for half in (slice(len(real)), slice(len(real), None)))
        wrong = _mismatched(condition, label, generator)
        losses = {
            "real": _mean(F.relu(1 - logits) for logits in judge.judge(seen_real, condition)),
            "fake": _mean(F.relu(1 + logits) for logits in judge.judge(seen_fake, condition)),
            "wrong": _mean(F.relu(1 + logits) for logits in judge.judge(seen_real, wrong)),
            "class": F.cross_entropy(judge.name(seen_real).float(), label),
        }
        self._take(1, losses["real"] + (losses["fake"] + losses["wrong"]) / 2 + losses["class"])
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _generate(self, condition: Tensor, label: Tensor, generator: Generator) -> Losses:
        """Two pictures of each of half of the sounds."""
        judge = self.discriminator
        half = len(label) // 2
        condition, label = condition[:half].repeat(2, 1), label[:half].repeat(2)
        made = self.generator(condition, self._latent(2 * half, generator), self.side).float()
        seen = judge.look(alter(made))
        drawn = outlines(made)
        losses = {
            "generator": -_mean(judge.judge(seen, condition)),
            "made class": F.cross_entropy(judge.name(seen).float(), label),
            "alike": F.relu(APART - (drawn[:half] - drawn[half:]).abs().mean([1, 2, 3])).mean(),
        }
        self._take(0, losses["generator"] + losses["made class"] + losses["alike"])
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _take(self, which: int, loss: Tensor) -> None:
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        loss.backward()
        self.optimizers[which].step()

    def _latent(self, size: int, generator: Generator) -> Tensor:
        return torch.randn(size, self.settings.latent, generator=generator).to(self.device)

    @torch.no_grad()
    def _average(self) -> None:
        self.steps += 1
        decay = min(AVERAGE, (1 + int(self.steps)) / (10 + int(self.steps)))
        for kept, new in zip(self.averaged.state_dict().values(), self.generator.state_dict().values(), strict=True):
            if kept.is_floating_point():
                kept.lerp_(new, 1 - decay)


def channels(settings: Settings) -> tuple[int, ...]:
    """Of the maps of side 4, 8 and so on up to the picture's: half as many from each to the next, at most 16 times the
    width of the last."""
    halvings = int(settings.side).bit_length() - 3
    return tuple(settings.width * min(16, 2**k) for k in reversed(range(halvings + 1)))


def outlines(pictures: Tensor) -> Tensor:
    """[N,3,S,S] -> [N,3,8,8], what can be seen from afar: with mean 0 and contrast 1, so that light alone is no
    difference."""
    small = F.adaptive_avg_pool2d(pictures, 8)
    small = small - small.mean([1, 2, 3], keepdim=True)
    return small / (small.square().mean([1, 2, 3], keepdim=True) + 0.05**2).sqrt()


def near(pictures: Tensor, level: Tensor, side: int, generator: Generator) -> Tensor:
    """uint8 [N,3,S,S] and levels [N] -> float32 [N,3,side,side] in 0..1: the louder, the nearer; half are mirrored."""
    count = len(pictures)
    size = 1 - (1 - NEAREST) * ((level - QUIET) / (1 - QUIET)).clamp(0, 1)
    mirror = torch.randint(2, (count,), generator=generator) * 2 - 1
    off = (torch.rand(count, 2, generator=generator) * 2 - 1) * (1 - size)[:, None]
    zero = torch.zeros(count)
    grid = torch.stack([torch.stack([size * mirror, zero, off[:, 0]], 1), torch.stack([zero, size, off[:, 1]], 1)], 1)
    places = F.affine_grid(grid, [count, 3, 2 * side, 2 * side], align_corners=False)
    cropped = F.grid_sample(pictures.float() / 255, places, padding_mode="reflection", align_corners=False)
    return F.avg_pool2d(cropped, 2)


def _mismatched(condition: Tensor, label: Tensor, generator: Generator) -> Tensor:
    """The conditions of others [N,C]: of another class, or else of the same class with another level."""
    other = torch.randperm(len(label), generator=generator)
    wrong = condition[other]
    same = label == label[other]
    level = torch.where(same[:, None], 1 + QUIET - condition[:, -1:], wrong[:, -1:])
    return torch.cat([wrong[:, :-1], level], 1)


def _mean(logits: Iterable[Tensor]) -> Tensor:
    return torch.stack([x.float().mean() for x in logits]).mean()
