"""`phonoscope voice`: the file that it writes, its JSON, and what it says when something is wrong."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from bridge.cli import main
from tests.dreams import write_dream, write_voice
from tests.engine.mixing import true_peak


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 255, (90, 160, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_voice(tmp_path_factory.mktemp("voice") / "tiny.ts")


def voice(capsys: pytest.CaptureFixture[str], *args: object) -> dict[str, Any]:
    assert main(["voice", *map(str, args), "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_a_picture_becomes_a_wav_at_the_level_of_the_house(tmp_path: Path, picture: Path, model: Path,
                                                           capsys: pytest.CaptureFixture[str]) -> None:
    told = voice(capsys, picture, "-o", tmp_path / "a.wav", "--model", model)
    samples, rate = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert soundfile.info(tmp_path / "a.wav").subtype == "PCM_24"
    assert rate == told["sample_rate"] == 48_000 and samples.shape == (192_000,) and told["seconds"] == 4
    assert told["lufs"] == pytest.approx(-20, abs=0.1) and told["true_peak_db"] <= -1
    assert told["true_peak_db"] == pytest.approx(true_peak(np.tile(samples, 2)[:, None]), abs=0.1)
    assert told["model"] == "tiny" and told["picture"] == str(picture) and told["out"] == str(tmp_path / "a.wav")


def test_the_same_seed_gives_the_same_file_and_another_does_not(tmp_path: Path, picture: Path, model: Path,
                                                                capsys: pytest.CaptureFixture[str]) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        told = voice(capsys, picture, "-o", tmp_path / f"{name}.wav", "--model", model, "--seconds", 1, "--seed", seed)
        assert told["seed"] == seed and told["seconds"] == 1
    a, b, c = ((tmp_path / f"{name}.wav").read_bytes() for name in "abc")
    assert a == b != c and len(c) == len(a)


@pytest.mark.parametrize(("options", "message"), [
    (("-o", "a.mp3"), "a.mp3: expected a name that ends in .wav"),
    (("-o", "nowhere/a.wav"), "nowhere/a.wav: can't be written: No such file"),
    (("-o", "a.wav", "--seconds", "0.1"), "--seconds 0.1: expected 0.6 to 60"),
    (("-o", "a.wav", "--seconds", "nan"), "--seconds nan: expected"),
    (("-o", "a.wav", "--seed", "-1"), "--seed -1: expected a whole number from 0 up"),
    (("-o", "a.wav", "--model", "none.ts"), "none.ts"),
    (("-o", "a.wav", "--model", "dream.ts"), "expected 'voice', got 'dream'"),
], ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_what_is_wrong_is_named_and_no_file_is_left(tmp_path: Path, picture: Path, model: Path,
                                                    options: tuple[str, ...], message: str,
                                                    capsys: pytest.CaptureFixture[str],
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_dream(tmp_path / "dream.ts")
    given = options if "--model" in options else (*options, "--model", str(model))
    assert main(["voice", str(picture), *given]) == 1
    assert message in capsys.readouterr().err
    assert {file.name for file in tmp_path.iterdir()} == {"picture.png", "dream.ts", "dream.ts.sha256"}


def test_what_is_no_picture_is_named(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    for name, message in (("text.jpg", "not a picture"), ("gone.jpg", "No such file")):
        assert main(["voice", str(tmp_path / name), "-o", str(tmp_path / "a.wav"), "--model", str(model)]) == 1
        assert message in capsys.readouterr().err
