"""What is minimised: distance to a teacher's distribution, distance between partners, wrong names."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import Objective
from .lessons import Batch

_SHARPEST = math.log(100.0)


def kl(target: Tensor, log_q: Tensor) -> Tensor:
    """KL(target || q) in nats, mean over the batch; target [N,C] probabilities, log_q [N,C].

    Aytar et al. 2016, "SoundNet", equation 1; Kajihara et al. 2019, "Imaginary Soundscape".
    """
    return (torch.xlogy(target, target) - target * log_q).sum(1).mean()


def contrastive(a: Tensor, b: Tensor, positive: Tensor, scale: Tensor) -> Tensor:
    """InfoNCE with several positives, from a to b and from b to a.

    a [N,D] and b [M,D] are unit vectors, positive [N,M] says which fit, -1 (never compared), 0 or 1; scale is one over
    the temperature. Rows without a positive count nothing. Radford et al. 2021, "CLIP", section 2.3; Khosla et al.
    2020, "Supervised contrastive learning", equation 2.
    """
    logits = (scale * a @ b.T).masked_fill(positive < 0, -math.inf)
    return (_towards(logits, positive) + _towards(logits.T, positive.T)) / 2


def _towards(logits: Tensor, positive: Tensor) -> Tensor:
    found = positive > 0
    log_share = logits.log_softmax(1).masked_fill(~found, 0.0)
    count = found.sum(1)
    return (-log_share.sum(1) / count.clamp_min(1)).sum() / (count > 0).sum().clamp_min(1)


class Losses(nn.Module):
    """The weighted losses of a batch, with what is learnt only for their sake.

    That is the temperature of the contrastive loss, and, where the network answers places and not the names of the
    data, a layer that tells the groups from its features; the model file leaves both out.
    """

    def __init__(self, objective: Objective, features: int, groups: int) -> None:
        super().__init__()
        self.weights = {name: getattr(objective, name) for name in ("kl", "contrastive", "classify")}
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        self.smoothing = objective.smoothing
        self.groups = nn.Linear(features, groups) if objective.classify and not objective.names_only else None

    def forward(self, log_p: Tensor, embedding: Tensor, features: Tensor, batch: Batch) -> dict[str, Tensor]:
        """The losses in use by name, and their weighted sum as `loss`."""
        parts: dict[str, Tensor] = {}
        scale = self.log_scale.clamp_max(_SHARPEST).exp()
        if self.weights["kl"]:
            parts["kl"] = kl(batch.target, log_p)
        if self.weights["contrastive"]:
            parts["contrastive"] = self._contrast(embedding, batch, scale)
        if self.weights["classify"]:
            if self.groups is None:
                parts["classify"] = F.cross_entropy(log_p, batch.label, label_smoothing=self.smoothing)
            else:
                parts["classify"] = self._classify(self.groups(features), batch.group)
        return {"loss": sum(self.weights[name] * part for name, part in parts.items()), **parts}  # type: ignore[dict-item]

    def _classify(self, logits: Tensor, group: Tensor) -> Tensor:
        """Of those that belong to a group."""
        grouped = group >= 0
        losses = F.cross_entropy(logits, group.clamp_min(0), reduction="none", label_smoothing=self.smoothing)
        return (losses * grouped).sum() / grouped.sum().clamp_min(1)

    def _contrast(self, embedding: Tensor, batch: Batch, scale: Tensor) -> Tensor:
        """Against the partners' embeddings, or where there are none against the others of the batch."""
        positive = (batch.group[:, None] == batch.group).int()
        if batch.anchor is not None:
            return contrastive(embedding, batch.anchor, positive, scale)
        return contrastive(embedding, embedding, positive.fill_diagonal_(-1), scale)
