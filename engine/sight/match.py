"""Which clips fit a picture, by KL(p || q) between their distributions over scenes, and which of them sound.

Both come from SoundNet (Aytar, Vondrick and Torralba 2016, section 3) and Imaginary Soundscape (Kajihara, Dozono and
Tokui 2017): the ear learns q to meet the eye's p by this KL, so the same KL finds the sounds of a picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.parameters import LAYERS
from engine.shared import NO_CLIP

LEVEL_STEP = 0.02
"""Changes of level smaller than this are not worth a command."""
_TINY = np.float32(1e-30)
_HELD = np.float32(-1e6)  # nats; no match is as good as being held


@dataclass(frozen=True, slots=True)
class Rules:
    """How layers are chosen: the parameters match/* of those names."""

    layers: int
    hysteresis: float
    hold: float
    focus: float
    diversity: bool


@dataclass(frozen=True, slots=True)
class Ranked:
    """A clip, the name of its class, and its KL(picture || clip) in nats."""

    clip: int
    label: str
    kl: float


@dataclass(frozen=True, slots=True)
class LayerChange:
    """Why a layer changed: what it plays now and what it played before; None is an empty layer."""

    layer: int
    now: Ranked | None
    before: Ranked | None


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What the layers shall play.

    clip: int32 [LAYERS] library index or NO_CLIP. weight: float32 [LAYERS] level, the best match at 1. kl: float32
    [LAYERS] nats, of the newest picture. changed: whether clips or levels differ from the targets before. changes:
    the layers that got another clip.
    """

    clip: NDArray[np.int32]
    weight: NDArray[np.float32]
    kl: NDArray[np.float32]
    changed: bool = False
    changes: tuple[LayerChange, ...] = field(default=())


class Matcher:
    """Matches pictures with clips and remembers who plays.

    log_q: float32 [n, classes], natural log of each clip's distribution. labels: the n names of the clips' classes; a
    clip with an empty one counts as its own class. Raises ValueError if the shapes disagree or log_q is not finite.
    """

    def __init__(self, log_q: NDArray[np.float32], labels: Sequence[str]) -> None:
        if log_q.ndim != 2 or len(labels) != len(log_q):
            raise ValueError(f"expected log_q [n, classes] and n labels, got {log_q.shape} and {len(labels)}")
        if not np.isfinite(log_q).all():
            raise ValueError("log_q has values that are not finite")
        self.labels = tuple(labels)
        self._log_q = np.ascontiguousarray(log_q, np.float32)
        names = [label or f"\0{clip}" for clip, label in enumerate(labels)]
        _, group = np.unique(np.array(names, dtype=object), return_inverse=True)
        self._by_group = np.argsort(group, kind="stable")
        self._bounds = np.append(np.flatnonzero(np.diff(group[self._by_group], prepend=-1)), len(labels))
        self._clip = np.full(LAYERS, NO_CLIP, np.int32)
        self._weight = np.zeros(LAYERS, np.float32)
        self._since = np.zeros(LAYERS)

    def kl(self, p: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return KL(p || q) of every clip, float32 [n] nats (>= 0), for a distribution p float32 [classes]."""
        negative_entropy = p @ np.log(np.maximum(p, _TINY))
        return np.maximum(negative_entropy - self._log_q @ p, np.float32(0))

    def rank(self, p: NDArray[np.float32], top: int) -> list[Ranked]:
        """Return the `top` clips that fit p best, or all there are, best first."""
        kl = self.kl(p)
        return [Ranked(clip, self.labels[clip], float(kl[clip])) for clip in _smallest(kl, top)]

    def restore(self, clip: NDArray[np.int32], weight: NDArray[np.float32], t: float) -> None:
        """Go on from layers [LAYERS] that play already, as of time t; clips that don't exist any more are left out."""
        known = (clip >= 0) & (clip < len(self.labels))
        self._clip = np.where(known, clip, NO_CLIP).astype(np.int32)
        self._weight = np.where(known, weight, 0).astype(np.float32)
        self._since[:] = t

    def hold(self, p: NDArray[np.float32]) -> Targets:
        """Return the present targets as they are, with their KL from p."""
        return Targets(self._clip, self._weight, self._layer_kl(self.kl(p)))

    def choose(self, p: NDArray[np.float32], t: float, rules: Rules, cut: bool = False) -> Targets:
        """Return the targets for the distribution p at time t (seconds).

        A playing clip stays unless another is better by `hysteresis` nats and it has played for `hold` seconds; a
        scene cut sets both aside. A clip that stays keeps its layer. Levels fall with exp(-(kl - best) / focus).
        """
        kl = self.kl(p)
        cost = kl.copy()
        if not cut:
            playing = self._clip != NO_CLIP
            held = playing & (t - self._since < rules.hold)
            cost[self._clip[playing]] -= np.float32(rules.hysteresis)
            cost[self._clip[held]] += _HELD
        chosen = self._best(cost, min(rules.layers, LAYERS), rules.diversity)
        clip = self._seat(chosen)
        layer_kl = np.where(clip != NO_CLIP, kl[clip], np.inf) if len(kl) else np.full(LAYERS, np.inf)
        weight = np.exp(-(layer_kl - layer_kl.min(initial=1e30)) / rules.focus).astype(np.float32)
        changes = tuple(LayerChange(layer, self._known(int(clip[layer]), kl), self._known(int(self._clip[layer]), kl))
                        for layer in np.flatnonzero(clip != self._clip).tolist())
        changed = bool(changes) or bool(np.abs(weight - self._weight).max() >= LEVEL_STEP)
        if changed:
            self._since[clip != self._clip] = t
            self._clip, self._weight = clip, weight
        return Targets(self._clip, self._weight, self._layer_kl(kl), changed, changes)

    def _best(self, cost: NDArray[np.float32], count: int, diverse: bool) -> list[int]:
        if not diverse or not len(cost):
            return _smallest(cost, count)
        grouped = cost[self._by_group]
        groups = _smallest(np.minimum.reduceat(grouped, self._bounds[:-1]), count)
        return [int(self._by_group[(first := self._bounds[g]) + grouped[first:self._bounds[g + 1]].argmin()])
                for g in groups]

    def _seat(self, chosen: list[int]) -> NDArray[np.int32]:
        """Give each chosen clip a layer: its own, else one whose clip leaves, else an empty one."""
        clip = np.where(np.isin(self._clip, chosen), self._clip, NO_CLIP).astype(np.int32)
        free = np.flatnonzero(clip == NO_CLIP)
        free = np.concatenate([free[self._clip[free] != NO_CLIP], free[self._clip[free] == NO_CLIP]])
        new = [c for c in chosen if c not in clip]
        clip[free[:len(new)]] = new
        return clip

    def _layer_kl(self, kl: NDArray[np.float32]) -> NDArray[np.float32]:
        out = np.zeros(LAYERS, np.float32)
        playing = self._clip != NO_CLIP
        out[playing] = kl[self._clip[playing]]
        return out

    def _known(self, clip: int, kl: NDArray[np.float32]) -> Ranked | None:
        return None if clip == NO_CLIP else Ranked(clip, self.labels[clip], float(kl[clip]))


def _smallest(values: NDArray[np.float32], count: int) -> list[int]:
    """Return the indices of the `count` smallest values, or of all, smallest first."""
    count = min(count, len(values))
    if count <= 0:
        return []
    found = np.argpartition(values, count - 1)[:count]
    return [int(i) for i in found[np.lexsort((found, values[found]))]]
