"""Generator and discriminator of Wan, Chuang, Lee 2018, "Towards Audio to Scene Image Synthesis Using Generative
Adversarial Network", section 3, and of the baselines that the paper compares them with.

Both are residual; spectral norm (Miyato et al. 2018), the projection of the sound (Miyato and Koyama 2018) and the
auxiliary classifier (Odena et al. 2017) can each be left out of the discriminator. The blocks are those of Miyato and
Koyama, section 4: the layers' sizes are not the paper's.
"""

import itertools
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

SMALLEST = 4


class UpBlock(nn.Module):
    """[N,C,H,W] -> [N,D,2H,2W]: twice batch norm, ReLU and a 3x3 convolution, and a 1x1 convolution past them."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.first = nn.Conv2d(channels, out, 3, padding=1)
        self.between = nn.BatchNorm2d(out)
        self.second = nn.Conv2d(out, out, 3, padding=1)
        self.past = nn.Conv2d(channels, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.first(F.interpolate(F.relu(self.norm(x)), scale_factor=2.0, mode="nearest"))
        y = self.second(F.relu(self.between(y)))
        return y + F.interpolate(self.past(x), scale_factor=2.0, mode="nearest")


class DownBlock(nn.Module):
    """[N,C,H,W] -> [N,D,H/2,W/2]: two 3x3 convolutions and a mean, and a 1x1 convolution past them.

    colours: whether it sees the picture itself, which no ReLU may clip.
    """

    def __init__(self, channels: int, out: int, colours: bool) -> None:
        super().__init__()
        self.colours = colours
        self.first = nn.Conv2d(channels, out, 3, padding=1)
        self.second = nn.Conv2d(out, out, 3, padding=1)
        self.past = nn.Conv2d(channels, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.avg_pool2d(self.second(F.relu(self.first(x if self.colours else F.relu(x)))), 2)
        return y + self.past(F.avg_pool2d(x, 2))


class Even(nn.Module):
    """Sounds' vectors with mean 0 and variance 1 in each value, so that they count as much as noise does."""

    mean: Tensor
    spread: Tensor

    def __init__(self, conditions: Tensor) -> None:
        """conditions float32 [M,C]: those to take mean and variance of."""
        super().__init__()
        self.register_buffer("mean", conditions.mean(0))
        self.register_buffer("spread", conditions.std(0).clamp_min(1e-3))

    def forward(self, condition: Tensor) -> Tensor:
        """[N,C] -> [N,C]."""
        return (condition - self.mean) / self.spread


class Generator(nn.Module):
    """The sound's vector beside noise, a linear layer to 4x4, and blocks that double the side.

    even: for the sounds' vectors. latent: length of the noise. width: channels of the largest map; the smaller ones
    have up to eight times as many. side: of the pictures, 4 times a power of two.
    """

    def __init__(self, even: Even, latent: int, width: int, side: int) -> None:
        super().__init__()
        widths = _widths(width, side)[::-1]
        self.channels = widths[0]
        self.even = even
        self.start = nn.Linear(len(even.mean) + latent, self.channels * SMALLEST**2)
        self.blocks = nn.Sequential(*(UpBlock(a, b) for a, b in itertools.pairwise(widths)))
        self.norm = nn.BatchNorm2d(width)
        self.colour = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, condition: Tensor, latent: Tensor) -> Tensor:
        """condition float32 [N,C], latent float32 [N,Z], standard normal -> pictures [N,3,side,side] RGB in 0..1."""
        x = self.start(torch.cat([self.even(condition), latent], 1)).view(-1, self.channels, 4, 4)
        return self.colour(F.relu(self.norm(self.blocks(x)))).float().sigmoid()


class Projection(nn.Module):
    """Says how real a picture is, and how well it fits a sound: psi(h) + (V c) . h, h the sum of the last map.

    Miyato and Koyama 2018, "cGANs with projection discriminator", equation 3.
    """

    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.real = nn.Linear(channels, 1)
        self.embed = nn.Linear(condition, channels, bias=False)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """x [N,D,4,4], condition [N,C] -> [N]."""
        h = x.sum([2, 3])
        return self.real(h).squeeze(1) + (self.embed(condition) * h).sum(1)


class Concatenation(nn.Module):
    """The same where the sound is laid beside every place of the last map (Reed et al. 2016, section 4.1)."""

    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(channels + condition, channels, 1)
        self.real = nn.Linear(channels, 1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """x [N,D,4,4], condition [N,C] -> [N]."""
        beside = condition[:, :, None, None].expand(-1, -1, x.shape[2], x.shape[3])
        h = F.relu(self.mix(torch.cat([x, beside.to(x.dtype)], 1))).sum([2, 3])
        return self.real(h).squeeze(1)


class Discriminator(nn.Module):
    """Tells real pictures from generated ones, given the sound.

    even: for the sounds' vectors. classes: how many names the auxiliary classifier knows; 0 leaves it out. spectral:
    whether every weight is divided by its largest singular value. projection: how the sound enters, by `Projection` or
    `Concatenation`.
    """

    def __init__(
        self, even: Even, width: int, side: int, classes: int, spectral: bool = True, projection: bool = True
    ) -> None:
        super().__init__()
        self.even = even
        widths = [3, *_widths(width, side)[:-1]]
        last = widths[-1]
        self.blocks = nn.Sequential(
            *(DownBlock(a, b, colours=a == 3) for a, b in itertools.pairwise(widths))
        )
        self.judge = (Projection if projection else Concatenation)(last, len(even.mean))
        self.classify = nn.Linear(last, classes) if classes else None
        if spectral:
            for module in list(self.modules()):
                if isinstance(module, nn.Conv2d | nn.Linear):
                    spectral_norm(module)

    def forward(self, pictures: Tensor, condition: Tensor) -> tuple[Tensor, Tensor | None]:
        """pictures [N,3,side,side] in 0..1, condition [N,C] -> (score [N], the larger the more real and fitting;
        logits of the classes [N,K], None without the auxiliary classifier)."""
        x = F.relu(self.blocks(pictures * 2 - 1))
        names = None if self.classify is None else self.classify(x.sum([2, 3])).float()
        return self.judge(x, self.even(condition)).float(), names


def _widths(width: int, side: int) -> list[int]:
    """Channels of the generator's maps from the picture's side down to 4x4."""
    halvings = int(math.log2(side // SMALLEST))
    if side != SMALLEST * 2**halvings:
        raise ValueError(f"side {side}: expected 4 times a power of two")
    return [width * min(2**i, 8) for i in range(halvings + 1)]
