"""Snapshots are stored, recalled and morphed over OSC, and a front end sees what comes of it."""

import itertools
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from pythonosc.osc_message_builder import OscMessageBuilder

from bridge.desk import Desk
from bridge.osc import OscFace
from bridge.osc_in import Inbox, Received
from bridge.osc_out import MAX_DATAGRAM, State, datagrams
from engine.clock import MonotonicClock, VirtualClock
from engine.morph import Morpher
from engine.shared import Session
from engine.show import OscConfig, OscTarget
from engine.snapshots import MOST, Snapshots, settings, snapshot
from tests.servers import free_port

GAIN = "master/gain"


class Player:
    """An inbox and a morpher on a virtual clock."""

    def __init__(self, session: Session) -> None:
        self.session, self.clock, self.snapshots = session, VirtualClock(), Snapshots()
        self.morpher = Morpher(session, self.clock, self.snapshots)
        self.inbox = Inbox(session, Desk(self.morpher))

    def send(self, address: str, *arguments: object) -> Received:
        builder = OscMessageBuilder(address)
        for argument in arguments:
            builder.add_arg(argument)
        return self.inbox.receive(builder.build().dgram)

    def passes(self, seconds: float) -> None:
        self.morpher.poll()
        self.clock.advance(seconds)
        self.morpher.poll()


@pytest.fixture
def player(session: Session) -> Player:
    player = Player(session)
    player.snapshots.store("night", snapshot({GAIN: -20}))
    player.snapshots.store("day", snapshot({GAIN: -10}))
    return player


def test_store_takes_the_present_values_and_delete_forgets_them(player: Player) -> None:
    player.session.set(GAIN, -7)
    assert player.send("/phono/snapshot/store", "now").accepted == 1
    assert settings(player.snapshots.get("now"))[GAIN] == -7
    assert player.send("/phono/snapshot/delete", "night").accepted == 1
    assert player.morpher.names() == ("day", "now")


@pytest.mark.parametrize(("arguments", "half", "whole"), [
    (("night",), -20, -20), (("night", 2.0), -10, -20), (("night", 2), -10, -20), (("night", 2.0, "bar"), -10, -20),
    (("night", "beat"), -20, -20), (("night", 2.0, True), -10, -20)])
def test_recall_takes_seconds_and_beat_or_bar(player: Player, arguments: tuple, half: float, whole: float) -> None:
    assert player.send("/phono/snapshot/recall", *arguments).accepted == 1
    player.passes(1)
    assert player.session.get(GAIN) == half
    player.passes(1)
    assert player.session.get(GAIN) == whole


def test_the_controller_blends_two(player: Player) -> None:
    player.send("/phono/morph", "night", "day")
    player.passes(0)
    player.send("/phono/param/morph/position", 0.25)
    player.passes(0)
    assert player.session.get(GAIN) == -17.5


@pytest.mark.parametrize(("address", "arguments"), [
    ("snapshot/store", ("new", 0)), ("snapshot/store", ("new", 0.0)), ("snapshot/store", ("new", False)),
    ("snapshot/delete", ("night", 0)), ("snapshot/recall", ("night", False)),
    ("snapshot/recall", ("night", 1.0, False)), ("morph", ("night", "day", 0))])
def test_the_release_of_a_button_does_nothing(player: Player, address: str, arguments: tuple) -> None:
    assert player.send(f"/phono/{address}", *arguments).rejected == []
    player.passes(2)
    assert (player.session.get(GAIN), player.morpher.names(), player.morpher.ends) == (0, ("night", "day"), None)
    assert player.send(f"/phono/{address}", *arguments[:-1], True).rejected == []
    player.passes(2)
    assert (player.session.get(GAIN), player.morpher.names(), player.morpher.ends) != (0, ("night", "day"), None)


@pytest.mark.parametrize(("address", "arguments"), [
    ("snapshot/store", ()), ("snapshot/store", (1,)), ("snapshot/store", ("a", "b")), ("snapshot/store", ("",)),
    ("snapshot/store", ("a", 1, 1)), ("snapshot/delete", ("dusk",)), ("snapshot/recall", ()),
    ("snapshot/recall", ("dusk",)), ("snapshot/recall", (2.0, "night")), ("snapshot/recall", ("night", "later")),
    ("snapshot/recall", ("night", -1.0)), ("snapshot/recall", ("night", float("nan"))),
    ("snapshot/recall", ("night", 1.0, "beat", "bar")), ("morph", ("night",)), ("morph", ("night", "dusk"))])
def test_wrong_wishes_are_rejected_and_change_nothing(player: Player, address: str, arguments: tuple) -> None:
    received = player.send(f"/phono/{address}", *arguments)
    assert (received.accepted, len(received.rejected)) == (0, 1)
    player.passes(2)
    assert (player.session.get(GAIN), player.morpher.names(), player.morpher.ends) == (0, ("night", "day"), None)


def names(heard: dict[str, tuple]) -> list[str]:
    return [heard[f"/phono/snapshot/{n}"][0] for n in range(1, heard["/phono/snapshot/count"][0] + 1)]


def test_front_ends_are_told_the_names_and_the_morph(player: Player) -> None:
    state = State(player.session, player.morpher)
    heard = dict(state.changes(0.0))
    assert names(heard) == ["night", "day"]
    assert heard["/phono/morph"] == ("", "", 0.0)
    player.send("/phono/snapshot/delete", "night")
    player.send("/phono/snapshot/store", "dusk")
    player.send("/phono/snapshot/delete", "dusk")
    player.send("/phono/morph", "day", "day")
    player.send("/phono/param/morph/position", 0.5)
    changed = dict(state.changes(0.001))
    assert changed["/phono/snapshot/count"] == (1,)
    assert (changed["/phono/snapshot/1"], changed["/phono/snapshot/2"]) == (("day",), ("",))
    assert changed["/phono/morph"] == ("day", "day", 0.5)
    late = dict(message for tick in range(1, 62) for message in state.changes(tick / 60))
    assert names(late) == ["day"]
    assert (late["/phono/snapshot/2"], late["/phono/morph"]) == (("",), ("day", "day", 0.5))


def test_as_many_and_as_long_names_as_there_can_be_fit_into_datagrams(player: Player) -> None:
    for i in range(MOST - 2):
        player.snapshots.store(f"{i:064}", snapshot({}))
    sent = State(player.session, player.morpher).changes(0.0)
    assert len(names(dict(sent))) == MOST
    assert max(map(len, datagrams(sent))) <= MAX_DATAGRAM


class Dump:
    """liblo's oscdump, and what it has printed."""

    def __init__(self, port: int) -> None:
        self._process = subprocess.Popen(["stdbuf", "-oL", "oscdump", "-L", str(port)], stdout=subprocess.PIPE,
                                         text=True)
        self.lines: list[list[str]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.split()[1:])  # without its time

    def values(self, address: str, kind: str = "f") -> list[str]:
        return [line[2].strip('"') for line in list(self.lines) if line[:2] == [address, kind]]

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.01)


@pytest.fixture
def port() -> int:
    return free_port(socket.SOCK_DGRAM)


@pytest.fixture
def face(session: Session, port: int) -> Iterator[OscFace]:
    """An OSC face whose morpher is polled as the conductor does."""
    morpher = Morpher(session, MonotonicClock(), Snapshots())
    face = OscFace(session, OscConfig("127.0.0.1:0", targets=(OscTarget(f"127.0.0.1:{port}"),)), Desk(morpher))
    over = threading.Event()

    def conduct() -> None:
        while not over.wait(0.02):
            morpher.poll()

    conductor = threading.Thread(target=conduct)
    conductor.start()
    face.start()
    yield face
    face.close()
    over.set()
    conductor.join()


@pytest.mark.skipif(not shutil.which("oscdump"), reason="liblo's oscsend and oscdump are not installed (liblo-tools)")
def test_another_program_stores_recalls_and_watches_the_knobs_move(face: OscFace, port: int, session: Session) -> None:
    def send(address: str, types: str, *arguments: object) -> None:
        subprocess.run(["oscsend", "127.0.0.1", str(face.port), f"/phono/{address}", types, *map(str, arguments)],
                       check=True)

    dump = Dump(port)
    try:
        send("param/layer/16/density", "f", 1000)
        send("param/layer/16/pitch", "f", 10)
        until(lambda: session.get("layer/16/pitch") == 10, "both knobs")
        send("snapshot/store", "s", "high")
        until(lambda: "high" in dump.values("/phono/snapshot/1", "s"), "the name")
        send("param/layer/16/density", "f", 10)
        send("param/layer/16/pitch", "f", 0)
        until(lambda: dump.values("/phono/param/layer/16/pitch")[-1:] == ["0.000000"], "the echo")
        send("snapshot/recall", "sf", "high", 0.3)
        begin = len(dump.lines)
        until(lambda: dump.values("/phono/param/layer/16/pitch")[-1:] == ["10.000000"], "the recall to arrive")
        until(lambda: dump.values("/phono/param/layer/16/density")[-1:] == ["1000.000000"], "it on both knobs")
        told = [(line[0], float(line[2])) for line in dump.lines[begin:] if line[0].startswith("/phono/param/layer/16")]
    finally:
        dump.end()
    density = [value for address, value in told if address.endswith("/density")]
    pitch = [value for address, value in told if address.endswith("/pitch")]
    assert density == sorted(density) and pitch == sorted(pitch)
    # Changes of both leave in one bundle, the density first: the way that the pitch has come tells where it must be.
    pairs = [(first[1], second[1]) for first, second in itertools.pairwise(told)
             if first[0].endswith("/density") and second[0].endswith("/pitch") and 0 < second[1] < 10]
    assert pairs
    for moved, part in pairs:
        assert moved == pytest.approx(10 * 100 ** (part / 10), rel=1e-4)


def test_without_a_morpher_there_are_no_such_addresses(session: Session) -> None:
    builder = OscMessageBuilder("/phono/snapshot/store")
    builder.add_arg("night")
    assert Inbox(session).receive(builder.build().dgram).rejected == ["/phono/snapshot/store: there is no such address"]
