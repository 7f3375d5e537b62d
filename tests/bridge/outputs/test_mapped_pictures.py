"""The memory-mapped file: its bytes as documented, whole pictures for every reader, and a writer that may die."""

import runpy
import struct
import subprocess
import sys
import time
import types
from pathlib import Path

import numpy as np
import pytest

from bridge.outputs.mmap import open_output
from bridge.outputs.mmap_reader import MappedPictures
from engine.errors import UserError
from tests.outputs import picture


def test_the_bytes_are_those_of_the_layout(tmp_path: Path) -> None:
    file = tmp_path / "a"
    output = open_output(str(file), 60)
    for number in range(3):
        output.send(picture(5, 7, number), 12.5 + number)
    data = file.read_bytes()
    assert struct.unpack_from("<8sIIQIIIIdQQ", data) == (
        b"PHONOFRM", 1, 64, 6, 7, 5, 4, 0, 14.5, 3, 1024 * 1024 * 4)
    assert len(data) == 64 + 1024 * 1024 * 4
    first_row = np.frombuffer(data, np.uint8, 7 * 4, 64).reshape(7, 4)
    assert (first_row[:, :3] == picture(5, 7, 2)[0]).all() and (first_row[:, 3] == 255).all()


def test_the_size_may_change_and_the_largest_picture_fits(tmp_path: Path) -> None:
    output = open_output(str(tmp_path / "a"), 60)
    reader = MappedPictures(tmp_path / "a")
    assert reader.read() is None
    for shape in ((16, 32), (1024, 1024), (3, 5)):
        output.send(picture(*shape), 0.0)
        got = reader.read()
        assert got is not None and (got[0][..., :3] == picture(*shape)).all()


def test_a_reader_never_sees_half_a_picture(tmp_path: Path) -> None:
    text = f"""
import time
import numpy as np
from bridge.outputs.mmap import open_output
output = open_output({str(tmp_path / "a")!r}, 60)
for value in range(1_000_000):
    output.send(np.full((64, 64 + value % 2 * 64, 3), value % 251, np.uint8), value)
    time.sleep(1e-5)
"""
    open_output(str(tmp_path / "a"), 60).close()
    with subprocess.Popen([sys.executable, "-c", text]) as writer:
        reader = MappedPictures(tmp_path / "a")
        seen: set[int] = set()
        deadline = time.monotonic() + 60
        while len(seen) < 100 and time.monotonic() < deadline:
            if (got := reader.read()) is not None and got[2] not in seen:
                frame, value, number = got
                assert frame.shape == (64, 64 + int(value) % 2 * 64, 4) and number == value + 1
                assert (frame[..., :3] == int(value) % 251).all()
                seen.add(number)
        writer.kill()
    assert len(seen) == 100


def test_a_writer_that_died_within_a_picture_is_followed_by_one_that_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "a"
    output = open_output(str(file), 60)
    output.send(picture(), 0.0)
    reader = MappedPictures(file)
    output._header["sequence"] += 1  # as far as it came
    assert reader.read() is None
    output.close()
    again = open_output(str(file), 60)
    again.send(picture(seed=1), 1.0)
    got = reader.read()
    assert got is not None and got[2] == 2 and (got[0][..., :3] == picture(seed=1)).all()


@pytest.mark.skipif(sys.platform == "win32", reason="files are not locked there")
def test_two_outputs_do_not_write_to_one_file(tmp_path: Path) -> None:
    output = open_output(str(tmp_path / "a"), 60)
    with pytest.raises(UserError, match="another output writes to it"):
        open_output(str(tmp_path / "a"), 60)
    output.close()
    open_output(str(tmp_path / "a"), 60).close()


@pytest.mark.parametrize("content", [b"Chapter One", bytes(32768) + b"CD001"])  # images of disks begin with zeros
def test_a_file_that_holds_something_else_is_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "thesis").write_bytes(content)
    with pytest.raises(UserError, match=r"thesis can't be written: there is something else in it"):
        open_output(str(tmp_path / "thesis"), 60)
    assert (tmp_path / "thesis").read_bytes() == content


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such modes there")
def test_nobody_else_on_the_machine_looks_through_the_camera(tmp_path: Path) -> None:
    open_output(str(tmp_path / "a"), 60).close()
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(sys.platform != "linux", reason="room can't be reserved elsewhere")
def test_where_there_is_no_room_it_is_said_before_anything_is_written(tmp_path: Path) -> None:
    text = f"""
import resource
from bridge.outputs.mmap import open_output
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
open_output({str(tmp_path / "a")!r}, 60)
"""
    ended = subprocess.run([sys.executable, "-c", text], stderr=subprocess.PIPE, text=True)
    assert "can't be written: File too large" in ended.stderr


def test_what_is_no_such_file_is_refused_by_the_reader(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "short").write_bytes(b"PHONOFRM")
    (tmp_path / "other").write_bytes(b"PHONOFRM\x02" + bytes(100))
    for name in ("absent", "empty", "short", "other"):
        with pytest.raises(UserError, match=name):
            MappedPictures(tmp_path / name)


def test_the_script_top_of_touchdesigner_reads_what_is_written(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "td", types.ModuleType("td"))  # which is there in TouchDesigner alone
    read_picture = runpy.run_module("bridge.patches.td_link")["read_picture"]
    output = open_output(str(tmp_path / "a"), 60)
    for seed in range(3):
        output.send(picture(6, 8, seed), 0.0)
        got = read_picture(str(tmp_path / "a"))
        assert (got[::-1, :, :3] == picture(6, 8, seed)).all()  # the lowest row first
    assert read_picture(str(tmp_path / "a")) is None  # nothing new
