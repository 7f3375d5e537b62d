"""`phonoscope index`: its JSON, its words, and Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.cli import main
from engine.library import Library
from engine.modelfile import load_model, shipped_model
from tests.engine.sounds import RATE, folder_of_sounds


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    folder = folder_of_sounds(tmp_path / "sounds")
    (folder / "broken.wav").write_text("no sound")
    return folder


def test_it_tells_what_it_did_as_one_json_object(sounds: Path, tmp_path: Path,
                                                 capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(sounds), "-o", str(tmp_path / "library"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["clips"] == 4 and told["seconds_of_audio"] == pytest.approx(2, abs=0.01) and told["wall_s"] > 0
    assert [skip["file"] for skip in told["skipped"]] == [str(sounds / "broken.wav")]
    assert "no sound" in told["skipped"][0]["why"]
    library = Library.open(tmp_path / "library")
    assert library.classes == load_model(shipped_model("eye"), "eye").classes
    assert np.allclose(np.exp(library.log_q).sum(axis=1), 1, atol=1e-3)
    assert np.allclose(np.linalg.norm(library.embedding, axis=1), 1, atol=1e-3)


def test_it_tells_a_person_what_it_did(sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(sounds), "-o", str(tmp_path / "library"), "--in-place"]) == 0
    out = capsys.readouterr().out
    assert "4 clips" in out and "1 left out" in out and f"left out  {sounds / 'broken.wav'}: " in out
    assert not (tmp_path / "library" / "clips").exists()


def test_nothing_to_index_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.wav").touch()
    for name, message in (("none", "there are no sound files"), ("gone", "there is no such folder"),
                          ("bad", "none of the sound files in")):
        assert main(["index", str(tmp_path / name), "-o", str(tmp_path / "library")]) == 1
        assert message in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to one process")
def test_after_ctrl_c_the_library_is_whole(tmp_path: Path) -> None:
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    for i in range(400):
        soundfile.write(sounds / f"{i:03}.wav", np.random.default_rng(i).normal(0, 0.1, RATE), RATE)
    library = tmp_path / "library"
    process = subprocess.Popen([sys.executable, "-m", "bridge.cli", "index", str(sounds), "-o", str(library)],
                               stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
                               env={**os.environ, "OMP_NUM_THREADS": "1"})
    while len(list(library.glob("clips/*.flac"))) < 3:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "goes on from here" in err and "Traceback" not in err
    assert 1 <= len(Library.open(library).clips) < 400
