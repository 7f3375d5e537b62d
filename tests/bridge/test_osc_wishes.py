"""Wishes over OSC: cues, learning, what mappings listen to; pressed buttons count, released ones don't."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from pythonosc.osc_message_builder import OscMessageBuilder

from bridge.desk import Desk
from bridge.osc_in import Inbox, Received, pressed
from bridge.osc_out import State
from bridge.osc_parse import IMPULSE
from engine.errors import UserError
from engine.shared import Event, Session


class Show:
    """Cues, a learner and a listener which note what they are asked."""

    def __init__(self) -> None:
        self.asked: list[tuple] = []
        self.cues = ["dusk", "dawn"]

    def names(self) -> tuple[str, ...]:
        return tuple(self.cues)

    def launch(self, name: str) -> None:
        if name not in self.cues:
            raise UserError(f"there is no cue '{name}'")
        self.asked.append(("launch", name))

    def launch_program(self, program: int) -> None:
        self.asked.append(("program", program))

    def next(self) -> None:
        self.asked.append(("next",))

    def previous(self) -> None:
        self.asked.append(("previous",))

    def learn(self, path: str) -> None:
        self.asked.append(("learn", path))

    def unlearn(self, path: str) -> None:
        self.asked.append(("unlearn", path))

    def cancel(self) -> None:
        self.asked.append(("cancel",))

    def wants(self, address: str) -> bool:
        return address == "/wek/outputs"

    def hear(self, address: str, arguments: Sequence[Any]) -> None:
        self.asked.append((address, tuple(arguments)))


@pytest.fixture
def show() -> Show:
    return Show()


@pytest.fixture
def inbox(session: Session, show: Show) -> Inbox:
    return Inbox(session, Desk(cues=show, learner=show, listener=show))


def send(inbox: Inbox, address: str, *arguments: Any) -> Received:
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    return inbox.receive(builder.build().dgram)


@pytest.mark.parametrize(("address", "arguments", "asked"), [
    ("/phono/cue/launch", ("dusk",), ("launch", "dusk")), ("/phono/cue/launch", ("dusk", 1), ("launch", "dusk")),
    ("/phono/cue/next", (), ("next",)), ("/phono/cue/previous", (1.0,), ("previous",)),
    ("/phono/cue/program", (5,), ("program", 5)), ("/phono/cue/program", (5.0,), ("program", 5)),
    ("/phono/midi/learn", ("reverb/gain",), ("learn", "reverb/gain")),
    ("/phono/midi/unlearn", ("reverb/gain",), ("unlearn", "reverb/gain")), ("/phono/midi/cancel", (), ("cancel",)),
    ("/wek/outputs", (0.5, 1, "x"), ("/wek/outputs", (0.5, 1, "x")))])
def test_what_is_asked_for_is_done(inbox: Inbox, show: Show, address: str, arguments: tuple, asked: tuple) -> None:
    received = send(inbox, address, *arguments)
    assert (received.accepted, received.rejected, show.asked) == (1, [], [asked])


@pytest.mark.parametrize(("address", "arguments"), [
    ("/phono/cue/launch", ("dusk", 0)), ("/phono/cue/launch", ("dusk", False)), ("/phono/cue/next", (0,)),
    ("/phono/cue/previous", (0.0,)), ("/phono/midi/cancel", (False,)), ("/phono/midi/learn", ("reverb/gain", 0))])
def test_a_release_asks_for_nothing(inbox: Inbox, show: Show, address: str, arguments: tuple) -> None:
    assert send(inbox, address, *arguments).rejected == []
    assert show.asked == []


@pytest.mark.parametrize(("address", "arguments", "why"), [
    ("/phono/cue/launch", ("noon",), "there is no cue 'noon'"), ("/phono/cue/launch", (), "expected the name of a cue"),
    ("/phono/cue/launch", (1,), "the name of a cue"), ("/phono/cue/program", (128,), "0 to 127"),
    ("/phono/cue/program", (-1,), "0 to 127"), ("/phono/cue/program", ("1",), "0 to 127"),
    ("/phono/midi/learn", (), "the path of a parameter"), ("/phono/cue/next", (b"blob",), "1 for a press"),
    ("/phono/cue/next", (float("nan"),), "1 for a press"), ("/wek/output", (1.0,), "there is no such address"),
    ("/phono/ack", (1, 2, 3), "heartbeat's number"), ("/phono/ack", ("1",), "heartbeat's number"),
    ("/phono/ping", ("x" * 1400,), "less than 1400 bytes")])
def test_what_can_not_be_done_is_answered_with_the_reason(inbox: Inbox, show: Show, address: str, arguments: tuple,
                                                          why: str) -> None:
    received = send(inbox, address, *arguments)
    assert (received.accepted, show.asked) == (0, [])
    [(where, (what, reason))] = received.replies
    assert (where, what) == ("/phono/error", address)
    assert why in str(reason)


def test_what_nobody_offers_has_no_address(session: Session) -> None:
    for address in ("/phono/cue/next", "/phono/midi/cancel", "/phono/snapshot/store", "/phono/tempo/tap"):
        assert send(Inbox(session), address).rejected == [f"{address}: there is no such address"]


def test_a_wish_that_fails_is_an_error_and_the_next_is_heard(session: Session) -> None:
    class Broken(Show):
        def next(self) -> None:
            raise ZeroDivisionError

    inbox = Inbox(session, Desk(cues=Broken()))
    assert "failed (ZeroDivisionError" in send(inbox, "/phono/cue/next").rejected[0]
    assert send(inbox, "/phono/cue/previous").accepted == 1


@pytest.mark.parametrize(("arguments", "is_press"), [
    ([], True), ([1], True), ([0.5], True), ([-1], True), ([True], True), ([IMPULSE], True), (["bang"], True),
    (["1"], True), ([""], True), ([b"blob", 1], True), ([0], False), ([0.0], False), ([-0.0], False), ([False], False),
    ([None], False), (["0"], False), (["0.0"], False), ([b"blob", 0], False)], ids=repr)
def test_a_press_is_told_from_a_release(arguments: list, is_press: bool) -> None:
    assert pressed(arguments) is is_press


@pytest.mark.parametrize("arguments", [[float("nan")], [[1]], [b"blob"], ["nan"]], ids=repr)
def test_what_is_neither_press_nor_release_is_refused(arguments: list) -> None:
    with pytest.raises(UserError, match="expected 1 for a press"):
        pressed(arguments)


def test_an_acknowledgement_may_name_the_port_on_which_its_sender_listens(inbox: Inbox) -> None:
    assert send(inbox, "/phono/ack", 12).listens is None
    assert send(inbox, "/phono/ack", 12, 9001).listens == 9001
    assert send(inbox, "/phono/ack", 12, 9001.0).listens == 9001
    assert send(inbox, "/phono/ack", 12, 1e9).listens is None


def test_front_ends_are_told_the_cues_and_which_was_launched_last(session: Session, show: Show) -> None:
    state = State(session, cues=show)
    heard = dict(state.changes(0.0))
    assert heard["/phono/cue/count"] == (2,)
    assert (heard["/phono/cue/1"], heard["/phono/cue/2"]) == (("dusk",), ("dawn",))
    assert heard["/phono/cue/current"] == (0, "")
    session.events["conductor"].write(Event.CUE, 0.0, 2)
    assert dict(state.changes(0.001)) == {"/phono/cue/current": (2, "dawn")}
    show.cues.pop()
    changed = dict(state.changes(0.002))
    assert (changed["/phono/cue/count"], changed["/phono/cue/2"]) == ((1,), ("",))


def test_values_of_a_bundle_are_told_together(session: Session) -> None:
    before = session.parameters.copy()
    inbox, state = Inbox(session), State(session)
    state.changes(0.0)
    received = send(inbox, "/phono/param/layer/*/gain", -12.0)
    told = dict(state.changes(0.001, received.changed))
    assert {address for address in told if address.endswith("/gain")} == {
        f"/phono/param/layer/{n}/gain" for n in range(1, 17)}
    assert np.count_nonzero(before != session.parameters) == 16
