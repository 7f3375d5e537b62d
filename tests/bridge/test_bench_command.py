"""`phonoscope bench`: figures with the machine they were taken on, and their ratio to an earlier run."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.benches.mixer import Blocks, most, playing
from bridge.benches.outputs import WAYS, Way
from bridge.cli import main
from bridge.commands.bench import _ratios
from engine.sound.state import GRAINS, METER_GRAINS
from tests.dreams import SIDES, write_dream
from tests.imagining import picture


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


def test_outputs_are_timed_against_the_bare_way_and_what_is_not_here_says_so(
        capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WAYS, "syphon", Way("", ""))
    assert main(["bench", "outputs", "jitter", "syphon", "--seconds", "0.1", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    for kind in ("bare_memory", "bare_socket", "jitter"):
        assert 0 < figures[kind]["p50_ms"] <= figures[kind]["p99_ms"] and figures[kind]["most_per_s"] > 0
    assert figures["jitter"]["times_bare"] > 0
    assert sys.platform == "darwin" or "macOS only" in figures["syphon"]["not_here"]


def test_an_output_that_has_no_bench_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "outputs", "telepathy"]) == 1
    assert "telepathy; expected some of mmap, jitter" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [("--seconds", "0"), ("--seconds", "600"), ("--rate", "0"), ("--rate", "nan")])
def test_outputs_are_not_measured_for_no_time_nor_for_more_pictures_than_can_be_told_apart(
        capsys: pytest.CaptureFixture[str], wrong: tuple[str, str]) -> None:
    assert main(["bench", "outputs", "mmap", *wrong]) == 1
    assert f"{wrong[0]} {wrong[1]}: expected" in capsys.readouterr().err


def test_the_mixer_is_timed_up_to_the_most_grains_that_it_plays_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    figures = bench(capsys, "mixer")["figures"]
    assert 0 <= figures["grains_realtime"] <= figures["pool_grains"] and figures["limited_by"] in ("time", "pool")
    assert 0 < figures["p50_ms"] <= figures["p99_ms"]
    assert all(figures[f"ns_per_grain_sample{name}"] > 0 for name in ("", "_linear", "_cubic", "_sinc"))
    factor = figures["realtime_factor"]
    assert list(factor) == ["64", "256", "1024", "4096"] and factor["64"] > factor["1024"] > 0


def test_an_earlier_run_is_compared_entry_by_entry_where_a_figure_is_a_table() -> None:
    ratios = _ratios({"x": {"64": 4.0, "256": 3.0}, "y_ms": 1.0}, {"x": {"64": 2.0}, "y_ms": 4.0})
    assert ratios == {"x.64": 2.0, "y_ms": 0.25}


@pytest.mark.parametrize("count", [64, 1000, 12_000])
def test_as_many_grains_sound_as_the_bench_of_the_mixer_says(count: int) -> None:
    mixer = playing(count, 1)
    assert min(0.98 * count, 0.9 * GRAINS) <= mixer.meters[METER_GRAINS] <= 1.02 * count


def test_the_largest_number_of_grains_is_found_and_what_forbids_more_is_said() -> None:
    def at(limit: int, room: int) -> tuple[int, str]:
        found, _, why = most(lambda n: Blocks(0.1 if n <= limit else 9, 9, max(0, n - room)), 16384)
        return found, why

    assert at(16384, 16384) == (16384, "pool")
    assert at(16384, 5000)[0] == pytest.approx(5000, rel=0.01) and at(16384, 5000)[1] == "pool"
    assert at(777, 5000)[0] == pytest.approx(777, rel=0.01) and at(777, 5000)[1] == "time"
    assert at(3, 5000) == (3, "time") and at(0, 5000) == (0, "time")


def test_sound_is_watched_on_an_audio_server_or_without(capsys: pytest.CaptureFixture[str]) -> None:
    figures = bench(capsys, "audio", "--grains", "100", "--hogs", "1")["figures"]
    assert figures["blocks"] >= 1 and figures["grains"] == pytest.approx(100, rel=0.1)
    assert figures["device"] and figures["hogs"] == (0 if figures["device"] == "clocked device" else 1)
    assert figures["longest_gap_ms"] > 0 and figures["callback_load"] > 0


def test_more_grains_than_can_be_asked_for_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "audio", "--grains", "100000"]) == 1
    assert "expected 1 to 9600" in capsys.readouterr().err


def test_osc_is_compared_with_bare_sockets(capsys: pytest.CaptureFixture[str]) -> None:
    figures = bench(capsys, "osc")["figures"]
    for way in ("in", "out"):
        ours, bare = figures[f"{way}_messages_per_s"], figures[f"{way}_raw_messages_per_s"]
        assert ours > 0 and bare > 0 and figures[f"{way}_part"] == pytest.approx(ours / bare, abs=0.002)
    for ping in ("ping", "raw_ping"):
        assert 0 < figures[f"{ping}_p50_ms"] <= figures[f"{ping}_p95_ms"]


def test_the_dream_is_timed_at_each_side_and_against_the_time_between_pictures(
        capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    figures = bench(capsys, "dream", "--model", str(write_dream(tmp_path / "tiny.ts")))["figures"]
    assert figures["model"] == "tiny" and 0 < figures["listen"]["p50_ms"] <= figures["listen"]["p95_ms"]
    for side in SIDES:
        assert figures[f"side_{side}_arithmetic"] and figures[f"side_{side}_paint"]["p50_ms"] > 0
        whole = figures[f"side_{side}_1024"]
        assert whole["fps"] == pytest.approx(1e3 / whole["p50_ms"], abs=0.1)
        assert whole["budget_25"] == pytest.approx(whole["p95_ms"] / 40, abs=1e-3)


def test_the_whole_instrument_is_measured_end_to_end(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    figures = bench(capsys, "loop", "--dream", str(write_dream(tmp_path / "tiny.ts")))["figures"]
    assert {"dream_fps", "dream_late", "sound_to_frame_p99_ms", "cpu_painter"} <= figures.keys()
    assert figures["first_sound_s"] > 0 and figures["embed_p50_ms"] > 0
    assert figures["camera_to_command_p50_ms"] > 0
    assert {"missed", "flagged", "fps", "callback_load"} <= figures.keys()


def test_the_page_is_measured_with_its_limits_while_the_instrument_plays(
        capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.benches.page._OPENED", 1)
    picture(tmp_path / "meadow.jpg")
    figures = bench(capsys, "page", "--pictures", str(tmp_path), "--uploads", "2", "--clients", "3")["figures"]
    assert 0 < figures["upload_to_answer_p50_s"] < figures["upload_to_sound_p50_s"] <= figures["upload_to_sound_p95_s"]
    assert figures["first_upload_to_sound_s"] > 0
    assert figures["times_limit"]["upload_to_sound"] == pytest.approx(figures["upload_to_sound_p95_s"], abs=1e-3)
    assert 0 <= figures["client_least_per_s"] <= figures["client_mean_per_s"]
    assert figures["missed_per_s"].keys() == figures["conductor_cpu"].keys() == {"alone", "watched", "uploading"}
    assert figures.get("stage_interactive_p50_s", 1) > 0


@pytest.mark.parametrize(("options", "said"), [
    (("--uploads", "0"), "--uploads 0: expected 1 or more"), (("--clients", "0"), "--clients 0: expected 1 or more"),
    (("--pictures", "nowhere"), "--pictures nowhere: holds no picture"),
])
def test_a_page_that_nobody_would_visit_is_not_measured(capsys: pytest.CaptureFixture[str], options: tuple[str, str],
                                                        said: str) -> None:
    assert main(["bench", "page", *options]) == 1
    assert said in capsys.readouterr().err
