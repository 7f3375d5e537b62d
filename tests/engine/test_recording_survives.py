"""A recording survives: kills, restarts, full disks, folders that vanish, more than a file can hold, a busy GIL."""

import os
import shutil
import signal
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from engine.sound.track import LIMIT, Track
from tests.engine.mixing import RATE, noise
from tests.engine.sound_process import small_library, sound
from tests.engine.test_recording_equals_output import Recording, mixer, read, rounded
from tests.servers import until


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_library(tmp_path_factory.mktemp("library"))


def foreign(file: Path) -> int:
    """Return the frames that FFmpeg decodes."""
    with av.open(str(file)) as container:
        return sum(frame.samples for frame in container.decode(audio=0))


@pytest.mark.parametrize("name", ["set.wav", "set.flac"])
def test_it_can_be_played_at_any_moment_up_to_the_second_before(tmp_path: Path, name: str) -> None:
    track = Track(tmp_path / name, RATE, 2)
    played = noise(5.0, 2)
    expected = rounded(played)
    for end in range(7_777, len(played), 7_777):
        track.write(played[end - 7_777:end])
        found = Path(shutil.copy(track.path, tmp_path / f"found{track.path.suffix}"))
        if end > 1.5 * RATE:
            recorded = read(found)
            assert end - 1.2 * RATE < len(recorded) <= end
            np.testing.assert_array_equal(recorded, expected[:len(recorded)])
            assert foreign(found) >= len(recorded)
    track.close()


def test_a_killed_process_leaves_a_whole_file_and_goes_on_in_another(library: Path, tmp_path: Path) -> None:
    file = tmp_path / "set.wav"
    with sound(library, "null", record=file) as player:
        player.session.set("master/record", 1)
        player.plays()
        player.is_heard()
        until(lambda: player.session.told("sound/recorded_s") > 2.5, 30, "it records")
        seconds = player.session.told("sound/recorded_s")
        player.process.send_signal(signal.SIGKILL)
        player.ends()
        recorded = read(file)
        assert seconds - 1.3 < len(recorded) / RATE
        assert recorded[-RATE:].any()
        assert foreign(file) >= len(recorded)
        with wave.open(str(file)) as reader:
            assert reader.getnframes() == len(recorded)
        player.start()
        player.plays(50)
        until(lambda: 0 < player.session.told("sound/recorded_s") < seconds, 30, "it records again")
        assert player.stop() == 0
        assert soundfile.info(file.with_stem("set-2")).frames > 0
        assert player.said == [f"sound: recording to {part}" for part in (file, file.with_stem("set-2"))]


def test_the_knob_records_what_the_speakers_get(library: Path, tmp_path: Path) -> None:
    with sound(library, str(tmp_path / "speakers.wav"), record=tmp_path / "set.wav") as player:
        player.plays()
        player.is_heard()
        player.session.set("master/record", 1)
        until(lambda: player.session.told("sound/recorded_s") > 1, 30, "it records")
        player.session.set("master/record", 0)
        until(lambda: player.session.told("sound/recorded_s") == 0, 30, "it ends")
        recorded = read(tmp_path / "set.wav")  # whole, while the music plays on
        player.plays(100)
        assert player.stop() == 0
        played = read(tmp_path / "speakers.wav")
        assert len(recorded) > RATE
        begin = next(int(at) for at in np.flatnonzero((played == recorded[0]).all(1))
                     if np.array_equal(played[at:at + 1000], recorded[:1000]))
        np.testing.assert_array_equal(recorded, played[begin:begin + len(recorded)])


def test_threads_that_want_the_gil_without_end_cost_no_frame(library: Path, tmp_path: Path) -> None:
    with sound(library, "null", record=tmp_path / "set.wav",
               environment={**os.environ, "PHONOSCOPE_GIL_HOGS": "2"}) as player:
        player.session.set("master/record", 1)
        player.plays()
        until(lambda: player.session.told("sound/recorded_s") > 0, 30, "it records")
        played = player.session.told("sound/blocks") * 256 / RATE - player.session.told("sound/recorded_s")
        until(lambda: player.session.told("sound/recorded_s") > 4, 60, "it goes on")
        behind = player.session.told("sound/blocks") * 256 / RATE - player.session.told("sound/recorded_s") - played
        assert behind < 2.5  # half of what the tape holds of 16 channels
        assert player.session.told("sound/record_dropped") == 0


def test_what_one_file_cannot_hold_goes_on_in_the_next_without_a_gap(tmp_path: Path) -> None:
    for suffix in (".wav", ".flac"):
        track = Track(tmp_path / f"set{suffix}", RATE, 2, limit=100_000)
        (tmp_path / f"set-2{suffix}").touch()
        played = noise(2.0, 2)
        for at in range(0, len(played), 5000):
            track.write(played[at:at + 5000])
        track.close()
        last = int(track.path.stem.removeprefix("set-"))
        assert last > 4
        parts = [read(tmp_path / f"set{number}{suffix}") for number in ("", *range(-3, -last - 1, -1))]
        np.testing.assert_array_equal(np.concatenate(parts), rounded(played))


def test_a_part_ends_before_4_gb(tmp_path: Path) -> None:
    """With holes for most of it, so that it takes little of the disk."""
    track = Track(tmp_path / "set.wav", 768_000, 16)
    frames = LIMIT // 48 + RATE
    track.skip(frames)
    last = noise(0.1, 16)
    track.write(last)
    track.close()
    first, second = tmp_path / "set.wav", tmp_path / "set-2.wav"
    assert first.stat().st_blocks * 512 < 100e6
    assert first.stat().st_size < 2**32
    assert soundfile.info(first).frames + soundfile.info(second).frames == frames + len(last)
    samples, _ = soundfile.read(second, dtype="int32", start=-len(last))
    np.testing.assert_array_equal(samples >> 8, rounded(last))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("a small disk can only be mounted by root, on Linux")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("name", ["set.wav", "set.flac"])
def test_a_full_disk_ends_the_recording_with_a_whole_file(small_disk: Path, name: str) -> None:
    playing = mixer()
    said: list[str] = []
    recording = Recording(playing, small_disk / name, said.append)
    recording.step()
    played = playing.process(10 * RATE)
    recording.step()
    playing.process(RATE)
    recording.step()
    assert [line.partition(": ")[2][:16] for line in said[1:]] == ["the disk is full"]
    recorded = read(small_disk / name)
    assert len(recorded) > RATE
    np.testing.assert_array_equal(recorded, rounded(played)[:len(recorded)])
    assert len(recorded) >= len(played) - recording.recorder.dropped
    assert recording.recorder.recorded == 0
    (small_disk / name).unlink()
    recording.end()
    recording.wanted = True
    recording.step()
    again = playing.process(RATE)
    recording.end()
    np.testing.assert_array_equal(read(small_disk / name), rounded(again))


def test_a_folder_that_vanishes_is_said_and_made_again(tmp_path: Path) -> None:
    playing = mixer()
    said: list[str] = []
    recording = Recording(playing, tmp_path / "recordings", said.append)
    recording.step()
    playing.process(2 * RATE)
    recording.step()
    shutil.rmtree(tmp_path / "recordings")
    lost = playing.process(RATE + 8192)
    recording.step()
    assert "the file was removed" in said[1]
    more = playing.process(RATE)
    recording.step()
    assert not (tmp_path / "recordings").exists()  # it waits before it tries again
    recording.clock.advance(5)
    recording.step()
    recording.end()
    (file,) = (tmp_path / "recordings").iterdir()
    recorded, expected = read(file), rounded(np.concatenate([lost, more]))
    np.testing.assert_array_equal(recorded[-len(expected):], expected)  # nothing is lost but what was removed
    assert recording.recorder.dropped == 0
    assert len(said) == 3


def test_where_nothing_can_be_written_it_is_said_once_and_what_is_lost_is_counted(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("a file, not a folder")
    playing = mixer()
    said: list[str] = []
    recording = Recording(playing, tmp_path / "recordings", said.append)
    for _ in range(3):
        recording.step()
        playing.process(RATE)
        recording.clock.advance(5)
    recording.end()
    assert recording.recorder.dropped == 3 * RATE
    assert said == [f"{tmp_path / 'recordings'}: can't be recorded to: File exists; trying again "
                    "every 2 s, music and all else go on"]
