"""The figures of retrieval, on rankings whose figures are known."""

import numpy as np
import pytest

from models.evaluation.metrics import FIGURES, figures
from models.evaluation.rankings import Perceived
from models.evaluation.retrieval import retrieval


def perceived(likeliest: list[int], themes: list[set[int]], classes: int = 4) -> Perceived:
    """Files that are surely of one class each, and of the given themes."""
    p = np.full((len(likeliest), classes), 0.01)
    p[np.arange(len(likeliest)), likeliest] = 1
    p /= p.sum(1, keepdims=True)
    return Perceived(np.log(p), p / np.linalg.norm(p, axis=1, keepdims=True), tuple(map(frozenset, themes)))


def test_a_known_order_gets_its_known_figures() -> None:
    order = np.array([[4, 0, 2, 1, 3, 5], [0, 1, 2, 3, 4, 5]])
    relevant = np.array([True, True, False, False, False, False])  # at ranks 2 and 4, and at ranks 1 and 2
    result = figures(order, relevant)
    assert list(result) == list(FIGURES)
    assert result["precision_at_1"].tolist() == [0, 1]
    assert result["precision_at_5"].tolist() == [2 / 5, 2 / 5]
    assert result["map"].tolist() == [(1 / 2 + 2 / 4) / 2, 1]
    assert result["recall_at_10"].tolist() == [1, 1]
    assert result["chance_at_1"].tolist() == [2 / 6, 2 / 6]


def test_recall_counts_the_right_ones_among_the_first_ten() -> None:
    relevant = np.zeros(30, bool)
    relevant[[0, 9, 10, 29]] = True
    assert figures(np.arange(30)[None], relevant)["recall_at_10"].tolist() == [2 / 4]


def test_of_fewer_than_five_sounds_all_count() -> None:
    assert figures(np.array([[1, 0]]), np.array([True, False]))["precision_at_5"].tolist() == [1 / 2]


def test_random_orders_reach_chance() -> None:
    order = np.random.default_rng(0).permuted(np.tile(np.arange(50), (2000, 1)), axis=1)
    result = figures(order, np.arange(50) < 10)
    assert result["chance_at_1"].mean() == pytest.approx(0.2)
    assert result["precision_at_1"].mean() == pytest.approx(0.2, abs=0.03)
    assert result["recall_at_10"].mean() == pytest.approx(0.2, abs=0.03)


def test_every_theme_counts_the_same_however_many_pictures_it_has() -> None:
    sea, dog = {0}, {1}
    pictures = perceived([0, 0, 0, 1, 0], [sea, sea, sea, sea, dog])  # a sea is taken for a dog, the dog for a sea
    result = retrieval(pictures, perceived([0, 1], [sea, dog]), ["sea", "dog"], balance=0)
    assert result["precision_at_1"] == (3 / 4 + 0) / 2
    assert result["micro"]["precision_at_1"] == 3 / 5
    assert result["per_category"]["dog"] == {"precision_at_1": 0, "precision_at_5": 0.5, "map": 0.5, "recall_at_10": 1,
                                             "chance_at_1": 0.5, "pictures": 1, "sounds": 1}
    assert result["confusion"] == {"themes": ["sea", "dog"], "rows": [[0.75, 0.25], [1, 0]]}


def test_the_rankings_stand_side_by_side_and_the_shipped_one_is_the_headline() -> None:
    pictures, sounds = perceived([0, 1], [{0}, {1}]), perceived([0, 1], [{0}, {1}])
    turned = Perceived(sounds.log_p, sounds.embedding[::-1], sounds.themes)  # right by KL, wrong by cosine
    result = retrieval(pictures, turned, ["sea", "dog"], balance=0.5)
    assert {name: row["precision_at_1"] for name, row in result["rankings"].items()} == {
        "kl": 1, "cosine": 0, "label": 1, "mixture": 1}
    assert retrieval(pictures, turned, ["sea", "dog"], balance=1000)["precision_at_1"] == 0
    for name in FIGURES:
        assert result[name] == result["rankings"][result["ranking"]][name]


def test_equal_distances_go_by_the_order_of_the_sounds() -> None:
    """Differences that come from the machine's arithmetic are none."""
    pictures, sounds = perceived([0], [{0}]), perceived([1] * 40, [{1}] * 20 + [{0}] + [{1}] * 19)
    noise = np.random.default_rng(0).normal(scale=1e-13, size=(2, 40, 4))
    sounds = Perceived(sounds.log_p + noise[0], sounds.embedding + noise[1], sounds.themes)
    for ranking in retrieval(pictures, sounds, ["sea", "dog"], balance=1)["rankings"].values():
        assert ranking["map"] == pytest.approx(1 / 21, abs=1e-4)


def test_a_sound_of_two_themes_is_right_for_both() -> None:
    bar, stadium = 0, 1
    pictures = perceived([0, 0, 2], [{bar}, {stadium}, {stadium}])
    sounds = perceived([0, 1, 2], [{bar, stadium}, {stadium}, {bar}])
    result = retrieval(pictures, sounds, ["bar", "stadium"], balance=0)
    assert result["per_category"]["bar"]["precision_at_1"] == 1
    assert result["per_category"]["stadium"]["precision_at_1"] == 0.5
    assert result["confusion"]["rows"] == [[1, 0], [0.5, 0.5]]


def test_a_wrong_sound_of_two_themes_counts_half_for_each() -> None:
    sounds = perceived([0, 3], [{0, 1}, {2}])
    pictures = perceived([0, 0, 0], [{0}, {1}, {2}])
    rows = retrieval(pictures, sounds, ["bar", "stadium", "sea"], balance=0)["confusion"]["rows"]
    assert rows == [[1, 0, 0], [0, 1, 0], [0.5, 0.5, 0]]


def test_a_picture_of_two_themes_asks_for_each() -> None:
    result = retrieval(perceived([0], [{0, 1}]), perceived([0, 1], [{0}, {1}]), ["sea", "boat"], balance=0)
    assert result["pictures"] == 1
    assert [result["per_category"][name]["precision_at_1"] for name in ("sea", "boat")] == [1, 0]


def test_themes_without_pictures_or_sounds_are_left_out() -> None:
    result = retrieval(perceived([0, 1], [{0}, {1}]), perceived([0, 2], [{0}, {2}]), ["sea", "dog", "bee"], balance=0)
    assert list(result["per_category"]) == ["sea"] and result["themes"] == 1
    assert (result["pictures"], result["sounds"]) == (1, 2)
