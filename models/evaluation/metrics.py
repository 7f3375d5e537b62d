"""Figures of a ranking (Manning, Raghavan and Schütze 2008, "Introduction to Information Retrieval", chapter 8)."""

import numpy as np
from numpy.typing import NDArray

FIGURES = ("precision_at_1", "precision_at_5", "map", "recall_at_10", "chance_at_1")


def figures(order: NDArray[np.intp], relevant: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
    """The FIGURES of each query, float64 [Q].

    order: int [Q,G], the answers to each query, best first. relevant: bool [G], which of the answers are right; at
    least one. precision_at_5: share of right ones among the first five (of fewer answers: among all). map: average
    precision, the mean over the right ones of the precision at their ranks. recall_at_10: share of the right ones that
    are among the first ten. chance_at_1: what a random order reaches at rank 1.
    """
    hits = relevant[order].astype(np.float64)
    precision = hits.cumsum(1) / np.arange(1, hits.shape[1] + 1)
    return {
        "precision_at_1": hits[:, 0],
        "precision_at_5": hits[:, :5].mean(1),
        "map": (precision * hits).sum(1) / hits.sum(1),
        "recall_at_10": hits[:, :10].sum(1) / hits.sum(1),
        "chance_at_1": hits.mean(1),
    }
