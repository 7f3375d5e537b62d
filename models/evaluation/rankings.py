"""Distances between P pictures and S sounds, float64 [P,S]: the smaller, the better a sound fits."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .pairs import Themes

SURE = 0.5
"""Share of the greatest entropy, ln C, up to which the classifier counts as sure of a picture."""


@dataclass(frozen=True, eq=False)
class Perceived:
    """What a model made of N files: log_p float64 [N,C], embedding float64 [N,D] of unit length; the themes of each."""

    log_p: NDArray[np.float64]
    embedding: NDArray[np.float64]
    themes: tuple[Themes, ...]

    def __len__(self) -> int:
        return len(self.themes)

    def __getitem__(self, rows: list[int]) -> "Perceived":
        return Perceived(self.log_p[rows], self.embedding[rows], tuple(self.themes[i] for i in rows))

    @property
    def entropy(self) -> NDArray[np.float64]:
        """In nats, [N]."""
        return -(np.exp(self.log_p) * self.log_p).sum(1)


def kl(pictures: Perceived, sounds: Perceived) -> NDArray[np.float64]:
    """KL(p || q) in nats, as in Imaginary Soundscape (Kajihara, Dozono and Tokui 2017)."""
    return -pictures.entropy[:, None] - np.exp(pictures.log_p) @ sounds.log_p.T


def cosine(pictures: Perceived, sounds: Perceived) -> NDArray[np.float64]:
    """One minus the cosine of the embeddings."""
    return 1 - pictures.embedding @ sounds.embedding.T


def label(pictures: Perceived, sounds: Perceived) -> NDArray[np.float64]:
    """By the classifier's label where it is sure, else by KL: the entropy rule of Scenery Soundscaping.

    A picture with an entropy up to SURE ln C asks by its label, the likeliest class: sounds of the same label come
    first, and KL orders those that have it and those that have not. The threshold is ours.
    """
    distance = kl(pictures, sounds)
    sure = pictures.entropy <= SURE * math.log(pictures.log_p.shape[1])
    other = pictures.log_p.argmax(1)[:, None] != sounds.log_p.argmax(1)
    return distance + (1 + np.ptp(distance)) * (sure[:, None] & other)


def mixture(pictures: Perceived, sounds: Perceived, balance: float) -> NDArray[np.float64]:
    """KL in nats, and `balance` nats for embeddings at right angles."""
    return kl(pictures, sounds) + balance * cosine(pictures, sounds)
