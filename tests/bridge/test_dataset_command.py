"""`phonoscope dataset`: its JSON, its words, its exit status, and Ctrl-C."""

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridge.cli import main
from models.datasets.opening import open_dataset


@pytest.fixture
def videos(shared_data: Path, tmp_path: Path) -> Path:
    """Four real videos in two categories."""
    for category, names in (("percussion", ("drum_001", "bongo_001")), ("animals", ("dog_001", "canary_001"))):
        (tmp_path / "videos" / category).mkdir(parents=True)
        for name in names:
            shutil.copy(shared_data / "paired_av" / f"{name}.mp4", tmp_path / "videos" / category)
    return tmp_path / "videos"


def test_build_tells_what_it_did_as_one_json_object(videos: Path, tmp_path: Path,
                                                    capsys: pytest.CaptureFixture[str]) -> None:
    (videos / "animals" / "broken.mp4").write_text("no video")
    out = tmp_path / "out"
    command = ["dataset", "build", str(videos), "-o", str(out), "--json"]
    assert main(command) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pairs"] == told["train"] + told["test"] == 12 + 20 + 20 + 20 - told["quiet"]
    assert told["quiet"] >= 2  # the dog is silent for a second
    assert all(pairs["train"] and pairs["test"] for pairs in told["categories"].values())
    assert [Path(skip["file"]).name for skip in told["skipped"]] == ["broken.mp4"]
    assert main(command) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["new"], again["unchanged"], again["pairs"]) == (0, 5, told["pairs"])
    assert main(["dataset", "info", str(out), "--json"]) == 0
    info = json.loads(capsys.readouterr().out)
    assert info["kind"] == "chunks" and info["pairs"] == told["pairs"] and info["originals"] == 4
    assert info["splits"] == {"train": told["train"], "test": told["test"]}


def test_build_cleans_with_the_shipped_eye_and_ear(videos: Path, tmp_path: Path,
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    command = ["dataset", "build", str(videos / "percussion"), "-o", str(out), "--chunk", "2", "--clean"]
    assert main(command) == 0
    words = capsys.readouterr().out
    kept = len(open_dataset(out).items)
    assert 0 < kept < 10
    assert f"{kept} pairs of 10 left" in words and f"{10 - kept} unfit" in words
    assert main(command[:-1]) == 1
    assert "cleaned_by 'eye " in capsys.readouterr().err


def test_build_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "film.mp4").touch()
    (tmp_path / "file").touch()
    out = str(tmp_path / "out")
    for arguments, message in (
        ([str(tmp_path / "gone.mp4"), "-o", out], "there is no such video or folder"),
        ([str(tmp_path / "film.mp4"), "-o", out], "none of the videos gives a pair"),
        ([str(tmp_path / "film.mp4"), "-o", str(tmp_path / "file")], "can't be written"),
    ):
        assert main(["dataset", "build", *arguments]) == 1
        assert message in capsys.readouterr().err
    for option, value in (("--chunk", "0"), ("--floor", "3"), ("--test-share", "1"), ("--floor", "loud")):
        with pytest.raises(SystemExit) as misspelt:
            main(["dataset", "build", str(tmp_path / "film.mp4"), "-o", out, option, value])
        assert misspelt.value.code == 2 and "expected a number from" in capsys.readouterr().err


def test_info_tells_a_person_what_is_there(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dataset", "info", str(shared_data / "sounds")]) == 0
    out = capsys.readouterr().out
    assert "categories; 997 sounds" in out and "folds: 1 80, 2 80, 3 80, 4 80" in out and "CC BY 3.0" in out
    assert main(["dataset", "info", str(shared_data / "mobilenet")]) == 1
    assert "is no data set that is known" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to one process")
def test_after_ctrl_c_the_next_run_goes_on(videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drum = (videos / "percussion" / "drum_001.mp4").read_bytes()
    for number in range(20):  # work for seconds, so that Ctrl-C comes amid it; an empty box makes each another file
        (videos / "percussion" / f"drum_{number}.mp4").write_bytes(drum + struct.pack(">I4sI", 12, b"free", number))
    out = tmp_path / "out"
    command = ["dataset", "build", str(videos), "-o", str(out)]
    process = subprocess.Popen([sys.executable, "-m", "bridge.cli", *command], stderr=subprocess.PIPE, text=True,
                               cwd=Path(__file__).parents[2], env={**os.environ, "OMP_NUM_THREADS": "1"})
    while not (out / "videos.json").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "goes on from here" in err and "Traceback" not in err
    assert not (out / ".cutting").exists()
    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["unchanged"] >= 1 and told["new"] >= 1 and told["new"] + told["unchanged"] == 24
