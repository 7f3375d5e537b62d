"""A discriminator that looks at pictures with a frozen eye.

Sauer et al. 2021, "Projected GANs converge faster": features of a trained network at several scales, mixed at random,
each judged by a small head. Miyato and Koyama 2018, "cGANs with projection discriminator": the inner product of
features and condition. Odena et al. 2017 (AC-GAN): an auxiliary classifier. Heads have spectral norm (Miyato et al.
2018).
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ..networks.mobilenet import MobileNetV2

TAPS = ((3, 24), (6, 32), (13, 96), (17, 320))
"""After which blocks of MobileNet v2 features are taken, and their channels: strides 4, 8, 16 and 32."""
MIXED = 64


class Perception(nn.Module):
    """Pictures [N,3,S,S] in 0..1 -> features [N,MIXED,S/4,S/4], [N,MIXED,S/8,S/8]... Frozen, the mixing at random."""

    def __init__(self, trunk: MobileNetV2) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(list(trunk.blocks)[: TAPS[-1][0] + 1])
        self.across = nn.ModuleList(nn.Conv2d(channels, MIXED, 1, bias=False) for _, channels in TAPS)
        self.down = nn.ModuleList(nn.Conv2d(MIXED, MIXED, 3, padding=1, bias=False) for _ in TAPS[:-1])
        for mixing in (*self.across, *self.down):
            nn.init.kaiming_normal_(mixing.weight, nonlinearity="linear")
        self.requires_grad_(False)

    def forward(self, picture: Tensor) -> list[Tensor]:
        x = (picture * 2 - 1).contiguous(memory_format=torch.channels_last)
        taps = dict(TAPS)
        seen: list[Tensor] = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in taps:
                seen.append(self.across[len(seen)](x))
        mixed = [seen[-1]]
        for fine, down in zip(reversed(seen[:-1]), reversed(self.down), strict=True):
            coarse = F.interpolate(mixed[0], size=fine.shape[2:], mode="bilinear", align_corners=False)
            mixed.insert(0, down((fine + coarse) * 0.7071))
        return mixed


class Head(nn.Module):
    """Judges features of one scale: [N,MIXED,s,s] -> maps [N,width,t,t], halved `halvings` times."""

    def __init__(self, halvings: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = MIXED
        for _ in range(halvings):
            layers += [spectral_norm(nn.Conv2d(channels, width, 4, 2, padding=1)), nn.LeakyReLU(0.2)]
            channels = width
        layers += [spectral_norm(nn.Conv2d(channels, width, 3, padding=1)), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class PerceivingDiscriminator(nn.Module):
    """Tells real from generated, and which class a picture shows."""

    def __init__(self, trunk: MobileNetV2, condition: int, classes: int, width: int) -> None:
        super().__init__()
        self.perception = Perception(trunk)
        self.heads = nn.ModuleList(Head(max(0, 2 - i), width) for i in range(len(TAPS)))
        self.real = nn.ModuleList(spectral_norm(nn.Conv2d(width, 1, 1)) for _ in TAPS)
        self.fit = nn.ModuleList(spectral_norm(nn.Linear(condition, width, bias=False)) for _ in TAPS)
        self.classify = nn.Linear(width * len(TAPS), classes)

    def look(self, picture: Tensor) -> list[Tensor]:
        """Pictures [N,3,S,S] -> what the heads make of them, a map for each scale."""
        return [head(features) for head, features in zip(self.heads, self.perception(picture), strict=True)]

    def judge(self, seen: Sequence[Tensor], condition: Tensor) -> list[Tensor]:
        """How real, and how fitting the condition [N,C], every place looks: logits [N,1,t,t] for each scale."""
        return [real(x) + (x * fit(condition)[:, :, None, None]).sum(1, keepdim=True) / x.shape[1] ** 0.5
                for x, real, fit in zip(seen, self.real, self.fit, strict=True)]

    def name(self, seen: Sequence[Tensor]) -> Tensor:
        """Logits of the classes [N,K]."""
        return self.classify(torch.cat([x.mean([2, 3]) for x in seen], 1))
