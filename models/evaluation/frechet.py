"""How far generated pictures are from real ones, by what a network makes of both."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


def frechet_distance(real: Tensor, made: Tensor) -> float:
    """Of the Gaussians with the means and covariances of features [N,F] and [M,F]; 0 if they are the same.

    Heusel et al. 2017, "GANs trained by a two time-scale update rule converge to a local Nash equilibrium", section 3:
    |m - m'|^2 + tr(C + C' - 2 (C C')^(1/2)). With few pictures (fewer than features) it is large even between two
    samples of the same, so only distances of like numbers of pictures compare.
    """
    a, b = real.double().numpy(), made.double().numpy()
    offset = ((a.mean(0) - b.mean(0)) ** 2).sum()
    one, other = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))
    half = _root(one)
    cross = np.linalg.eigvalsh(half @ other @ half).clip(0)
    return float(max(0.0, offset + np.trace(one) + np.trace(other) - 2 * np.sqrt(cross).sum()))


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """The symmetric square root of a covariance matrix."""
    values, vectors = np.linalg.eigh(covariance)
    root: NDArray[np.float64] = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    return root
