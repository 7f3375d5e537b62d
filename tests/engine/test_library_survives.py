"""What indexing told as done outlives kill -9, torn writes and damage to any file; only what is lost is redone."""

import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine import ledger
from engine.errors import UserError
from engine.indexing import index
from engine.library import Library
from tests.engine.sounds import RATE, BrightnessEar, folder_of_sounds, tone

ROOT = Path(__file__).parents[2]
LINES = "library.jsonl"
DONE_BY_ONE = """
import sys
from engine.indexing import index
from tests.engine.sounds import BrightnessEar
index(sys.argv[1], sys.argv[2], BrightnessEar(), progress=lambda done, total, file: print(file, flush=True))
"""


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    return folder_of_sounds(tmp_path / "sounds")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "library"


class Interrupted(Exception):
    pass


def index_some(sounds: Path, target: Path, count: int, ear: BrightnessEar | None = None) -> list[Path]:
    """Index until at least `count` files are done, and return them."""
    told: list[Path] = []

    def stop(done: int, total: int, file: Path) -> None:
        told.append(file)
        if done == count:
            raise Interrupted

    with pytest.raises(Interrupted):
        index(sounds, target, ear or BrightnessEar(), progress=stop)
    return told


def files(library: Library) -> set[Path]:
    return {clip.file for clip in library.clips}


def damage_lines(target: Path, number: int) -> None:
    """Flip a bit in line `number` of the books."""
    lines = (target / LINES).read_bytes().split(b"\n")
    lines[number] = lines[number][:60] + bytes([lines[number][60] ^ 1]) + lines[number][61:]
    (target / LINES).write_bytes(b"\n".join(lines))


@pytest.mark.skipif(sys.platform == "win32", reason="kills as Unix does")
def test_killed_at_any_moment_it_keeps_what_it_told(tmp_path: Path) -> None:
    sounds, target = tmp_path / "sounds", tmp_path / "library"
    sounds.mkdir()
    for i in range(40):
        soundfile.write(sounds / f"{i:02}.wav", tone(100 + 10 * i, 0.3), RATE)
    told: set[Path] = set()
    for moment in (1, 4, 9):
        process = subprocess.Popen([sys.executable, "-c", DONE_BY_ONE, sounds, target], stdout=subprocess.PIPE,
                                   text=True, cwd=ROOT)
        assert process.stdout is not None
        told |= {Path(process.stdout.readline().strip()) for _ in range(len(told) + moment)}
        process.kill()
        told |= {Path(line.strip()) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")}
        process.wait()
        assert told <= files(Library.open(target)), f"killed after {moment} more"
    ear = BrightnessEar()
    report = index(sounds, target, ear)
    assert report.clips == 40 and ear.heard == report.new <= 40 - len(told)
    left = {file.name for file in target.rglob("*") if file.is_file()}
    assert left == {".indexing", LINES, next(target.glob("heard-*")).name,
                    *(clip.audio.name for clip in Library.open(target).clips)}


def test_a_last_line_torn_at_any_byte_costs_its_clip_at_most(sounds: Path, target: Path) -> None:
    told = index_some(sounds, target, 4)
    shutil.copytree(target, kept := target.with_name("kept"))
    whole = (target / LINES).read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for cut in range(last, len(whole)):
        (target / LINES).write_bytes(whole[:cut])
        assert len(files(Library.open(target)) & set(told)) == 3
    for cut in (last, last + 1, (last + len(whole)) // 2, len(whole) - 1):
        shutil.rmtree(target)
        shutil.copytree(kept, target)
        (target / LINES).write_bytes(whole[:cut])
        ear = BrightnessEar()
        assert index(sounds, target, ear).clips == 4 and ear.heard == 1
        assert len(Library.open(target).clips) == 4


def test_a_row_torn_at_any_byte_costs_its_clip_at_most(sounds: Path, target: Path) -> None:
    index_some(sounds, target, 4)
    rows = next(target.glob("heard-*"))
    whole = rows.read_bytes()
    for cut in range(len(whole)):
        rows.write_bytes(whole[:cut])
        assert len(ledger.read(target).heard) == cut * 4 // len(whole)


def test_after_an_interruption_only_the_rest_is_done(sounds: Path, target: Path) -> None:
    told = index_some(sounds, target, 2)
    done = files(Library.open(target))
    assert set(told) <= done
    soundfile.write(told[0], tone(5000), RATE)  # has to be done again
    ear = BrightnessEar()
    report = index(sounds, target, ear)
    assert report.clips == 4 and ear.heard == report.new == 4 - len(done) + 1


def test_while_another_ear_listens_the_library_is_the_first_ones(sounds: Path, target: Path) -> None:
    index(sounds, target, BrightnessEar("first"))
    index_some(sounds, target, 1, BrightnessEar("second"))
    library = Library.open(target)
    assert library.ear_name == "first" and len(library.clips) == 4
    ear = BrightnessEar("second")
    report = index(sounds, target, ear)
    assert (Library.open(target).ear_name, report.new) == ("second", 0) and ear.heard < 4


def test_a_player_that_opens_meanwhile_finds_whole_clips(sounds: Path, target: Path) -> None:
    """While a run renames one of four clips it is there once or twice, and never with the row of another."""
    index(sounds, target, BrightnessEar())
    library = Library.open(target)
    rows = {clip.sha256: row.copy() for clip, row in zip(library.clips, library.log_q, strict=True)}

    def keep_indexing() -> None:
        for old, new in (("top", "moved"), ("moved", "top")) * 5:
            (sounds / f"{old}.ogg").rename(sounds / f"{new}.ogg")
            index(sounds, target, BrightnessEar())

    thread = threading.Thread(target=keep_indexing)
    thread.start()
    while thread.is_alive():
        library = Library.open(target)
        assert len(library.clips) in (4, 5) and not library.damaged
        for clip, row in zip(library.clips, library.log_q, strict=True):
            assert np.array_equal(row, rows[clip.sha256])


def test_two_runs_at_a_time_are_refused(sounds: Path, target: Path) -> None:
    def meanwhile(done: int, total: int, file: Path) -> None:
        with pytest.raises(UserError, match="is being indexed by another run"):
            index(sounds, target, BrightnessEar())

    assert index(sounds, target, BrightnessEar(), progress=meanwhile).clips == 4


def test_a_damaged_clip_is_stored_again_and_not_heard_again(sounds: Path, target: Path) -> None:
    index(sounds, target, BrightnessEar())
    clips = Library.open(target).clips
    clips[0].audio.unlink()
    clips[1].audio.write_bytes(clips[1].audio.read_bytes()[:1000])
    ear = BrightnessEar()
    report = index(sounds, target, ear)
    assert (report.new, report.damaged, report.unchanged, ear.heard) == (2, 2, 2, 0)
    library = Library.open(target)
    assert [len(library.load(i, 48000)) for i in range(4)] == [24000 - 2400] * 4


@pytest.mark.parametrize("in_place", [False, True])
def test_a_damaged_row_is_heard_again_and_no_other(sounds: Path, target: Path, in_place: bool) -> None:
    index(sounds, target, BrightnessEar(), in_place)
    before = Library.open(target).log_q.copy()
    rows = next(target.glob("heard-*"))
    packed = bytearray(rows.read_bytes())
    packed[2 * len(packed) // 4 + 3] ^= 0x40
    rows.write_bytes(packed)
    library = Library.open(target)
    assert (len(library.clips), library.damaged) == (3, 1)
    ear = BrightnessEar()
    report = index(sounds, target, ear, in_place)
    assert (report.heard_again, report.new, report.damaged, ear.heard) == (1, 0, 1, 1)
    assert np.allclose(Library.open(target).log_q, before, atol=1e-4) and not Library.open(target).damaged


def test_a_damaged_line_costs_one_clip_whichever_it_is(sounds: Path, target: Path) -> None:
    for number, lost in ((0, 0), (1, 1), (2, 1), (4, 1), (5, 0)):  # the first and the last are headings
        index(sounds, target, BrightnessEar())
        damage_lines(target, number)
        library = Library.open(target)
        assert (len(library.clips), library.damaged) == (4 - lost, 1)
        ear = BrightnessEar()
        assert (index(sounds, target, ear).damaged, ear.heard) == (1, lost)


def test_without_headings_nothing_is_heard_again(sounds: Path, target: Path) -> None:
    index(sounds, target, BrightnessEar())
    damage_lines(target, 0)
    damage_lines(target, 5)
    with pytest.raises(UserError, match=r"is damaged beyond use; .* repairs it: phonoscope index"):
        Library.open(target)
    ear = BrightnessEar()
    assert (index(sounds, target, ear).clips, ear.heard) == (4, 0)
    assert len(Library.open(target).clips) == 4


def test_lines_cut_off_are_missed(sounds: Path, target: Path) -> None:
    index(sounds, target, BrightnessEar())
    (target / LINES).write_bytes(b"".join((target / LINES).read_bytes().splitlines(keepends=True)[:3]))
    library = Library.open(target)
    assert (len(library.clips), library.damaged) == (2, 2)
    ear = BrightnessEar()
    assert (index(sounds, target, ear).clips, ear.heard) == (4, 2)


def test_rot_that_keeps_size_and_time_is_not_played_and_verify_repairs_it(sounds: Path, target: Path) -> None:
    index(sounds, target, BrightnessEar())
    audio = Library.open(target).clips[0].audio
    state = audio.stat()
    packed = bytearray(audio.read_bytes())
    packed[1000] ^= 0x10
    audio.write_bytes(packed)
    os.utime(audio, ns=(state.st_atime_ns, state.st_mtime_ns))
    with pytest.raises(UserError, match=r"the stored clip is damaged; phonoscope index SOUNDS -o .* --verify repairs"):
        Library.open(target).load(0, RATE)
    report = index(sounds, target, BrightnessEar(), verify=True)
    assert (report.damaged, report.new, report.unchanged) == (1, 1, 3)
    assert len(Library.open(target).load(0, RATE)) == 24000 - 2400


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sounds and their library."""
    folder = tmp_path_factory.mktemp("whole")
    index(folder_of_sounds(folder / "sounds"), folder / "library", BrightnessEar())
    return folder


def contents(library: Library) -> Iterator[tuple[str, NDArray[np.float32], NDArray[np.float32] | None]]:
    """Each clip's title, row and sound, None if that is refused."""
    for i, clip in enumerate(library.clips):
        try:
            samples = library.load(i, RATE)
        except UserError:
            samples = None
        yield clip.title, library.log_q[i], samples


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(["flip", "truncate", "zeros", "gone"]))
def test_whatever_is_damaged_nothing_wrong_is_played_and_indexing_repairs_it(whole: Path, seed: int,
                                                                              kind: str) -> None:
    chance = random.Random(seed)
    true = {title: (row, samples) for title, row, samples in contents(Library.open(whole / "library"))}
    target = whole / "damaged"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(whole / "library", target)
    file = chance.choice(sorted(file for file in target.rglob("*") if file.is_file() and file.name != ".indexing"))
    body = bytearray(file.read_bytes())
    at = chance.randrange(len(body))
    if kind == "flip":
        body[at] ^= 1 << chance.randrange(8)
    elif kind == "zeros":
        body[at:at + 512] = bytes(len(body[at:at + 512]))
    else:
        del body[at:]
    file.unlink() if kind == "gone" else file.write_bytes(body)
    try:
        found = list(contents(Library.open(target)))
    except UserError:
        assert kind != "flip", "one bit costs one clip at most"
        found = []
    assert kind != "flip" or len(found) >= 3
    for title, row, samples in found:
        assert np.array_equal(row, true[title][0])
        assert samples is None or np.array_equal(samples, true[title][1])
    ear = BrightnessEar()
    index(whole / "sounds", target, ear)
    assert ear.heard <= 4 - len(found)
    repaired = Library.open(target)
    assert not repaired.damaged
    for title, row, samples in contents(repaired):
        assert np.allclose(row, true[title][0], atol=1e-4) and np.array_equal(samples, true[title][1])
    assert len(repaired.clips) == 4
