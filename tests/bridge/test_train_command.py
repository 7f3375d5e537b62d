"""`phonoscope train`: its JSON and files, its mistakes, and Ctrl-C."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest

from bridge.cli import main
from engine.modelfile import load_model
from tests.models.tiny_set import write_tiny_set

RECIPE = """
kind = "ear"
network = "logmel"
name = "tiny"
[objective]
kl = 1.0
contrastive = 0.5
[data]
seconds = 1.0
[training]
epochs = 2
batch = 8
"""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data set with a config beside it, away from the caches of the user."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("models.cache.CACHE", tmp_path / "cache")
    (tmp_path / "tiny.toml").write_text(RECIPE)
    return write_tiny_set(tmp_path / "data")


def command(tiny: Path, *more: str) -> list[str]:
    config, out = tiny.parent / "tiny.toml", tiny.parent / "tiny.ts"
    return ["train", "ear", "--config", str(config), "--data", str(tiny), "-o", str(out), "--device", "cpu", *more]


def test_it_writes_a_model_that_the_engine_plays_with_its_curves(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tiny / "sounds" / "red" / "0.wav").write_text("no sound")
    assert main(command(tiny, "--json")) == 0
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert told["examples"] + told["held_out"] == 11 and told["steps"] == 2 and told["resumed_at"] == 0
    assert [skip["file"] for skip in told["skipped"]] == [str(tiny / "sounds" / "red" / "0.wav")]
    assert "epoch 2/2: train loss" in printed.err
    ear = load_model(told["model"], "ear")
    assert ear.name == "tiny" and len(ear.classes) == 365 and ear.rate == 16_000
    assert ear.manifest["command"].startswith("phonoscope train ear --config") and ear.manifest["metrics"]["validation"]
    curves = cv2.imread(told["curves"])
    assert curves is not None and curves.shape[0] > 200 and curves.std() > 5
    lines = Path(told["metrics"]).read_text().splitlines()
    assert [json.loads(line) for line in lines] == told["epochs"]


def test_mistakes_end_with_a_line_and_status_1(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tiny.parent / "tiny.toml").write_text(RECIPE.replace("batch", "bach"))
    for arguments, message in (
        (command(tiny), "tiny.toml: training.bach = 8: there is no such key; the nearest is training.batch"),
        (["train", "ear", "--config", "soundnet9", "--data", str(tiny)], "config 'soundnet9'"),
        (["train", "ear", "--config", "classify", "--data", str(tiny / "none")], "there is no such data set"),
        (["train", "ear"], "nothing to learn from: name a data set with --data DIR"),
        (["train", "eye", "--data", str(tiny), "--teacher", str(tiny)], "squeezenet_places365.safetensors"),
        (["train", "ear", "--data", str(tiny), "-o", "ear.pt"], "-o ear.pt: expected a name that ends in .ts"),
        (["train", "ear", "--data", str(tiny), "--teacher", str(tiny / "eye.ts")], "eye.ts"),
    ):
        assert main(arguments) == 1
        error = capsys.readouterr().err
        assert error.startswith("phonoscope train: ") and message in error


def test_ctrl_c_leaves_a_checkpoint_from_which_it_goes_on(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tiny.parent / "tiny.toml").write_text(RECIPE.replace("epochs = 2", "epochs = 100000"))
    program = [sys.executable, "-m", "bridge.cli", *command(tiny)]
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("epoch 1/"):
                break
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
        began = time.monotonic()
        assert process.wait() == 130 and time.monotonic() - began < 60
    assert f"stopped; the same command goes on from {tiny.parent / 'tiny.checkpoint'}" in told
    assert (tiny.parent / "tiny.checkpoint").exists() and not (tiny.parent / "tiny.ts").exists()
    (tiny.parent / "tiny.toml").write_text(RECIPE)
    assert main(command(tiny)) == 1
    assert "--fresh" in capsys.readouterr().err
    assert main(command(tiny, "--fresh", "--epochs", "1", "--json")) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == 1
