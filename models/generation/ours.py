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

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ..networks.mobilenet import MobileNetV2
from ..networks.skip import SkipGenerator
from ..training.loop import precision
from .alterations import alter
from .course import Losses, Method
from .pairs import Drawer, Pairs
from .perceived import PerceivingDiscriminator

NEAREST = 0.65
"""Side of the crop that goes with full level; the quietest sound goes with the whole picture."""
QUIET = 0.25
"""Level of the quietest sounds (-45 dBFS)."""
GROWN = 0.75
"""How much of the training is done at half the side."""
APART = 0.2
"""How far two pictures of one sound should be apart, mean absolute difference of their 8 x 8 thumbnails."""
CONDITION_NOISE = 0.04
AVERAGE = 0.998


class Ours(Method):
    """conditions float32 [M,128]: what the listener makes of each sound of `pairs`, whose pictures are 144 x 144."""

    def __init__(self, pairs: Pairs, conditions: Tensor, eye: MobileNetV2, channels: tuple[int, ...], latent: int,
                 batch: int, rate: float) -> None:
        super().__init__()
        self.drawer, self.conditions = Drawer(pairs), conditions
        self.latent, self.batch, self.rate = latent, batch, rate
        width = conditions.shape[1] + 1
        self.generator = SkipGenerator(width, latent, channels)
        self.discriminator = PerceivingDiscriminator(eye, width, len(pairs.classes), 64)
        self.averaged = copy.deepcopy(self.generator).requires_grad_(False).eval()
        self.optimizers = [torch.optim.Adam(self.generator.parameters(), rate, (0.0, 0.99)),
                           torch.optim.Adam(_learning(self.discriminator), rate, (0.0, 0.99))]
        self.dtype = precision(torch.device("cpu"), "auto")
        self.side = self.generator.sides[0]
        self.steps = 0

    def schedule(self, progress: float) -> None:
        self.side = self.generator.sides[int(progress >= GROWN)]
        for optimizer in self.optimizers:
            optimizer.param_groups[0]["lr"] = self.rate * min(1.0, 10 * (1 - progress) + 0.1)

    def step(self, generator: Generator) -> Losses:
        batch = self.drawer.draw(self.batch, generator)
        level = QUIET + (1 - QUIET) * torch.rand(self.batch, 1, generator=generator)
        vector = self.conditions[batch.sound] + CONDITION_NOISE * torch.randn(
            self.batch, self.conditions.shape[1], generator=generator)
        condition = torch.cat([F.normalize(vector, dim=1), level], 1)
        real = near(batch.real, level.squeeze(1), self.side, generator)
        with torch.autocast("cpu", self.dtype, enabled=self.dtype != torch.float32):
            told = self._discriminate(real, condition, batch.label, generator)
            told |= self._generate(condition, batch.label, generator)
        self._average()
        return told

    def make(self, condition: Tensor, latent: Tensor) -> Tensor:
        return self.averaged(condition, latent, self.side)

    def _discriminate(self, real: Tensor, condition: Tensor, label: Tensor, generator: Generator) -> Losses:
        judge = self.discriminator
        with torch.no_grad():
            fake = self.generator(condition, self._latent(generator), self.side)
        seen = judge.look(alter(torch.cat([real, fake.float()])))
        seen_real, seen_fake = [x[: self.batch] for x in seen], [x[self.batch :] for x in seen]
        wrong = _mismatched(condition, label, generator)
        loss_real = _mean(F.relu(1 - x) for x in judge.judge(seen_real, condition))
        loss_fake = _mean(F.relu(1 + x) for x in judge.judge(seen_fake, condition))
        loss_wrong = _mean(F.relu(1 + x) for x in judge.judge(seen_real, wrong))
        loss_class = F.cross_entropy(judge.name(seen_real).float(), label)
        self._take(1, loss_real + (loss_fake + loss_wrong) / 2 + loss_class)
        losses = {"real": loss_real, "fake": loss_fake, "wrong": loss_wrong, "class": loss_class}
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _generate(self, condition: Tensor, label: Tensor, generator: Generator) -> Losses:
        """Two pictures of each of half of the sounds."""
        judge = self.discriminator
        half = self.batch // 2
        condition, label = condition[:half].repeat(2, 1), label[:half].repeat(2)
        made = self.generator(condition, self._latent(generator)[: 2 * half], self.side).float()
        seen = judge.look(alter(made))
        losses = {"generator": -_mean(judge.judge(seen, condition)),
                  "made class": F.cross_entropy(judge.name(seen).float(), label)}
        thumbnails = F.adaptive_avg_pool2d(made, 8)
        losses["alike"] = F.relu(APART - (thumbnails[:half] - thumbnails[half:]).abs().mean([1, 2, 3])).mean()
        self._take(0, losses["generator"] + 0.2 * losses["made class"] + 3 * losses["alike"])
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _take(self, which: int, loss: Tensor) -> None:
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        loss.backward()
        self.optimizers[which].step()

    def _latent(self, generator: Generator) -> Tensor:
        return torch.randn(self.batch, self.latent, generator=generator)

    @torch.no_grad()
    def _average(self) -> None:
        self.steps += 1
        decay = min(AVERAGE, (1 + self.steps) / (10 + self.steps))
        for kept, new in zip(self.averaged.state_dict().values(), self.generator.state_dict().values(), strict=True):
            if kept.is_floating_point():
                kept.lerp_(new, 1 - decay)


def near(pictures: Tensor, level: Tensor, side: int, generator: Generator) -> Tensor:
    """uint8 [N,3,S,S] and levels [N] -> float32 [N,3,side,side] in 0..1: the louder, the nearer; half are mirrored."""
    count = len(pictures)
    size = 1 - (1 - NEAREST) * ((level - QUIET) / (1 - QUIET)).clamp(0, 1)
    mirror = torch.randint(2, (count,), generator=generator) * 2 - 1
    off = (torch.rand(count, 2, generator=generator) * 2 - 1) * (1 - size)[:, None]
    zero = torch.zeros(count)
    grid = torch.stack([torch.stack([size * mirror, zero, off[:, 0]], 1), torch.stack([zero, size, off[:, 1]], 1)], 1)
    fine = 128 if side <= 128 else side
    places = F.affine_grid(grid, [count, 3, fine, fine], align_corners=False)
    cropped = F.grid_sample(pictures.float() / 255, places, padding_mode="reflection", align_corners=False)
    return F.avg_pool2d(cropped, fine // side)


def _mismatched(condition: Tensor, label: Tensor, generator: Generator) -> Tensor:
    """The conditions of others [N,C]: of another class, or else of the same class with another level."""
    other = torch.randperm(len(label), generator=generator)
    wrong = condition[other]
    same = label == label[other]
    level = torch.where(same[:, None], 1 + QUIET - condition[:, -1:], wrong[:, -1:])
    return torch.cat([wrong[:, :-1], level], 1)


def _mean(logits: Iterable[Tensor]) -> Tensor:
    return torch.stack([x.float().mean() for x in logits]).mean()


def _learning(module: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in module.parameters() if parameter.requires_grad]
