"""Which pictures teach which sounds, in every layout of a data set, and what becomes of broken files."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Generator

from engine.errors import UserError
from models import pictures, sounds
from models.training.collection import read_collection
from models.training.examples import SoundExamples
from models.training.run import train
from models.training.teaching import teach_ear, teach_eye

from .tiny_set import write_tiny_set
from .trainings import config, order, shipped_eye

KL = config()


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny_set(tmp_path / "tiny")


def built(tiny: Path, folder: Path) -> Path:
    """The tiny set as `phonoscope dataset build` lays out two videos, the second of them for testing."""
    for split, category in (("train", "red"), ("test", "blue")):
        for kind, suffix in (("pictures", "png"), ("sounds", "wav")):
            (folder / split / kind / category).mkdir(parents=True)
            for i in range(3):
                file = tiny / kind / category / f"{i}.{suffix}"
                shutil.copy(file, folder / split / kind / category / f"video-{category}_{i:04d}.{suffix}")
    return folder


def test_chunks_of_a_video_learn_from_their_own_frames(tiny: Path, tmp_path: Path) -> None:
    collection = read_collection(built(tiny, tmp_path / "built"))
    taught = teach_ear(collection, 16_000, KL, shipped_eye(), tmp_path)
    assert [collection.sounds[i].file.parent.name for i in taught.rows(held_out=False)] == ["red"] * 3
    assert [collection.sounds[i].file.parent.name for i in taught.rows(held_out=True)] == ["blue"] * 3
    for i, partners in enumerate(taught.partners):
        assert [partner.pictures.tolist() for partner in partners] == [[i]]
        assert collection.pictures[i].file.stem == collection.sounds[i].file.stem
    assert len({partners[0].group for partners in taught.partners}) == 2  # chunks of one video are alike


def test_a_table_pairs_files(tiny: Path, tmp_path: Path) -> None:
    rows = [f"tiny/pictures/{c}/{i}.png,tiny/sounds/{c}/{i}.wav,{c}{i // 2}" for c in ("red", "blue") for i in range(6)]
    table = tmp_path / "pairs.csv"
    table.write_text("\n".join(["picture,sound,group", *rows]))
    collection = read_collection(table)
    assert len(collection.pictures) == len(collection.sounds) == 12
    sides = {(sound.category, sound.held_out) for sound in collection.sounds}
    assert len(sides) == 6 and {held for _, held in sides} == {True, False}  # no group is on both sides


def test_folders_of_one_name_fit_and_excerpts_of_one_recording_stay_together(tiny: Path, tmp_path: Path) -> None:
    rows = [f"{c}/{i}.wav,song-{c}-{i // 3}" for c in ("red", "blue") for i in range(6)]
    (tiny / "sounds" / "manifest.csv").write_text("\n".join(["file,original", *rows]))
    collection = read_collection(tiny)
    held = {f"{s.category}{int(s.file.stem) // 3}": s.held_out for s in collection.sounds}
    assert all(held[f"{s.category}{int(s.file.stem) // 3}"] == s.held_out for s in collection.sounds)
    assert sum(held.values()) == 2
    taught = teach_ear(collection, 16_000, KL, shipped_eye(), tmp_path)
    for held_out in (False, True):
        for i in taught.rows(held_out):
            (partner,) = taught.partners[i]
            answering = [collection.pictures[int(row)] for row in partner.pictures]
            assert {p.category for p in answering} == {collection.sounds[i].category}
            assert {p.held_out for p in answering} == {held_out}


def test_each_fold_trains_and_validates_with_other_recordings(tiny: Path, tmp_path: Path) -> None:
    reports = [train(order(config(training={"epochs": 1}, data={"fold": fold}), tiny, tmp_path / str(fold)))
               for fold in (0, 2)]  # fmt: skip
    assert [(report.examples, report.held_out) for report in reports] == [(10, 2), (8, 4)]  # of six, 1 and 2
    held = [{sound.file for sound in read_collection(tiny, fold=fold).sounds if sound.held_out} for fold in range(5)]
    assert len(set().union(*held)) == sum(map(len, held)) == 12


def test_nothing_held_out_is_heard_beneath_what_is_learnt(tiny: Path, tmp_path: Path) -> None:
    waves = sounds.prepare(sorted((tiny / "sounds").glob("*/*.wav")), 16_000, tmp_path)
    silent = torch.zeros_like(waves.samples)
    silent[: int(waves.ends[5])] = waves.samples[: int(waves.ends[5])]  # all but the six blue ones
    changes = config(augmentation={"mix": 1.0}).augmentation
    for mixed in (waves, sounds.Waves(silent, waves.ends, 16_000, waves.files, {})):
        examples = SoundExamples(mixed, torch.arange(6), 1.0, changes)
        (x,) = examples.altered(torch.arange(6), Generator().manual_seed(0))
        if mixed is waves:
            expected = x
    assert torch.equal(x, expected)


def test_broken_files_are_left_out_and_told(tiny: Path, tmp_path: Path) -> None:
    (tiny / "pictures" / "red" / "0.png").write_bytes(b"no picture")
    (tiny / "sounds" / "blue" / "0.wav").write_bytes(b"")
    (tiny / "sounds" / "blue" / "1.wav").write_text("no sound")
    report = train(order(config(training={"epochs": 1}), tiny, tmp_path))
    assert {Path(file).relative_to(tiny).as_posix() for file in report.skipped} == {
        "pictures/red/0.png", "sounds/blue/0.wav", "sounds/blue/1.wav",
    }  # fmt: skip
    assert report.examples + report.held_out == 10
    assert all(Path(file).name in why for file, why in report.skipped.items())


def test_what_was_decoded_before_is_read_back_with_what_was_broken(tiny: Path, tmp_path: Path) -> None:
    files = sorted((tiny / "pictures").glob("*/*.png"))
    files[3].write_bytes(b"")
    first, again = (pictures.prepare(files, tmp_path) for _ in range(2))
    assert torch.equal(first.pixels, again.pixels) and first.skipped == again.skipped and len(again.files) == 11
    cv2.imwrite(str(files[3]), np.full((20, 20, 3), 7, np.uint8))
    assert not pictures.prepare(files, tmp_path).skipped  # a changed file is looked at again


def test_an_eye_learns_from_the_teacher_or_from_what_is_known(tiny: Path, tmp_path: Path) -> None:
    collection = read_collection(tiny)
    opinion = teach_eye(collection, config("eye", "squeezenet"), shipped_eye(), tmp_path)
    known = teach_eye(collection, config("eye", "squeezenet", data={"trust": 1.0}), shipped_eye(), tmp_path)
    assert not torch.equal(opinion.answers[0], opinion.answers[1])
    torch.testing.assert_close(known.answers[0], known.answers[1])  # both are blue
    assert all(opinion.sought)
    alone = read_collection(tiny / "pictures")
    assert not any(teach_eye(alone, config("eye", "squeezenet"), shipped_eye(), tmp_path).sought)


def test_real_pictures_and_sounds_are_learnt_from(shared_data: Path, tmp_path: Path) -> None:
    table = tmp_path / "pairs.csv"
    names = [f"{shared_data}/paired_av/imagebind_{name}" for name in ("dog", "car", "bird")]
    table.write_text("\n".join(["picture,sound", *(f"{name}.jpg,{name}.ogg" for name in names)]))
    recipe = config(network="yamnet", objective={"kl": 1.0, "contrastive": 0.3}, augmentation={"copies": 1},
                    training={"epochs": 1, "initial": "ear.ts", "frozen": -1})  # fmt: skip
    report = train(order(recipe, table, tmp_path))
    assert report.examples == 2 and report.held_out == 1 and not report.skipped


@pytest.mark.parametrize(
    ("path", "message"),
    [("nowhere", "there is no such data set"), (".", "holds neither pictures nor sounds")],
)
def test_what_is_no_data_set_is_said_so(tmp_path: Path, path: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_collection(tmp_path / path)


def test_sounds_that_no_picture_fits_can_not_be_learnt(tiny: Path, tmp_path: Path) -> None:
    shutil.rmtree(tiny / "pictures")
    with pytest.raises(UserError, match="pictures"):
        train(order(KL, tiny, tmp_path))
