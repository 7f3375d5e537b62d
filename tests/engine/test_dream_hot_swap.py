"""Another dream while the instrument plays: it takes over within a few pictures, or is refused; all else goes on."""

import json
import os
import signal
import socket
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.shared import Event, Session
from engine.telemetry import PLAYERS
from tests.dreams import TinyDream, write_dream
from tests.instrument import DEVICES, Instrument, playing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /dev/shm and sends signals")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("show")


@pytest.fixture(scope="module")
def instrument(folder: Path) -> Iterator[Instrument]:
    with playing(folder, *DEVICES, "--report", folder / "report.json") as instrument:
        instrument.wait(lambda: paints_with(instrument.session) is not None, "a dream")
        for counter in ("dream/hops", "painter/frames"):
            instrument.wait(lambda counter=counter: instrument.session.told(counter) > 0, counter)
        yield instrument
        instrument.end()


def paints_with(session: Session) -> str | None:
    model = session.models["dream"].read()
    return None if model is None else model["name"].item().decode()


def ask(folder: Path, file: str | Path) -> None:
    """Send the instrument the wish for a dream, as any program on the network would."""
    host, _, port = tomllib.loads((folder / "show.toml").read_text())["osc"]["listen"].partition(":")
    message = OscMessageBuilder("/phono/model/dream")
    message.add_arg(str(file))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(message.build().dgram, (host, int(port)))


def last_event(session: Session) -> Event:
    return Event(int(session.events["conductor"].read(0)[0][-1]["kind"]))


def test_another_dream_takes_over_and_the_others_play_on(instrument: Instrument, folder: Path) -> None:
    session = instrument.session
    others = {name: int(session.told(f"{name}/pid")) for name in PLAYERS if name != "painter"}
    restarts, missed = session.told("painter/restarts"), session.told("sound/missed")
    ask(folder, write_dream(folder / "other.ts", TinyDream(1)))
    instrument.wait(lambda: session.told("painter/swaps") == 1, "the dream to be swapped")
    number = session.dream.number
    instrument.wait(lambda: paints_with(session) == "other", "the other dream")
    instrument.wait(lambda: session.dream.number > number, "its pictures")
    assert last_event(session) == Event.DREAM_SWAPPED
    assert {name: int(session.told(f"{name}/pid")) for name in others} == others
    assert session.told("painter/restarts") == restarts and session.told("sound/missed") == missed


def test_a_dream_that_took_over_is_the_one_that_comes_back(instrument: Instrument) -> None:
    session = instrument.session
    pid = int(session.told("painter/pid"))
    os.kill(pid, signal.SIGKILL)
    instrument.wait(lambda: session.told("painter/pid") not in (0, pid), "PAINTER to be started again")
    assert instrument.advances("painter/frames") and paints_with(session) == "other"


@pytest.mark.parametrize("bad", [
    lambda folder: folder / "missing.ts",
    lambda folder: write_dream(folder / "long.ts", kind="voice"),
], ids=["missing", "of another kind"])
def test_a_dream_that_can_not_be_used_is_refused_and_the_present_one_paints_on(
        instrument: Instrument, folder: Path, bad: Callable[[Path], Path]) -> None:
    session = instrument.session
    pid, refusals = int(session.told("painter/pid")), session.told("painter/refusals")
    ask(folder, bad(folder))
    instrument.wait(lambda: session.told("painter/refusals") == refusals + 1, "the dream to be refused")
    assert last_event(session) == Event.DREAM_REFUSED
    assert instrument.advances("painter/frames")
    assert int(session.told("painter/pid")) == pid and paints_with(session) == "other"


def test_the_report_tells_of_the_dream(instrument: Instrument, folder: Path) -> None:
    assert instrument.end() == 0
    report = json.loads((folder / "report.json").read_text())["painter"]
    assert report["model"]["name"] == "other" and (report["swaps"], report["refusals"]) == (1, 2)
    assert report["frames"] > 0 and report["fps"] > 0 and report["paint_ms"] > report["listen_ms"] > 0
    times = report["sound_to_frame_ms"]
    assert 0 < times["p50"] <= times["p99"] and 0 < times["count"] <= report["frames"]


def test_a_show_may_switch_it_off_and_then_a_wish_is_refused(tmp_path: Path) -> None:
    with playing(tmp_path, *DEVICES, show="[dream]\non = false\n") as instrument:
        session = instrument.session
        ask(tmp_path, "")
        instrument.wait(lambda: session.told("painter/refusals") == 1, "the wish to be refused")
        assert session.told("painter/pid") == 0 and session.dream.number == 0
