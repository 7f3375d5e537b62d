"""A small generator whose every block adds to the picture at its own size.

Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN" (output skips: the picture is a sum over
scales, so that all but the last block make a smaller picture of the same kind; a mapping network); Liu et al. 2021,
"Towards faster and stabilized GAN training for high-fidelity few-shot image synthesis" (FastGAN: early maps gate the
channels of late ones).
"""

from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STYLE = 256


class Block(nn.Module):
    """[N,C,S,S] -> [N,D,2S,2S]: doubled, convolved, styled."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(out, affine=False)
        self.style = nn.Linear(STYLE, 2 * out)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        x = self.norm(self.conv(F.interpolate(x, scale_factor=2.0)))
        scale, shift = self.style(style).unsqueeze(2).unsqueeze(3).chunk(2, 1)
        return F.leaky_relu(x * (1 + scale) + shift, 0.2)


class Gate(nn.Module):
    """An early map [N,C,s,s] says how much each of D late channels counts, [N,D,1,1]."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Conv2d(channels, out, 4), nn.SiLU(),
                                    nn.Conv2d(out, out, 1), nn.Sigmoid())

    def forward(self, early: Tensor) -> Tensor:
        return self.layers(early)


class Stage(nn.Module):
    """A block, the gate on its output, and what it adds to the picture."""

    def __init__(self, channels: int, out: int, early: int) -> None:
        super().__init__()
        self.block = Block(channels, out)
        self.gate = Gate(early, out)
        self.colour = nn.Conv2d(out, 3, 3, padding=1)

    def forward(self, x: Tensor, style: Tensor, early: Tensor) -> tuple[Tensor, Tensor]:
        """x [N,C,S,S], early map [N,E,s,s] -> (map [N,D,2S,2S], colours [N,3,2S,2S])."""
        x = self.block(x, style) * self.gate(early)
        return x, self.colour(x)


class SkipGenerator(nn.Module):
    """condition float32 [N,C], a direction and a level, latent float32 [N,Z] -> pictures float32 [N,3,side,side], 0..1.

    channels: of the maps of side 4, 8, 16 and so on, four at least. From side 16 on each adds to the picture, and from
    32 on a map three sizes before gates its channels. sides: those that may be asked for, the two largest.
    """

    gain: Final[float] = 8.0
    first: Final[int]

    def __init__(self, condition: int, latent: int, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.first = channels[0]
        self.sides = [4 << (len(channels) - 2), 4 << (len(channels) - 1)]
        self.mapping = nn.Sequential(nn.Linear(condition + latent, STYLE), nn.LeakyReLU(0.2),
                                     nn.Linear(STYLE, STYLE), nn.LeakyReLU(0.2))
        self.start = nn.Linear(STYLE, channels[0] * 16)
        self.small = nn.ModuleList(Block(channels[i - 1], channels[i]) for i in (1, 2))
        self.large = nn.ModuleList(Stage(channels[i - 1], channels[i], channels[i - 3])
                                   for i in range(3, len(channels)))
        self.colour = nn.Conv2d(channels[2], 3, 3, padding=1)

    def forward(self, condition: Tensor, latent: Tensor, side: int) -> Tensor:
        """side: one of `sides`."""
        # The mean of two unit vectors is shorter. And their values are small beside those of the latent.
        vector = F.normalize(condition[:, :-1], dim=1)
        style = self.mapping(torch.cat([torch.cat([vector, condition[:, -1:]], 1) * self.gain, latent], 1))
        x = self.start(style).view(-1, self.first, 4, 4).contiguous(memory_format=torch.channels_last)
        maps = [x]
        for block in self.small:
            x = block(x, style)
            maps.append(x)
        picture = self.colour(x)
        for i, stage in enumerate(self.large):
            if picture.shape[2] < side:
                x, added = stage(x, style, maps[i])
                maps.append(x)
                picture = F.interpolate(picture, scale_factor=2.0, mode="bilinear", align_corners=False) + added
        return torch.sigmoid(picture)
