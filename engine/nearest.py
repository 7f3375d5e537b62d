"""Which rows of a library are nearest to a picture or a sound: the k nearest, or all within a radius.

A query is a distribution p over scene classes and a unit vector e; a row is log_q and a unit vector c. Their distance
is

    ranking.kl * KL(p || q) + ranking.cosine * (1 - e.c)

in float64, by this definition; an e of another length than c is of another space, and e.c is 0 then. Up to EXACT_CLIPS
rows the answer is exactly the sorted list of these distances, equal ones by row. Both terms are inner products with the
row, but for a constant of the query, so one float32 matrix product preselects: its rounding error has a bound (Higham,
Accuracy and Stability of Numerical Algorithms, 2002, section 3.1), and every row that could be among the nearest within
that bound is measured by the definition. Beyond EXACT_CLIPS an index proposes the rows to look at:
engine.approximate has it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

EXACT_CLIPS = 100_000
"""Libraries up to this size are searched exactly."""
_CHUNK = 4096  # rows that are measured at once
_UNIT = 2.0 ** -24  # rounding error of float32


@dataclass(frozen=True, slots=True)
class Ranking:
    """What counts as near: the weights (>= 0) of KL(p || q) in nats and of one minus the cosine."""

    kl: float
    cosine: float


KL = Ranking(1, 0)
COSINE = Ranking(0, 1)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A clip (its row), the name of its class, its distance, and of that KL in nats (>= 0) and cosine."""

    clip: int
    label: str
    distance: float
    kl: float
    cosine: float

    @property
    def score(self) -> float:
        """exp(-distance): 1 for the same, towards 0 for what has nothing in common."""
        return math.exp(-self.distance)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Rows of the library, intp [k], and float64 [k]: their distances, and of these KL (nats, >= 0) and cosine."""

    row: NDArray[np.intp]
    distance: NDArray[np.float64]
    kl: NDArray[np.float64]
    cosine: NDArray[np.float64]

    def ranked(self, labels: Sequence[str]) -> list[Ranked]:
        """Return them one by one; labels: the names of all rows' classes."""
        return [Ranked(row, labels[row], *values) for row, *values in zip(
            self.row.tolist(), self.distance.tolist(), self.kl.tolist(), self.cosine.tolist(), strict=True)]

    def __getitem__(self, part: NDArray[np.intp] | slice) -> "Found":
        return Found(self.row[part], self.distance[part], self.kl[part], self.cosine[part])


class Proposer(Protocol):
    """What proposes rows for a query in a large library: see engine.approximate.Index."""

    def propose(self, p: NDArray[np.float32], embedding: NDArray[np.float32], k: int) -> NDArray[np.intp]:
        """Return k rows or more, each once, that very likely hold the k nearest."""
        ...


class Nearest:
    """Search in log_q float32 [n, classes] (natural logs) and embedding float32 [n, D] (unit vectors).

    index: proposes rows of a library larger than EXACT_CLIPS; without one the search is exact at any size, and slower.
    Raises ValueError if the arrays do not fit each other or are not finite.
    """

    def __init__(self, log_q: NDArray[np.float32], embedding: NDArray[np.float32], ranking: Ranking,
                 index: Proposer | None = None) -> None:
        if log_q.ndim != 2 or embedding.ndim != 2 or len(log_q) != len(embedding):
            raise ValueError(f"expected log_q [n, classes] and embedding [n, D], got {log_q.shape} and "
                             f"{embedding.shape}")
        self.ranking = ranking
        self._log_q = np.asarray(log_q, np.float32)
        self._embedding = np.asarray(embedding, np.float32)
        self._largest = (_largest(self._log_q), _largest(self._embedding))
        if not np.isfinite(self._largest).all():
            raise ValueError("log_q or embedding has values that are not finite")
        self._index = index

    def __len__(self) -> int:
        return len(self._log_q)

    @property
    def exact(self) -> bool:
        """Whether `query` gives the k nearest for certain."""
        return self._index is None

    def query(self, p: NDArray[np.float32], embedding: NDArray[np.float32], k: int) -> Found:
        """Return the k nearest rows, or all there are, nearest first.

        p: distribution [classes] that sums to 1; embedding: [D], unit length.
        """
        k = min(k, len(self))
        if k <= 0:
            return self.measure(np.zeros(0, np.intp), p, embedding)
        asked = self._asked(p, embedding)
        rows = None if self._index is None else self._index.propose(p, asked.embedding.astype(np.float32), k)
        estimate = self._estimate(asked, rows)
        near = self._up_to(estimate, float(np.partition(estimate, k - 1)[k - 1]), asked)
        return self._sorted(near if rows is None else rows[near], asked)[:k]

    def within(self, p: NDArray[np.float32], embedding: NDArray[np.float32], radius: float) -> Found:
        """Return all rows whose distance is at most `radius`, nearest first; exact at any size."""
        asked = self._asked(p, embedding)
        found = self._sorted(self._up_to(self._estimate(asked), radius, asked), asked)
        return found[:int(np.searchsorted(found.distance, radius, side="right"))]

    def measure(self, rows: NDArray[np.intp], p: NDArray[np.float32], embedding: NDArray[np.float32]) -> Found:
        """Return the given rows with their distances by the definition, in the order given."""
        return self._measure(rows, self._asked(p, embedding))

    def estimate(self, p: NDArray[np.float32], embedding: NDArray[np.float32],
                 rows: NDArray[np.intp] | None = None) -> NDArray[np.float32]:
        """Return the distances of the given rows, or of all, float32, as near to the definition as that comes."""
        return self._estimate(self._asked(p, embedding), rows)

    def _asked(self, p: NDArray[np.float32], embedding: NDArray[np.float32]) -> "_Asked":
        width = self._embedding.shape[1]
        e64 = embedding.astype(np.float64) if len(embedding) == width else np.zeros(width)
        p64 = p.astype(np.float64)
        log_p = np.log(p64, where=p64 > 0, out=np.zeros_like(p64))
        return _Asked(p64, log_p, float((p64 * log_p).sum()), e64)

    def _measure(self, rows: NDArray[np.intp], asked: "_Asked") -> Found:
        kl, cosine = np.zeros(len(rows)), np.zeros(len(rows))
        for begin in range(0, len(rows), _CHUNK):
            part = slice(begin, begin + _CHUNK)
            # Sums go along each row by itself, so that equal rows are equally far; a product of matrices may not.
            kl[part] = (asked.p * (asked.log_p - self._log_q[rows[part]])).sum(axis=1)
            cosine[part] = (asked.embedding * self._embedding[rows[part]]).sum(axis=1)
        return Found(rows, self.ranking.kl * kl + self.ranking.cosine * (1 - cosine), np.maximum(kl, 0), cosine)

    def _estimate(self, asked: "_Asked", rows: NDArray[np.intp] | None = None) -> NDArray[np.float32]:
        a, b = self.ranking.kl, self.ranking.cosine
        part = slice(None) if rows is None else rows
        out = np.full(len(self) if rows is None else len(rows), a * asked.negative_entropy + b, np.float32)
        if a:
            out -= self._log_q[part] @ (a * asked.p).astype(np.float32)
        if b:
            out -= self._embedding[part] @ (b * asked.embedding).astype(np.float32)
        return out

    def _up_to(self, estimate: NDArray[np.float32], distance: float, asked: "_Asked") -> NDArray[np.intp]:
        """Return where an estimate can be of a row as near as one that is estimated at `distance`."""
        limit = np.float32(distance + 2 * self._error(asked))
        return np.flatnonzero(estimate <= np.nextafter(limit, np.float32(np.inf)))

    def _error(self, asked: "_Asked") -> float:
        """Return how far an estimate can be from the definition at most.

        A dot product of n terms errs by at most n u / (1 - n u) times the sum of their absolute values; some more
        terms stand for the rounding of weights, constant and sum.
        """
        terms = max(self._log_q.shape[1], self._embedding.shape[1]) + 16
        kl = float(asked.p.sum()) * self._largest[0] + abs(asked.negative_entropy)
        cosine = float(np.abs(asked.embedding).sum()) * self._largest[1] + 1
        return (terms * _UNIT / (1 - terms * _UNIT) * (self.ranking.kl * kl + self.ranking.cosine * cosine)
                + terms * float(np.finfo(np.float32).tiny))

    def _sorted(self, rows: NDArray[np.intp], asked: "_Asked") -> Found:
        found = self._measure(rows, asked)
        return found[np.lexsort((found.row, found.distance))]


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A query: p and log p (0 where p is 0) [classes], the sum of their products, and a comparable embedding [D]."""

    p: NDArray[np.float64]
    log_p: NDArray[np.float64]
    negative_entropy: float
    embedding: NDArray[np.float64]


def _largest(values: NDArray[np.float32]) -> float:
    """Return the largest absolute value; not finite if one of them is not."""
    return max(float(values.max(initial=0)), -float(values.min(initial=0)))
