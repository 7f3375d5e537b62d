"""An index that proposes the nearest rows of a library too large to look at every row: faiss (the extra `scale`).

KL(p || q) and cosine are inner products with the row, but for what depends on the query alone, so one index serves
every ranking: of the rows [kl * log_q, cosine * embedding]. They are centred (which adds a constant to all inner
products of a query), turned into their principal directions, of which the first are kept, and given one more
coordinate that makes all norms equal, so that the largest inner product is the nearest direction (Bachrach et al.,
Speeding up the Xbox recommender system using a Euclidean transformation for inner-product spaces, RecSys 2014). They
lie in an inverted file as 4-bit product codes (Jégou, Douze and Schmid 2011; André, Kermarrec and Le Scouarnec 2017).

How much of it a query looks at is measured when it is built: the least that finds TARGET of the ten nearest, whatever
the shape of the data.
"""

import hashlib
import json
import logging
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from engine.errors import UserError
from engine.files import replacing
from engine.library import Library
from engine.nearest import EXACT_CLIPS, Nearest, Ranking

STORED = "nearest.safetensors"
"""The index's file in the folder of its library."""
LEAST_CLIPS = 10_000
"""Smaller libraries are not worth an index, nor enough to learn one from."""
TARGET = 0.995
"""Share of the ten nearest that a sample of queries finds; 0.99 of all queries' then, with room for chance."""
_COORDINATES = 512          # that are kept at most
_QUERIES = 200
_ROWS_PER_LIST = 64         # to learn from
_PROPOSED = (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
_ROW_COST = 70              # how many codes are looked at in the time that a proposed row is measured in
_CHUNK = 2 ** 16
_log = logging.getLogger("phonoscope.nearest")


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """A built index.

    basis: float32 [D, kept], principal directions of the rows. lists: the inverted file (faiss). For ten neighbours
    `probes` lists are looked at and `proposed` rows measured, which found `recall` of them when it was built.
    """

    ranking: Ranking
    basis: NDArray[np.float32]
    lists: Any
    probes: int
    proposed: int
    recall: float

    @property
    def size(self) -> int:
        """Bytes of the inverted file."""
        import faiss

        return int(faiss.serialize_index(self.lists).nbytes)

    def propose(self, p: NDArray[np.float32], embedding: NDArray[np.float32], k: int) -> NDArray[np.intp]:
        """Return k rows or more, each once, that very likely hold the k nearest."""
        query = _padded(_queries(p[None], embedding[None], self.ranking) @ self.basis, self.lists.d)
        count = min(self.proposed + 2 * max(k - 10, 0), self.lists.ntotal)
        probes = min(math.ceil(self.probes * max(k / 10, 1) ** 0.5), self.lists.nlist)
        while True:
            rows = _search(self.lists, query, count, probes)[0]
            rows = rows[rows >= 0]
            if len(rows) >= k or probes == self.lists.nlist:
                return rows
            probes = min(2 * probes, self.lists.nlist)


def build(log_q: NDArray[np.float32], embedding: NDArray[np.float32], ranking: Ranking) -> Index:
    """Return an index of log_q float32 [n, classes] and embedding float32 [n, D], n >= LEAST_CLIPS.

    Seeded. Raises UserError if faiss is missing, or if no setting finds enough of the nearest.
    """
    try:
        import faiss
    except ImportError:
        raise UserError("searching a large library quickly needs faiss: pip install 'phonoscope[scale]'") from None
    count, random = len(log_q), np.random.default_rng(0)
    number = 2 ** round(math.log2(2 * math.sqrt(count)))
    sample = np.sort(random.choice(count, min(count, number * _ROWS_PER_LIST), replace=False))
    training = _rows(log_q[sample], embedding[sample], ranking)
    mean = training.mean(axis=0)
    basis = _principal(training - mean)
    width = basis.shape[1] + 1 + (basis.shape[1] + 1) % 2  # even, for codes of pairs
    turned = np.zeros((count, width), np.float32)
    for begin in range(0, count, _CHUNK):
        part = slice(begin, begin + _CHUNK)
        turned[part, :basis.shape[1]] = (_rows(log_q[part], embedding[part], ranking) - mean) @ basis
    power = np.einsum("ij,ij->i", turned, turned)
    turned[:, basis.shape[1]] = np.sqrt(power.max() - power)
    lists: Any = faiss.index_factory(width, f"IVF{number},PQ{width}x4fs", faiss.METRIC_INNER_PRODUCT)
    lists.cp.spherical, lists.cp.seed, lists.cp.niter = True, 0, 10
    lists.train(turned[sample])
    for begin in range(0, count, _CHUNK):
        lists.add(turned[begin:begin + _CHUNK])
    return _tuned(Index(ranking, basis, lists, 1, _PROPOSED[-1], 0.0), log_q, embedding)


def stored_index(library: Library, ranking: Ranking) -> Index | None:
    """Return the index stored beside a library that is too large for exact search; None if it needs none or has none
    that fits, which is logged: the search is exact then, and slower."""
    if len(library.clips) <= EXACT_CLIPS:
        return None
    try:
        return _load(library.folder / STORED, _fingerprint(library, ranking), ranking)
    except FileNotFoundError:
        why = "it has no index"
    except ImportError:
        why = "faiss is missing (pip install 'phonoscope[scale]')"
    except (OSError, ValueError, KeyError, RuntimeError, safetensors.SafetensorError) as error:
        why = f"its index can't be used: {error}"
    _log.warning("the library %s is searched clip by clip, which is slow for %d clips: %s; `phonoscope index` makes an "
                 "index", library.folder, len(library.clips), why)
    return None


def store_index(library: Library, ranking: Ranking) -> Index | None:
    """Make and store the index of a library that is too large for exact search, unless it has one that fits.

    Returns None for a smaller one. Raises UserError as `build` does, or if the file can't be written.
    """
    if len(library.clips) <= EXACT_CLIPS:
        return None
    fingerprint, file = _fingerprint(library, ranking), library.folder / STORED
    try:
        return _load(file, fingerprint, ranking)
    except (OSError, ImportError, ValueError, KeyError, RuntimeError, safetensors.SafetensorError):
        index = build(library.log_q, library.embedding, ranking)  # says what is missing, if it is faiss
    try:
        with replacing(file) as draft:
            draft.write(_pack(index, fingerprint))
    except OSError as error:
        raise UserError(f"the index {file} can't be written: {error.strerror}") from None
    return index


def _pack(index: Index, fingerprint: str) -> bytes:
    import faiss

    basis, lists = np.ascontiguousarray(index.basis), faiss.serialize_index(index.lists)
    told = json.dumps({"rows": fingerprint, "probes": index.probes, "proposed": index.proposed, "recall": index.recall})
    return safetensors.numpy.save({"basis": basis, "lists": lists},
                                  {"index": told, "sha256": _hash_of(told, basis, lists)})


def _load(file: Path, fingerprint: str, ranking: Ranking) -> Index:
    """Read a stored index; raises one of many errors if it is missing, damaged or of other rows."""
    import faiss

    with safetensors.safe_open(file, "numpy") as stored:
        said = stored.metadata() or {}
        basis, lists = stored.get_tensor("basis"), stored.get_tensor("lists")
    if said["sha256"] != _hash_of(said["index"], basis, lists):
        raise ValueError("it is damaged")
    told = json.loads(said["index"])
    if told["rows"] != fingerprint:
        raise ValueError("the clips have changed since it was made")
    return Index(ranking, basis, faiss.deserialize_index(lists), int(told["probes"]), int(told["proposed"]),
                 float(told["recall"]))


def _hash_of(told: str, basis: NDArray[np.float32], lists: NDArray[np.uint8]) -> str:
    digest = hashlib.sha256(told.encode())
    digest.update(basis.data)
    digest.update(lists.data)
    return digest.hexdigest()


def _fingerprint(library: Library, ranking: Ranking) -> str:
    """Return a hash of what an index is made of."""
    digest = hashlib.sha256(repr((ranking, library.log_q.shape, library.embedding.shape)).encode())
    for begin in range(0, len(library.clips), _CHUNK):
        for values in (library.log_q, library.embedding):
            digest.update(np.ascontiguousarray(values[begin:begin + _CHUNK]).data)
    return digest.hexdigest()


def _tuned(index: Index, log_q: NDArray[np.float32], embedding: NDArray[np.float32]) -> Index:
    """Return the index with the cheapest setting that reaches TARGET."""
    truth, queries = _examples(log_q, embedding, index.ranking)
    queries = _padded(queries @ index.basis, index.lists.d)
    tuned, least = None, math.inf
    for probes in (2 ** i for i in range(index.lists.nlist.bit_length())):
        looked_at = len(log_q) * probes / index.lists.nlist
        if looked_at >= least:
            break
        found = _search(index.lists, queries, _PROPOSED[-1], probes)
        for proposed in _PROPOSED:
            recall = float(np.mean([np.isin(near, rows[:proposed]) for near, rows in zip(truth, found, strict=True)]))
            cost = looked_at + _ROW_COST * proposed
            if recall >= TARGET and cost < least:
                tuned, least = replace(index, probes=probes, proposed=proposed, recall=round(recall, 4)), cost
    if tuned is None:
        raise UserError(f"an index finds less than {TARGET:.1%} of the nearest clips of this library, whose clips are "
                        "too much alike; it is searched clip by clip")
    return tuned


def _search(lists: Any, queries: NDArray[np.float32], count: int, probes: int) -> NDArray[np.intp]:
    """Return the `count` rows that the nearest `probes` lists propose for each query, best first, -1 where too few."""
    import faiss

    parameters = faiss.IVFSearchParameters()
    parameters.nprobe = probes
    return np.asarray(lists.search(queries, count, params=parameters)[1], np.intp)


def _examples(log_q: NDArray[np.float32], embedding: NDArray[np.float32], ranking: Ranking
              ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return the ten rows nearest to example queries, intp [_QUERIES, 10], and the queries' vectors.

    An example is a row, or what lies halfway between two; rows that made it are not among its nearest.
    """
    exact = Nearest(log_q, embedding, ranking)
    pairs = np.random.default_rng(1).choice(len(log_q), (_QUERIES, 2))
    pairs[::2, 1] = pairs[::2, 0]
    p = np.exp(log_q[pairs]).mean(axis=1)
    p /= p.sum(axis=1, keepdims=True)
    e = embedding[pairs].mean(axis=1)
    e /= np.maximum(np.linalg.norm(e, axis=1, keepdims=True), 1e-9)
    truth = [[row for row in exact.query(p[i], e[i], 12).row if row not in pairs[i]][:10] for i in range(_QUERIES)]
    return np.array(truth), _queries(p, e, ranking)


def _rows(log_q: NDArray[np.float32], embedding: NDArray[np.float32], ranking: Ranking) -> NDArray[np.float32]:
    parts = ((ranking.kl, log_q), (ranking.cosine, embedding))
    return np.concatenate([np.float32(weight) * part for weight, part in parts if weight], axis=1)


def _queries(p: NDArray[np.float32], embedding: NDArray[np.float32], ranking: Ranking) -> NDArray[np.float32]:
    """Return vectors whose inner products with `_rows` grow as distances shrink."""
    return np.concatenate([part for weight, part in ((ranking.kl, p), (ranking.cosine, embedding)) if weight], axis=1)


def _padded(vectors: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    return np.pad(vectors, ((0, 0), (0, width - vectors.shape[1])))


def _principal(centred: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the directions of the largest spread, float32 [D, at most _COORDINATES - 1], orthonormal."""
    _, vectors = np.linalg.eigh(centred.T @ centred)  # ascending
    return np.ascontiguousarray(vectors[:, ::-1][:, :_COORDINATES - 1], np.float32)
