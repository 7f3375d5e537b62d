"""`phonoscope index`: its JSON, its words, and Ctrl-C."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.cli import main
from engine.ledger import LINES
from engine.library import Library
from engine.modelfile import load_model, shipped_model
from tests.engine.sounds import RATE, folder_of_sounds
from tests.servers import until


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


def test_it_tells_how_much_sound_it_heard_a_minute(sounds: Path, tmp_path: Path,
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    command = ["index", str(sounds), "-o", str(tmp_path / "library"), "--json"]
    assert main(command) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["audio_hours_per_minute"] == pytest.approx(told["seconds_of_audio"] / 60 / told["wall_s"], abs=0.001)
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["audio_hours_per_minute"] == 0


def test_the_ear_can_be_chosen(sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine.ts"
    mine.write_bytes(shipped_model("ear").read_bytes())
    command = ["index", str(sounds), "-o", str(tmp_path / "library"), "--ear", str(mine)]
    assert main(command) == 1
    assert "its checksum is written nowhere" in capsys.readouterr().err
    (tmp_path / "mine.ts.sha256").write_text(f"{hashlib.sha256(mine.read_bytes()).hexdigest()}  mine.ts\n")
    assert main(command) == 0
    mine.write_bytes(mine.read_bytes() + b" ")
    assert main(command) == 1
    assert "the file is damaged" in capsys.readouterr().err


def test_what_was_damaged_is_repaired_and_told(sounds: Path, tmp_path: Path,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    command = ["index", str(sounds), "-o", str(tmp_path / "library")]
    main(command)
    Library.open(tmp_path / "library").clips[0].audio.write_bytes(b"RIFF")
    capsys.readouterr()
    assert main([*command, "--verify"]) == 0
    assert f"repaired  {tmp_path / 'library'}: 1 of its clips or entries were damaged" in capsys.readouterr().out


def test_what_is_known_needs_no_torch(sounds: Path, tmp_path: Path) -> None:
    """Torch takes longer to import than a thousand unchanged files to look through."""
    command = ["index", str(sounds), "-o", str(tmp_path / "library"), "--json"]
    assert main(command) == 0
    script = f"import sys, bridge.cli; bridge.cli.main({command!r}); assert 'torch' not in sys.modules"
    told = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["unchanged"] == 4


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
    books = library / LINES
    until(lambda: books.exists() and books.read_bytes().count(b"\n") > 3, 60, "some clips are done")
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "goes on from here" in err and "Traceback" not in err
    assert 1 <= len(Library.open(library).clips) < 400
