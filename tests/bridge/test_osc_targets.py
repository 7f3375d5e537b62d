"""What each target is sent, what is answered to whom, and how each side knows that the other lives."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import numpy as np
import pytest
from pythonosc.osc_packet import OscPacket

from bridge.namespace import FEATURE_DOCS
from bridge.osc import OscFace
from bridge.osc_activity import SILENT_AFTER, Activity
from bridge.osc_out import encode
from engine.errors import UserError
from engine.shared import FEATURES, MATCH, Event, Session
from engine.show import OscConfig, OscTarget

HERE = "127.0.0.1"
PLACE, OTHER, ELSEWHERE = (HERE, 9001), (HERE, 9010), ("10.0.0.7", 9001)


class Target:
    """A program that OSC is sent to."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((HERE, 0))
        self.socket.settimeout(20)
        self.port = self.socket.getsockname()[1]

    def say(self, face: OscFace, address: str, *arguments: float | int | str) -> None:
        self.socket.sendto(encode((address, arguments)), (HERE, face.port))

    def hears(self, address: str) -> list:
        """Return the arguments of the next message from `address`, and note what else came."""
        while True:
            for timed in OscPacket(self.socket.recv(1 << 16)).messages:
                if timed.message.address == address:
                    return timed.message.params

    def all_until(self, address: str) -> set[str]:
        """Return the addresses of all that comes up to a message from `address`."""
        heard: set[str] = set()
        while address not in heard:
            heard |= {timed.message.address for timed in OscPacket(self.socket.recv(1 << 16)).messages}
        return heard


Open = Callable[..., tuple[OscFace, list[Target]]]


@pytest.fixture
def open_face(session: Session) -> Iterator[Open]:
    with ExitStack() as stack:
        def open_face(*filters: tuple[str, ...]) -> tuple[OscFace, list[Target]]:
            targets = [Target() for _ in filters]
            face = OscFace(session, OscConfig(f"{HERE}:0", targets=tuple(
                OscTarget(f"{HERE}:{target.port}", send) for target, send in zip(targets, filters, strict=True))),
                say=lambda line: None)
            for target in targets:
                stack.callback(target.socket.close)
            face.start()
            stack.callback(face.close)
            return face, targets
        yield open_face


def test_each_target_gets_what_its_filter_lets_pass(open_face: Open, session: Session) -> None:
    face, (all_of_it, events, layers) = open_face(("/phono",), ("/phono/event", "/phono/pong"),
                                                  ("/phono/param/layer/*/gain", "/phono/heartbeat"))
    all_of_it.hears("/phono/heartbeat")
    session.events["dream"].write(Event.ONSET, face._clock.now(), 1.0)
    assert events.all_until("/phono/event/onset") == {"/phono/event/onset"}
    all_of_it.say(face, "/phono/ping", 1)
    assert events.all_until("/phono/pong") == {"/phono/pong"}
    heard = layers.all_until("/phono/heartbeat")
    assert heard == {f"/phono/param/layer/{n}/gain" for n in range(1, 17)} | {"/phono/heartbeat"}
    assert "/phono/event/onset" in all_of_it.all_until("/phono/event/onset")


def test_wekinator_hears_the_features_and_nothing_else(open_face: Open, session: Session) -> None:
    _, (wekinator, all_of_it) = open_face(("/wek/inputs",), ("/phono",))
    features = np.zeros((), FEATURES)
    features["hop"], features["rms"], features["bands"] = 1, -20.0, np.arange(8)
    session.features.write(features)
    datagram = wekinator.socket.recv(1 << 16)
    message = OscPacket(datagram).messages[0].message
    assert message.address == "/wek/inputs"
    assert message.params == [-20.0, *[0.0] * (len(FEATURE_DOCS) - 1), *map(float, range(8))]
    assert not datagram.startswith(b"#bundle")  # which Wekinator doesn't read
    assert "/wek/inputs" not in all_of_it.all_until("/phono/heartbeat")
    wekinator.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        wekinator.socket.recv(1 << 16)  # the same hop isn't sent again


@pytest.mark.parametrize(("send", "why"), [
    ("/phono/evnt", "nothing is sent from"), ("/phono/param/layer/17", "nothing is sent from"), ("/a[", "pattern")])
def test_a_filter_that_lets_nothing_pass_is_refused(session: Session, send: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        OscFace(session, OscConfig(f"{HERE}:0", targets=(OscTarget(f"{HERE}:9001", (send,)),)))


def test_a_port_that_is_taken_is_named(session: Session) -> None:
    with socket.create_server((HERE, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=rf'osc.tcp = "127.0.0.1:{port}": .*Choose another port'):
            OscFace(session, OscConfig(f"{HERE}:0", f"{HERE}:{port}", targets=()))


def test_who_sends_what_is_wrong_is_told_why_and_a_ping_after_a_wish_says_that_it_was_taken(open_face: Open) -> None:
    face, _ = open_face()
    asker = Target()
    with asker.socket:
        asker.say(face, "/phono/param/master/gain", "loud")
        asker.say(face, "/phono/param/master/gain", -3)
        asker.say(face, "/phono/ping", 7)
        assert asker.hears("/phono/error") == ["/phono/param/master/gain", "got 'loud', expected one number"]
        assert asker.all_until("/phono/pong") == {"/phono/pong"}


def test_a_flood_of_mistakes_is_counted_and_not_answered_with_a_flood(open_face: Open, session: Session) -> None:
    face, _ = open_face()
    asker = Target()
    with asker.socket:
        for _ in range(500):
            asker.say(face, "/phono/parm/master/gain", 1)
        asker.say(face, "/phono/ping", 7)
        answers = 0
        while OscPacket(asker.socket.recv(1 << 16)).messages[0].message.address != "/phono/pong":
            answers += 1
        assert 0 < answers <= 60


def test_errors_are_never_answered_with_errors(open_face: Open) -> None:
    face, _ = open_face()
    asker = Target()
    with asker.socket:
        for address in ("/phono/error", "/phono/pong", "/phono/heartbeat"):
            asker.say(face, address, 1)
        asker.say(face, "/phono/ping", 7)
        assert asker.all_until("/phono/pong") == {"/phono/pong"}


def test_a_front_end_sees_who_spoke_and_what_was_wrong(open_face: Open) -> None:
    face, (target,) = open_face(("/phono",))
    target.say(face, "/phono/nonsense", 1)
    me = f"{HERE}:{target.port}"
    expected = {"/phono/osc/refused": [me, "/phono/nonsense: there is no such address"],
                "/phono/osc/heard": [me, "/phono/nonsense"], "/phono/osc/target/1": [me, 1]}
    heard: dict[str, list] = {}
    while not expected.items() <= heard.items():
        heard |= {timed.message.address: timed.message.params
                  for timed in OscPacket(target.socket.recv(1 << 16)).messages}


class Watch:
    """An activity of one's own, on a clock of one's own."""

    def __init__(self, *targets: tuple[str, int]) -> None:
        self.said: list[str] = []
        self.activity = Activity({target: f"{target[0]}:{target[1]}" for target in targets}, self.said.append)

    def living(self, now: float) -> list[int]:
        self.activity.look(now)
        told = dict(self.activity.messages(now))
        return [told[f"/phono/osc/target/{n + 1}"][1] for n in range(told["/phono/osc/target/count"][0])]


def test_a_target_that_falls_silent_is_said_once_and_so_is_its_return() -> None:
    watch = Watch(PLACE, OTHER)
    assert watch.living(0) == [0, 0]
    watch.activity.hear(PLACE, "/phono/ack", None, 1.0)
    assert watch.living(1) == [1, 0]
    assert watch.living(1 + SILENT_AFTER) == [1, 0]
    assert watch.living(1.1 + SILENT_AFTER) == watch.living(2 + SILENT_AFTER) == [0, 0]
    watch.activity.hear(PLACE, "/phono/ack", None, 10.0)
    watch.activity.hear(PLACE, "/phono/ack", None, 10.1)
    assert watch.living(10.2) == [1, 0]
    assert [line.partition(":9001 ")[2] for line in watch.said] == ["has been silent for 5 s", "is back"]


def test_the_silence_of_one_who_never_answers_heartbeats_is_no_news() -> None:
    watch = Watch(PLACE)
    for touched in (1.0, 20.0, 40.0):
        watch.activity.hear(PLACE, "/phono/param/master/gain", None, touched)
        assert watch.living(touched) == [1]
        assert watch.living(touched + 2 * SILENT_AFTER) == [0]
    assert watch.said == []


@pytest.mark.parametrize(("targets", "sender", "listens", "living"), [
    ((PLACE, OTHER), OTHER, None, [0, 1]), ((PLACE, OTHER), (HERE, 50000), None, [0, 0]),
    ((PLACE, OTHER), (HERE, 50000), 9010, [0, 1]), ((PLACE, ELSEWHERE), (HERE, 50000), None, [1, 0]),
    ((PLACE, ELSEWHERE), ("10.0.0.8", 50000), 9001, [0, 0]), ((PLACE,), (HERE, 50000), 9002, [0])])
def test_who_sends_from_another_port_than_it_listens_on_is_known_by_host_or_by_what_it_says(
        targets: tuple, sender: tuple[str, int], listens: int | None, living: list[int]) -> None:
    watch = Watch(*targets)
    watch.activity.hear(sender, "/phono/ack", listens, 1.0)
    assert watch.living(1) == living


def test_a_busy_sender_makes_no_busy_state() -> None:
    watch = Watch()
    told = set()
    for tick in range(120):
        watch.activity.hear(PLACE, f"/phono/param/layer/{tick}/gain", None, tick / 60)
        told.add(dict(watch.activity.messages(tick / 60))["/phono/osc/heard"])
    assert len(told) < 10


def test_of_ten_thousand_messages_the_newest_of_each_knob_counts(open_face: Open, session: Session) -> None:
    face, _ = open_face()
    sender = Target()
    with sender.socket:
        for burst in range(50):  # as many at once as any system keeps
            for number in range(200):
                sender.say(face, f"/phono/param/layer/{1 + number % 16}/position", (burst * 200 + number) / 1e4)
            sender.say(face, "/phono/ping", burst)
            assert sender.hears("/phono/pong") == [burst]
    newest = [max(n for n in range(200) if n % 16 == layer) + 49 * 200 for layer in range(16)]
    assert [session.get(f"layer/{layer + 1}/position") for layer in range(16)] == pytest.approx(
        [number / 1e4 for number in newest], rel=1e-6)
    assert (session.told("faces/osc_rejected"), session.told("faces/osc_lost_in")) == (0, 0)


def test_a_face_that_can_not_tell_its_state_still_hears(open_face: Open, session: Session) -> None:
    playing = np.zeros((), MATCH)
    playing["title"] = b"\xff"  # is no text
    session.match.write(playing)
    face, (target,) = open_face(("/phono",))
    target.say(face, "/phono/param/master/gain", -6)
    target.say(face, "/phono/ping", 1)
    assert target.hears("/phono/pong") == [1]
    assert session.get("master/gain") == -6
    playing["title"] = b""
    session.match.write(playing)
    assert target.hears("/phono/param/master/gain") == [-6]


def test_what_waits_is_applied_in_order_around_all_that_is_no_knob(session: Session) -> None:
    face, sender = OscFace(session, OscConfig(f"{HERE}:0", targets=()), say=lambda line: None), Target()
    with sender.socket:
        sender.say(face, "/phono/param/master/panic", 0.0)
        sender.say(face, "/phono/param/master/gain", -3.0)
        sender.say(face, "/phono/panic")
        sender.say(face, "/phono/param/master/gain", -9.0)
        sender.say(face, "/phono/param/master/gain", float("nan"))  # never takes the place of a number
        sender.say(face, "/phono/param/reverb/gain", -1.0)
        sender.say(face, "/phono/param/reverb/gain", -2.0)
        sender.say(face, "/phono/ping", 1)
        face.start()
        sender.hears("/phono/pong")
        face.close()
    assert [session.get(path) for path in ("master/panic", "master/gain", "reverb/gain")] == [1, -9, -2]
