"""What every ear does to a sound before it listens."""

import torch
from torch import Tensor


def even_level(wave: Tensor, level: float) -> Tensor:
    """wave [N,T] scaled to a root mean square of `level` each; silence stays silence."""
    return wave * (level / wave.square().mean(1, keepdim=True).sqrt().clamp_min(1e-5))


def repeat_to(wave: Tensor, length: int) -> Tensor:
    """wave [N,T] as its first `length` samples, over and over where it is shorter."""
    return wave.repeat(1, -(-length // wave.shape[1]))[:, :length]


def mean_of_log(log_p: Tensor, weights: Tensor) -> Tensor:
    """Average distributions log_p [N,K,C] in probability space, by weights [N,K] that sum to 1 -> log_p [N,C]."""
    p = (log_p.exp() * weights.unsqueeze(2)).sum(1).clamp_min(1e-9)
    return torch.log(p / p.sum(1, keepdim=True))
