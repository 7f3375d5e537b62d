"""The output `file`: a film as long as the evening, whatever the pictures' pace, that survives kills and full disks."""

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from bridge.outputs.file import FilmFile, open_output
from engine.clock import VirtualClock
from engine.errors import UserError
from engine.show import OutputConfig
from tests.outputs import picture, sending

RED, GREEN, BLUE = (np.full((48, 64, 3), colour, np.uint8) for colour in ((250, 5, 5), (5, 250, 5), (5, 5, 250)))


def colours(file: Path) -> list[int]:
    """Return which of red, green and blue each picture of a film is; fails if they aren't evenly spaced."""
    with av.open(str(file)) as film:
        stream = film.streams.video[0]
        frames = list(film.decode(stream))
        times = [float(frame.time) for frame in frames]
        assert np.allclose(times, np.arange(len(times)) / float(stream.average_rate), atol=1e-3)
        return [int(frame.to_ndarray(format="rgb24").mean((0, 1)).argmax()) for frame in frames]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_pictures_that_come_as_they_please_make_an_even_film_in_time(tmp_path: Path, suffix: str) -> None:
    clock = VirtualClock(1000.0)
    film = FilmFile(tmp_path / f"a{suffix}", 25, clock)
    for frame, seconds in ((RED, 0.4), (GREEN, 0.04), (GREEN, 0.76), (BLUE, 0.01), (BLUE, 0.005), (BLUE, 0.785)):
        film.send(frame, 0.0)
        clock.advance(seconds)
    film.close()
    assert colours(tmp_path / f"a{suffix}") == [0] * 10 + [1] * 20 + [2] * 20


def test_a_picture_that_stays_is_filmed_too(tmp_path: Path) -> None:
    clock = VirtualClock()
    film = FilmFile(tmp_path / "a.mp4", 10, clock)
    film.send(RED, 0.0)
    for _ in range(50):
        clock.advance(0.2)
        assert film.receivers() == 1
    film.close()
    assert colours(tmp_path / "a.mp4") == [0] * 100 and film.missed() == 0


def test_time_that_a_machine_slept_is_left_out_and_counted(tmp_path: Path) -> None:
    clock = VirtualClock()
    film = FilmFile(tmp_path / "a.mp4", 10, clock)
    film.send(RED, 0.0)
    clock.advance(3600)
    film.send(GREEN, 0.0)
    clock.advance(1)
    film.close()
    assert colours(tmp_path / "a.mp4") == [0] + [1] * 10 and film.missed() == 35_999


def test_what_is_there_is_never_overwritten_and_nothing_is_made_of_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"precious")
    for frame in (RED, GREEN, None):
        clock = VirtualClock()
        film = FilmFile(tmp_path / "a.mp4", 10, clock)
        if frame is not None:
            film.send(frame, 0.0)
        clock.advance(1)
        film.close()
    assert sorted(os.listdir(tmp_path)) == ["a-2.mp4", "a-3.mp4", "a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == b"precious"
    assert colours(tmp_path / "a-2.mp4") == [0] * 10 and colours(tmp_path / "a-3.mp4") == [1] * 10


def test_a_film_goes_on_in_a_next_file_before_it_is_too_large(tmp_path: Path) -> None:
    clock = VirtualClock()
    film = FilmFile(tmp_path / "a.mp4", 25, clock, limit=200_000)
    for number in range(100):
        film.send(picture(128, 128, number), 0.0)
        clock.advance(1 / 25)
    film.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) > 2 and max(file.stat().st_size for file in files) < 300_000
    assert sum(len(colours(file)) for file in files) == 100


def test_a_next_file_that_cannot_be_made_is_an_error_like_any_other(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock()
    film = FilmFile(tmp_path / "a.mp4", 25, clock, limit=1000)
    film.send(picture(128, 128), 0.0)
    monkeypatch.setattr("bridge.outputs.file.fresh", lambda path: os.open(tmp_path / "nowhere" / "a", os.O_RDONLY))
    clock.advance(1.2)
    with pytest.raises(OSError, match="can't be written: No such file"):
        film.receivers()
    film.close()
    assert len(colours(tmp_path / "a.mp4")) == 30


def test_what_cannot_be_encoded_leaves_no_empty_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("no such encoder")

    monkeypatch.setattr("bridge.outputs.file.Pictures", refuse)
    with pytest.raises(ValueError, match="no such encoder"):
        FilmFile(tmp_path / "a.mp4", 25, VirtualClock()).send(RED, 0.0)
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_film_that_is_killed_lacks_its_last_second_at_most(tmp_path: Path, suffix: str) -> None:
    text = f"""
import os
import numpy as np
from pathlib import Path
from bridge.outputs.file import FilmFile
from engine.clock import VirtualClock
clock = VirtualClock()
film = FilmFile(Path({str(tmp_path / "a")!r} + {suffix!r}), 10, clock)
for number in range(50):
    film.send(np.random.default_rng(number).integers(0, 256, (48, 64, 3), dtype=np.uint8), 0.0)
    clock.advance(0.1)
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", text]).returncode == -9
    assert 39 <= len(colours(tmp_path / f"a{suffix}")) <= 50


def test_switching_off_ends_a_film_and_switching_on_begins_another(tmp_path: Path) -> None:
    with sending(OutputConfig("file", str(tmp_path / "a.mp4"), rate=20)) as outputs:
        for frame, name in ((RED, "a.mp4"), (BLUE, "a-2.mp4")):
            outputs.face.switch(1, True)
            before = outputs.told(1, "frames")
            outputs.wait(lambda before=before: outputs.told(1, "frames") > before + 5, "some pictures", frame)
            outputs.face.switch(1, False)
            outputs.wait(lambda: outputs.told(1, "pid") == 0, "the end of the film")
            assert set(colours(tmp_path / name)[1:]) == {int(frame[0, 0].argmax())}


@pytest.mark.skipif(sys.platform == "win32", reason="limits of resources are another matter there")
def test_a_full_disk_leaves_what_it_took_and_no_litter(tmp_path: Path) -> None:
    text = f"""
import resource
import numpy as np
from pathlib import Path
from bridge.outputs.file import FilmFile
from engine.clock import VirtualClock
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
clock = VirtualClock()
def until_it_is_refused():
    film = FilmFile(Path({str(tmp_path / "a.mp4")!r}), 10, clock)
    try:
        for number in range(100):
            film.send(np.random.default_rng(number).integers(0, 256, (128, 128, 3), dtype=np.uint8), 0.0)
            clock.advance(0.1)
    except OSError as error:
        print(error)
    film.close()
until_it_is_refused()
resource.setrlimit(resource.RLIMIT_FSIZE, (20, 300_000))
until_it_is_refused()
"""
    ended = subprocess.run([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
    assert ended.returncode == 0 and ended.stdout.splitlines() == [
        f"file: {tmp_path / 'a.mp4'} can't be written: File too large"] * 2
    assert os.listdir(tmp_path) == ["a.mp4"] and len(colours(tmp_path / "a.mp4")) >= 10


@pytest.mark.skipif(sys.platform == "win32", reason="open files can't be removed there")
def test_a_film_that_somebody_removes_is_noticed(tmp_path: Path) -> None:
    clock = VirtualClock()
    film = FilmFile(tmp_path / "a.mp4", 10, clock)
    film.send(RED, 0.0)
    (tmp_path / "a.mp4").unlink()
    clock.advance(1.5)
    with pytest.raises(OSError, match="the file was removed"):
        film.send(GREEN, 0.0)
    film.send(GREEN, 0.0)
    clock.advance(1)
    film.close()
    assert colours(tmp_path / "a.mp4") == [1] * 10


@pytest.mark.parametrize(("target", "said"), [("", "ends in .mp4 or .mkv"), ("film.avi", "ends in .mp4 or .mkv"),
                                              ("nowhere/film.mp4", "there is no folder nowhere")])
def test_a_target_that_is_no_film_is_refused(target: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        open_output(target, 25)
