"""`phonoscope train s2i` and `eval s2i` on a tiny Sub-URMP: its files, its JSON, mistakes, and Ctrl-C."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from bridge.cli import main
from engine.modelfile import load_model
from models.generation.course import Method
from models.generation.gancls import GanCls
from tests.models.suburmp_tree import write_suburmp

RECIPE = """
task = "s2i"
variant = "{variant}"
name = "tiny-{variant}"
side = 16
steps = 40
width = 16
latent = 8
senses = 40
[short]
steps = 4
width = 8
batch = 8
"""
WASSERSTEIN = 'contest = "wasserstein"\nspectral = false\nprojection = false\nauxiliary = 0.0\npenalty = 10.0\n'


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("urmp")
    write_suburmp(folder / "urmp")
    (folder / "configs").mkdir()
    for variant in ("c", "n", "a", "pose"):
        (folder / "configs" / f"s2i-{variant}.toml").write_text(RECIPE.format(variant=variant))
    for variant, more in (("wan", ""), ("wgan", WASSERSTEIN)):
        (folder / "configs" / f"s2i-{variant}.toml").write_text(RECIPE.format(variant=variant) + "[tricks]\n" + more)
    return folder


@pytest.fixture(autouse=True)
def small(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recipes of seconds, and a cache of this test's own."""
    monkeypatch.setattr("models.generation.settings.CONFIGS", tree / "configs")
    monkeypatch.setattr("models.cache.CACHE", tree / "cache")
    monkeypatch.setattr("models.evaluation.judges.STEPS", 30)
    for module in ("models.evaluation.judges", "models.generation.senses"):
        monkeypatch.setattr(f"{module}.BATCH", 16)


def train(tree: Path, variant: str, *more: str) -> list[str]:
    out = tree / f"{variant}.ts"
    return ["train", "s2i", "--variant", variant, "--data", str(tree / "urmp"), "--schedule", "short", "-o", str(out),
            "--device", "cpu", "--json", *more]


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.parametrize("variant", ["c", "n", "a", "pose", "wan", "wgan"])
def test_each_variant_becomes_a_model_that_the_engine_plays(
    tree: Path, variant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(train(tree, variant)) == 0
    report = told(capsys)
    assert report["steps"] == 4 and report["resumed_at"] == 0 and report["classes"] == ["banjo", "violin"]
    assert [period["step"] for period in report["periods"]] == [1, 2, 3, 4]
    assert {"discriminator", "generator"} <= set(report["periods"][0]["losses"])
    assert all(0 <= report["figures"][f"accuracy_{split}"] <= 1 for split in ("train", "test"))
    assert report["classifier_ceiling"] == 1.0
    lines = Path(report["metrics"]).read_text().splitlines()
    assert [json.loads(line) for line in lines] == report["periods"]
    for picture in ("curves", "samples"):
        drawn = cv2.imread(report[picture])
        assert drawn is not None and drawn.std() > 5
    assert not (tree / f"{variant}.checkpoint").exists()
    dream = load_model(report["model"], "dream")
    assert dream.manifest["sides"] == [16] and dream.rate == 44_100 and dream.embedding == 129
    assert dream.manifest["command"].startswith(f"phonoscope train s2i --variant {variant} --data DIR")
    wave = 0.1 * np.random.default_rng(0).normal(size=(2, 22_050)).astype(np.float32)
    loud, quiet = dream.call("listen", wave)[0], dream.call("listen", 0.1 * wave)[0]
    assert np.allclose(loud[:, :-1], quiet[:, :-1], atol=1e-3) and np.allclose(np.linalg.norm(loud[:, :-1], axis=1), 1)
    assert loud[:, -1] == pytest.approx([2 / 3] * 2, abs=0.01) and loud[:, -1] - quiet[:, -1] == pytest.approx(1 / 3)
    assert np.isfinite(dream.call("listen", np.zeros((1, 1), np.float32))[0]).all()


def test_a_model_is_judged_by_the_fields_that_are_asked_for(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(train(tree, "c")) == 0
    capsys.readouterr()
    grid = tree / "grid.png"
    asked = ["eval", "s2i", "--data", str(tree / "urmp"), "--model", str(tree / "c.ts"), "--grid", str(grid)]
    assert main([*asked, "--json"]) == 0
    figures = told(capsys)
    assert figures["generated"] == {"train": 36, "test": 12} and figures["classifier_ceiling"] == 1.0
    for split in ("train", "test"):
        by_class = [row[f"accuracy_{split}"] for row in figures["per_class"].values()]
        assert figures[f"accuracy_{split}"] == pytest.approx(sum(by_class) / 2, abs=1e-3)
    assert 1 <= figures["inception_score"] <= 2 and 1 < figures["inception_score_real"] <= 2
    assert figures["fid"] is None and "mobilenet" in figures["fid_features"]
    assert figures["published"]["Chen et al. 2017, S2I-C"]["accuracy_test"] == 0.7556
    drawn = cv2.imread(str(grid))
    assert drawn is not None and drawn.shape[0] >= 2 * 16
    assert main([*asked, "--seed", "0", "--json"]) == 0
    assert told(capsys) == figures
    assert main(asked) == 0
    assert "75.56%" in capsys.readouterr().out


def test_ctrl_c_leaves_a_checkpoint_from_which_the_same_weights_come(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(train(tree, "c", "--fresh", "--steps", "6")) == 0
    whole = (tree / "c.ts").read_bytes()
    step = GanCls.step
    taken: list[int] = []

    def interrupted(method: Method, generator: Any) -> dict[str, float]:
        taken.append(1)
        if len(taken) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return step(method, generator)  # type: ignore[arg-type]

    monkeypatch.setattr(GanCls, "step", interrupted)
    assert main(train(tree, "c", "--steps", "6")) == 130
    assert len(taken) == 3 and (tree / "c.checkpoint").exists()
    assert f"goes on from {tree / 'c.checkpoint'}" in capsys.readouterr().err
    assert main(train(tree, "c", "--steps", "7")) == 1
    assert "unfinished run with other settings or data; start over with --fresh" in capsys.readouterr().err
    assert main(train(tree, "c", "--steps", "6")) == 0
    assert told(capsys)["resumed_at"] == 3 and len(taken) == 6
    assert (tree / "c.ts").read_bytes() == whole


def test_mistakes_are_told_with_what_would_do(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(tree / "urmp")
    for arguments, message in (
        (["train", "s2i", "--variant", "d", "--data", data], "--variant d: there is none of that name for s2i; "
         "expected one of a, c, n, pose, wan, wgan"),
        (["train", "s2i", "--variant", "c", "--data", data, "--classes", "banjo,lute"],
         "no pictures with sounds of lute; there are: banjo, violin"),
        (["train", "s2i", "--variant", "c", "--data", data, "-o", "c.pt"], "-o c.pt: expected a name that ends in .ts"),
        (["train", "s2i", "--variant", "c", "--data", str(tree / "none")], "there is no such folder"),
        (["eval", "s2i", "--data", data, "--model", str(tree / "none.ts")], "none.ts"),
    ):
        assert main(arguments) == 1
        assert message in capsys.readouterr().err


def test_classes_that_the_model_does_not_know_are_told(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(train(tree, "n", "--classes", "banjo,violin")) == 0
    capsys.readouterr()
    asked = ["eval", "s2i", "--data", str(tree / "urmp"), "--model", str(tree / "n.ts"), "--classes", "banjo,lute"]
    assert main(asked) == 1
    assert "does not know lute; it knows banjo, violin" in capsys.readouterr().err
