"""What an OSCQuery client finds, hears and moves; it knows the proposal's text and nothing of the instrument."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge.namespace import NAMESPACE
from engine.parameters import PARAMETERS
from engine.shared import FEATURES, MATCH, NO_CLIP, Event, Session
from tests.oscquery import Served, serving
from tests.oscquery_client import OPTIONAL, Listening, OscQueryClient, until

GAIN = "/phono/param/master/gain"


@pytest.fixture
def served(session: Session) -> Iterator[Served]:
    with serving(session) as served:
        yield served


@pytest.fixture
def client(served: Served) -> Iterator[OscQueryClient]:
    client = OscQueryClient(served.port)
    yield client
    client.close()


def test_the_whole_tree_is_as_the_proposal_says(served: Served, client: OscQueryClient) -> None:
    match = np.zeros((), MATCH)
    match["clip"], match["scene_name"] = NO_CLIP, b"nothing"
    served.session.match.write(match)
    served.session.features.write(np.zeros((), FEATURES))
    served.morpher.store("night")
    nodes = client.tree()
    named = {path for path, address in NAMESPACE.items() if address.traffic != "reply" and path.startswith("/phono/")}
    assert {path for path, node in nodes.items() if "TYPE" in node} == named | {"/phono/snapshot/1"}
    for p in PARAMETERS:
        node = nodes[f"/phono/param/{p.path}"]
        assert (node["ACCESS"], node["VALUE"], node["DESCRIPTION"]) == (3, [p.default], p.doc)
        assert (node["RANGE"][0]["MIN"], node["RANGE"][0]["MAX"]) == (p.low, p.high)
        assert ("VALS" in node["RANGE"][0]) == (p.curve in ("integer", "switch"))
    assert nodes["/phono/panic"]["ACCESS"] == 2 and nodes["/phono/panic"]["TYPE"] == "I"
    assert nodes["/phono/scene/1"]["VALUE"] == ["nothing", 0.0]
    assert nodes["/phono/param/layer/1/azimuth"]["UNIT"] == ["angle.degree"]


def test_every_attribute_can_be_asked_for_by_itself(client: OscQueryClient) -> None:
    nodes = client.tree()
    of_each_kind = {(frozenset(node), path.count("/")): path for path, node in nodes.items()}.values()
    assert len(of_each_kind) > 10
    for path in of_each_kind:
        for attribute in ("FULL_PATH", "TYPE", *OPTIONAL):
            expected = {attribute: nodes[path][attribute]} if attribute in nodes[path] else {}
            status, found = client.ask(path, attribute)
            if attribute == "EXTENDED_TYPE":
                assert status == 400  # not among the EXTENSIONS
            elif attribute == "VALUE" and not nodes[path]["ACCESS"] & 1:
                assert status == 204
            elif attribute == "VALUE" and path.startswith(("/phono/state/", "/phono/heartbeat")):
                assert status == 200 and found.keys() == {"VALUE"}  # it counts while we ask
            else:
                assert (status, found) == (200, expected), (path, attribute)


def test_the_first_client_may_listen_with_its_first_word(session: Session) -> None:
    for n in range(3):
        with serving(session) as served:
            served.morpher.store("night")
            listening = Listening(served.port, ["/phono/snapshot/1"])
            try:
                until(lambda listening=listening: listening.newest("/phono/snapshot/1") == ("night",), f"a name, {n}")
            finally:
                listening.close()
    assert session.told("faces/oscquery_rejected") == 0


def test_who_asks_is_told_how_a_knob_stands_now(served: Served, client: OscQueryClient) -> None:
    for value in range(-50, 0):
        served.session.set("master/gain", value)
        assert client.ask(GAIN, "VALUE") == (200, {"VALUE": [value]})


def test_a_part_of_the_tree_is_the_same_as_in_the_whole(client: OscQueryClient) -> None:
    layer = client.tree()["/phono/param/layer"]
    assert client.ask("/phono/param/layer") == (200, layer)
    assert client.ask("/phono/param/layer/") == (200, layer)
    assert client.ask("/phono/param/layer", "CONTENTS") == (200, {"CONTENTS": layer["CONTENTS"]})
    assert client.ask("/anywhere/at/all", "HOST_INFO") == (200, client.host_info())


def test_what_cannot_be_answered_has_the_status_that_the_proposal_names(client: OscQueryClient) -> None:
    for path, attribute, status in (
            ("/phono/nobody", "", 404), ("/phono/nobody", "VALUE", 404), ("/phono", "VALUE", 204),
            ("/phono/panic", "VALUE", 204), (GAIN, "GABBAGABBAHEY", 400), (GAIN, "value", 400), (GAIN, "HTML", 400)):
        assert client.ask(path, attribute)[0] == status, (path, attribute)
    assert client.ask("/phono", "TYPE") == (200, {})
    assert client.ask("/phono/event/onset", "VALUE") == (200, {})  # nothing has begun to sound yet
    assert client.ask(GAIN, method="POST")[0] == 405


def test_who_listens_to_everything_hears_every_knob_move(served: Served, client: OscQueryClient) -> None:
    listening = Listening(served.port, [path for path, node in client.tree().items() if "TYPE" in node])
    try:
        until(lambda: len(listening.heard) > len(PARAMETERS), "the present values")
        for p in PARAMETERS:
            served.session.set(p.path, p.high if p.default < p.high else p.low)
        until(lambda: all(listening.newest(f"/phono/param/{p.path}") == (pytest.approx(served.session.get(p.path)),)
                          for p in PARAMETERS), "all of them")
        served.session.events["dream"].write(Event.ONSET, 0.0, 0.5)
        served.session.events["dream"].write(Event.ONSET, 0.0, 0.25)
        until(lambda: len(listening.heard.get("/phono/event/onset", [])) == 2, "both onsets")
        assert [event[2] for event in listening.heard["/phono/event/onset"]] == [0.5, 0.25]
        assert client.ask("/phono/event/onset", "VALUE")[1]["VALUE"][2] == 0.25
    finally:
        listening.close()


def test_only_what_was_asked_for_is_heard_until_it_is_ignored(served: Served) -> None:
    listening = Listening(served.port, [GAIN, "/phono/param/master"])
    try:
        until(lambda: listening.newest(GAIN) == (0.0,), "the present value")
        served.session.set("master/ceiling", -3)
        served.session.set("master/gain", -6)
        until(lambda: listening.newest(GAIN) == (-6.0,), "the knob")
        listening.command("IGNORE", GAIN)
        listening.command("LISTEN", "/phono/param/crossfade/time")
        until(lambda: listening.newest("/phono/param/crossfade/time"), "the other knob")
        served.session.set("master/gain", -9)
        served.session.set("crossfade/time", 2)
        until(lambda: listening.newest("/phono/param/crossfade/time") == (2.0,), "the other knob's movement")
        assert listening.heard.keys() == {GAIN, "/phono/param/crossfade/time"}
        assert listening.newest(GAIN) == (-6.0,)
    finally:
        listening.close()


def test_what_is_sent_to_the_port_of_host_info_is_heard_and_read(served: Served, client: OscQueryClient) -> None:
    listening = Listening(served.port, [GAIN])
    try:
        until(lambda: listening.newest(GAIN) == (0.0,), "the present value")
        client.send(GAIN, -12.0)
        until(lambda: listening.newest(GAIN) == (-12.0,), "what was sent")
        assert client.ask(GAIN, "VALUE") == (200, {"VALUE": [-12.0]})
    finally:
        listening.close()


def test_messages_may_come_by_the_websocket(served: Served, client: OscQueryClient) -> None:
    listening = Listening(served.port, [GAIN])
    try:
        until(lambda: listening.heard[GAIN] == [(0.0,)] if listening.heard else False, "the present value")
        listening.send(GAIN, 0.0)
        until(lambda: len(listening.heard[GAIN]) == 2, "the echo of a knob that is set to what it was")
        listening.send("/phono/param/layer/*/pitch", 12)
        listening.send("/phono/panic", types="")
        listening.send("/phono/ping", 7)
        until(lambda: listening.newest("/phono/pong") == (7,), "an answer")
        assert served.session.get("layer/9/pitch") == 12
        assert served.session.get("master/panic") == 1
    finally:
        listening.close()


def test_the_tree_follows_the_snapshots(served: Served, client: OscQueryClient) -> None:
    listening = Listening(served.port, [])
    try:
        until(lambda: listening.connections, "a connection")
        client.send("/phono/snapshot/store", "night")
        until(lambda: ("PATH_CHANGED", "/phono/morph") in listening.changes, "the news")
        assert listening.changes == [("PATH_ADDED", "/phono/snapshot/1"), ("PATH_CHANGED", "/phono/snapshot"),
                                     ("PATH_CHANGED", "/phono/morph")]
        assert client.tree()["/phono/snapshot/1"]["VALUE"] == ["night"]
        assert client.tree()["/phono/snapshot/recall"]["RANGE"] == [{"VALS": ["night"]}]
        listening.command("LISTEN", "/phono/snapshot/1")
        until(lambda: listening.newest("/phono/snapshot/1") == ("night",), "its name")
        served.morpher.store("day")
        served.morpher.delete("night")
        until(lambda: listening.newest("/phono/snapshot/1") == ("day",), "the other's name")
        served.morpher.delete("day")
        until(lambda: ("PATH_REMOVED", "/phono/snapshot/1") in listening.changes, "its end")
        assert client.ask("/phono/snapshot/1")[0] == 404
        assert client.tree()["/phono/snapshot/recall"]["RANGE"] == [{"VALS": []}]
    finally:
        listening.close()


def test_the_examples_of_the_documentation_work(served: Served, client: OscQueryClient) -> None:
    page = (Path(__file__).parents[2] / "docs" / "oscquery.md").read_text()
    examples = re.findall(r"^curl http://127\.0\.0\.1:9002(/\S*) +# (.*)$", page, re.MULTILINE)
    assert len(examples) == 5
    for address, answer in examples:
        status, found = client.ask(*address.split("?"))
        assert status == 200
        assert answer[0] != "{" or found == json.loads(answer)
