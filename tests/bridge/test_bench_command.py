"""`phonoscope bench`: figures with the machine they were taken on, and their ratio to an earlier run."""

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.cli import main


def bench(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["bench", *arguments, "--seconds", "0.01", "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_the_eye_is_timed_at_both_sizes_and_the_machine_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    result = bench(capsys, "eye")
    figures = result["figures"]
    for size in ("224x224", "640x360"):
        assert 0 < figures[f"{size}_p50_ms"] <= figures[f"{size}_p95_ms"]
    assert result["bench"] == "eye" and result["machine"]["cpu"] and result["machine"]["torch"]


def test_an_earlier_run_gives_ratios_of_numbers_only(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    result = bench(capsys, "ear")
    earlier = tmp_path / "earlier.json"
    figures = {**result["figures"], "p50_ms": result["figures"]["p50_ms"] * 1e6, "p95_ms": 0}
    earlier.write_text(json.dumps({**result, "figures": figures}))
    ratios = bench(capsys, "ear", "--compare", str(earlier))["ratios"]
    assert 0 < ratios["p50_ms"] < 1e-3
    assert "model" not in ratios and "p95_ms" not in ratios


@pytest.mark.parametrize(("text", "said"), [
    (None, "No such file"),
    ("{}", "expected what `phonoscope bench eye --json` printed"),
    ('{"bench": "ear", "figures": {}}', "holds the bench 'ear', expected 'eye'"),
])
def test_an_earlier_run_that_cannot_be_compared_is_refused_before_measuring(
        capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str | None, said: str) -> None:
    earlier = tmp_path / "earlier.json"
    if text is not None:
        earlier.write_text(text)
    assert main(["bench", "eye", "--seconds", "1000", "--compare", str(earlier)]) == 1
    assert said in capsys.readouterr().err


def test_what_cannot_be_measured_is_answered_with_what_can(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main(["bench", "nose"])
    assert exit.value.code == 2 and "eye" in capsys.readouterr().err
