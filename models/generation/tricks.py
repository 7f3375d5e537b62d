"""Which of the tricks of Wan et al. 2018, section 3, a training uses."""

from typing import Literal

from pydantic.dataclasses import dataclass

from ..training.config import CLOSED, Weight


@dataclass(frozen=True, config=CLOSED)
class Tricks:
    """contest: what discriminator and generator minimise, see `adversarial`. spectral, projection: see
    networks.wan.Discriminator. auxiliary: weight of the classifier in the losses of both; 0 leaves it out. penalty:
    weight of the gradient penalty."""

    contest: Literal["hinge", "cross_entropy", "wasserstein"] = "hinge"
    spectral: bool = True
    projection: bool = True
    auxiliary: Weight = 1.0
    penalty: Weight = 0.0
