"""The voice in the whole instrument: a knob brings it, a message renews it, and it outlives those that make it."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pythonosc.udp_client import SimpleUDPClient

from engine.parameters import LAYERS
from tests.dreams import write_voice
from tests.instrument import DEVICES, Instrument, playing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /dev/shm and sends signals")

LAST = f"layer/{LAYERS}"
"""A layer that the match leaves silent."""


@pytest.fixture(scope="module")
def instrument(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instrument]:
    folder = tmp_path_factory.mktemp("show")
    write_voice(folder / "voice.ts")
    with playing(folder, *DEVICES, show='[sight]\nvoice = "voice.ts"\n[parameters.match]\ncut = 1\n') as instrument:
        instrument.wait(lambda: instrument.session.told("sound/grains") > 0, "sound")
        yield instrument


def send(instrument: Instrument, address: str, *arguments: object) -> None:
    host, port = instrument.session.config["osc"]["listen"].split(":")
    SimpleUDPClient(host, int(port)).send_message(address, list(arguments))


def test_a_knob_gives_a_layer_the_voice_of_what_is_seen(instrument: Instrument) -> None:
    session = instrument.session
    assert session.told("sight/voices") == 0 and session.told(f"sound/{LAST}/level") < -100
    send(instrument, f"/phono/param/{LAST}/source", 2)
    instrument.wait(lambda: session.told("sound/voice") == 1, "a voice")
    instrument.wait(lambda: session.told(f"sound/{LAST}/level") > -40, "the voice to be heard")
    assert 0 < session.told("sight/voice_ms") < 60_000


def test_a_message_renews_it_and_a_release_does_not(instrument: Instrument) -> None:
    session = instrument.session
    for pressed in (1, 0):
        send(instrument, "/phono/voice", pressed)
    instrument.wait(lambda: session.told("sound/voice") == 2, "another voice")
    assert session.told("faces/voices_asked") == 1 and session.told("sound/missed") == 0


@pytest.mark.parametrize("player", ["sight", "sound"])
def test_it_sounds_on_when_a_player_was_killed(instrument: Instrument, player: str) -> None:
    session = instrument.session
    pid, made = int(session.told(f"{player}/pid")), session.told("sight/voices")
    os.kill(pid, signal.SIGKILL)
    instrument.wait(lambda: session.told(f"{player}/pid") not in (0, pid), f"{player} to be started again")
    assert instrument.advances("sight/frames") and instrument.advances("sound/blocks")
    instrument.wait(lambda: session.told("sound/voice") == 2 and session.told(f"sound/{LAST}/level") > -40, "the voice")
    assert session.told("sight/voices") == made, "nobody asked for another one"


def test_a_model_that_can_not_be_used_is_said_and_the_clips_play_on(tmp_path: Path, capfd: pytest.CaptureFixture[str]
                                                                    ) -> None:
    show = '[sight]\nvoice = "none.ts"\n[parameters.layer.1]\nsource = 2\n'
    with playing(tmp_path, *DEVICES, show=show) as instrument:
        session = instrument.session
        instrument.wait(lambda: "no voice: model file none.ts" in capfd.readouterr().err, "the message")
        instrument.wait(lambda: session.told("sound/layer/1/level") > -60, "the clip")
