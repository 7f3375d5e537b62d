"""The whole instrument, as its user starts it: it plays, and survives the death of any player."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from pythonosc.udp_client import SimpleUDPClient

from engine.conductor import HUNG_AFTER
from engine.shared import Event
from engine.telemetry import PLAYERS
from tests.instrument import COUNTERS, DEVICES, Instrument, playing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /dev/shm and sends signals")


@pytest.fixture(scope="module")
def instrument(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instrument]:
    with playing(tmp_path_factory.mktemp("show"), *DEVICES, show="[parameters.master]\ngain = -7\n") as instrument:
        for counter in COUNTERS.values():
            instrument.wait(lambda counter=counter: instrument.session.told(counter) > 0, counter)
        yield instrument


def test_what_the_camera_sees_is_played(instrument: Instrument) -> None:
    instrument.wait(lambda: instrument.session.match.read() is not None, "a match")
    instrument.wait(lambda: instrument.session.told("sound/grains") > 0, "grains")
    match = instrument.session.match.read()
    assert match is not None
    assert match["clip"].max() >= 0
    assert match["command"] >= 1


def test_a_snapshot_is_kept_beside_the_show_and_recalled(instrument: Instrument) -> None:
    session = instrument.session
    host, port = session.config["osc"]["listen"].split(":")
    send = SimpleUDPClient(host, int(port)).send_message
    send("/phono/snapshot/store", "now")
    instrument.wait(instrument.show.with_suffix(".snapshots.json").exists, "the file")
    send("/phono/param/layer/16/pitch", 7)
    instrument.wait(lambda: session.get("layer/16/pitch") == 7, "the knob")
    send("/phono/snapshot/recall", ["now", 0.1])
    instrument.wait(lambda: session.get("layer/16/pitch") == 0, "the recall")


@pytest.mark.parametrize("player", PLAYERS)
def test_a_killed_player_comes_back_while_the_others_go_on(instrument: Instrument, player: str) -> None:
    session = instrument.session
    pids = {name: int(session.told(f"{name}/pid")) for name in PLAYERS}
    restarts = session.told(f"{player}/restarts")
    os.kill(pids[player], signal.SIGKILL)
    instrument.wait(lambda: session.told(f"{player}/pid") not in (0, pids[player]), f"{player} to be started again")
    assert instrument.advances(COUNTERS[player])
    assert session.told(f"{player}/restarts") == restarts + 1
    assert session.get("master/gain") == -7
    for other in set(PLAYERS) - {player}:
        assert int(session.told(f"{other}/pid")) == pids[other]
        assert instrument.advances(COUNTERS[other])
    kinds = [int(event["kind"]) for event in session.events["conductor"].read(0)[0]]
    assert kinds[-2:] == [Event.PLAYER_LOST, Event.PLAYER_STARTED]


@pytest.mark.parametrize(("player", "program"), [("sight", "engine.sight"), ("painter", "engine.dream.painter")])
def test_one_that_runs_a_model_is_followed_by_the_process_that_stands_by(
        instrument: Instrument, player: str, program: str) -> None:
    session = instrument.session

    def standby() -> set[int]:
        command = f"{program} {session.folder} --standby"
        found = subprocess.run(["pgrep", "-f", command], capture_output=True, text=True).stdout
        return {int(pid) for pid in found.split()} - {int(session.told(f"{player}/pid"))}  # it may have stood by itself

    instrument.wait(lambda: len(standby()) == 1, "a process to stand by")
    next_one = standby()
    os.kill(int(session.told(f"{player}/pid")), signal.SIGKILL)
    instrument.wait(lambda: {int(session.told(f"{player}/pid"))} == next_one, "it to take over")
    assert instrument.advances(COUNTERS[player])


def test_resumed_after_a_while_it_takes_no_player_for_hung(instrument: Instrument) -> None:
    session, ring = instrument.session, instrument.session.events["conductor"]
    pids = {name: int(session.told(f"{name}/pid")) for name in PLAYERS}
    for pid in (instrument.process.pid, *pids.values()):
        os.kill(pid, signal.SIGSTOP)
    time.sleep(HUNG_AFTER + 0.5)
    os.kill(pids["dream"], signal.SIGKILL)
    told = ring.written
    os.kill(instrument.process.pid, signal.SIGCONT)
    instrument.wait(lambda: ring.written > told, "the conductor to look at its players, of which it lost one")
    for name in PLAYERS:
        if name != "dream":
            os.kill(pids[name], signal.SIGCONT)
    for counter in COUNTERS.values():
        assert instrument.advances(counter)
    # SOUND may start again by itself: a device that stood still for so long is opened anew.
    assert all(int(session.told(f"{name}/pid")) == pids[name] for name in ("sight", "painter"))


def test_a_hung_player_is_killed_and_comes_back(instrument: Instrument) -> None:
    session = instrument.session
    pid = int(session.told("dream/pid"))
    os.kill(pid, signal.SIGSTOP)
    instrument.wait(lambda: session.told("dream/pid") not in (0, pid), "dream to be started again")
    assert instrument.advances("dream/hops")
