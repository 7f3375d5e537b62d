"""How real and generated pictures are altered alike before they are judged, so that few photographs can't be learnt by
heart. Zhao et al. 2020, "Differentiable augmentation for data-efficient GAN training": colour, translation, cutout."""

import torch
import torch.nn.functional as F
from torch import Tensor

TRANSLATION = 0.125
CUTOUT = 0.4


def alter(pictures: Tensor) -> Tensor:
    """float32 [N,3,S,S] in 0..1 -> the same, each in its own way; gradients pass."""
    return _cut_out(_translate(_colour(pictures)))


def _colour(x: Tensor) -> Tensor:
    amount = torch.rand(3, len(x), 1, 1, 1, device=x.device)
    x = x + (amount[0] - 0.5) * 0.4
    grey = x.mean(1, keepdim=True)
    x = (x - grey) * (amount[1] * 1.2 + 0.4) + grey
    mean = x.mean([1, 2, 3], keepdim=True)
    return (x - mean) * (amount[2] * 0.8 + 0.6) + mean


def _translate(x: Tensor) -> Tensor:
    """Moved by up to TRANSLATION of the side, mirrored at the edges."""
    side = x.shape[2]
    most = int(side * TRANSLATION)
    x = F.pad(x, (most, most, most, most), mode="reflect")
    left, top = torch.randint(2 * most + 1, (2, len(x)), device=x.device)
    across = torch.arange(side, device=x.device)
    rows, columns = top[:, None, None] + across[None, :, None], left[:, None, None] + across[None, None, :]
    return x[torch.arange(len(x), device=x.device)[:, None, None], :, rows, columns].permute(0, 3, 1, 2)


def _cut_out(x: Tensor) -> Tensor:
    """A square of CUTOUT of the side is made grey."""
    side = x.shape[2]
    size = int(side * CUTOUT)
    place = torch.arange(side, device=x.device)
    top, left = torch.randint(1 - size // 2, side - size // 2, (2, len(x), 1), device=x.device)
    rows, columns = ((place >= first) & (place < first + size) for first in (top, left))
    hidden = (rows[:, None, :, None] & columns[:, None, None, :]).float()
    return x * (1 - hidden) + 0.5 * hidden
