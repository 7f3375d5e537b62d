"""A picture becomes a spectrogram: what a model file of kind "voice" holds, and Chen et al.'s pair of I2S."""

import math
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..generation.spectrogram import FRAMES
from .chen import FEATURES, as_large_as_noise

DRAWN = 34
"""Frames that the generator of Chen et al. 2017, section 4.3, draws; its spectrograms are then stretched to FRAMES."""
# Heights and widths of its maps: 8 x 2, 16 x 4, 32 x 8, 64 x 17, 128 x 34.
_SMALLEST = (8, 2)
_ODD = (0, 0, 1, 0)


class Voice(nn.Module):
    """A beholder and a speaker.

    beholder: frames uint8 [N,H,W,3] RGB -> condition [N,C]. speaker: (condition [N,C], latent [N,Z]) -> spectrograms
    float32 [N,128,44] in 0..1, the lowest band first, 1 the loudest and 0 80 dB below.
    """

    def __init__(self, beholder: nn.Module, speaker: nn.Module) -> None:
        super().__init__()
        self.beholder, self.speaker = beholder, speaker

    def forward(self, frames: Tensor, latent: Tensor) -> Tensor:
        """frames uint8 [N,H,W,3], latent float32 [N,Z] standard normal -> float32 [N,128,44]."""
        return self.speaker(self.beholder(frames), latent)


class Speaker(nn.Module):
    """Generator of I2S: the picture's 128 values beside noise, a map of 8 x 2, and deconvolutions that double it.

    What the paper leaves open follows DCGAN, as in its S2I (networks/chen.py). width: channels of the largest map.
    """

    def __init__(self, latent: int, width: int) -> None:
        super().__init__()
        widths = [8 * width, 4 * width, 2 * width, width]
        self.channels = widths[0]
        self.start = nn.Linear(FEATURES + latent, widths[0] * math.prod(_SMALLEST), bias=False)
        self.norm = nn.BatchNorm2d(widths[0])
        layers: list[nn.Module] = []
        for channels, out, odd in zip(widths[:-1], widths[1:], _ODD[:-1], strict=True):
            layers += [nn.ConvTranspose2d(channels, out, 4, 2, 1, (0, odd), bias=False), nn.BatchNorm2d(out),
                       nn.ReLU(inplace=True)]
        self.trunk = nn.Sequential(*layers)
        self.end = nn.ConvTranspose2d(width, 1, 4, 2, 1, (0, _ODD[-1]))

    def forward(self, condition: Tensor, latent: Tensor) -> Tensor:
        """condition [N,128], latent [N,Z] -> [N,1,128,34] in 0..1."""
        x = self.start(torch.cat([as_large_as_noise(condition), latent], 1)).view(-1, self.channels, 8, 2)
        return self.end(self.trunk(F.relu(self.norm(x)))).float().sigmoid()


class SpeakerCritic(nn.Module):
    """Discriminator of I2S: convolutions down to 8 x 2, where the picture's vector is laid beside every place."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, width, 4, 2, 1)
        layers: list[nn.Module] = []
        for channels in (width, 2 * width, 4 * width):
            layers += [nn.Conv2d(channels, 2 * channels, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * channels),
                       nn.LeakyReLU(0.2)]
        self.trunk = nn.Sequential(*layers)
        self.reduce = nn.Linear(FEATURES, 128)
        self.mix = nn.Conv2d(8 * width + 128, 8 * width, 1)
        self.real = nn.Conv2d(8 * width, 1, _SMALLEST)

    def forward(self, spectrogram: Tensor, condition: Tensor) -> Tensor:
        """spectrogram [N,1,128,34] in 0..1, condition [N,128] -> logits [N]: is it real, and of that picture."""
        x = self.trunk(F.leaky_relu(self.first(spectrogram * 2 - 1), 0.2))
        reduced = F.leaky_relu(self.reduce(as_large_as_noise(condition)), 0.2)
        beside = reduced[:, :, None, None].expand(-1, -1, *x.shape[2:])
        x = F.leaky_relu(self.mix(torch.cat([x, beside.to(x.dtype)], 1)), 0.2)
        return self.real(x).flatten().float()


class Stretched(nn.Module):
    """A speaker whose spectrograms are brought to 128 x 44."""

    frames: Final[int] = FRAMES

    def __init__(self, speaker: nn.Module) -> None:
        super().__init__()
        self.speaker = speaker

    def forward(self, condition: Tensor, latent: Tensor) -> Tensor:
        """condition [N,C], latent [N,Z] -> [N,128,44] in 0..1."""
        return stretched(self.speaker(condition, latent), self.frames).squeeze(1)


def stretched(spectrograms: Tensor, frames: int) -> Tensor:
    """[N,1,128,T] -> [N,1,128,frames]."""
    return F.interpolate(spectrograms, size=[spectrograms.shape[2], frames], mode="bilinear", align_corners=False)
