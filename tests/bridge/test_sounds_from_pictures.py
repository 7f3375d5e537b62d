"""`phonoscope train i2s` and `eval i2s` on a tiny Sub-URMP, and what becomes of the model: a voice that is heard."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import soundfile

from bridge.cli import main
from engine.modelfile import load_model
from tests.models.suburmp_tree import write_suburmp

RECIPE = """
task = "i2s"
variant = "{variant}"
name = "tiny-{variant}"
side = {side}
steps = 40
width = 16
latent = 8
senses = 40
[short]
steps = 4
width = 4
batch = 8
"""
LOSSES = {"c": {"discriminator", "generator"}, "ours": {"real", "fake", "wrong", "class", "generator", "made class"}}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("urmp")
    write_suburmp(folder / "urmp")
    (folder / "configs").mkdir()
    for variant, side in (("c", 64), ("ours", 128)):
        (folder / "configs" / f"i2s-{variant}.toml").write_text(RECIPE.format(variant=variant, side=side))
    return folder


@pytest.fixture(autouse=True)
def small(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recipes of seconds, and a cache of this test's own."""
    monkeypatch.setattr("models.generation.settings.CONFIGS", tree / "configs")
    monkeypatch.setattr("models.cache.CACHE", tree / "cache")
    monkeypatch.setattr("models.evaluation.judges.SOUND_STEPS", 100)
    for module in ("models.generation.senses", "models.generation.beholding"):
        monkeypatch.setattr(f"{module}.BATCH", 16)


def train(tree: Path, variant: str, *more: str) -> list[str]:
    return ["train", "i2s", "--variant", variant, "--data", str(tree / "urmp"), "--schedule", "short", "-o",
            str(tree / f"{variant}.ts"), "--device", "cpu", "--json", *more]


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.parametrize("variant", ["c", "ours"])
def test_each_variant_becomes_a_voice_that_can_be_heard(tree: Path, variant: str,
                                                        capsys: pytest.CaptureFixture[str]) -> None:
    assert main(train(tree, variant)) == 0
    report = told(capsys)
    assert report["steps"] == 4 and report["classes"] == ["banjo", "violin"]
    assert set(report["periods"][0]["losses"]) == LOSSES[variant]
    assert report["sense_accuracy"] == 1.0, "a red and a blue picture"
    drawn = cv2.imread(report["samples"])
    assert drawn is not None and drawn.shape[0] > 2 * 128
    voice = load_model(report["model"], "voice")
    assert voice.embedding == 128 and voice.manifest["latent"] == 8 and voice.rate == 44_100
    frames = np.random.default_rng(0).integers(0, 255, (3, 50, 70, 3), np.uint8)
    latent = np.random.default_rng(1).standard_normal((3, 8)).astype(np.float32)
    made = voice.call("forward", frames, latent)[0]
    assert made.shape == (3, 128, 44) and made.min() >= 0 and made.max() <= 1
    again = voice.call("forward", frames[:1], latent[:1])[0]
    np.testing.assert_allclose(again, made[:1], atol=1e-3)
    picture = next((tree / "urmp" / "img" / "validation" / "banjo").iterdir())
    assert main(["voice", str(picture), "-o", str(tree / "a.wav"), "--model", report["model"], "--seconds", "1"]) == 0
    sound, _ = soundfile.read(tree / "a.wav")
    assert len(sound) == 48_000 and np.abs(sound).max() > 0.01


def test_a_voice_is_judged_by_what_is_seen_and_by_what_is_heard(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(train(tree, "c")) == 0
    capsys.readouterr()
    asked = ["eval", "i2s", "--data", str(tree / "urmp"), "--model", str(tree / "c.ts"), "--grid",
             str(tree / "grid.png")]
    assert main([*asked, "--json"]) == 0
    figures = told(capsys)
    assert figures["generated"] == {"train": 36, "test": 12} and figures["classifier_ceiling"] == 1.0
    assert figures["accuracy_audible_real"] == 1.0, "a low tone and a high one are still that when they are heard again"
    assert 0 <= figures["accuracy_audible"] <= 1
    assert figures["audible_kept"] == pytest.approx(figures["accuracy_audible"] / max(figures["accuracy_test"], 1e-9))
    assert set(figures["per_class"]) == {"banjo", "violin"}
    assert figures["published"]["SA-CMGAN"]["accuracy_test"] == 0.5937
    drawn = cv2.imread(str(tree / "grid.png"))
    assert drawn is not None and drawn.shape[0] >= 2 * 128
    assert main(asked) == 0
    assert "heard again" in capsys.readouterr().out


def test_other_settings_do_not_go_on_from_a_checkpoint_of_i2s(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "i2s", "--variant", "pose", "--data", str(tree / "urmp")]) == 1
    assert "there is none of that name for i2s; expected one of c, ours" in capsys.readouterr().err
