"""Exact search: the k nearest and all within a radius are those of the definition, in its order to the last bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.nearest import COSINE, EXACT_CLIPS, KL, Nearest, Ranking

RANKINGS = {"kl": KL, "cosine": COSINE, "mixture": Ranking(1, 2.5)}


def distributions(n: int, classes: int, seed: int, sharpness: float = 2.0) -> NDArray[np.float32]:
    logits = np.random.default_rng(seed).standard_normal((n, classes), np.float32) * np.float32(sharpness)
    logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return logits


def units(n: int, width: int, seed: int) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).standard_normal((n, width), np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def definition(log_q: NDArray[np.float32], embedding: NDArray[np.float32], ranking: Ranking, p: NDArray[np.float32],
               e: NDArray[np.float32]) -> NDArray[np.float64]:
    """All distances in float64."""
    p64, e64 = p.astype(np.float64), e.astype(np.float64)
    log_p = np.array([np.log(x) if x > 0 else 0 for x in p64])
    kl, cosine = (p64 * (log_p - log_q)).sum(axis=1), (e64 * embedding).sum(axis=1)
    return ranking.kl * kl + ranking.cosine * (1 - cosine)


def in_order(distance: NDArray[np.float64]) -> NDArray[np.intp]:
    return np.argsort(distance, kind="stable")


@pytest.fixture(scope="module")
def large() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return distributions(EXACT_CLIPS, 365, 1), units(EXACT_CLIPS, 128, 2)


@pytest.mark.parametrize("name", RANKINGS)
def test_the_nearest_of_a_hundred_thousand_are_those_of_the_definition(
        name: str, large: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    """Among them duplicates, and rows that differ from the best by the last bit of one number."""
    ranking = RANKINGS[name]
    log_q, embedding = large
    p, e = np.exp(distributions(1, 365, 3)[0]), units(1, 128, 4)[0]
    p[::7] = 0
    p /= p.sum()
    random = np.random.default_rng(5)
    best = in_order(definition(log_q[:2000], embedding[:2000], ranking, p, e))[0]
    for row in random.choice(np.arange(2000, EXACT_CLIPS), 300, replace=False):
        log_q[row], embedding[row] = log_q[best], embedding[best]
        if row % 2:
            column = random.integers(365)
            log_q[row, column] = np.nextafter(log_q[row, column], np.float32(random.choice([-99, 0])))
            column %= 128
            embedding[row, column] = np.nextafter(embedding[row, column], np.float32(random.choice([-1, 1])))
    nearest = Nearest(log_q, embedding, ranking)
    distance = definition(log_q, embedding, ranking, p, e)
    order = in_order(distance)
    for k in (1, 10, 1000):
        found = nearest.query(p, e, k)
        np.testing.assert_array_equal(found.row, order[:k])
        np.testing.assert_array_equal(found.distance, distance[order[:k]])
    radius = float(distance[order[500]])
    np.testing.assert_array_equal(nearest.within(p, e, radius).row, order[:np.sum(distance <= radius)])
    assert len(nearest.within(p, e, np.nextafter(radius, -np.inf)).row) < len(nearest.within(p, e, radius).row)


def test_clips_that_are_all_alike_come_in_the_order_of_their_rows() -> None:
    log_q, embedding = np.repeat(distributions(1, 365, 1), 20_000, axis=0), np.repeat(units(1, 128, 1), 20_000, axis=0)
    for ranking in RANKINGS.values():
        found = Nearest(log_q, embedding, ranking).query(np.exp(log_q[0]), units(1, 128, 2)[0], 7)
        assert found.row.tolist() == list(range(7)) and len(set(found.distance.tolist())) == 1


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 60), st.integers(1, 70), st.sampled_from([0.0, 1e-6, 0.1, 3.0, 20.0]), st.integers(0, 2**31),
       st.sampled_from(list(RANKINGS)))
def test_whatever_the_shape_the_order_is_that_of_the_definition(n: int, k: int, sharpness: float, seed: int, name: str
                                                                ) -> None:
    ranking = RANKINGS[name]
    log_q, embedding = distributions(n, 20, seed, sharpness), units(n, 3, seed)
    if n:
        twins = np.random.default_rng(seed).integers(0, n, n)
        log_q, embedding = log_q[twins], embedding[twins]
    p, e = np.exp(distributions(1, 20, seed + 1, sharpness)[0]), units(1, 3, seed + 1)[0]
    nearest, distance = Nearest(log_q, embedding, ranking), definition(log_q, embedding, ranking, p, e)
    np.testing.assert_array_equal(nearest.query(p, e, k).row, in_order(distance)[:k])
    radius = float(np.median(distance)) if n else 1.0
    np.testing.assert_array_equal(nearest.within(p, e, radius).row, in_order(distance)[:np.sum(distance <= radius)])


def test_each_is_told_with_its_class_and_what_its_distance_is_made_of() -> None:
    log_q = np.log(np.array([[0.5, 0.5], [0.9, 0.1]], np.float32))
    east, north = np.eye(2, dtype=np.float32)
    first, second = Nearest(log_q, np.array([east, north]), Ranking(1, 0.5)).query(
        np.array([0.5, 0.5], np.float32), north, 5).ranked(["sea", "wood"])
    assert (first.label, first.clip, second.label, second.clip) == ("sea", 0, "wood", 1)
    assert (first.kl, first.cosine) == pytest.approx((0, 0), abs=1e-7) and first.distance == pytest.approx(0.5)
    kl = 0.5 * np.log(0.5 / 0.9) + 0.5 * np.log(0.5 / 0.1)
    assert (second.kl, second.cosine, second.distance) == pytest.approx((kl, 1, kl), abs=1e-6)
    assert second.score == pytest.approx(np.exp(-kl), abs=1e-6)


def test_an_embedding_of_another_space_decides_nothing() -> None:
    log_q, embedding = distributions(50, 20, 1), units(50, 3, 1)
    p = np.exp(log_q[7])
    stranger = Nearest(log_q, embedding, Ranking(1, 9)).query(p, units(1, 5, 2)[0], 50)
    assert stranger.row.tolist() == Nearest(log_q, embedding, KL).query(p, units(1, 3, 2)[0], 50).row.tolist()
    assert not stranger.cosine.any()


def test_numbers_that_are_not_finite_or_do_not_fit_are_refused() -> None:
    log_q, embedding = distributions(3, 4, 0), units(3, 2, 0)
    with pytest.raises(ValueError, match=r"embedding \[n, D\]"):
        Nearest(log_q, embedding[:2], KL)
    for bad in (np.nan, np.inf, -np.inf):
        broken = log_q.copy()
        broken[1, 2] = bad
        with pytest.raises(ValueError, match="finite"):
            Nearest(broken, embedding, KL)
