"""The match: layers keep their clips unless there is a reason to change."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.nearest import COSINE, KL, Nearest, Ranking
from engine.parameters import LAYERS
from engine.shared import NO_CLIP
from engine.sight.match import Matcher, Rules

RULES = Rules(layers=3, hysteresis=0.15, hold=2, focus=0.5, diversity=True)
FREE = Rules(layers=2, hysteresis=0, hold=0, focus=0.5, diversity=False)


def distributions(n: int, classes: int, seed: int = 0, sharpness: float = 2.0) -> NDArray[np.float32]:
    logits = np.random.default_rng(seed).normal(0, sharpness, (n, classes))
    q = np.exp(logits)
    return np.asarray(q / q.sum(1, keepdims=True), np.float32)


def blend(*parts: float) -> NDArray[np.float32]:
    """A distribution over three classes; the rest is spread evenly."""
    p = np.array(parts, np.float64) + 0.01
    return np.asarray(p / p.sum(), np.float32)


def matcher_of(log_q: NDArray[np.float32], labels: Sequence[str]) -> Matcher:
    """A matcher that ranks by KL alone."""
    return Matcher(Nearest(log_q, np.zeros((len(log_q), 2), np.float32), KL), labels)


def kl(p: NDArray[np.float32], log_q: NDArray[np.float32]) -> NDArray[np.float32]:
    """KL(p || q) of a p without zeros."""
    return np.asarray((p * (np.log(p) - log_q)).sum(axis=1))


NOWHERE = np.zeros(2, np.float32)
"""An embedding that says nothing."""


def playing(clip: NDArray[np.int32]) -> list[int]:
    return [c for c in clip.tolist() if c != NO_CLIP]


def layers(*clips: int) -> list[int]:
    """The clips of all layers: these, and none in the rest."""
    return [*clips, *[NO_CLIP] * (LAYERS - len(clips))]


def test_levels_fall_with_the_distance_from_the_best() -> None:
    q = distributions(5, 20)
    matcher = matcher_of(np.log(q), [""] * 5)
    targets = matcher.choose(q[2], NOWHERE, 0, FREE)
    far = kl(q[2], np.log(q))
    assert targets.weight[0] == 1
    assert targets.weight[1] == pytest.approx(np.exp(-(far[targets.clip[1]] - far[targets.clip[0]]) / 0.5), rel=1e-4)
    assert not targets.weight[2:].any() and targets.clip.tolist()[2:] == layers()[2:]


SEA, WOOD, CITY = 0, 1, 2
THREE = np.log(np.array([blend(1, 0, 0), blend(0, 1, 0), blend(0, 0, 1)]))


def test_a_playing_clip_stays_until_another_is_better_by_the_hysteresis() -> None:
    rules = replace(FREE, layers=1, hysteresis=0.5)
    matcher = matcher_of(THREE, ["sea", "wood", "city"])
    assert matcher.choose(blend(0.8, 0.2, 0), NOWHERE, 0, rules).clip[0] == SEA
    nearly = blend(0.48, 0.52, 0)
    far = kl(nearly, THREE)
    assert 0 < far[SEA] - far[WOOD] < 0.5
    assert matcher.choose(nearly, NOWHERE, 1, rules).clip[0] == SEA
    assert matcher.choose(blend(0.2, 0.8, 0), NOWHERE, 2, rules).clip[0] == WOOD
    assert matcher_of(THREE, ["", "", ""]).choose(nearly, NOWHERE, 0, rules).clip[0] == WOOD


def test_a_clip_is_held_for_its_time_unless_the_scene_is_cut() -> None:
    rules = replace(FREE, layers=1, hold=2)
    matcher = matcher_of(THREE, ["sea", "wood", "city"])
    matcher.choose(blend(1, 0, 0), NOWHERE, 10, rules)
    assert matcher.choose(blend(0, 1, 0), NOWHERE, 11.9, rules).clip[0] == SEA
    assert matcher.choose(blend(0, 1, 0), NOWHERE, 12.1, rules).clip[0] == WOOD
    assert matcher.choose(blend(0, 0, 1), NOWHERE, 12.2, rules, cut=True).clip[0] == CITY


def test_one_clip_of_a_class_at_a_time_when_diverse() -> None:
    q = np.array([blend(1, 0, 0), blend(0.99, 0.01, 0), blend(0.5, 0.5, 0), blend(0, 1, 0), blend(0, 0, 1)])
    labels = ["sea", "sea", "sea", "wood", "city"]
    p = blend(1, 0.002, 0)
    diverse = matcher_of(np.log(q), labels).choose(p, NOWHERE, 0, RULES)
    assert diverse.clip.tolist() == layers(0, 3, 4)
    alike = matcher_of(np.log(q), labels).choose(p, NOWHERE, 0, replace(RULES, diversity=False))
    assert playing(alike.clip) == [0, 1, 2]
    nameless = matcher_of(np.log(q), [""] * 5).choose(p, NOWHERE, 0, RULES)
    assert len(playing(nameless.clip)) == 3, "no class is no class in common"


def test_a_clip_that_stays_keeps_its_layer() -> None:
    q = np.array([blend(1, 0, 0), blend(0, 1, 0), blend(0, 0, 1)])
    matcher = matcher_of(np.log(q), ["sea", "wood", "city"])
    first = matcher.choose(blend(0.6, 0.4, 0), NOWHERE, 0, FREE)
    assert first.clip.tolist()[:2] == [SEA, WOOD]
    swapped = matcher.choose(blend(0.4, 0.6, 0), NOWHERE, 1, FREE)
    assert swapped.clip.tolist()[:2] == [SEA, WOOD] and not swapped.changes and swapped.weight[WOOD] == 1
    gone = matcher.choose(blend(0, 0.6, 0.4), NOWHERE, 2, FREE)
    assert gone.clip.tolist()[:2] == [CITY, WOOD]
    change, = gone.changes
    assert change.now is not None and change.before is not None
    assert (change.layer, change.now.label, change.before.label) == (0, "city", "sea")
    assert change.now.kl < change.before.kl


def test_fewer_layers_drop_the_worst_even_while_held() -> None:
    matcher = matcher_of(THREE, ["sea", "wood", "city"])
    p = blend(0.5, 0.3, 0.2)
    assert matcher.choose(p, NOWHERE, 0, RULES).clip.tolist() == layers(SEA, WOOD, CITY)
    assert matcher.choose(p, NOWHERE, 0.1, replace(RULES, layers=1)).clip.tolist() == layers(SEA)


def test_small_changes_of_level_are_no_news() -> None:
    matcher = matcher_of(THREE, ["sea", "wood", "city"])
    assert matcher.choose(blend(0.6, 0.3, 0.1), NOWHERE, 0, RULES).changed
    assert not matcher.choose(blend(0.6, 0.3, 0.1), NOWHERE, 1, RULES).changed
    assert not matcher.choose(blend(0.6, 0.301, 0.099), NOWHERE, 2, RULES).changed
    moved = matcher.choose(blend(0.5, 0.4, 0.1), NOWHERE, 3, RULES)
    assert moved.changed and not moved.changes


def test_restored_layers_go_on_and_clips_that_are_gone_do_not() -> None:
    matcher = matcher_of(THREE, ["sea", "wood", "city"])
    weight = np.array([1, 1, 0, 0.5, 0.2, *np.zeros(LAYERS - 5)], np.float32)
    matcher.restore(np.array(layers(CITY, 77, NO_CLIP, SEA, CITY), np.int32), weight, 0 * weight, 5)
    held = matcher.hold(blend(1, 0, 0), NOWHERE)
    assert held.clip.tolist() == layers(CITY, NO_CLIP, NO_CLIP, SEA), "and a clip that was twice there is once"
    assert held.weight.tolist() == [1, 0, 0, 0.5, *np.zeros(LAYERS - 4)]
    assert matcher.choose(blend(0, 1, 0), NOWHERE, 6, replace(RULES, layers=2)).clip.tolist() == held.clip.tolist()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 9), st.integers(1, LAYERS), st.booleans(), st.integers(0, 2**31),
       st.lists(st.booleans(), min_size=1, max_size=12))
def test_whatever_comes_layers_are_consistent(clips: int, layers: int, diversity: bool, seed: int,
                                              cuts: list[bool]) -> None:
    labels = [f"class {i % 4}" for i in range(clips)]
    log_q = np.log(distributions(clips, 6, seed))
    matcher = matcher_of(log_q, labels)
    rules = Rules(layers, 0.1, 1.5, 0.5, diversity)
    for t, (p, cut) in enumerate(zip(distributions(len(cuts), 6, seed + 1), cuts, strict=True)):
        targets = matcher.choose(p, NOWHERE, t, rules, cut)
        chosen = playing(targets.clip)
        groups = {labels[c] for c in chosen} if diversity else set(chosen)
        assert len(groups) == len(chosen) == min(layers, len(set(labels)) if diversity else clips)
        assert np.isfinite(targets.weight).all() and ((targets.weight > 0) <= (targets.clip != NO_CLIP)).all()
        if chosen:
            far = kl(p, log_q)
            assert targets.clip[targets.weight.argmax()] == min(chosen, key=lambda c: far[c]) or not targets.changed


def test_the_embeddings_decide_where_the_distributions_are_alike() -> None:
    log_q = np.repeat(THREE[:1], 3, axis=0)
    embedding = np.array([[1, 0], [0.6, 0.8], [0, 1]], np.float32)
    north, p = embedding[2], blend(1, 0, 0)
    matcher = Matcher(Nearest(log_q, embedding, Ranking(1, 0.5)), ["", "", ""])
    targets = matcher.choose(p, north, 0, FREE)
    assert targets.clip.tolist()[:2] == [2, 1] and targets.weight[1] == pytest.approx(np.exp(-0.5 * 0.2 / 0.5))
    assert targets.kl[0] == targets.kl[1] == pytest.approx(kl(p, log_q)[0], abs=1e-6), "nats are told, not the mixture"
    assert [change.now.cosine for change in targets.changes if change.now] == pytest.approx([1, 0.8])


@pytest.mark.parametrize("views", [1, 2])
@pytest.mark.parametrize("diversity", [False, True])
def test_of_a_library_too_large_to_look_at_all_the_same_clips_play(diversity: bool, views: int) -> None:
    """Proposed clips are enough where they hold the best; where they are all of one class, all clips are looked at."""
    random = np.random.default_rng(0)
    embedding = random.normal(size=(3000, 8)).astype(np.float32)
    embedding /= np.linalg.norm(embedding, axis=1, keepdims=True)
    everywhere = np.zeros((3000, 1), np.float32)
    labels = ["near" if x > 0 else str(i % 5) for i, x in enumerate(embedding[:, 0])]

    class Proposer:
        def propose(self, p: NDArray[np.float32], embedding_: NDArray[np.float32], k: int) -> NDArray[np.intp]:
            return np.argsort(-embedding @ embedding_)[:k][::-1]

    rules = replace(RULES, diversity=diversity, hold=0.5)
    all_clips = Matcher(Nearest(everywhere, embedding, COSINE), labels)
    proposed = Matcher(Nearest(everywhere, embedding, COSINE, Proposer()), labels)
    for t in range(20):
        e = np.array([1, *random.normal(0, 0.1 + 0.05 * t, 7)], np.float32)
        e /= np.linalg.norm(e)
        one, other = (matcher.choose(np.ones(1, np.float32), e, t, rules, False, slice(t % views, None, views))
                      for matcher in (all_clips, proposed))
        assert one.clip.tolist() == other.clip.tolist() and (t < 1 or NO_CLIP not in one.clip[:3])


def test_clips_and_labels_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="expected 3 labels"):
        matcher_of(THREE, ["sea"])
