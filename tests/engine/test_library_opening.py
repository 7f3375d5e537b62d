"""Opening a library and playing from it: whole, damaged, gone, and clips that end as they begin."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine import ledger
from engine.ear import Ear
from engine.errors import UserError
from engine.indexing import index
from engine.ledger import LINES
from engine.library import Library, same_bytes, shipped_library
from tests.engine.sounds import RATE, BrightnessEar, folder_of_sounds, tone


@pytest.fixture
def target(tmp_path: Path) -> Path:
    index(folder_of_sounds(tmp_path / "sounds"), tmp_path / "library", BrightnessEar())
    return tmp_path / "library"


def test_what_is_no_library_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is not a library \(it has no library.jsonl\).*phonoscope index SOUNDS -o"):
        Library.open(tmp_path)


@pytest.mark.parametrize("damage", [
    lambda target: (target / LINES).write_text("{"),
    lambda target: (target / LINES).write_bytes((target / LINES).read_bytes()[:100]),
    lambda target: (target / LINES).write_text("[]\n" * 10),
    lambda target: next(target.glob("heard-*")).unlink(),
    lambda target: next(target.glob("heard-*")).write_bytes(b""),
])
def test_damage_to_everything_is_told_and_how_to_repair_it(target: Path, damage: Callable[[Path], object]) -> None:
    damage(target)
    with pytest.raises(UserError, match=r"is damaged beyond use; indexing its sounds again repairs it: phonoscope"):
        Library.open(target)


def test_a_newer_format_is_told(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "FORMAT", 9)
    with pytest.raises(UserError, match=r"another version of Phonoscope \(its format is 2, expected 9\)"):
        Library.open(target)


def test_a_finished_library_is_mapped_and_not_copied(target: Path) -> None:
    library = Library.open(target)
    assert np.shares_memory(library.log_q.base, library.embedding.base)
    assert not library.log_q.flags.writeable


def test_a_library_without_clips_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "broken.wav").touch()
    assert index(tmp_path / "sounds", tmp_path / "library", BrightnessEar()).clips == 0
    with pytest.raises(UserError, match="holds no clip"):
        Library.open(tmp_path / "library")


def test_a_missing_clip_is_told_when_it_is_played_and_the_others_play(target: Path) -> None:
    library = Library.open(target)
    library.clips[2].audio.unlink()
    library.clips[3].audio.write_bytes(b"")
    library = Library.open(target)
    assert len(library.load(0, 48000)) > 0
    for clip, why in ((2, "can't be read: No such file or directory"), (3, "the stored clip is damaged")):
        with pytest.raises(UserError, match=f"{why}; phonoscope index SOUNDS -o .* --verify repairs the library"):
            library.load(clip, 48000)


def test_in_place_another_sound_under_the_same_name_is_not_played(tmp_path: Path) -> None:
    sounds = folder_of_sounds(tmp_path / "sounds")
    index(sounds, tmp_path / "library", BrightnessEar(), in_place=True)
    library = Library.open(tmp_path / "library")
    (sounds / "sea" / "low.wav").touch()
    assert len(library.load(2, RATE)) > 0, "only its time changed"
    soundfile.write(sounds / "sea" / "low.wav", tone(5000), RATE)
    with pytest.raises(UserError, match="is no longer the sound that was indexed"):
        library.load(2, RATE)


def test_the_shipped_library_holds_the_shipped_sounds_as_the_shipped_ear_hears_them() -> None:
    """If not: phonoscope index engine/shipped/sounds -o engine/shipped/library --in-place"""
    library = Library.open(shipped_library())
    assert not library.damaged and library.ear_sha256 == Ear().sha256
    assert {clip.file for clip in library.clips} == set(library.root.rglob("*.ogg"))
    assert all(same_bytes(clip.file, clip.sha256) for clip in library.clips)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_clips_come_at_the_rate_asked_for(target: Path, rate: int) -> None:
    samples = Library.open(target).load(0, rate)  # 4 kHz
    assert samples.dtype == np.float32 and samples.flags.c_contiguous and samples.shape[1] == 1
    assert len(samples) == pytest.approx((0.5 - 0.05) * rate, abs=2)
    spectrum = np.abs(np.fft.rfft(samples[:, 0] * np.hanning(len(samples))))
    assert spectrum.argmax() * rate / len(samples) == pytest.approx(4000, abs=5)


def test_a_clip_ends_as_it_begins(tmp_path: Path) -> None:
    """At the seam, no step is larger than the material's own, and noise keeps its power."""
    (tmp_path / "sounds").mkdir()
    soundfile.write(tmp_path / "sounds" / "ramp.wav", np.linspace(-0.9, 0.9, RATE), RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "sounds" / "noise.wav", np.random.default_rng(0).normal(0, 0.1, (4 * RATE, 2)), RATE)
    index(tmp_path / "sounds", tmp_path / "library", BrightnessEar())
    library = Library.open(tmp_path / "library")
    noise, ramp = library.load(0, RATE), library.load(1, RATE)
    looped = np.concatenate([ramp, ramp])
    assert np.abs(np.diff(looped, axis=0)).max() < 1e-3
    seam, body = noise[:2400], noise[2400:]
    assert 20 * np.log10(seam.std() / body.std()) == pytest.approx(0, abs=0.3)


def test_a_clip_marked_as_a_loop_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sounds").mkdir()
    with soundfile.SoundFile(tmp_path / "sounds" / "a.flac", "w", RATE, 1) as file:
        file.comment = "seamless loop"
        file.write(tone(100, 1))
    index(tmp_path / "sounds", tmp_path / "library", BrightnessEar())
    library = Library.open(tmp_path / "library")
    assert library.clips[0].loop and len(library.load(0, RATE)) == RATE
