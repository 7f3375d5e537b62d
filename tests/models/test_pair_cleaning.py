"""Cleaning leaves out what two classifiers do not call by its label, and nothing that is tested with."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.errors import UserError
from engine.modelfile import shipped_model
from models.generation.cleaning import agrees, clean
from models.generation.pairs import Pairs
from tests.models.tiny_pairs import EACH, tiny_pairs

WRONG_PICTURE, WRONG_SOUND = 3, 20


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return tiny_pairs(32, WRONG_PICTURE, WRONG_SOUND)


def cleaned(pairs: Pairs, cache: Path) -> tuple[Pairs, dict[str, int], dict[str, int]]:
    told = clean(pairs, shipped_model("eye"), shipped_model("ear"), cache)
    return told.pairs, told.pictures, told.sounds


def test_the_wrong_ones_are_left_out_and_counted(pairs: Pairs, tmp_path: Path) -> None:
    left, pictures, sounds = cleaned(pairs, tmp_path)
    assert pictures == {"red": 1, "blue": 0} and sounds == {"red": 0, "blue": 1}
    stay = torch.arange(2 * EACH)
    torch.testing.assert_close(left.pixels, pairs.pixels[stay != WRONG_PICTURE])
    torch.testing.assert_close(left.waves, pairs.waves[stay != WRONG_SOUND])
    assert (left.partner == -1).all()


def test_what_is_tested_with_stays(pairs: Pairs, tmp_path: Path) -> None:
    everything = torch.ones(2 * EACH, dtype=torch.bool)
    held = replace(pairs, picture_test=everything.clone(), sound_test=everything.clone())
    held.picture_test[[0, EACH]] = held.sound_test[[0, EACH]] = False
    left, pictures, sounds = cleaned(held, tmp_path)
    assert len(left.pixels) == len(left.waves) == 2 * EACH and not any([*pictures.values(), *sounds.values()])


def test_a_picture_and_its_sound_go_together(pairs: Pairs, tmp_path: Path) -> None:
    left, pictures, sounds = cleaned(replace(pairs, partner=torch.arange(2 * EACH)), tmp_path)
    assert pictures == sounds == {"red": 1, "blue": 1}
    torch.testing.assert_close(left.partner, torch.arange(2 * EACH - 2))


def test_a_class_that_nobody_can_tell_is_said_so(pairs: Pairs, tmp_path: Path) -> None:
    swapped = pairs.picture_class.clone()
    swapped[:EACH] = torch.arange(EACH) % 2  # a coin, of no colour
    with pytest.raises(UserError, match="leaves no pair of"):
        cleaned(replace(pairs, pixels=torch.full_like(pairs.pixels, 90), picture_class=swapped), tmp_path)


def test_no_recording_is_judged_by_what_was_learnt_from_itself() -> None:
    """Windows of one recording are alike; features that tell nothing but the recording must not help."""
    group = torch.arange(40).repeat_interleave(5)
    label = torch.randint(2, (40,), generator=torch.Generator().manual_seed(0))[group]
    right = agrees(torch.eye(40)[group], label, group).float().mean()
    assert right < 0.7


def test_a_class_of_which_there_is_one_recording_is_not_judged() -> None:
    group, label = torch.tensor([0, 0, 0, *range(1, 13)]), torch.tensor([0] * 3 + [1] * 6 + [2] * 6)
    features = torch.nn.functional.one_hot(label, 3).float()
    assert agrees(features, label, group).all()
    features[:3] = features[3]  # what only its own recording could tell
    assert agrees(features, label, group).all()
