"""Agreement with a teacher, and which folder names are places."""

import math

import numpy as np
import pytest

from models.evaluation.teacher import accuracy, agreement, place_of


def test_agreement_and_kl_are_those_of_the_definition() -> None:
    teacher = np.log([[0.5, 0.3, 0.1, 0.04, 0.03, 0.03], [0.75, 0.05, 0.05, 0.05, 0.05, 0.05]])
    eye = np.log([[0.5, 0.3, 0.1, 0.04, 0.03, 0.03], [0.05, 0.15, 0.2, 0.2, 0.2, 0.2]])
    result = agreement(teacher, eye)
    assert result["top1_agreement"] == 0.5
    assert result["top5_agreement"] == 0.5  # the eye has the teacher's class in the sixth place
    kl = 0.75 * math.log(0.75 / 0.05) + 0.05 * math.log(0.05 / 0.15) + 4 * 0.05 * math.log(0.05 / 0.2)
    assert result["kl"] == pytest.approx(kl / 2, abs=1e-4)


def test_accuracy_counts_the_first_and_the_first_five() -> None:
    log_p = np.log(np.array([[6, 5, 4, 3, 2, 1]] * 3) / 21)
    assert accuracy(log_p, np.array([0, 4, 5])) == {"top1": 0.3333, "top5": 0.6667}


@pytest.mark.parametrize(("category", "place"), [
    ("abbey", "abbey"), ("scenes/abbey", "abbey"), ("bakery/shop", "bakery/shop"), ("data/bakery/shop", "bakery/shop"),
    ("miniplaces/bakery-shop", "bakery/shop"), ("miniplaces/temple-east_asia", "temple/asia"), ("shop", None),
    ("scenes/dog", None), (".", None),
])
def test_folders_named_after_places_are_known(category: str, place: str | None) -> None:
    classes = ["abbey", "bakery/shop", "temple/asia"]
    found = place_of(category, classes)
    assert (None if found is None else classes[found]) == place
