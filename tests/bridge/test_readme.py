"""The README says what is true: its table of knobs is the registry, its OSC addresses are the ones that are sent."""

import re
from pathlib import Path

import numpy as np

from bridge.desk import Desk
from bridge.namespace import FEATURE_DOCS, ROOT
from bridge.osc_in import Inbox
from bridge.osc_out import State, encode
from engine.clock import VirtualClock
from engine.morph import Morpher
from engine.parameters import PARAMETERS
from engine.shared import MATCH, MODEL, Event, Session
from engine.snapshots import Snapshots

WISHES = [f"{ROOT}/{name}" for name in ("panic", "ping", "voice", "model/eye", "model/dream", "library",
                                        "snapshot/store", "snapshot/recall", "snapshot/delete", "morph")]
README = (Path(__file__).parents[2] / "README.md").read_text()


def knob_rows() -> list[str]:
    """Return the rows of the README's table of knobs as the registry has them; the layers share theirs."""
    rows = []
    for p in PARAMETERS:
        if not p.path.startswith("layer/") or p.path.startswith("layer/1/"):
            name = p.path.replace("layer/1/", "layer/N/")
            rows.append(f"| `{name}` | {p.low:g} … {p.high:g} {p.unit}".rstrip() + f" | {p.default:g} | {p.doc} |")
    return rows


def test_the_table_of_knobs_is_the_registry() -> None:
    missing = [row for row in knob_rows() if row not in README]
    assert not missing, "put these rows into the README:\n" + "\n".join(missing)


def test_every_feature_and_event_is_in_the_table() -> None:
    for name in (*FEATURE_DOCS, "bands", *(event.name.lower() for event in Event)):
        assert f"`{name}`" in README or f"/{name}`" in README, name
    assert f"`{ROOT}/panic`" in README


def test_every_kind_of_message_is_in_the_tables(session: Session) -> None:
    session.match.write(np.zeros((), MATCH))
    for mailbox in session.models.values():
        mailbox.write(np.zeros((), MODEL))
    morpher = Morpher(session, VirtualClock(), Snapshots(ready={"night": {}}))
    sent = dict(State(session, morpher).changes(0.0))
    assert {f"{ROOT}/snapshot/1", f"{ROOT}/layer/1", f"{ROOT}/heartbeat"} <= sent.keys()
    kinds = {re.sub(r"/\d+$", "/1", address) for address in sent
             if not address.startswith((f"{ROOT}/param/", f"{ROOT}/state/"))}
    for address in kinds | set(WISHES):
        assert f"`{address}`" in README, address
    for address in WISHES:  # an address that nobody listens to says so
        said = Inbox(session, Desk(morpher)).receive(encode((address, (2,)))).rejected
        assert not any("no such address" in line for line in said)
