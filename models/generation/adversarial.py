"""What a discriminator and a generator minimise against each other; scores [N] are the larger the more real."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


@dataclass(frozen=True)
class Contest:
    """discriminator: from the scores of real and of generated pictures; generator: from those of its own."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]


def _hinge(real: Tensor, fake: Tensor) -> Tensor:
    return (F.relu(1 - real) + F.relu(1 + fake)).mean()


def _cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    return (F.softplus(-real) + F.softplus(fake)).mean()


def _wasserstein(real: Tensor, fake: Tensor) -> Tensor:
    return (fake - real).mean()


def _score(fake: Tensor) -> Tensor:
    return -fake.mean()


CONTESTS = {
    # Lim and Ye 2017, "Geometric GAN"; Miyato et al. 2018, equations 16 and 17
    "hinge": Contest(_hinge, _score),
    # Goodfellow et al. 2014, the generator's in the form that does not saturate
    "cross_entropy": Contest(_cross_entropy, lambda fake: F.softplus(-fake).mean()),
    # Arjovsky et al. 2017; goes with `gradient_penalty`
    "wasserstein": Contest(_wasserstein, _score),
}


def gradient_penalty(
    score: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, generator: Generator
) -> Tensor:
    """Mean squared distance from 1 of the score's gradient at random points between real and fake [N,...].

    Gulrajani et al. 2017, "Improved training of Wasserstein GANs", algorithm 1 (there ten times that).
    """
    share = torch.rand(len(real), generator=generator).to(real.device).view(-1, *[1] * (real.dim() - 1))
    between = torch.lerp(real, fake.detach(), share).requires_grad_()
    (slope,) = torch.autograd.grad(score(between).sum(), between, create_graph=True)
    return (slope.flatten(1).norm(dim=1) - 1).square().mean()
