"""What was stored is there after a restart, and no file of snapshots keeps the instrument from starting."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from engine.errors import UserError
from engine.parameters import PARAMETERS
from engine.snapshots import MOST, Snapshots, present, settings, snapshot


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "show.snapshots.json"


def kept(snapshots: Snapshots) -> dict[str, dict[str, float]]:
    return {name: settings(snapshots.get(name)) for name in snapshots.names()}


def test_snapshots_survive_a_restart_in_their_order(file: Path) -> None:
    first = Snapshots(file)
    first.store("night", present(np.array([p.high for p in PARAMETERS])))
    first.store("dämmerung", snapshot({"master/gain": -7.3}))
    first.store("day", snapshot({}))
    first.store("dusk", snapshot({}))
    first.delete("dusk")
    first.store("night", snapshot({"layer/16/density": 0.1 + 0.2}))
    first.flush()
    assert kept(Snapshots(file)) == kept(first) == {
        "night": {"layer/16/density": 0.1 + 0.2}, "dämmerung": {"master/gain": -7.3}, "day": {}}
    assert os.listdir(file.parent) == [file.name]


def test_the_show_files_own_are_there_until_one_is_stored_under_their_name(file: Path) -> None:
    ready = {"night": {"master/gain": -20.0}, "day": {"master/gain": 0.0}}
    first = Snapshots(file, ready)
    assert kept(first) == ready
    first.store("night", snapshot({"master/gain": -9}))
    first.delete("day")
    first.flush()
    assert kept(first) == {"night": {"master/gain": -9.0}}
    assert kept(Snapshots(file, ready)) == ready | {"night": {"master/gain": -9.0}}


GOOD = {"night": {"master/gain": -7}}


@pytest.mark.parametrize("content", [
    b"", b"{", b"\xff\xfe", b"[" * 10000, b"[]", b"{}", b"null",
    *(json.dumps(wrong).encode() for wrong in (
        {"version": 2, "snapshots": GOOD}, {"version": 1, "snapshots": []}, {"version": 1, "snapshots": {"night": 3}},
        {"version": 1, "snapshots": {"night": {"master/gain": "loud"}}},
        {"version": 1, "snapshots": {"night": {"master/gain": True}}},
        {"version": 1, "snapshots": {"night": {"master/panic": 1}}},
        {"version": 1, "snapshots": {"n" * 65: {}}},
        {"version": 1, "snapshots": {str(i): {} for i in range(MOST + 1)}})),
], ids=lambda content: content[:60].decode(errors="replace"))
def test_a_damaged_file_is_said_and_kept_aside(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    said: list[str] = []
    snapshots = Snapshots(file, GOOD, said.append)
    assert len(said) == 1 and str(file) in said[0] and f"{file.name}.damaged" in said[0]
    assert (file.parent / f"{file.name}.damaged").read_bytes() == content
    snapshots.store("day", snapshot({}))
    snapshots.flush()
    assert list(kept(Snapshots(file))) == ["day"]


def test_knobs_of_another_version_are_said_and_the_rest_is_taken(file: Path) -> None:
    file.write_text(json.dumps({"version": 1, "snapshots": {"night": {"master/gain": -700, "master/colour": 1}}}))
    said: list[str] = []
    assert kept(Snapshots(file, say=said.append)) == {"night": {"master/gain": -60.0}}
    assert len(said) == 1 and "master/colour" in said[0]


def test_where_nothing_can_be_written_it_is_said_and_the_snapshot_lasts_for_the_run(tmp_path: Path) -> None:
    said: list[str] = []
    snapshots = Snapshots(tmp_path / "gone" / "a.snapshots.json", say=said.append)
    snapshots.store("night", snapshot({"master/gain": -7}))
    snapshots.flush()
    assert kept(snapshots) == {"night": {"master/gain": -7.0}}
    assert len(said) == 1 and "can't be written" in said[0]


def test_there_are_so_many_and_no_more(file: Path) -> None:
    snapshots = Snapshots(file)
    for i in range(MOST):
        snapshots.store(str(i), snapshot({}))
    snapshots.store("0", snapshot({"master/gain": -7}))
    with pytest.raises(UserError, match="delete one first"):
        snapshots.store("one more", snapshot({}))
    snapshots.delete("7")
    snapshots.store("one more", snapshot({}))
    snapshots.flush()
    assert len(kept(Snapshots(file))) == MOST
