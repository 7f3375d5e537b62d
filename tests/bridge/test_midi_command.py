"""`phonoscope midi`: the ports there are, what comes in, and a control learnt by a playing instrument."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli import main
from bridge.midi_feedback import TRAVEL
from bridge.osc_out import encode
from engine.showfile import load_show
from tests.instrument import DEVICES, command, playing
from tests.midi import Surface
from tests.servers import jack_server, until


@pytest.fixture
def surface(monkeypatch: pytest.MonkeyPatch) -> Iterator[Surface]:
    """A controller on a JACK server that this process and its children find."""
    with jack_server(256) as server:
        server.lead_here(monkeypatch)
        surface = Surface()
        yield surface
        surface.unplug()


def test_ports_are_listed_and_what_comes_in_is_named_as_a_mapping_names_it(
        surface: Surface, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["midi", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "surface:out" in found["inputs"]
    assert any(name.startswith("surface") for name in found["outputs"])
    out = tmp_path / "out"
    with out.open("w") as file:
        process = subprocess.Popen(command("midi", "monitor", "surface", "--json"), stdout=file)
    try:
        def arrives() -> bool:
            for message in ((0xB2, 7, 127), (0xE0, 0, 64), (0xC0, 5)):
                surface.send(*message)
            return out.read_text().count("\n") >= 3

        until(arrives, 30, "all three come in")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    finally:
        process.kill()
    assert set(out.read_text().splitlines()) == {
        '{"port": "surface", "from": "bend(\\"surface\\", 1)", "value": 0.5}',
        '{"port": "surface", "from": "cc(\\"surface\\", 3, 7)", "value": 1.0}',
        '{"port": "surface", "program": 5}'}


def test_a_playing_instrument_learns_a_14_bit_fader_moves_it_and_is_picked_up_by_it(surface: Surface,
                                                                                    tmp_path: Path) -> None:
    with playing(tmp_path, *DEVICES, "--midi", "surface") as instrument:
        learn = subprocess.Popen(command("midi", "learn", "reverb/gain", "--show", instrument.show),
                                 stdout=subprocess.PIPE, text=True)
        step = 0

        def learnt() -> bool:
            nonlocal step
            step = (step + 1000) % 16384
            fader(surface, step)
            return learn.poll() is not None

        instrument.wait(learnt, "the fader is learnt")
        assert learn.returncode == 0
        instrument.wait(lambda: 'cc14("surface", 1, 3)' in _text(instrument.show.with_suffix(".mapping.toml")),
                        "the mapping file holds it")
        fader(surface, 16383)
        instrument.wait(lambda: instrument.session.get("reverb/gain") == 6, "the knob follows")
        surface.told.clear()
        host, port = load_show(instrument.show).osc.listen.split(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as somebody:
            somebody.sendto(encode(("/phono/param/reverb/gain", (-60.0,))), (host, int(port)))
        instrument.wait(lambda: surface.told == [[0xB0, 3, 0], [0xB0, 35, 0]], "the fader is told of it")
        time.sleep(TRAVEL)  # which it would need to go there
        heard = instrument.session.told("faces/midi_received")
        for step in (16000, 12000, 9000):
            fader(surface, step)
        instrument.wait(lambda: instrument.session.told("faces/midi_received") == heard + 6, "it is heard")
        assert instrument.session.get("reverb/gain") == -60, "it has not come by where the knob stands"
        fader(surface, 0)
        instrument.wait(lambda: instrument.session.told("faces/midi_received") == heard + 8, "it comes by")
        fader(surface, 16383)
        instrument.wait(lambda: instrument.session.get("reverb/gain") == 6, "the knob follows again")


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def fader(surface: Surface, step: int) -> None:
    """Move fader 3, upper half first."""
    surface.send(0xB0, 3, step >> 7)
    surface.send(0xB0, 35, step & 127)


def test_what_is_missing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show = tmp_path / "show.toml"
    show.write_text('[osc]\nlisten = "127.0.0.1:1"\n')
    assert main(["midi", "learn", "reverb/gain", "--show", str(show)]) == 1
    assert "no instrument plays on this machine that listens to OSC at 127.0.0.1:1" in capsys.readouterr().err
    assert main(["play", "--midi", " "]) == 1
    assert "--midi: expected part of a controller's name" in capsys.readouterr().err
    assert main(["midi", "learn", "reverb/gian"]) == 1
    assert "the nearest is 'reverb/gain'" in capsys.readouterr().err
