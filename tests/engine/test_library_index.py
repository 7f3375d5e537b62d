"""Indexing a folder of sounds: what becomes a clip, what is left out, what is not done twice."""

import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from engine.errors import UserError
from engine.indexing import index
from engine.library import LONGEST_S, Library
from tests.engine.sounds import RATE, BrightnessEar, folder_of_sounds, tone


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    return folder_of_sounds(tmp_path / "sounds")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "library"


def names(library: Library) -> list[str]:
    return [clip.file.name for clip in library.clips]


def test_every_sound_becomes_a_clip_with_its_folder_as_category(sounds: Path, target: Path) -> None:
    (sounds / "sea" / "LICENCE.txt").write_text("CC0 1.0\nmore text")
    (sounds / "notes.txt").write_text("not a sound")
    (sounds / ".hidden.wav").write_text("not even looked at")
    report = index(sounds, target, BrightnessEar())
    library = Library.open(target)
    assert (report.clips, report.new, report.skipped) == (4, 4, [])
    assert report.seconds_of_audio == pytest.approx(2.0, abs=0.01)
    assert [(c.file, c.category, c.title, c.licence) for c in library.clips] == [
        (sounds / "birds" / "high.flac", "birds", "high", ""), (sounds / "sea" / "deep.wav", "sea", "deep", "CC0 1.0"),
        (sounds / "sea" / "low.wav", "sea", "low", "CC0 1.0"), (sounds / "top.ogg", "", "top", "")]
    assert library.classes == ("dark", "bright")
    assert library.log_q.shape == library.embedding.shape == (4, 2) and library.log_q.dtype == np.float32
    assert library.log_q.argmax(axis=1).tolist() == [1, 0, 0, 0]


def test_clips_are_stored_ready_to_play(sounds: Path, target: Path) -> None:
    index(sounds, target, BrightnessEar())
    for clip in Library.open(target).clips:
        stored = soundfile.info(clip.audio)
        assert (stored.samplerate, stored.format, stored.subtype) == (48000, "WAV", "PCM_16")
        assert stored.frames / 48000 == pytest.approx(clip.seconds, abs=0.001) and stored.channels == clip.channels == 1


def test_a_quiet_recording_keeps_its_detail(sounds: Path, target: Path) -> None:
    """At -60 dBFS, 16 bits at the recording's own level would leave six of them."""
    quiet = 1e-3 * np.random.default_rng(0).uniform(-1, 1, (RATE, 2))
    soundfile.write(sounds / "quiet.wav", quiet, RATE, subtype="PCM_24")
    index(sounds, target, BrightnessEar())
    library = Library.open(target)
    played = library.load(names(library).index("quiet.wav"), RATE)
    assert np.abs(played[2400:] - quiet[2400:len(played)]).max() < 2e-7


def test_of_long_recordings_the_first_minute_counts(sounds: Path, target: Path) -> None:
    soundfile.write(sounds / "long.flac", tone(300, LONGEST_S + 5, rate=8000), 8000)
    index(sounds, target, BrightnessEar())
    library = Library.open(target)
    assert library.clips[names(library).index("long.flac")].seconds == LONGEST_S


def test_what_did_not_change_is_not_listened_to_again(sounds: Path, target: Path) -> None:
    index(sounds, target, BrightnessEar())
    before = Library.open(target)
    ear = BrightnessEar()
    (sounds / "sea" / "deep.wav").rename(sounds / "sea" / "deeper.wav")
    os.utime(sounds / "top.ogg", ns=(1, 1))
    shutil.copy(sounds / "birds" / "high.flac", sounds / "sea" / "same.flac")
    soundfile.write(sounds / "sea" / "low.wav", tone(5000), RATE)
    report = index(sounds, target, ear)
    after = Library.open(target)
    assert (ear.heard, report.new, report.unchanged, report.removed) == (1, 1, 4, 1)
    assert names(after) == ["high.flac", "deeper.wav", "low.wav", "same.flac", "top.ogg"]
    assert np.array_equal(after.log_q[1], before.log_q[1]) and after.log_q[2].argmax() == 1
    assert after.clips[3].category == "sea" and after.clips[3].audio == after.clips[0].audio
    assert len(list((target / "clips").iterdir())) == 4


def test_removed_files_leave_with_their_clips(sounds: Path, target: Path) -> None:
    index(sounds, target, BrightnessEar())
    shutil.rmtree(sounds / "sea")
    report = index(sounds, target, BrightnessEar())
    library = Library.open(target)
    assert report.removed == 2 and names(library) == ["high.flac", "top.ogg"]
    assert {file.resolve() for file in (target / "clips").iterdir()} == {clip.audio for clip in library.clips}


def test_another_ear_listens_again_to_the_stored_clips(sounds: Path, target: Path) -> None:
    index(sounds, target, BrightnessEar())
    stored = {file: file.stat().st_mtime_ns for file in (target / "clips").iterdir()}
    ear = BrightnessEar("better")
    report = index(sounds, target, ear)
    library = Library.open(target)
    assert ear.heard == report.heard_again == 4 and report.new == 0 and library.ear_name == "better"
    assert {file: file.stat().st_mtime_ns for file in (target / "clips").iterdir()} == stored


def test_a_folder_without_sounds_leaves_the_library_as_it_is(sounds: Path, target: Path) -> None:
    """As a drive does that is not mounted."""
    index(sounds, target, BrightnessEar())
    shutil.rmtree(sounds)
    sounds.mkdir()
    with pytest.raises(UserError, match=r"there are no sound files; the library .* is left as it is"):
        index(sounds, target, BrightnessEar())
    assert len(Library.open(target).load(3, 48000)) > 0


def test_in_place_nothing_is_stored_and_both_folders_can_move(sounds: Path, target: Path, tmp_path: Path) -> None:
    index(sounds, target, BrightnessEar(), in_place=True)
    assert not (target / "clips").exists()
    (tmp_path / "elsewhere").mkdir()
    sounds.rename(tmp_path / "elsewhere" / "sounds")
    target.rename(tmp_path / "elsewhere" / "library")
    library = Library.open(tmp_path / "elsewhere" / "library")
    assert [len(library.load(i, 48000)) for i in range(4)] == [24000 - 2400] * 4


def test_in_place_another_ear_hears_what_the_first_one_heard(sounds: Path, target: Path) -> None:
    soundfile.write(sounds / "long.wav", np.concatenate([tone(300, LONGEST_S, 8000), tone(3000, 90, 8000)]), 8000)
    for name in ("first", "second"):
        index(sounds, target, BrightnessEar(name), in_place=True)
        library = Library.open(target)
        assert library.ear_name == name and library.log_q[names(library).index("long.wav")].argmax() == 0


def test_a_library_inside_the_folder_is_not_indexed_itself(sounds: Path) -> None:
    for _ in range(2):
        assert index(sounds, sounds / "library", BrightnessEar()).clips == 4


def test_a_file_that_breaks_later_leaves_the_library(sounds: Path, target: Path) -> None:
    index(sounds, target, BrightnessEar())
    (sounds / "top.ogg").write_bytes(b"OggS, or what is left of it")
    report = index(sounds, target, BrightnessEar())
    assert [Path(file).name for file, _ in report.skipped] == ["top.ogg"]
    assert names(Library.open(target)) == ["high.flac", "deep.wav", "low.wav"]


def test_foreign_files_in_the_library_folder_are_left_alone(sounds: Path, target: Path) -> None:
    (target / "clips").mkdir(parents=True)
    (target / "clips" / "mine.flac").write_text("precious")
    index(sounds, target, BrightnessEar())
    assert (target / "clips" / "mine.flac").read_text() == "precious"


def test_copies_of_a_new_sound_are_heard_once(sounds: Path, target: Path) -> None:
    for i in range(20):
        shutil.copy(sounds / "top.ogg", sounds / f"copy{i}.ogg")
    ear = BrightnessEar()
    report = index(sounds, target, ear)
    assert (ear.heard, report.clips, report.new, report.unchanged) == (4, 24, 4, 20)
    assert len(list((target / "clips").iterdir())) == 4


def test_nothing_is_written_when_nothing_changed(sounds: Path, target: Path) -> None:
    index(sounds, target, BrightnessEar())
    before = {file: file.stat().st_ino for file in target.rglob("*") if file.name != ".indexing"}
    report = index(sounds, target, BrightnessEar())
    assert (report.unchanged, report.audio_hours_per_minute) == (4, 0)
    assert {file: file.stat().st_ino for file in target.rglob("*") if file.name != ".indexing"} == before


def test_several_cores_work_at_a_time(sounds: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ear answers only when four clips are being heard at once."""
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    together = threading.Barrier(4, timeout=20)

    class Patient(BrightnessEar):
        def hear(self, samples: NDArray[np.float32], rate: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            together.wait()
            return super().hear(samples, rate)

    assert index(sounds, target, Patient()).new == 4


def test_a_manifest_beside_the_sounds_says_where_they_come_from(sounds: Path, target: Path) -> None:
    (sounds / "LICENCE").write_text("CC0")
    (sounds / "manifest.csv").write_text("file,original,source,licence\nsea/deep.wav,a/b.wav,someone/set,CC BY 4.0\n"
                                         "sea/low.wav,,,\n")
    (sounds / "birds" / "manifest.csv").write_text("name;of;something;else\n1;2;3;4\n")
    told = {"high.flac": ("CC0", ""), "deep.wav": ("CC BY 4.0", "someone/set: a/b.wav"), "low.wav": ("CC0", ""),
            "top.ogg": ("CC0", "")}
    index(sounds, target, BrightnessEar())
    assert {clip.file.name: (clip.licence, clip.source) for clip in Library.open(target).clips} == told
    (sounds / "manifest.csv").write_text("file,original,source,licence\ntop.ogg,,me,all rights reserved\n")
    assert index(sounds, target, BrightnessEar()).unchanged == 4
    assert Library.open(target).clips[3].licence == "all rights reserved"


def test_an_ear_that_fails_on_one_sound_hears_the_others(sounds: Path, target: Path) -> None:
    class Picky(BrightnessEar):
        def hear(self, samples: NDArray[np.float32], rate: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            log_q, embedding = super().hear(samples, rate)
            if log_q.argmax() == 1:
                raise RuntimeError("too bright")
            return log_q, embedding

    report = index(sounds, target, Picky("picky"))
    assert report.skipped == [(str(sounds / "birds" / "high.flac"), "the ear picky fails on it: too bright")]
    assert names(Library.open(target)) == ["deep.wav", "low.wav", "top.ogg"]


def test_an_ear_that_can_not_be_used_ends_the_run(sounds: Path, target: Path) -> None:
    class Broken(BrightnessEar):
        def hear(self, samples: NDArray[np.float32], rate: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            raise UserError("this torch can't read the model file")

    with pytest.raises(UserError, match="can't read the model file"):
        index(sounds, target, Broken())


def test_a_library_of_the_first_format_is_made_anew(sounds: Path, target: Path) -> None:
    (target / "clips").mkdir(parents=True)
    for name in ("library.json", "embeddings.safetensors", f"clips/{'0' * 16}.flac"):
        (target / name).write_text("{}")
    with pytest.raises(UserError, match="was made by an older Phonoscope; bring it up to date with: phonoscope index"):
        Library.open(target)
    assert index(sounds, target, BrightnessEar()).new == 4
    assert not list(target.rglob("*.flac")) and not (target / "library.json").exists()


def test_wrong_folders_are_told(sounds: Path, target: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such folder"):
        index(tmp_path / "nowhere", target, BrightnessEar())
    with pytest.raises(UserError, match="the library needs a folder of its own"):
        index(sounds, sounds, BrightnessEar())
    target.write_text("a file where the library should go")
    with pytest.raises(UserError, match=r"library .* can't be written"):
        index(sounds, target, BrightnessEar())
