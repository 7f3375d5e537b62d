"""A video is cut where it should be: picture and sound of a chunk belong together."""

import math
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import UserError
from models.datasets.cutting import RATE, Chunk, Footage
from tests.models.footage import make_video, noise

LEVELS = [-10, -20, -30, -40, -50, -math.inf]


def cut(file: Path, seconds: float = 0.5) -> list[Chunk]:
    with Footage(file) as footage:
        return list(footage.chunks(seconds))


def test_each_chunk_has_its_first_frame_and_its_own_sound(tmp_path: Path) -> None:
    chunks = cut(make_video(tmp_path / "v.mkv", LEVELS))
    assert [chunk.number for chunk in chunks] == [0, 1, 2, 3, 4, 5]
    assert [chunk.time for chunk in chunks] == [0, 0.5, 1, 1.5, 2, 2.5]
    for i, chunk in enumerate(chunks):
        assert chunk.picture.shape == (32, 48, 3)
        assert chunk.picture[..., 2].min() == 255, "not the first frame of the half second"
        assert (chunk.picture[..., 1] == 20 * i + 10).all()
        assert chunk.samples.shape == (RATE // 2,)
        assert chunk.level == pytest.approx(LEVELS[i], abs=0.01)
    np.testing.assert_allclose(chunks[2].samples, noise(-30, 2), atol=1e-6)


def test_other_lengths_are_cut_likewise(tmp_path: Path) -> None:
    chunks = cut(make_video(tmp_path / "v.mkv", LEVELS), 1.0)
    assert [int(chunk.picture[0, 0, 1]) for chunk in chunks] == [10, 50, 90]
    assert [len(chunk.samples) for chunk in chunks] == [RATE] * 3


def test_sound_of_another_rate_loses_nothing_at_the_end(tmp_path: Path) -> None:
    chunks = cut(make_video(tmp_path / "v.mkv", LEVELS[:3], rate=48_000))
    assert [chunk.level for chunk in chunks] == pytest.approx([-10, -20, -30], abs=1)  # what is above 22 kHz goes


def test_sound_that_begins_late_stays_with_its_pictures(tmp_path: Path) -> None:
    chunks = cut(make_video(tmp_path / "v.mkv", LEVELS, sound_starts=1.0))
    assert [chunk.level for chunk in chunks[:2]] == [-math.inf, -math.inf]
    assert chunks[2].level == pytest.approx(-30, abs=0.01) and chunks[2].picture[0, 0, 1] == 50


def test_a_video_whose_clock_does_not_start_at_zero_is_cut_from_its_beginning(tmp_path: Path) -> None:
    plain = make_video(tmp_path / "v.mkv", LEVELS)
    late = tmp_path / "late.mkv"
    with av.open(str(plain)) as source, av.open(str(late), "w") as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                delay = round(7.3 / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts + delay, packet.dts + delay, streams[
                    packet.stream.index]
                target.mux(packet)
    assert [chunk.level for chunk in cut(late)] == [chunk.level for chunk in cut(plain)]
    assert [chunk.picture[0, 0, 1] for chunk in cut(late)] == [chunk.picture[0, 0, 1] for chunk in cut(plain)]


def test_real_videos_are_cut_from_end_to_end(shared_data: Path) -> None:
    file = shared_data / "paired_av" / "dog_001.mp4"
    with Footage(file) as footage:
        chunks = list(footage.chunks(0.5))
        assert footage.seconds == pytest.approx(6.08) and not footage.trouble
    assert len(chunks) == 12 and chunks[0].picture.shape == (224, 398, 3)
    assert chunks[0].level < -45 < chunks[3].level  # the dog barks after a second


def test_of_a_truncated_video_the_beginning_is_cut_and_of_a_mere_header_nothing(shared_data: Path,
                                                                                 tmp_path: Path) -> None:
    body = (shared_data / "paired_av" / "harp_001.mp4").read_bytes()
    file = tmp_path / "half.mp4"
    file.write_bytes(body[:len(body) // 2])
    assert 5 <= len(cut(file)) < 20
    file.write_bytes(body[:200])
    with pytest.raises(UserError, match=r"half\.mp4"):
        Footage(file)


def test_damage_in_the_middle_is_survived_and_told(shared_data: Path, tmp_path: Path) -> None:
    body = bytearray((shared_data / "paired_av" / "harp_001.mp4").read_bytes())
    body[60_000:120_000:7] = np.random.default_rng(1).bytes(len(body[60_000:120_000:7]))
    file = tmp_path / "hole.mp4"
    file.write_bytes(body)
    with Footage(file) as footage:
        chunks = list(footage.chunks(0.5))
        assert footage.trouble
    assert len(chunks) > 10
    assert all(np.isfinite(chunk.samples).all() and abs(chunk.samples).max() <= 1 for chunk in chunks)


@pytest.mark.parametrize(("name", "complaint"), [
    ("silentfilm", "has no sound"), ("radio", "has no picture"), ("empty", "no video that can be read"),
    ("text", "no video that can be read"), ("gone", "No such file"),
])
def test_what_is_no_video_with_sound_is_refused_with_the_reason(tmp_path: Path, name: str, complaint: str) -> None:
    file = tmp_path / f"{name}.mkv"
    if name == "silentfilm":
        make_video(file, LEVELS, tracks=["picture"])
    elif name == "radio":
        make_video(file, LEVELS, tracks=["sound"])
    elif name != "gone":
        file.write_text("" if name == "empty" else "a story\n")
    with pytest.raises(UserError, match=complaint):
        Footage(file)
