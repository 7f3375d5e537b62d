"""The ablation: rows that are done are kept, stopped ones go on, and all are compared on equal terms."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest
import torch
from torch import Tensor

from models.evaluation.ablation import ROWS, Ground, ablate, draw
from models.evaluation.judges import Judge
from models.generation.settings import Settings, load_settings
from tests.models.tiny_pairs import tiny_pairs

SIDE = 16


def by_colour(pictures: Tensor) -> Tensor:
    """Logits of red and blue."""
    return 8 * (pictures[:, [0, 2]].mean([2, 3]) - 0.5)


def load(name: str) -> Settings:
    return replace(load_settings("s2i", name), side=SIDE, width=2, batch=4, latent=4, steps=6)


def ground(folder: Path, logits: Callable[[Tensor], Tensor] = by_colour, load: Any = load) -> Ground:
    conditions = torch.randn(30, 9, generator=torch.Generator().manual_seed(2))
    return Ground(tiny_pairs(SIDE), conditions, Judge("colour", logits, 1.0), load, folder, torch.device("cpu"))


def test_every_row_is_told_beside_theirs(tmp_path: Path) -> None:
    figures = ablate(ground(tmp_path))
    json.dumps(figures)
    assert [row["row"] for row in figures["rows"]] == [row.name for row in ROWS] and len(ROWS) == 7
    for row in figures["rows"]:
        assert 1 <= row["inception_score"] <= 2
        assert row["ratio"] == pytest.approx(row["inception_score"] / figures["inception_score_real"], abs=1e-3)
        assert 0 <= row["accuracy_test"] <= 1 and 0 <= row["accuracy_train"] <= 1
    assert figures["rows"][0]["theirs"] == 2.83 and figures["rows"][0]["ratio_theirs"] == 0.6374
    assert figures["inception_score_real_theirs"] == 4.44 and figures["classifier_ceiling"] == 1.0
    draw(ground(tmp_path), figures, tmp_path / "ablation.png")
    picture = cv2.imread(str(tmp_path / "ablation.png"))
    assert picture is not None and picture.shape[0] > 400 and picture.std() > 5


def test_rows_take_equally_many_steps_of_their_networks() -> None:
    long = [row.settings(lambda name: replace(load(name), steps=300)) for row in ROWS]
    assert [how.steps * (how.generator_steps + how.discriminator_steps) for how in long] == [600] * len(ROWS)


def test_a_stopped_ablation_goes_on_where_it_was(tmp_path: Path) -> None:
    whole = ablate(ground(tmp_path / "whole"), ROWS[:3])
    asked = 0

    def stop_in_the_second_row(pictures: Tensor) -> Tensor:
        nonlocal asked
        asked += 1
        if asked == 4:  # the real pictures, twice for the first row, then
            raise KeyboardInterrupt
        return by_colour(pictures)

    with pytest.raises(KeyboardInterrupt):
        ablate(ground(tmp_path / "cut", stop_in_the_second_row), ROWS[:3])
    first = (tmp_path / "cut" / "proposed.json").stat().st_mtime_ns
    assert (tmp_path / "cut" / "no_auxiliary.checkpoint").exists()
    assert ablate(ground(tmp_path / "cut"), ROWS[:3]) == whole
    assert (tmp_path / "cut" / "proposed.json").stat().st_mtime_ns == first
    assert not list((tmp_path / "cut").glob("*.checkpoint"))


def test_a_row_of_other_settings_is_trained_again(tmp_path: Path) -> None:
    ablate(ground(tmp_path), ROWS[:1])
    before = json.loads((tmp_path / "proposed.json").read_text())["identity"]
    figures = ablate(ground(tmp_path, load=lambda name: replace(load(name), steps=8)), ROWS[:1])
    assert figures["rows"][0]["steps"] == 8
    assert json.loads((tmp_path / "proposed.json").read_text())["identity"] != before
