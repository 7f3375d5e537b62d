"""Which clips fit a picture, and which of them sound.

A clip's distance from a picture is KL(p || q) between their distributions over scenes, and BALANCE times one minus the
cosine of their embeddings. The KL comes from SoundNet (Aytar, Vondrick and Torralba 2016, section 3) and Imaginary
Soundscape (Kajihara, Dozono and Tokui 2017): the ear learns q to meet the eye's p by it, so the same KL finds the
sounds of a picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.approximate import stored_index
from engine.library import Library
from engine.nearest import Nearest, Ranked, Ranking
from engine.parameters import LAYERS
from engine.shared import NO_CLIP

BALANCE = 0.0
"""Nats that embeddings at right angles are worth; 0 ranks by KL alone."""
MIXTURE = Ranking(1, BALANCE)
"""How clips are ranked."""

LEVEL_STEP = 0.02
"""Changes of level smaller than this are not worth a command."""
ALL = slice(None)
"""The share of a picture that has all layers."""
_HELD = np.float32(-1e6)  # no distance is as good as being held
_CANDIDATES = 512  # clips that are looked at where the library is too large to look at all


@dataclass(frozen=True, slots=True)
class Rules:
    """How layers are chosen: the parameters match/* of those names."""

    layers: int
    hysteresis: float
    hold: float
    focus: float
    diversity: bool


@dataclass(frozen=True, slots=True)
class LayerChange:
    """Why a layer changed: what it plays now and what it played before; None is an empty layer."""

    layer: int
    now: Ranked | None
    before: Ranked | None


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What the layers shall play.

    clip: int32 [LAYERS] library index or NO_CLIP. weight: float32 [LAYERS] level, the best match of a share at 1. kl:
    float32 [LAYERS] nats, of the newest picture of a layer's share. changed: whether clips or levels differ from the
    targets before. changes: the layers that got another clip.
    """

    clip: NDArray[np.int32]
    weight: NDArray[np.float32]
    kl: NDArray[np.float32]
    changed: bool = False
    changes: tuple[LayerChange, ...] = field(default=())


class Matcher:
    """Matches pictures with clips and remembers who plays.

    nearest: the clips of the library. labels: the n names of their classes; a clip with an empty one counts as its own
    class. A picture is its distribution p float32 [classes] and its embedding float32 [D]. Raises ValueError if there
    are not as many labels as clips.

    Pictures in several directions have a share of the layers each, all by default. What is chosen for one leaves the
    others as they are, and a clip that plays in one share plays in no other.
    """

    def __init__(self, nearest: Nearest, labels: Sequence[str]) -> None:
        if len(labels) != len(nearest):
            raise ValueError(f"expected {len(nearest)} labels, got {len(labels)}")
        self.labels = tuple(labels)
        self._nearest = nearest
        names = [label or f"\0{clip}" for clip, label in enumerate(labels)]
        self._class = np.unique(np.array(names, dtype=object), return_inverse=True)[1]
        self._all = np.arange(len(labels))
        self._all_classes = _Classes(self._class)
        self._clip = np.full(LAYERS, NO_CLIP, np.int32)
        self._weight = np.zeros(LAYERS, np.float32)
        self._kl = np.zeros(LAYERS, np.float32)
        self._since = np.zeros(LAYERS)

    @classmethod
    def of(cls, library: Library) -> "Matcher":
        """Match the clips of a library, with the help of the index that is stored beside it, if one is."""
        nearest = Nearest(library.log_q, library.embedding, MIXTURE, stored_index(library, MIXTURE))
        return cls(nearest, [clip.category for clip in library.clips])

    def restore(self, clip: NDArray[np.int32], weight: NDArray[np.float32], kl: NDArray[np.float32], t: float) -> None:
        """Go on from layers [LAYERS] that play already, as of time t.

        Clips that don't exist any more are left out, and so is all but the first layer of a clip.
        """
        first = np.isin(np.arange(LAYERS), np.unique(clip, return_index=True)[1])
        known = first & (clip >= 0) & (clip < len(self.labels))
        self._clip = np.where(known, clip, NO_CLIP).astype(np.int32)
        self._weight = np.where(known, weight, 0).astype(np.float32)
        self._kl = np.where(known, kl, 0).astype(np.float32)
        self._since[:] = t

    def hold(self, p: NDArray[np.float32], embedding: NDArray[np.float32], share: slice = ALL) -> Targets:
        """Return the present targets as they are, with the KL of a share of the layers from p."""
        playing = self._clip[share]
        self._kl = _with(self._kl, share, _by_layer(playing, self._rank(playing, p, embedding)))
        return Targets(self._clip, self._weight, self._kl)

    def choose(self, p: NDArray[np.float32], embedding: NDArray[np.float32], t: float, rules: Rules,
               cut: bool = False, share: slice = ALL) -> Targets:
        """Return the targets after a picture at time t (seconds) that has a share of the layers.

        It has those of its share that are among the first `layers`, but one at least. A playing clip stays unless
        another is nearer by `hysteresis` and it has played for `hold` seconds; a scene cut sets both aside. A clip that
        stays keeps its layer. Levels fall with exp(-(distance - least) / focus).
        """
        before, since = self._clip[share], self._since[share]
        elsewhere = _with(self._clip, share, NO_CLIP)
        layers = range(LAYERS)[share]
        count = max(1, sum(layer < rules.layers for layer in layers))
        clips, classes, distance = self._candidates(p, embedding, before, elsewhere[elsewhere != NO_CLIP], count)
        if not cut:
            playing = before != NO_CLIP
            held = playing & (t - since < rules.hold)
            distance[np.searchsorted(clips, before[playing])] -= np.float32(rules.hysteresis)
            distance[np.searchsorted(clips, before[held])] += _HELD
        best = classes.best(distance, count) if rules.diversity else _smallest(distance, count)
        clip = _seat(before, [int(clips[i]) for i in best if distance[i] < np.inf])
        ranked = self._rank(np.concatenate([clip, before]), p, embedding)
        from_picture = np.array([ranked[c].distance if c != NO_CLIP else np.inf for c in clip.tolist()])
        weight = np.exp(-(from_picture - from_picture.min(initial=1e30)) / rules.focus).astype(np.float32)
        changes = tuple(LayerChange(layers[i], ranked.get(int(clip[i])), ranked.get(int(before[i])))
                        for i in np.flatnonzero(clip != before).tolist())
        changed = bool(changes) or bool(np.abs(weight - self._weight[share]).max() >= LEVEL_STEP)
        if changed:
            since[clip != before] = t
            self._clip, self._weight = _with(self._clip, share, clip), _with(self._weight, share, weight)
        self._kl = _with(self._kl, share, _by_layer(self._clip[share], ranked))
        return Targets(self._clip, self._weight, self._kl, changed, changes)

    def _candidates(self, p: NDArray[np.float32], embedding: NDArray[np.float32], playing: NDArray[np.int32],
                    elsewhere: NDArray[np.int32], count: int
                    ) -> tuple[NDArray[np.intp], "_Classes", NDArray[np.float32]]:
        """Return the clips to choose from, in ascending order and with those `playing`; their classes and distances.

        They hold the nearest of `count` classes, or of all. What plays elsewhere is left out or infinitely far.
        """
        if not self._nearest.exact:
            near = np.setdiff1d(self._nearest.query(p, embedding, _CANDIDATES).row, elsewhere)
            if len(np.unique(self._class[near])) >= min(count, len(self._all_classes)):
                clips = np.union1d(near, playing[playing != NO_CLIP])
                return clips, _Classes(self._class[clips]), self._nearest.estimate(p, embedding, clips)
        distance = self._nearest.estimate(p, embedding)
        distance[elsewhere] = np.inf
        return self._all, self._all_classes, distance

    def _rank(self, clips: NDArray[np.int32], p: NDArray[np.float32], embedding: NDArray[np.float32]
              ) -> dict[int, Ranked]:
        """Return how well each of the clips fits, by clip; without NO_CLIP."""
        rows = np.unique(clips[clips != NO_CLIP]).astype(np.intp)
        return {ranked.clip: ranked for ranked in self._nearest.measure(rows, p, embedding).ranked(self.labels)}


def shared_most(p: NDArray[np.float32], q: NDArray[np.float32], count: int) -> list[int]:
    """Return the `count` classes, or all, that two distributions [classes] have most in common, most first.

    What they have in common of a class is the lesser of its two probabilities; all of it together is one minus their
    total variation distance.
    """
    common = np.minimum(p, q)
    return np.argsort(-common, kind="stable")[:count].tolist()


class _Classes:
    """Clips by the numbers of their classes, int [m]."""

    def __init__(self, number: NDArray[np.intp]) -> None:
        self._order = np.argsort(number, kind="stable")
        self._bounds = np.append(np.flatnonzero(np.diff(number[self._order], prepend=-1)), len(number))

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def best(self, distance: NDArray[np.float32], count: int) -> list[int]:
        """Return the nearest clip of each of the `count` nearest classes, nearest first."""
        if not len(distance):
            return []
        grouped = distance[self._order]
        nearest = _smallest(np.minimum.reduceat(grouped, self._bounds[:-1]), count)
        return [int(self._order[(first := self._bounds[i]) + grouped[first:self._bounds[i + 1]].argmin()])
                for i in nearest]


def _seat(before: NDArray[np.int32], chosen: list[int]) -> NDArray[np.int32]:
    """Give each chosen clip a layer: its own of before, else one whose clip leaves, else an empty one."""
    clip = np.where(np.isin(before, chosen), before, NO_CLIP).astype(np.int32)
    free = np.flatnonzero(clip == NO_CLIP)
    free = np.concatenate([free[before[free] != NO_CLIP], free[before[free] == NO_CLIP]])
    new = [c for c in chosen if c not in clip]
    clip[free[:len(new)]] = new
    return clip


def _with(values: NDArray[Any], share: slice, part: NDArray[Any] | int) -> NDArray[Any]:
    """Return a copy of values [LAYERS] with another part."""
    copy = values.copy()
    copy[share] = part
    return copy


def _by_layer(clip: NDArray[np.int32], ranked: dict[int, Ranked]) -> NDArray[np.float32]:
    return np.array([ranked[c].kl if c != NO_CLIP else 0 for c in clip.tolist()], np.float32)


def _smallest(values: NDArray[np.float32], count: int) -> list[int]:
    """Return the indices of the `count` smallest values, or of all, smallest first."""
    count = min(count, len(values))
    if count <= 0:
        return []
    found = np.argpartition(values, count - 1)[:count]
    return [int(i) for i in found[np.lexsort((found, values[found]))]]
