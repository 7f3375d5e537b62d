"""Sounds as they come from the field, on their way into a library: each is put right and told, or left out and told."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from engine import audiofile
from engine.indexing import IndexReport, index
from engine.library import Library
from tests.engine.sounds import RATE, BrightnessEar, tone


class Folder:
    """A folder of sounds, one of them good."""

    def __init__(self, path: Path) -> None:
        self.path, self.target = path / "sounds", path / "library"
        self.path.mkdir()
        soundfile.write(self.path / "good.wav", tone(300), RATE)

    def index(self) -> IndexReport:
        """Index it; the good sound must be in the library whatever the others are."""
        report = index(self.path, self.target, BrightnessEar())
        self.library = Library.open(self.target)
        assert "good" in [clip.title for clip in self.library.clips]
        return report

    def played(self, title: str) -> NDArray[np.float32]:
        return self.library.load([clip.title for clip in self.library.clips].index(title), RATE)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def level_at(samples: NDArray[np.float32], hertz: float) -> float:
    """Amplitude of a sine in the first channel."""
    t = np.arange(len(samples)) / RATE
    return float(2 * np.abs(np.mean(samples[:, 0] * np.exp(-2j * np.pi * hertz * t))))


@pytest.mark.parametrize(("name", "samples", "rate", "subtype", "channels"), [
    ("telephone", tone(300, rate=8000), 8000, "PCM_U8", 1),
    ("studio", tone(300, rate=96000, channels=2), 96000, "PCM_24", 2),
    ("surround", tone(300, channels=6), RATE, "PCM_24", 2),
])
def test_every_rate_depth_and_number_of_channels_is_taken(
        folder: Folder, name: str, samples: NDArray[np.float32], rate: int, subtype: str, channels: int) -> None:
    soundfile.write(folder.path / f"{name}.wav", samples, rate, subtype=subtype)
    report = folder.index()
    assert (report.new, report.skipped, report.remarks) == (2, [], [])
    played = folder.played(name)
    assert played.shape == (len(tone(300)) - 2400, channels)
    if name != "surround":
        assert level_at(played[2400:-4800], 300) == pytest.approx(0.4, rel=0.05)


def test_unusable_files_are_left_out_with_the_reason(folder: Folder) -> None:
    (folder.path / "empty.wav").touch()
    (folder.path / "text.wav").write_text("x" * 5000)
    (folder.path / "picture.wav").write_bytes(cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8))[1].tobytes())
    soundfile.write(folder.path / "none.wav", np.zeros((0, 1)), RATE)
    soundfile.write(folder.path / "silent.wav", np.zeros(RATE), RATE)
    soundfile.write(folder.path / "short.wav", tone(300, 0.1), RATE)
    soundfile.write(folder.path / "nan.wav", np.full(RATE, np.nan), RATE, subtype="FLOAT")
    soundfile.write(folder.path / "cut.wav", tone(300, 0.4), RATE)
    (folder.path / "cut.wav").write_bytes((folder.path / "cut.wav").read_bytes()[:20000])
    (folder.path / "gone.wav").symlink_to(folder.path / "nowhere.wav")
    os.mkfifo(folder.path / "pipe.wav")
    report = folder.index()
    assert {Path(file).name: why for file, why in report.skipped} == {
        "empty.wav": "the file is empty",
        "text.wav": "is no sound or video that can be read (Invalid data found when processing input)",
        "picture.wav": "has no audio track",
        "none.wav": "no sound could be decoded",
        "silent.wav": "is silent (its peak is below -80 dBFS)",
        "short.wav": "is too short: 0.100 s, expected 0.25 s or more",
        "nan.wav": "none of its samples is a finite number",
        "cut.wav": "is too short: 0.208 s, expected 0.25 s or more; damaged or cut short: only 0.21 s of 0.40 s could "
                   "be decoded",
        "gone.wav": "can't be read: No such file or directory",
        "pipe.wav": "is not a regular file",
    }
    assert report.clips == 1


def test_what_a_file_is_counts_not_its_name(folder: Folder) -> None:
    soundfile.write(folder.path / "a.mp3", tone(1000, 2), RATE)
    (folder.path / "a.mp3").rename(folder.path / "mislabelled.wav")
    assert folder.index().skipped == []
    assert level_at(folder.played("mislabelled")[4800:-9600], 1000) == pytest.approx(0.4, rel=0.1)


def test_damaged_and_loud_files_are_put_right_and_told(folder: Folder) -> None:
    loud = 4 * tone(300)
    loud[1000] = np.nan
    soundfile.write(folder.path / "loud.wav", loud, RATE, subtype="FLOAT")
    soundfile.write(folder.path / "cut.wav", tone(300, 2), RATE)
    (folder.path / "cut.wav").write_bytes((folder.path / "cut.wav").read_bytes()[:100000])
    assert [(Path(file).name, why) for file, why in folder.index().remarks] == [
        ("cut.wav", "damaged or cut short: only 1.04 s of 2.00 s could be decoded"),
        ("loud.wav", "1 samples were not finite numbers and became silence")]
    played = folder.played("loud")[2400:]
    assert np.allclose(played * np.nanmax(loud), np.nan_to_num(loud)[2400:len(played) + 2400], atol=1e-4)


def test_clipping_is_told(folder: Folder) -> None:
    """Hard clipped; only loud, up to full scale; and a flat top that is far from full scale."""
    soundfile.write(folder.path / "clipped.wav", np.clip(5 * tone(300), -1, 1), RATE, subtype="PCM_16")
    soundfile.write(folder.path / "loud.wav", 2.5 * tone(300), RATE, subtype="PCM_16")
    soundfile.write(folder.path / "soft.wav", np.clip(tone(300), -0.2, 0.2), RATE, subtype="PCM_16")
    (clipped,) = folder.index().remarks
    assert clipped == (str(folder.path / "clipped.wav"), "is clipped: 66.2% of it is at full scale")


def test_a_decoder_that_breaks_costs_one_file(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(folder.path / "odd.wav", tone(400), RATE)
    read = audiofile.read

    def fragile(path: Path, longest_s: float) -> audiofile.Recording:
        if path.name == "odd.wav":
            raise IndexError("list index out of range")
        return read(path, longest_s)

    monkeypatch.setattr(audiofile, "read", fragile)
    assert folder.index().skipped == [
        (str(folder.path / "odd.wav"), "can't be decoded (IndexError: list index out of range)")]
