"""Networks of Chen, Srivastava, Duan, Xu 2017, "Deep Cross-Modal Audio-Visual Generation": what hears, what sees, and
the pair of S2I. What the paper leaves open (channels, kernels, norms) follows DCGAN (Radford et al. 2016), as GAN-CLS
does (Reed et al. 2016, "Generative adversarial text to image synthesis", section 4.1).
"""

import itertools
import math
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..generation.spectrogram import RATE, SAMPLES
from .spectra import SPECTRA

FEATURES = 128
SMALLEST = 4
SEEN = 64
"""Side of the pictures that the classifier sees."""


class SoundEncoder(nn.Module):
    """A spectrum and four convolutions of stride 2, then the fully connected layer whose 128 values, brought to unit
    length, are the condition of a generator."""

    rate: Final[int] = RATE
    samples: Final[int] = SAMPLES

    def __init__(self, spectrum: str = "lms") -> None:
        super().__init__()
        self.spectrum = SPECTRA[spectrum]()
        self.norm = nn.BatchNorm2d(1)
        self.trunk = _halvings((1, 32, 64, 128, 128))
        self.pool = nn.AdaptiveAvgPool2d((4, 3))
        self.dropout = nn.Dropout(0.3)
        self.feature = nn.Linear(128 * 4 * 3, FEATURES)

    def forward(self, wave: Tensor) -> Tensor:
        """wave float32 [N,T] mono in -1..1 at 44.1 kHz -> [N,128] of unit length; silence follows short sound."""
        return self.hear(self.spectrum(F.pad(wave, [0, max(0, self.samples - wave.shape[1])])))

    def hear(self, spectrum: Tensor) -> Tensor:
        """Spectrum [N,bands,frames] -> [N,128] of unit length."""
        maps = self.pool(self.trunk(self.norm(spectrum.unsqueeze(1))))
        return F.normalize(self.feature(self.dropout(maps.flatten(1))).float(), dim=1)


class PictureEncoder(nn.Module):
    """Six 3x3 convolutions and two of the three fully connected layers; the 128 values of the second, brought to unit
    length, are the feature. The third layer, which names the class, is `Classifier`'s."""

    side: Final[int] = SEEN

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels, out, stride in ((3, 32, 1), (32, 32, 2), (32, 64, 1), (64, 64, 2), (64, 128, 2), (128, 128, 2)):
            layers += [nn.Conv2d(channels, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True)]
        self.trunk = nn.Sequential(*layers)
        self.dropout = nn.Dropout(0.4)
        self.first = nn.Linear(128 * (SEEN // 16) ** 2, 256)
        self.feature = nn.Linear(256, FEATURES)

    def forward(self, frames: Tensor) -> Tensor:
        """frames uint8 [N,H,W,3] RGB -> [N,128] of unit length."""
        x = frames.permute(0, 3, 1, 2)
        if x.shape[2] != self.side or x.shape[3] != self.side:
            x = F.interpolate(x, size=[self.side, self.side], mode="bilinear", align_corners=False, antialias=True)
        return self.see(x.float() / 255.0)

    def see(self, pictures: Tensor) -> Tensor:
        """float32 [N,3,64,64] in 0..1 -> [N,128] of unit length."""
        x = self.dropout(self.trunk(pictures * 2.0 - 1.0).flatten(1))
        return F.normalize(self.feature(self.dropout(F.relu(self.first(x)))).float(), dim=1)


class Classifier(nn.Module):
    """The last layer on top of an encoder's unit vectors: [N,128] -> logits [N,K]."""

    scale: Final[float] = math.sqrt(FEATURES)

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.name = nn.Linear(FEATURES, classes)

    def forward(self, feature: Tensor) -> Tensor:
        return self.name(feature * self.scale)


class SoundDecoder(nn.Module):
    """The way back of S2I-A's stacked autoencoder: unit vectors [N,128] -> spectra [N,bands,44] by four deconvolutions.

    bands: a multiple of 16.
    """

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.rows = bands // 16
        self.start = nn.Linear(FEATURES, 128 * self.rows * 3)
        self.trunk = _doublings((128, 128, 64, 32))
        self.end = nn.ConvTranspose2d(32, 1, 4, 2, 1)

    def forward(self, feature: Tensor) -> Tensor:
        x = F.relu(self.start(feature * math.sqrt(FEATURES))).unflatten(1, (128, self.rows, 3))
        return self.end(self.trunk(x)).squeeze(1)[:, :, 2:46]  # 48 frames, of which the middle 44


class Painter(nn.Module):
    """Generator of S2I: the sound's vector beside noise, a 4x4 map, and deconvolutions that double the side.

    width: channels of the map at half of the side; each smaller one has twice as many, up to eight times.
    """

    def __init__(self, latent: int, width: int, side: int) -> None:
        super().__init__()
        widths = _widths(width, side)[::-1]
        self.channels = widths[0]
        self.start = nn.Linear(FEATURES + latent, widths[0] * SMALLEST**2, bias=False)
        self.norm = nn.BatchNorm2d(widths[0])
        self.trunk = _doublings(tuple(widths))
        self.colour = nn.ConvTranspose2d(width, 3, 4, 2, 1)

    def forward(self, condition: Tensor, latent: Tensor) -> Tensor:
        """condition float32 [N,128 or more], of which the first 128 count, latent [N,Z] -> [N,3,side,side] in 0..1."""
        x = self.start(torch.cat([as_large_as_noise(condition), latent], 1)).view(-1, self.channels, 4, 4)
        return self.colour(self.trunk(F.relu(self.norm(x)))).float().sigmoid()


class Critic(nn.Module):
    """Discriminator of S2I: convolutions down to 4x4, where the sound's vector is laid beside every place.

    Reed et al. 2016, section 4.1: the vector is reduced to 128 values first.
    """

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        widths = _widths(width, side)
        self.first = nn.Conv2d(3, width, 4, 2, 1)
        layers: list[nn.Module] = []
        for channels, out in itertools.pairwise(widths):
            layers += [nn.Conv2d(channels, out, 4, 2, 1, bias=False), nn.BatchNorm2d(out), nn.LeakyReLU(0.2)]
        self.trunk = nn.Sequential(*layers)
        self.reduce = nn.Linear(FEATURES, 128)
        self.mix = nn.Conv2d(widths[-1] + 128, widths[-1], 1)
        self.real = nn.Conv2d(widths[-1], 1, SMALLEST)

    def forward(self, pictures: Tensor, condition: Tensor) -> Tensor:
        """pictures [N,3,side,side] in 0..1, condition [N,128 or more] -> logits [N] of being real and fitting."""
        x = self.trunk(F.leaky_relu(self.first(pictures * 2 - 1), 0.2))
        reduced = F.leaky_relu(self.reduce(as_large_as_noise(condition)), 0.2)
        beside = reduced[:, :, None, None].expand(-1, -1, *x.shape[2:])
        x = F.leaky_relu(self.mix(torch.cat([x, beside.to(x.dtype)], 1)), 0.2)
        return self.real(x).flatten().float()


def as_large_as_noise(condition: Tensor) -> Tensor:
    """The first 128 values of a condition [N,C], a unit vector, with a mean square of 1: beside a hundred normal values
    it would not be noticed otherwise."""
    return condition[:, :128] * 128**0.5


def _widths(width: int, side: int) -> list[int]:
    """Channels of the maps from half of the side down to 4x4."""
    return [width * min(2**i, 8) for i in range(int(math.log2(side // SMALLEST)))]


def _halvings(widths: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels, out in itertools.pairwise(widths):
        layers += [nn.Conv2d(channels, out, 3, 2, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def _doublings(widths: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels, out in itertools.pairwise(widths):
        layers += [nn.ConvTranspose2d(channels, out, 4, 2, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
