"""The linear probe: folds are left out in turn, and the tested one has no say in anything."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import UserError
from models.evaluation.probe import probe

FOLDS = np.repeat([1, 2, 3, 4], 12)
CLASSES = np.array(["dog", "rain", "sea"] * 16)


def features(noise: float) -> NDArray[np.float64]:
    """Points around a place for each class, [48,8]."""
    rng = np.random.default_rng(3)
    places = {name: rng.normal(size=8) for name in sorted(set(CLASSES))}
    return np.array([places[name] for name in CLASSES]) + noise * rng.normal(size=(48, 8))


def test_classes_that_lie_apart_are_told_apart() -> None:
    result = probe(features(0.01), CLASSES.tolist(), FOLDS.tolist())
    assert result["accuracy"] == 1 and result["sd"] == 0
    assert result["classes"] == ["dog", "rain", "sea"]
    assert result["confusion"] == [[16, 0, 0], [0, 16, 0], [0, 0, 16]]
    assert [(fold["fold"], fold["clips"], fold["accuracy"]) for fold in result["folds"]] == [
        (fold, 12, 1) for fold in (1, 2, 3, 4)]


def test_accuracy_and_sd_are_those_of_the_folds() -> None:
    result = probe(features(1.0), CLASSES.tolist(), FOLDS.tolist())
    folds = [fold["accuracy"] for fold in result["folds"]]
    assert 0.34 < result["accuracy"] < 1
    assert result["accuracy"] == pytest.approx(np.mean(folds), abs=1e-4)
    assert result["sd"] == pytest.approx(np.std(folds, ddof=1), abs=1e-4)
    confusion = np.array(result["confusion"])
    assert confusion.sum(1).tolist() == [16, 16, 16]
    assert confusion.trace() / confusion.sum() == pytest.approx(result["accuracy"], abs=1e-4)


def test_what_the_tested_fold_is_called_changes_nothing_in_its_training() -> None:
    """With the names in one fold turned round, each of its right answers becomes a wrong one: C and machine stay."""
    tested = FOLDS == 2
    turned = CLASSES.copy()
    turned[tested] = np.roll(CLASSES[tested], 1)
    x = features(0.01)
    before, after = (probe(x, names.tolist(), FOLDS.tolist())["folds"][1] for names in (CLASSES, turned))
    assert before["accuracy"] == 1 and after["accuracy"] == 0
    assert before["c"] == after["c"]


def test_large_features_do_not_drown_small_ones() -> None:
    x = np.hstack([features(0.01) / 1000, 1000 * np.random.default_rng(1).normal(size=(48, 2))])
    assert probe(x, CLASSES.tolist(), FOLDS.tolist())["accuracy"] == 1


def test_too_few_folds_or_classes_are_told() -> None:
    two = FOLDS <= 2
    with pytest.raises(UserError, match="got 3 and 2"):
        probe(features(0.1)[two], CLASSES[two].tolist(), FOLDS[two].tolist())
    with pytest.raises(UserError, match="got 1 and 4"):
        probe(features(0.1), ["dog"] * 48, FOLDS.tolist())
