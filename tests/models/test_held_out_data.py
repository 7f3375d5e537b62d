"""What is held out for evaluation must share nothing with what is trained on."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from models.data import (
    FOLDS,
    HELD_OUT_PICTURES,
    held_recordings,
    read_pictures,
    read_sounds,
    read_themes,
    recording_of,
)


@pytest.mark.parametrize(
    ("original", "recording"),
    [
        ("001 - Dog bark/1-100032-A.ogg", "freesound 100032"),
        ("fold1/176714-2-0-18.wav", "freesound 176714"),
        ("moodist/nature__howling-wind @17.0s", "moodist/nature__howling-wind"),
        ("noisekun/air-plane", "noisekun/air-plane"),
    ],
)
def test_excerpts_of_one_recording_are_recognised(original: str, recording: str) -> None:
    assert recording_of(original) == recording


def test_every_category_with_two_recordings_keeps_some_on_both_sides() -> None:
    categories = [{f"{n}-{i}" for i in range(n)} for n in range(2, 30)]
    held = held_recordings(categories)
    for recordings in categories:
        assert 0 < len(recordings & held) < len(recordings)


@pytest.mark.parametrize("count", range(2, 24))
def test_every_recording_is_held_out_in_one_fold(count: int) -> None:
    recordings = {str(i) for i in range(count)}
    folds = [held_recordings([recordings], fold) for fold in range(FOLDS)]
    assert sorted(name for fold in folds for name in fold) == sorted(recordings)
    assert count < FOLDS or all(folds)


def write_sounds(folder: Path, originals: dict[str, list[str]]) -> None:
    (folder / "sounds").mkdir()
    with open(folder / "sounds" / "manifest.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "original"])
        for category, names in originals.items():
            rows.writerows([f"{category}/{category}_{i:03d}.ogg", name] for i, name in enumerate(names))


def test_no_recording_is_on_both_sides(tmp_path: Path) -> None:
    wind = [f"set/wind-{i % 7} @{i}.0s" for i in range(40)]
    gale = [f"set/wind-{i % 3} @{50 + i}.0s" for i in range(9)]  # the same recordings under another category
    write_sounds(tmp_path, {"wind": wind, "gale": gale})
    sides = defaultdict(set)
    for sound in read_sounds(tmp_path):
        sides[sound.recording].add(sound.held_out)
    assert len(sides) == 7
    assert all(len(side) == 1 for side in sides.values())


def test_a_category_of_one_recording_is_marked(tmp_path: Path) -> None:
    write_sounds(tmp_path, {"bees": [f"set/hive @{i}.0s" for i in range(6)], "wind": ["a", "b"]})
    sounds = read_sounds(tmp_path)
    assert [sound.held_out for sound in sounds if sound.category == "bees"] == [False] * 4 + [True] * 2
    assert all(sound.sole == (sound.category == "bees") for sound in sounds)


def test_what_one_fold_holds_out_the_others_learn_from(tmp_path: Path) -> None:
    write_sounds(tmp_path, {"wind": [f"set/wind-{i % 7} @{i}.0s" for i in range(21)], "bees": ["set/hive"] * 6})
    folds = [read_sounds(tmp_path, fold) for fold in range(FOLDS)]
    for same in zip(*folds, strict=True):
        assert len({sound.file for sound in same}) == 1
        assert sum(sound.held_out for sound in same) == (1 if not same[0].sole else FOLDS * same[0].held_out)


def test_real_photographs_and_recordings_are_split_for_every_theme(shared_data: Path) -> None:
    pictures, sounds = read_pictures(shared_data), read_sounds(shared_data)
    share = sum(picture.held_out for picture in pictures) / len(pictures)
    assert share == pytest.approx(HELD_OUT_PICTURES, abs=0.02)
    for theme in read_themes(shared_data):
        assert {p.held_out for p in pictures if p.category in theme.pictures} == {True, False}, theme.name
        assert {s.held_out for s in sounds if s.category in theme.sounds} == {True, False}, theme.name
