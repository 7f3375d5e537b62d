"""Indexing a folder of sounds: what becomes a clip, what is left out, what is not done twice, what survives."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

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


def test_clips_are_stored_at_48_khz_in_24_bit(sounds: Path, target: Path) -> None:
    soundfile.write(sounds / "phone.wav", tone(300, rate=8000), 8000, subtype="PCM_U8")
    soundfile.write(sounds / "studio.wav", tone(300, rate=96000, channels=2), 96000, subtype="PCM_24")
    soundfile.write(sounds / "surround.wav", tone(300, channels=6), RATE)
    index(sounds, target, BrightnessEar())
    channels = {}
    for clip in Library.open(target).clips:
        stored = soundfile.info(clip.audio)
        assert (stored.samplerate, stored.format, stored.subtype) == (48000, "FLAC", "PCM_24")
        assert clip.seconds == pytest.approx(0.5, abs=0.01) and clip.channels == stored.channels
        channels[clip.file.stem] = stored.channels
    assert channels["phone"] == 1 and channels["studio"] == channels["surround"] == 2


def test_unusable_files_are_left_out_with_the_reason(sounds: Path, target: Path) -> None:
    (sounds / "empty.wav").touch()
    (sounds / "text.wav").write_text("x" * 5000)
    soundfile.write(sounds / "silent.wav", np.zeros(RATE), RATE)
    soundfile.write(sounds / "short.wav", tone(300, 0.1), RATE)
    soundfile.write(sounds / "nan.wav", np.full(RATE, np.nan), RATE, subtype="FLOAT")
    soundfile.write(sounds / "cut.wav", tone(300, 0.4), RATE)
    (sounds / "cut.wav").write_bytes((sounds / "cut.wav").read_bytes()[:20000])
    (sounds / "gone.wav").symlink_to(sounds / "nowhere.wav")
    os.mkfifo(sounds / "pipe.wav")
    report = index(sounds, target, BrightnessEar())
    assert {Path(file).name: why for file, why in report.skipped} == {
        "empty.wav": "the file is empty",
        "text.wav": "is no sound or video that can be read (Invalid data found when processing input)",
        "silent.wav": "is silent (its peak is below -80 dBFS)",
        "short.wav": "is too short: 0.100 s, expected 0.25 s or more",
        "nan.wav": "none of its samples is a finite number",
        "cut.wav": "is too short: 0.208 s, expected 0.25 s or more; damaged or cut short: only 0.21 s of 0.40 s could "
                   "be decoded",
        "gone.wav": "can't be read: No such file or directory",
        "pipe.wav": "is not a regular file",
    }
    assert report.clips == 4 and len(Library.open(target).clips) == 4


def test_damaged_and_loud_files_are_put_right_and_told(sounds: Path, target: Path) -> None:
    loud = 4 * tone(300)
    loud[1000] = np.nan
    soundfile.write(sounds / "loud.wav", loud, RATE, subtype="FLOAT")
    soundfile.write(sounds / "cut.wav", tone(300, 2), RATE)
    (sounds / "cut.wav").write_bytes((sounds / "cut.wav").read_bytes()[:100000])
    report = index(sounds, target, BrightnessEar())
    assert [(Path(file).name, why) for file, why in report.remarks] == [
        ("cut.wav", "damaged or cut short: only 1.04 s of 2.00 s could be decoded"),
        ("loud.wav", "1 samples were not finite numbers and became silence")]
    library = Library.open(target)
    stored, _ = soundfile.read(library.clips[names(library).index("loud.wav")].audio)
    assert np.allclose(stored * np.nanmax(loud), np.nan_to_num(loud[:, 0]), atol=1e-5)


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
    assert sorted(file.name for file in target.iterdir()) == ["embeddings.safetensors", "library.json"]
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


def test_interrupted_it_keeps_what_is_done_and_goes_on_from_there(sounds: Path, target: Path) -> None:
    def stop_at_third(done: int, total: int, file: Path) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index(sounds, target, BrightnessEar(), progress=stop_at_third)
    assert names(Library.open(target)) == ["high.flac", "top.ogg"]
    soundfile.write(sounds / "birds" / "high.flac", tone(5000), RATE)  # has to be done again
    with pytest.raises(KeyboardInterrupt):
        index(sounds, target, BrightnessEar(), progress=stop_at_third)
    assert names(Library.open(target)) == ["high.flac", "top.ogg"]
    ear = BrightnessEar()
    assert index(sounds, target, ear).clips == 4 and ear.heard == 2


def test_killed_it_keeps_what_is_done(sounds: Path, target: Path) -> None:
    script = f"""
import os
from pathlib import Path
from engine import indexing
from tests.engine.sounds import BrightnessEar
indexing.CHECKPOINT_S = 0
def progress(done, total, file):
    if done == 3:
        Path({str(target)!r}, ".library.json.99").write_text("half")
        os._exit(9)
indexing.index({str(sounds)!r}, {str(target)!r}, BrightnessEar(), progress=progress)
"""
    assert subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2]).returncode == 9
    assert len(Library.open(target).clips) == 3
    ear = BrightnessEar()
    assert index(sounds, target, ear).clips == 4 and ear.heard == 1
    assert not (target / ".library.json.99").exists()


def test_damage_is_repaired_by_indexing_again(sounds: Path, target: Path) -> None:
    index(sounds, target, BrightnessEar())
    clips = Library.open(target).clips
    clips[0].audio.unlink()
    clips[1].audio.write_bytes(clips[1].audio.read_bytes()[:1000])
    assert index(sounds, target, BrightnessEar()).new == 2
    (target / "embeddings.safetensors").write_bytes(b"junk")
    index(sounds, target, BrightnessEar())
    (target / "library.json").write_text("{")
    index(sounds, target, BrightnessEar())
    library = Library.open(target)
    assert [len(library.load(i, 48000)) for i in range(4)] == [24000 - 2400] * 4


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


def test_wrong_folders_are_told(sounds: Path, target: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such folder"):
        index(tmp_path / "nowhere", target, BrightnessEar())
    target.write_text("a file where the library should go")
    with pytest.raises(UserError, match=r"library .* can't be written"):
        index(sounds, target, BrightnessEar())
