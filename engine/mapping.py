"""A library laid out on a plane: sounds that the ear takes for alike lie close together."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import audiofile
from engine.excerpt import MP3_RATE, loudest, mp3
from engine.library import RATE, Library

_FEWEST_FOR_TSNE, _MOST_FOR_TSNE = 12, 20_000
_PERPLEXITY = 30            # how many neighbours a sound has about; fewer in small libraries
_MOST_JUDGED = 4000         # trustworthiness takes the square of them in memory
_CHUNK = 1024
_FADE_S = 0.03
_LEVEL = 0.1                # RMS of a preview


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """place: float32 [n, 2], from -1 to 1. projection: "t-SNE" or "PCA". trustworthiness: how far neighbours on the
    plane are neighbours in truth, 0 to 1 (Venna and Kaski 2001); None if it could not be measured."""

    place: NDArray[np.float32]
    projection: str
    trustworthiness: float | None


def rough_layout(embedding: NDArray[np.float32]) -> Layout:
    """Return where each of the unit vectors, float32 [n, D], lies along the two principal components: in no time."""
    return Layout(_fitted(_principal(embedding)), "PCA", None)


def lay_out(embedding: NDArray[np.float32]) -> Layout:
    """Return where each of the unit vectors, float32 [n, D], lies; the same for the same vectors.

    By t-SNE (van der Maaten and Hinton 2008) from scikit-learn, the extra `map`; without it, and for very few or very
    many sounds, by the two principal components.
    """
    count = len(embedding)
    try:
        from sklearn.manifold import TSNE, trustworthiness
    except ImportError:
        return rough_layout(embedding)
    if _FEWEST_FOR_TSNE <= count <= _MOST_FOR_TSNE:
        start = _principal(embedding)
        start *= 1e-4 / max(float(start[:, 0].std()), 1e-12)
        place = TSNE(perplexity=min(_PERPLEXITY, count / 5), init=start, random_state=0).fit_transform(embedding)
        projection = "t-SNE"
    else:
        place, projection = _principal(embedding), "PCA"
    judged = np.random.default_rng(0).permutation(count)[:_MOST_JUDGED]
    neighbours = min(10, (len(judged) - 1) // 2)
    trust = float(trustworthiness(embedding[judged], place[judged], n_neighbors=neighbours)) if neighbours else None
    return Layout(_fitted(np.asarray(place, np.float32)), projection, trust)


def neighbours(embedding: NDArray[np.float32], k: int,
               of: range | None = None) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return for each row of unit vectors, or for those in `of`, the k other rows with the largest cosine, best first,
    and the cosines."""
    k, of = min(k, len(embedding) - 1), range(len(embedding)) if of is None else of
    rows, cosines = [], []
    for begin in range(0, len(of), _CHUNK):
        here = np.array(of[begin:begin + _CHUNK])
        cosine = embedding[here] @ embedding.T
        cosine[np.arange(len(here)), here] = -np.inf
        best = np.argsort(-cosine, axis=1, kind="stable")[:, :k]
        rows.append(best)
        cosines.append(np.take_along_axis(cosine, best, axis=1))
    return np.concatenate(rows), np.concatenate(cosines)


def preview(library: Library, index: int, seconds: float) -> bytes:
    """Return the loudest `seconds` of a clip, or all of a shorter one, as a small mono MP3 of even level.

    Raises UserError if its file is gone or broken.
    """
    mono = loudest(library.load(index, RATE).mean(axis=1), round(seconds * RATE))
    part = audiofile.resample(mono[:, None], RATE, MP3_RATE)[:, 0]
    level = math.sqrt(float(np.mean(np.square(part, dtype=np.float64))))
    part = part * np.float32(min(_LEVEL / max(level, 1e-6), 0.9 / max(float(np.abs(part).max()), 1e-6)))
    fade = min(round(_FADE_S * MP3_RATE), len(part) // 2)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    part[:fade] *= ramp
    part[len(part) - fade:] *= ramp[::-1]
    return mp3(part)


def _principal(embedding: NDArray[np.float32]) -> NDArray[np.float32]:
    centred = embedding.astype(np.float64) - embedding.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)  # ascending
    vectors = vectors[:, ::-1][:, :2]
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])
    place = centred @ vectors
    return np.pad(place, ((0, 0), (0, 2 - place.shape[1]))).astype(np.float32)


def _fitted(place: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the places moved and scaled, alike in both directions, to lie within -1 to 1."""
    low, high = place.min(axis=0), place.max(axis=0)
    return np.asarray((place - (low + high) / 2) / max(float((high - low).max()) / 2, 1e-9), np.float32)
