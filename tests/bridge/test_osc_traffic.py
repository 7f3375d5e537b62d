"""What a front end receives over OSC and what it may send: coalesced state, counted events, garbage survived."""

import random
import socket
import struct
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from bridge.desk import Desk
from bridge.osc import OscFace
from bridge.osc_in import Inbox
from bridge.osc_out import MAX_DATAGRAM, Events, State, datagrams, encode
from engine.parameters import LAYERS, PARAMETERS
from engine.shared import FEATURES, MATCH, NO_CLIP, TEMPO, Event, Session
from engine.show import OscConfig, OscTarget


def datagram(address: str, *arguments: object, types: str | None = None) -> bytes:
    builder = OscMessageBuilder(address)
    for i, argument in enumerate(arguments):
        builder.add_arg(argument, types[i] if types else None)
    return builder.build().dgram


def match(**fields: object) -> np.ndarray:
    record = np.zeros((), MATCH)
    record["scene_name"] = (b"beach", b"forest", b"street", b"church", b"harbor")
    record["clip"] = NO_CLIP
    for name, value in fields.items():
        record[name] = value
    return record


@pytest.mark.parametrize("rate", [1, 30, 60, 700])
def test_whoever_begins_to_listen_knows_everything_a_second_later(session: Session, rate: int) -> None:
    session.match.write(match())
    state = State(session)
    ticks = [state.changes(tick / rate) for tick in range(5 * rate + 1)]
    everything = {f"/phono/param/{p.path}" for p in PARAMETERS} | {"/phono/state/sound/missed", "/phono/heartbeat",
                                                                   "/phono/scene/1", "/phono/layer/16"}
    for start in range(0, 4 * rate, max(1, rate // 7)):
        heard = dict(message for tick in ticks[start:start + rate + 1] for message in tick)
        assert everything <= heard.keys()
    beats = [arguments for tick in ticks for address, arguments in tick if address == "/phono/heartbeat"]
    assert beats == [(n + 1,) for n in range(6)]


def test_the_whole_is_spread_over_the_second(session: Session) -> None:
    state = State(session)
    first, *later = [sum(map(len, datagrams(state.changes(tick / 60)))) for tick in range(180)]
    assert max(later) < MAX_DATAGRAM < first  # at the start everything, for whoever waits already


def test_a_change_is_sent_at_once_and_once(session: Session) -> None:
    state = State(session)
    state.changes(0.0)
    session.set("layer/2/density", 33)
    assert state.changes(0.001) == [("/phono/param/layer/2/density", (33.0,))]
    assert state.changes(0.001) == []


def test_a_knob_that_is_set_to_what_it_was_is_still_echoed(session: Session) -> None:
    state = State(session)
    state.changes(0.0)
    assert state.changes(0.001, echo=["master/gain"]) == [("/phono/param/master/gain", (0.0,))]


def test_when_every_knob_moves_all_take_turns_and_end_where_they_are(session: Session) -> None:
    state = State(session)
    state.changes(0.0)
    heard: dict[str, tuple] = {}
    times_heard = Counter[str]()
    for tick in range(1, 101):
        if tick <= 90:
            session.parameters[:] += 1e-3
        fresh = state.changes(tick / 60)
        assert len(list(datagrams(fresh))) < 8
        heard |= fresh
        times_heard.update(address for address, _ in fresh)
    assert {p.path: heard[f"/phono/param/{p.path}"][0] for p in PARAMETERS} == {
        p.path: session.get(p.path) for p in PARAMETERS}
    assert min(times_heard[f"/phono/param/{p.path}"] for p in PARAMETERS) >= 15


def test_scene_and_layers_are_named(session: Session) -> None:
    playing = match(scene_p=[0.5, 0.2, 0.1, 0.1, 0.1])
    playing["clip"][0], playing["weight"][0], playing["kl"][0] = 0, 0.75, 1.25
    playing["title"][0], playing["category"][0] = b"waves", b"sea_waves"
    session.match.write(playing)
    sent = dict(State(session).changes(0.0))
    assert sent["/phono/scene/1"] == ("beach", 0.5)
    assert sent["/phono/layer/1"] == ("waves", "sea_waves", 0.75, 1.25)
    assert sent["/phono/layer/2"] == ("", "", 0.0, 0.0)


def test_features_are_sent_with_each_hop(session: Session) -> None:
    state = State(session)
    state.changes(0.0)
    features = np.zeros((), FEATURES)
    features["hop"], features["rms"], features["bands"] = 1, -20.0, np.arange(8)
    session.features.write(features)
    sent = dict(state.changes(0.1))
    assert sent["/phono/feature/rms"] == (-20.0,)
    assert sent["/phono/feature/bands"] == tuple(float(i) for i in range(8))


def test_datagrams_stay_below_the_limit_and_lose_nothing() -> None:
    messages = [(f"/phono/param/some/long/address/{i}", (float(i), "text" * (i % 7))) for i in range(300)]
    packed = list(datagrams(messages))
    assert max(map(len, packed)) <= MAX_DATAGRAM
    assert len(packed) < 30
    received = [(m.message.address, tuple(m.message.params)) for d in packed for m in OscPacket(d).messages]
    assert received == messages


def test_events_are_reported_once_with_number_and_age(session: Session) -> None:
    events = Events(session)
    session.events["dream"].write(Event.ONSET, 10.0, 0.5)
    session.events["sight"].write(Event.CUT, 10.2, 0.9)
    found = {message[0]: (message[1], kind) for message, kind, _ in events.new(10.5)}
    assert found["/phono/event/onset"] == ((1, 0.5, 0.5, 0.0), Event.ONSET)
    assert found["/phono/event/cut"][0] == (1, pytest.approx(0.3), 0.9, 0.0)
    assert events.new(10.6) == []


def test_events_that_were_overwritten_are_counted(session: Session) -> None:
    events = Events(session)
    for i in range(400):
        session.events["dream"].write(Event.BEAT, float(i))
    assert len(events.new(400.0)) + events.lost == 400
    assert events.lost > 0


@pytest.mark.parametrize(("arguments", "types"), [((40,), "i"), ((40.0,), "f"), ((40.0,), "d"), ((40,), "h")])
def test_a_parameter_takes_every_kind_of_number(session: Session, arguments: tuple, types: str) -> None:
    received = Inbox(session).receive(datagram("/phono/param/layer/1/density", *arguments, types=types))
    assert received.accepted == 1
    assert received.changed == ["layer/1/density"]
    assert session.get("layer/1/density") == 40


def test_a_switch_takes_a_boolean(session: Session) -> None:
    Inbox(session).receive(datagram("/phono/param/layer/1/freeze", True))
    assert session.get("layer/1/freeze") == 1


def test_a_wildcard_moves_that_knob_of_every_layer(session: Session) -> None:
    received = Inbox(session).receive(datagram("/phono/param/layer/*/density", 7.0))
    assert received.accepted == LAYERS
    assert {session.get(f"layer/{n}/density") for n in range(1, LAYERS + 1)} == {7.0}


def test_values_out_of_range_are_clamped(session: Session) -> None:
    Inbox(session).receive(datagram("/phono/param/master/gain", 200.0))
    assert session.get("master/gain") == 6


def test_panic_fires_on_press_and_not_on_release(session: Session) -> None:
    inbox = Inbox(session)
    inbox.receive(datagram("/phono/panic", 0))
    assert session.get("master/panic") == 0
    inbox.receive(datagram("/phono/panic", 1))
    assert session.get("master/panic") == 1


@pytest.mark.parametrize("bad", [
    datagram("/phono/param/master/gain", "loud"),
    datagram("/phono/param/master/gain"),
    datagram("/phono/param/master/gain", 1.0, 2.0),
    datagram("/phono/param/master/gain", float("nan")),
    datagram("/phono/param/master/gain", float("inf")),
    datagram("/phono/param/master/volume", 1.0),
    datagram("/elsewhere", 1.0),
    b"", b"/", b"/phono", b"#bundle\0", b"\xff" * 64, b"/phono/param/master/gain\0\0\0\0,f\0\0",
], ids=repr)
def test_bad_messages_are_rejected_and_change_nothing(session: Session, bad: bytes) -> None:
    before = session.parameters.copy()
    received = Inbox(session).receive(bad)
    assert (received.accepted, len(received.rejected)) == (0, 1)
    np.testing.assert_array_equal(session.parameters, before)


def test_a_future_time_tag_does_not_hold_up_control(session: Session) -> None:
    message = datagram("/phono/param/master/gain", -6.0)
    far = b"#bundle\0" + struct.pack(">II", 0xF0000000, 0) + struct.pack(">i", len(message)) + message
    assert OscBundle.dgram_is_bundle(far)
    Inbox(session).receive(far)
    assert session.get("master/gain") == -6


def test_taps_are_passed_on_and_releases_are_not(session: Session) -> None:
    taps = []
    inbox = Inbox(session, Desk(tap=lambda: taps.append("tap")))
    for arguments in ([], [1], [0], [1.0], [0.0], [True]):
        assert inbox.receive(datagram("/phono/tempo/tap", *arguments)).accepted == 1
    assert len(taps) == 4


def test_the_beat_within_the_bar_goes_out(session: Session) -> None:
    state = State(session)
    assert "/phono/tempo" not in dict(state.changes(0.0))
    session.tempo.write(np.array((10.0, 6.0, 120.0, 3, 2), TEMPO))
    assert dict(state.changes(10.25))["/phono/tempo"] == (120.0, 2.5, 3, 2)
    session.set("tempo/bar", 3)
    assert dict(state.changes(10.5))["/phono/tempo"] == (120.0, 1.0, 3, 2)


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    session = Session.create({})
    yield Inbox(session, Desk(tap=lambda: None))
    session.close()


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=100).map(lambda b: b"#bundle\0" + b),
                 st.binary(max_size=100).map(lambda b: b"/phono/param/master/gain\0\0\0\0" + b)))
def test_no_datagram_can_raise(inbox: Inbox, garbage: bytes) -> None:
    inbox.receive(garbage)


def test_deeply_nested_bundles_are_survived(session: Session) -> None:
    nested = encode(("/phono/param/master/gain", (-3.0,)))
    for _ in range(2000):
        nested = b"#bundle\0" + struct.pack(">Q", 1) + struct.pack(">i", len(nested)) + nested
    Inbox(session).receive(nested[:65000])


@pytest.fixture
def front_end() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        yield receiver


@pytest.fixture
def face(session: Session, front_end: socket.socket) -> Iterator[OscFace]:
    face = OscFace(session, OscConfig(
        listen="127.0.0.1:0", targets=(OscTarget(f"127.0.0.1:{front_end.getsockname()[1]}"),)))
    face.start()
    yield face
    face.close()


def wait_for(receiver: socket.socket, address: str) -> OscMessage:
    while True:
        for timed in OscPacket(receiver.recv(65536)).messages:
            if timed.message.address == address:
                return timed.message


def test_a_knob_turned_over_the_network_is_echoed_among_garbage(face: OscFace, front_end: socket.socket,
                                                                session: Session) -> None:
    wait_for(front_end, "/phono/heartbeat")
    garbage = random.Random(1)
    for _ in range(200):
        front_end.sendto(garbage.randbytes(garbage.randrange(1, 300)), ("127.0.0.1", face.port))
    front_end.sendto(datagram("/phono/param/crossfade/time", 9), ("127.0.0.1", face.port))
    while wait_for(front_end, "/phono/param/crossfade/time").params != [9.0]:
        pass
    assert session.told("faces/osc_rejected") == 200


def test_an_event_reaches_the_front_end_and_its_delay_is_measured(face: OscFace, front_end: socket.socket,
                                                                  session: Session) -> None:
    wait_for(front_end, "/phono/heartbeat")
    session.events["dream"].write(Event.ONSET, face._clock.now(), 0.8)
    number, _, strength, _ = wait_for(front_end, "/phono/event/onset").params
    assert (number, strength) == (1, pytest.approx(0.8))
    front_end.sendto(datagram("/phono/ping", "hello"), ("127.0.0.1", face.port))
    assert wait_for(front_end, "/phono/pong").params == ["hello"]
    assert session.latency["onset_to_osc"].count == 1
