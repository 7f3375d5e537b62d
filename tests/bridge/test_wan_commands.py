"""Wan et al.'s experiments from the command line: ablation, volume, cleaning."""

import json
from pathlib import Path

import cv2
import pytest

from bridge.cli import main
from tests.bridge.test_generation_commands import small, told, train, tree

__all__ = ["small", "tree"]  # fixtures


def test_the_ablation_is_told_and_kept(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["eval", "s2i", "--ablation", "--data", str(tree / "urmp"), "--rows", str(tree / "rows")]
    assert main([*asked, "--json"]) == 0
    figures = told(capsys)
    assert figures["rows"][0]["row"] == "proposed" and len(figures["rows"]) == 7
    assert figures["schedule"] == "short" and figures["rows"][0]["steps"] == 4
    assert cv2.imread(figures["grid"]) is not None
    before = (tree / "rows" / "plain.json").stat().st_mtime_ns
    assert main(asked) == 0
    table = capsys.readouterr().out
    assert "2.83" in table and "4.44" in table and "plain conditional GAN" in table
    assert (tree / "rows" / "plain.json").stat().st_mtime_ns == before
    assert main([*asked, "--model", "dream.ts"]) == 1
    assert "--ablation trains its own models" in capsys.readouterr().err


def test_volume_of_a_trained_model(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(train(tree, "wan")) == 0
    capsys.readouterr()
    picture = tree / "volume.png"
    asked = ["eval", "s2i", "--volume", "--data", str(tree / "urmp"), "--model", str(tree / "wan.ts"), "--grid",
             str(picture)]  # fmt: skip
    assert main([*asked, "--json"]) == 0
    figures = told(capsys)
    assert figures["sounds"] == 12 and set(figures["volume"]) == {"change", "subject", "detail", "brightness"}
    assert -1 <= figures["volume"]["change"]["rank_correlation"] <= 1
    assert cv2.imread(str(picture)) is not None
    assert main(asked) == 0
    assert "rank correlation" in capsys.readouterr().out


def test_cleaning_is_counted_and_the_command_remembered(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(train(tree, "wan", "--clean")) == 0
    report = told(capsys)
    assert set(report["left_out"]) == {"pictures", "sounds"}
    assert set(report["left_out"]["pictures"]) == {"banjo", "violin"}
    gone = sum(report["left_out"]["pictures"].values())
    assert report["pictures"] + gone == 48 and report["sounds"] + sum(report["left_out"]["sounds"].values()) == 48
    assert main([part for part in train(tree, "wan", "--clean") if part != "--json"]) == 0
    assert "left out because eye or ear call them otherwise: pictures" in capsys.readouterr().out


def test_two_experiments_at_once_are_refused(tree: Path) -> None:
    with pytest.raises(SystemExit):
        main(["eval", "s2i", "--ablation", "--volume", "--data", json.dumps(str(tree))])
