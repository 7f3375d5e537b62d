"""The match: KL is what it says, and layers keep their clips unless there is a reason to change."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

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


def playing(clip: NDArray[np.int32]) -> list[int]:
    return [c for c in clip.tolist() if c != NO_CLIP]


def test_kl_is_the_sum_of_p_log_p_over_q() -> None:
    q = distributions(40, 365)
    p = distributions(1, 365, seed=1)[0]
    p[:300] = 0
    p /= p.sum()
    exact = [sum(float(a) * np.log(float(a) / float(b)) for a, b in zip(p, row, strict=True) if a > 0) for row in q]
    np.testing.assert_allclose(Matcher(np.log(q), [""] * 40).kl(p), exact, atol=2e-5)


def test_rank_gives_the_nearest_first_and_all_there_are() -> None:
    q = distributions(7, 20)
    ranked = Matcher(np.log(q), list("abcdefg")).rank(q[4], 50)
    assert len(ranked) == 7 and (ranked[0].clip, ranked[0].label) == (4, "e")
    assert ranked[0].kl == pytest.approx(0, abs=1e-5)
    assert [r.kl for r in ranked] == sorted(r.kl for r in ranked)


def test_levels_fall_with_the_distance_from_the_best() -> None:
    q = distributions(5, 20)
    matcher = Matcher(np.log(q), [""] * 5)
    targets = matcher.choose(q[2], 0, FREE)
    kl = matcher.kl(q[2])
    assert targets.weight[0] == 1
    assert targets.weight[1] == pytest.approx(np.exp(-(kl[targets.clip[1]] - kl[targets.clip[0]]) / 0.5), rel=1e-4)
    assert targets.weight[2:].tolist() == [0, 0] and targets.clip[2:].tolist() == [NO_CLIP, NO_CLIP]


SEA, WOOD, CITY = 0, 1, 2
THREE = np.log(np.array([blend(1, 0, 0), blend(0, 1, 0), blend(0, 0, 1)]))


def test_a_playing_clip_stays_until_another_is_better_by_the_hysteresis() -> None:
    rules = replace(FREE, layers=1, hysteresis=0.5)
    matcher = Matcher(THREE, ["sea", "wood", "city"])
    assert matcher.choose(blend(0.8, 0.2, 0), 0, rules).clip[0] == SEA
    nearly = blend(0.48, 0.52, 0)
    kl = matcher.kl(nearly)
    assert 0 < kl[SEA] - kl[WOOD] < 0.5
    assert matcher.choose(nearly, 1, rules).clip[0] == SEA
    assert matcher.choose(blend(0.2, 0.8, 0), 2, rules).clip[0] == WOOD
    assert Matcher(THREE, ["", "", ""]).choose(nearly, 0, rules).clip[0] == WOOD


def test_a_clip_is_held_for_its_time_unless_the_scene_is_cut() -> None:
    rules = replace(FREE, layers=1, hold=2)
    matcher = Matcher(THREE, ["sea", "wood", "city"])
    matcher.choose(blend(1, 0, 0), 10, rules)
    assert matcher.choose(blend(0, 1, 0), 11.9, rules).clip[0] == SEA
    assert matcher.choose(blend(0, 1, 0), 12.1, rules).clip[0] == WOOD
    assert matcher.choose(blend(0, 0, 1), 12.2, rules, cut=True).clip[0] == CITY


def test_one_clip_of_a_class_at_a_time_when_diverse() -> None:
    q = np.array([blend(1, 0, 0), blend(0.99, 0.01, 0), blend(0.5, 0.5, 0), blend(0, 1, 0), blend(0, 0, 1)])
    labels = ["sea", "sea", "sea", "wood", "city"]
    p = blend(1, 0.002, 0)
    diverse = Matcher(np.log(q), labels).choose(p, 0, RULES)
    assert diverse.clip.tolist() == [0, 3, 4, NO_CLIP]
    assert playing(Matcher(np.log(q), labels).choose(p, 0, replace(RULES, diversity=False)).clip) == [0, 1, 2]
    assert len(playing(Matcher(np.log(q), [""] * 5).choose(p, 0, RULES).clip)) == 3, "no class is no class in common"


def test_a_clip_that_stays_keeps_its_layer() -> None:
    q = np.array([blend(1, 0, 0), blend(0, 1, 0), blend(0, 0, 1)])
    matcher = Matcher(np.log(q), ["sea", "wood", "city"])
    first = matcher.choose(blend(0.6, 0.4, 0), 0, FREE)
    assert first.clip.tolist()[:2] == [SEA, WOOD]
    swapped = matcher.choose(blend(0.4, 0.6, 0), 1, FREE)
    assert swapped.clip.tolist()[:2] == [SEA, WOOD] and not swapped.changes and swapped.weight[WOOD] == 1
    gone = matcher.choose(blend(0, 0.6, 0.4), 2, FREE)
    assert gone.clip.tolist()[:2] == [CITY, WOOD]
    change, = gone.changes
    assert change.now is not None and change.before is not None
    assert (change.layer, change.now.label, change.before.label) == (0, "city", "sea")
    assert change.now.kl < change.before.kl


def test_fewer_layers_drop_the_worst_even_while_held() -> None:
    matcher = Matcher(THREE, ["sea", "wood", "city"])
    p = blend(0.5, 0.3, 0.2)
    assert matcher.choose(p, 0, RULES).clip.tolist() == [SEA, WOOD, CITY, NO_CLIP]
    assert matcher.choose(p, 0.1, replace(RULES, layers=1)).clip.tolist() == [SEA, NO_CLIP, NO_CLIP, NO_CLIP]


def test_small_changes_of_level_are_no_news() -> None:
    matcher = Matcher(THREE, ["sea", "wood", "city"])
    assert matcher.choose(blend(0.6, 0.3, 0.1), 0, RULES).changed
    assert not matcher.choose(blend(0.6, 0.3, 0.1), 1, RULES).changed
    assert not matcher.choose(blend(0.6, 0.301, 0.099), 2, RULES).changed
    moved = matcher.choose(blend(0.5, 0.4, 0.1), 3, RULES)
    assert moved.changed and not moved.changes


def test_restored_layers_go_on_and_clips_that_are_gone_do_not() -> None:
    matcher = Matcher(THREE, ["sea", "wood", "city"])
    matcher.restore(np.array([CITY, 77, NO_CLIP, SEA], np.int32), np.array([1, 1, 0, 0.5], np.float32), 5)
    held = matcher.hold(blend(1, 0, 0))
    assert held.clip.tolist() == [CITY, NO_CLIP, NO_CLIP, SEA] and held.weight.tolist() == [1, 0, 0, 0.5]
    assert matcher.choose(blend(0, 1, 0), 6, replace(RULES, layers=2)).clip.tolist() == held.clip.tolist()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 9), st.integers(1, LAYERS), st.booleans(), st.integers(0, 2**31),
       st.lists(st.booleans(), min_size=1, max_size=12))
def test_whatever_comes_layers_are_consistent(clips: int, layers: int, diversity: bool, seed: int,
                                              cuts: list[bool]) -> None:
    labels = [f"class {i % 4}" for i in range(clips)]
    matcher = Matcher(np.log(distributions(clips, 6, seed)), labels)
    rules = Rules(layers, 0.1, 1.5, 0.5, diversity)
    for t, (p, cut) in enumerate(zip(distributions(len(cuts), 6, seed + 1), cuts, strict=True)):
        targets = matcher.choose(p, t, rules, cut)
        chosen = playing(targets.clip)
        groups = {labels[c] for c in chosen} if diversity else set(chosen)
        assert len(groups) == len(chosen) == min(layers, len(set(labels)) if diversity else clips)
        assert np.isfinite(targets.weight).all() and ((targets.weight > 0) <= (targets.clip != NO_CLIP)).all()
        if chosen:
            kl = matcher.kl(p)
            assert targets.clip[targets.weight.argmax()] == min(chosen, key=lambda c: kl[c]) or not targets.changed


def test_log_q_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="n labels"):
        Matcher(THREE, ["sea"])
    with pytest.raises(ValueError, match="finite"):
        Matcher(np.full((1, 3), -np.inf, np.float32), ["sea"])
