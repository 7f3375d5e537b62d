"""The figures of the evaluation, on rankings whose figures are known."""

from pathlib import Path

import pytest
import torch

from models.data import Picture, Sound, Theme
from models.evaluate import queries, retrieval


def test_a_known_ranking_gets_its_known_figures() -> None:
    scores = torch.tensor([[5.0, 4.0, 3.0, 2.0, 1.0, 0.0]])
    relevant = torch.tensor([[False, True, False, True, False, False]])
    figures = retrieval(scores, relevant, ["sea"])
    assert figures["precision_at_1"] == 0
    assert figures["precision_at_5"] == pytest.approx(2 / 5)
    assert figures["mean_average_precision"] == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert figures["chance"] == pytest.approx(2 / 6, abs=1e-4)


def test_every_theme_counts_the_same_however_many_pictures_it_has() -> None:
    scores = torch.tensor([[1.0, 0.0]] * 4)
    relevant = torch.tensor([[True, False]] * 3 + [[False, True]])
    figures = retrieval(scores, relevant, ["sea", "sea", "sea", "dog"])
    assert figures["precision_at_1"] == 0.5


def test_random_scores_score_chance() -> None:
    generator = torch.Generator().manual_seed(0)
    scores = torch.rand(2000, 50, generator=generator)
    relevant = torch.zeros(2000, 50, dtype=torch.bool)
    relevant[:, :10] = True
    figures = retrieval(scores, relevant, ["sea"] * 2000)
    assert figures["chance"] == pytest.approx(0.2)
    assert figures["precision_at_1"] == pytest.approx(0.2, abs=0.03)


def test_a_sound_of_two_themes_is_right_for_both_and_unpaired_ones_stay_out() -> None:
    themes = [Theme("bar", ("p/bar",), ("crowd",)), Theme("stadium", ("p/stadium",), ("crowd", "cheer"))]
    pictures = [Picture(Path(category), category, True) for category in ("p/bar", "p/stadium", "p/x")]
    sounds = [Sound(Path(str(i)), c, str(i), True) for i, c in enumerate(("crowd", "cheer", "sneeze"))]
    asking, gallery, relevant, names = queries(pictures, sounds, themes)
    assert (asking, gallery, names) == ([0, 1], [0, 1], ["bar", "stadium"])
    assert relevant.tolist() == [[True, False], [True, True]]
