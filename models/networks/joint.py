"""The space that eye and ear share: distributions over places, seen as points on a sphere."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CLASSES = 365
EMBEDDING = 128


class JointSpace(nn.Module):
    """log_p [N,C] -> unit vectors [N,128]: square roots of the probabilities in the basis that holds most of them.

    The cosine of two square-rooted distributions is their Bhattacharyya coefficient (one minus the squared Hellinger
    distance); the basis keeps it for distributions like those that it was fitted on. Eye and ear hold the same basis.
    Fewer than 128 classes C give vectors of C values.
    """

    basis: Tensor

    def __init__(self, classes: int = CLASSES) -> None:
        super().__init__()
        self.register_buffer("basis", torch.eye(classes)[:, :EMBEDDING].clone())

    def forward(self, log_p: Tensor) -> Tensor:
        return F.normalize(torch.exp(log_p / 2) @ self.basis, dim=1)

    def fit(self, p: Tensor) -> None:
        """Take the principal directions (uncentred) of the distributions p [M,C]."""
        _, vectors = torch.linalg.eigh(p.sqrt().T.double() @ p.sqrt().double())  # ascending
        self.basis.copy_(vectors.flip(1)[:, :EMBEDDING])
