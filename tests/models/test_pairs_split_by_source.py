"""Pairs of pictures and half seconds: what belongs together stays together, and no source is on both sides."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
import torch

from engine.errors import UserError
from models.generation.pairs import Drawer, Pairs, read_pairs
from models.generation.spectrogram import RATE, SAMPLES
from tests.models.tiny_set import CATEGORIES, write_tiny_set


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    folder = tmp_path_factory.mktemp("tiny")
    return read_pairs([write_tiny_set(folder / "set", each=10)], 16, folder / "cache", ["red", "blue"])


def test_classes_come_in_the_order_asked_for(tiny: Pairs) -> None:
    assert tiny.classes == ("red", "blue")
    red = tiny.pixels[tiny.picture_class == 0].float().mean([0, 2, 3])
    assert red[0] > 180 > 60 > red[2]


def test_half_seconds_of_a_recording_are_on_one_side(tiny: Pairs) -> None:
    assert tiny.waves.shape == (2 * 2 * 10, SAMPLES)
    for source in tiny.sound_source.unique():
        assert len(tiny.sound_test[tiny.sound_source == source].unique()) == 1
    for label in range(2):
        assert 0 < int(tiny.sound_test[tiny.sound_class == label].sum()) < int((tiny.sound_class == label).sum())
        assert 0 < int(tiny.picture_test[tiny.picture_class == label].sum()) < 10


def test_batches_hold_training_examples_that_fit_and_pictures_that_do_not(tiny: Pairs) -> None:
    batch = Drawer(tiny).draw(64, torch.Generator().manual_seed(0))
    assert torch.equal(tiny.sound_class[batch.sound], batch.label)
    assert torch.equal(tiny.picture_class[batch.picture], batch.label)
    assert not (tiny.picture_class[batch.wrong] == batch.label).any()
    assert not tiny.sound_test[batch.sound].any()
    assert not tiny.picture_test[batch.picture].any() and not tiny.picture_test[batch.wrong].any()


def test_one_class_alone_has_wrong_pictures_of_its_own(tiny: Pairs) -> None:
    blue = tiny.of_class(1)
    assert blue.classes == ("blue",)
    batch = Drawer(blue).draw(16, torch.Generator().manual_seed(0))
    assert batch.mismatched.float().mean([0, 2, 3])[2] > 180


def test_chunks_of_a_published_pair_keep_their_own_picture(tmp_path: Path) -> None:
    """The layout of Sub-URMP: img/SPLIT/INSTRUMENT/NAME.jpg belongs to chunk/SPLIT/INSTRUMENT/NAME.wav."""
    time = np.arange(SAMPLES) / RATE
    for split, numbers in (("train", range(4)), ("validation", range(2)), ("test", range(2))):
        for instrument, (hertz, _) in zip(("violin", "flute"), CATEGORIES.values(), strict=True):
            for number in numbers:
                name = f"{instrument}0{number}_{500 * number}"
                picture = tmp_path / "img" / split / instrument / f"{name}.png"
                sound = tmp_path / "chunk" / split / instrument / f"{name}.wav"
                for file in (picture, sound):
                    file.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(picture), np.full((20, 20, 3), 40 * number, np.uint8))
                soundfile.write(sound, 0.05 * (number + 1) * np.sin(2 * np.pi * hertz * time), RATE)
    pairs = read_pairs([tmp_path], 8, tmp_path / "cache", ["violin", "flute"])
    assert int(pairs.sound_test.sum()) == int(pairs.picture_test.sum()) == 8
    brightness = pairs.pixels[pairs.partner].float().mean([1, 2, 3])
    loudness = pairs.wave(torch.arange(len(pairs.waves))).abs().amax(1)
    assert torch.allclose(brightness, ((loudness / 0.05).round() - 1) * 40, atol=3)
    batch = Drawer(pairs).draw(32, torch.Generator().manual_seed(0))
    assert torch.equal(batch.picture, pairs.partner[batch.sound])


def test_silence_is_dropped_but_no_recording_is_lost(tmp_path: Path) -> None:
    write_tiny_set(tmp_path / "set", each=4)
    quiet = tmp_path / "set" / "sounds" / "red" / "9.wav"
    soundfile.write(quiet, np.concatenate([np.full(8000, 1e-4), 2e-4 * np.ones(8000)]), 16_000)
    gap = tmp_path / "set" / "sounds" / "red" / "8.wav"
    soundfile.write(gap, np.concatenate([0.3 * np.ones(8000), np.zeros(8000)]), 16_000)
    pairs = read_pairs([tmp_path / "set"], 8, tmp_path / "cache", ["red", "blue"])
    windows = torch.bincount(pairs.sound_source)
    assert sorted(windows.tolist()) == [1, 1, *[2] * 8]


def test_a_category_that_is_not_there_is_named(tmp_path: Path) -> None:
    write_tiny_set(tmp_path / "set", each=2)
    with pytest.raises(UserError, match=r"no pictures with sounds of green; there are: blue, red"):
        read_pairs([tmp_path / "set"], 8, tmp_path / "cache", ["red", "green"])
    with pytest.raises(UserError, match=r"no category has 20 pictures and 20 sounds"):
        read_pairs([tmp_path / "set"], 8, tmp_path / "cache")
