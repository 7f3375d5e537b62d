"""The patches in the repository are what the command writes, for this version's parameters and addresses."""

import json
from pathlib import Path

import pytest

from bridge import cli
from bridge.patches import PROGRAMS, files_for
from bridge.patches.choices import choices
from bridge.patches.link import Link
from engine.parameters import PARAMETERS
from engine.show import OscConfig, OscTarget, OutputConfig, Show

PATCHES = Path(__file__).parents[2] / "patches"


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_patches_in_the_repository_are_what_the_command_writes(program: str) -> None:
    folder = PATCHES / program
    kept = {path.name: path.read_text() for path in folder.iterdir() if path.is_file() and path.name != "README.md"}
    written = files_for(program, Link())
    stale = sorted(name for name in kept.keys() | written.keys() if kept.get(name) != written.get(name))
    assert not stale, f"{', '.join(stale)}: renew with: phonoscope patch {program} -o patches/{program}"


def test_the_command_takes_ports_from_a_show_and_its_options_win(tmp_path: Path,
                                                                 capsys: pytest.CaptureFixture[str]) -> None:
    show = tmp_path / "show.toml"
    show.write_text('[osc]\nlisten = "127.0.0.1:7000"\ntargets = ["127.0.0.1:7001"]\n')
    arguments = ["patch", "puredata", "-o", str(tmp_path / "out"), "--show", str(show), "--json"]
    assert cli.main([*arguments, "--listen", "7002"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["osc"], said["listen"]) == ("127.0.0.1:7000", 7002)
    assert "phonoscope-link 7002 127.0.0.1 7000" in (tmp_path / "out" / "phonoscope.pd").read_text()
    assert sorted(Path(file).name for file in said["files"]) == sorted(path.name for path in
                                                                      (tmp_path / "out").iterdir())


@pytest.mark.parametrize("wrong", [["--osc", "9000"], ["--osc", "host:high"], ["--osc", "host:\N{SUPERSCRIPT TWO}"],
                                   ["--listen", "0"]])
def test_a_wrong_port_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: list[str]) -> None:
    assert cli.main(["patch", "max", "-o", str(tmp_path), *wrong]) == 1
    assert wrong[0] in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_show_tells_the_patch_everything_that_connects_them() -> None:
    show = Show(osc=OscConfig("0.0.0.0:7000", targets=(OscTarget("10.0.0.2:7001"),)),
                outputs=(OutputConfig("mmap", "/tmp/frames"), OutputConfig("jitter", "127.0.0.1:7575"),
                         OutputConfig("mmap", "/tmp/camera", "camera"), OutputConfig("jitter", "127.0.0.1:7576")))
    assert Link.of(show) == Link("127.0.0.1", 7000, 7001, 7575, "/tmp/frames")


def test_the_names_of_choices_are_read_from_the_text_of_a_knob() -> None:
    named = {knob.path: choices(knob) for knob in PARAMETERS if choices(knob)}
    assert named["layer/1/mode"] == ("as grains", "straight", "as a frozen spectrum")
    assert named["tempo/source"] == ("the internal clock", "MIDI clock", "the beat that is heard", "Ableton Link")
    assert named["layer/16/interpolation"] == ("linear", "cubic", "windowed sinc")
    assert "match/layers" not in named and "layer/1/burst" not in named
