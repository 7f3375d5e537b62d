"""The table of addresses is what goes in and out over OSC: nothing is sent or taken that it doesn't know."""

import re
from unittest.mock import Mock

import numpy as np

from bridge.desk import Desk
from bridge.namespace import NAMESPACE
from bridge.osc_activity import Activity
from bridge.osc_in import Inbox
from bridge.osc_out import State, encode
from bridge.outputs.face import OutputsFace
from bridge.wekinator import Wekinator
from engine.clock import VirtualClock
from engine.morph import Morpher
from engine.shared import FEATURES, MATCH, MODEL, TEMPO, Session
from engine.snapshots import Snapshots

DYNAMIC = re.compile(r"/phono/(snapshot|cue|osc/target)/\d+")
TAGS = {float: "f", int: "i", str: "s"}


class Anything(Mock):
    """Stands for what other tests try: here only its addresses count."""

    def names(self) -> tuple[str, ...]:
        return ("dusk", "dawn")


def desk(session: Session) -> Desk:
    return Desk(Morpher(session, VirtualClock(), Snapshots(ready={"night": {}})), tap=lambda: None, cues=Anything(),
                learner=Anything(), outputs=OutputsFace(session, (), print))


def test_everything_that_is_sent_is_in_the_table_with_its_types(session: Session) -> None:
    session.match.write(np.zeros((), MATCH))
    session.features.write(np.array((1, 1, *[0] * 2, np.zeros(8), *[0] * 8), FEATURES))
    session.tempo.write(np.zeros((), TEMPO))
    for mailbox in session.models.values():
        mailbox.write(np.zeros((), MODEL))
    asked = desk(session)
    activity = Activity({("127.0.0.1", 9001): "127.0.0.1:9001"}, print)
    sent = dict(State(session, asked.morpher, asked.cues, activity.messages).changes(0.0))
    features = Wekinator(session).message()
    assert features is not None
    sent |= [features]
    for address, arguments in sent.items():
        if not DYNAMIC.fullmatch(address):
            assert NAMESPACE[address].sends == "".join(TAGS[type(argument)] for argument in arguments), address
    state = {path for path, address in NAMESPACE.items() if address.traffic in ("parameter", "state")}
    assert state <= sent.keys()


def test_everything_that_can_be_asked_for_has_somebody_who_listens(session: Session) -> None:
    inbox = Inbox(session, desk(session))
    for path, address in NAMESPACE.items():
        said = inbox.receive(encode((path, ("x",)))).rejected
        unknown = any("no such address" in line for line in said)
        assert unknown == (address.takes is None), path
