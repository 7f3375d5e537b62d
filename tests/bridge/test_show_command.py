"""`phonoscope show check`: what it prints and how it ends."""

import json
from pathlib import Path

import pytest

from bridge.cli import main


def test_a_good_show_is_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.toml").write_text('name = "Harbour"')
    assert main(["show", "check", str(tmp_path / "a.toml")]) == 0
    assert "Harbour" in capsys.readouterr().out
    assert main(["show", "check", str(tmp_path / "a.toml"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "errors": []}


def test_all_faults_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.toml"
    path.write_text("seed = -1\n[sound]\nratte = 2026-11-21")
    assert main(["show", "check", str(path)]) == 1
    assert capsys.readouterr().err.count(str(path)) == 2
    assert main(["show", "check", str(path), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert [(fault["key"], fault["value"]) for fault in told["errors"]] == [("seed", -1), ("sound.ratte", "2026-11-21")]
    assert all(fault["message"] for fault in told["errors"])


def test_a_missing_show_is_told_as_json_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "check", str(tmp_path / "gone.toml"), "--json"]) == 1
    assert "can't be read" in json.loads(capsys.readouterr().out)["errors"][0]["message"]
