"""A small generator of spectrograms whose every block adds to them at its own size, and who judges it.

As networks/skip.py for pictures (Karras et al. 2020; a mapping network, styled blocks, output skips). The judge:
spectral norm (Miyato et al. 2018), the inner product of features and condition (Miyato and Koyama 2018), a classifier
(Odena et al. 2017).
"""

import itertools
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ..generation.spectrogram import FRAMES, MELS
from .skip import STYLE, Block

_GAIN = 8.0
"""The values of a unit vector are small beside those of the latent."""


class Verse(nn.Module):
    """A block, and what it adds to the spectrogram."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.block = Block(channels, out)
        self.loud = nn.Conv2d(out, 1, 3, padding=1)

    def forward(self, x: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        """x [N,C,H,W], style [N,STYLE] -> (map [N,D,2H,2W], levels [N,1,2H,2W])."""
        x = self.block(x, style)
        return x, self.loud(x)


class Song(nn.Module):
    """condition float32 [N,C], latent float32 [N,Z] -> spectrograms float32 [N,128,44] in 0..1.

    channels: of the maps of 8 x 3, 16 x 6, 32 x 12, 64 x 24 and 128 x 48, of which the middle 44 are kept.
    """

    first: Final[int]
    gain: Final[float] = _GAIN
    cut: Final[int] = (48 - FRAMES) // 2
    frames: Final[int] = FRAMES

    def __init__(self, condition: int, latent: int, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.first = channels[0]
        self.mapping = nn.Sequential(nn.Linear(condition + latent, STYLE), nn.LeakyReLU(0.2),
                                     nn.Linear(STYLE, STYLE), nn.LeakyReLU(0.2))
        self.start = nn.Linear(STYLE, channels[0] * 24)
        self.verses = nn.ModuleList(Verse(*pair) for pair in itertools.pairwise(channels))

    def forward(self, condition: Tensor, latent: Tensor) -> Tensor:
        style = self.mapping(torch.cat([condition * self.gain, latent], 1))
        x = self.start(style).view(-1, self.first, 8, 3)
        made = torch.zeros_like(x[:, :1])
        for verse in self.verses:
            x, added = verse(x, style)
            made = F.interpolate(made, scale_factor=2.0, mode="bilinear", align_corners=False) + added
        return torch.sigmoid(made[:, 0, :, self.cut : self.cut + self.frames].float())


class SongCritic(nn.Module):
    """Tells real spectrograms from generated ones, and of which class one is. width: channels of the largest map."""

    height: Tensor

    def __init__(self, condition: int, classes: int, width: int) -> None:
        super().__init__()
        # which band it is counts as much as what it holds
        height = torch.linspace(-1, 1, MELS).view(1, 1, MELS, 1).expand(1, 1, MELS, FRAMES)
        self.register_buffer("height", height.clone(), persistent=False)
        layers: list[nn.Module] = []
        channels = 2
        for out in (width, 2 * width, 4 * width, 8 * width):
            layers += [spectral_norm(nn.Conv2d(channels, out, 4, 2, 1)), nn.LeakyReLU(0.2)]
            channels = out
        self.trunk = nn.Sequential(*layers)
        self.real = spectral_norm(nn.Conv2d(channels, 1, 3, padding=1))
        self.fit = spectral_norm(nn.Linear(condition, channels, bias=False))
        self.classify = nn.Linear(channels, classes)

    def look(self, spectrogram: Tensor) -> Tensor:
        """[N,128,44] in 0..1 -> what it finds in it, [N,8 width,8,2]."""
        x = spectrogram.unsqueeze(1) * 2 - 1
        return self.trunk(torch.cat([x, self.height.expand(len(x), -1, -1, -1).to(x.dtype)], 1))

    def judge(self, seen: Tensor, condition: Tensor) -> Tensor:
        """How real, and how fitting the condition [N,C], every place looks: logits [N,1,8,2]."""
        fits = (seen * self.fit(condition * _GAIN)[:, :, None, None]).sum(1, keepdim=True) / seen.shape[1] ** 0.5
        return (self.real(seen) + fits).float()

    def name(self, seen: Tensor) -> Tensor:
        """Logits of the classes [N,K]."""
        return self.classify(seen.mean([2, 3])).float()
