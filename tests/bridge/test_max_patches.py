"""The Max patchers are sound: objects are known, cords land, and every knob is wired both ways.

Max itself isn't here, so a validator reads the files as Max would; what objects have for inlets and outlets was read
from patchers that Max has written.
"""

import copy
import json
import math
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from pythonosc.osc_packet import OscPacket

from bridge.namespace import NAMESPACE
from bridge.osc_in import Inbox
from bridge.osc_out import State, datagrams, encode
from bridge.patches import files_for
from bridge.patches.link import Link
from engine.parameters import PARAMETERS, Parameter
from engine.shared import Session
from tests.maxplayer import Player

Json = dict[str, Any]

USER_INTERFACE = {"comment": (1, 0), "message": (2, 1), "toggle": (1, 1), "button": (1, 1), "slider": (1, 1),
                  "flonum": (1, 2), "number": (1, 2), "umenu": (1, 3), "multislider": (1, 2), "jit.pwindow": (1, 2)}
OBJECTS = {"udpreceive": (1, 1), "udpsend": (1, 0), "s": (1, 0), "r": (0, 1), "prepend": (1, 1), "expr": (1, 1),
           "int": (2, 1), "delay": (2, 1), "print": (1, 0), "jit.net.recv": (1, 3)}
CONTROLS = ("slider", "flonum", "number", "toggle", "umenu")


def ends(box: Json) -> tuple[int, int]:
    """Return how many inlets and outlets Max gives to a box; KeyError for what isn't known to be in Max."""
    if box["maxclass"] == "bpatcher" or box.get("text", "").startswith("p "):
        inside = [inner["box"]["maxclass"] for inner in box["patcher"]["boxes"]]
        return inside.count("inlet"), inside.count("outlet")
    if box["maxclass"] != "newobj":
        return USER_INTERFACE[box["maxclass"]]
    name, *arguments = box["text"].split()
    if name == "route":
        assert arguments, "route without arguments"
        return len(arguments) + 1, len(arguments) + 1
    if name == "unpack":
        assert set(arguments) <= {"i", "f", "s"}
        return 1, len(arguments)
    if name == "t":
        assert set(arguments) <= {"b", "f", "i", "l", "s"}
        return 1, len(arguments)
    if name == "udpsend":
        host, port = arguments
        assert host and 0 < int(port) < 65536
    if name in ("s", "r", "udpreceive"):
        assert len(arguments) == 1
    return OBJECTS[name]


def patchers(patcher: Json) -> Iterator[Json]:
    yield patcher
    for box in patcher["boxes"]:
        if "patcher" in box["box"]:
            yield from patchers(box["box"]["patcher"])


def apart(one: list[float], other: list[float]) -> bool:
    return (one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0]
            or one[1] + one[3] <= other[1] or other[1] + other[3] <= one[1])


def faults(document: Json) -> list[str]:
    """Return what is wrong with a .maxpat."""
    found = []
    for patcher in patchers(document["patcher"]):
        missing = {"fileversion", "appversion", "classnamespace", "rect", "boxes", "lines"} - patcher.keys()
        found += [f"no {key}" for key in missing]
        boxes = [box["box"] for box in patcher["boxes"]]
        by_id = {box["id"]: box for box in boxes}
        if len(by_id) < len(boxes):
            found.append("an id twice")
        for box in boxes:
            try:
                inlets, outlets = ends(box)
            except (KeyError, AssertionError, ValueError) as error:
                found.append(f"{box.get('text', box['maxclass'])}: unknown ({error})")
                continue
            if (box["numinlets"], box["numoutlets"]) != (inlets, outlets):
                found.append(f"{box.get('text', box['maxclass'])}: other inlets or outlets")
            if len(box.get("outlettype", [])) != outlets:
                found.append(f"{box['id']}: types of other outlets")
            if len(box["patching_rect"]) != 4:
                found.append(f"{box['id']}: no place")
        for line in patcher["lines"]:
            (source, outlet), (target, inlet) = line["patchline"]["source"], line["patchline"]["destination"]
            if source not in by_id or target not in by_id:
                found.append(f"a cord from {source} to {target}: no such box")
            elif outlet >= by_id[source]["numoutlets"] or inlet >= by_id[target]["numinlets"]:
                found.append(f"a cord from {by_id[source]} {outlet} to {by_id[target]} {inlet}: no such end")
        shown = [box for box in boxes if box.get("presentation")]
        found += [f"{one} lies on {other}" for one, other in combinations(shown, 2)
                  if not apart(one["presentation_rect"], other["presentation_rect"])]
    return found


@pytest.fixture(scope="module")
def patches() -> dict[str, Json]:
    return {name: json.loads(text) for name, text in files_for("max", Link("10.0.0.5", 9010, 9011, 7575)).items()}


class Knobs:
    """The cords of a patcher, to be followed."""

    def __init__(self, patcher: Json) -> None:
        self.boxes = {box["box"]["id"]: box["box"] for box in patcher["boxes"]}
        self._cords: dict[tuple[str, int], list[str]] = {}
        for line in patcher["lines"]:
            source, target = line["patchline"]["source"], line["patchline"]["destination"]
            self._cords.setdefault((source[0], source[1]), []).append(target[0])

    def after(self, box: str, outlet: int = 0) -> list[Json]:
        return [self.boxes[target] for target in self._cords.get((box, outlet), [])]

    def reached(self, box: str, outlet: int = 0) -> list[Json]:
        """Return the boxes that a message from an outlet gets to; `set` ends it in a control."""
        found: list[Json] = []
        for target in self.after(box, outlet):
            found.append(target)
            if target.get("text") == "prepend set":
                found += self.after(target["id"])
            else:
                found += self.reached(target["id"])
        return found


def test_the_patches_are_sound(patches: dict[str, Json]) -> None:
    assert set(patches) == {"phonoscope.maxpat", "phonoscope-help.maxpat"}
    for name, document in patches.items():
        assert not faults(document), name


def test_the_validator_finds_what_is_wrong(patches: dict[str, Json]) -> None:
    help_patch = patches["phonoscope-help.maxpat"]

    def broken(change: Any) -> list[str]:
        document = copy.deepcopy(help_patch)
        change(document["patcher"])
        return faults(document)

    assert not broken(lambda patcher: None)
    assert broken(lambda patcher: patcher["boxes"].pop(3))
    assert broken(lambda patcher: patcher["boxes"].append(patcher["boxes"][0]))
    assert broken(lambda patcher: patcher["lines"][0]["patchline"]["source"].__setitem__(1, 9))
    assert broken(lambda patcher: patcher["lines"][0]["patchline"]["destination"].__setitem__(0, "obj-999"))
    assert broken(lambda patcher: patcher["boxes"][4]["box"].update(text="o.route /a", maxclass="newobj"))
    assert broken(lambda patcher: patcher["boxes"][0]["box"].update(presentation_rect=[0, 0, 700, 700]))


def wired(patches: dict[str, Json]) -> Iterator[tuple[Parameter, Knobs, str, int]]:
    """Yield each knob with its patcher and the outlet of `route` by which its echo comes."""
    known = {f"/phono/param/{knob.path}": knob for knob in PARAMETERS}
    for patcher in patchers(patches["phonoscope.maxpat"]["patcher"]):
        knobs = Knobs(patcher)
        for box in knobs.boxes.values():
            text = box.get("text", "")
            to_buses = [after for after in knobs.after(box["id"]) if after.get("text", "").startswith("s ")]
            if text.startswith("route /phono/param/") and not to_buses:
                for outlet, address in enumerate(text.split()[1:]):
                    yield known.pop(address), knobs, box["id"], outlet
    assert not known, f"without controls: {sorted(known)}"


def test_every_knob_is_wired_both_ways_and_an_echo_is_not_sent_again(patches: dict[str, Json]) -> None:
    for knob, knobs, route, outlet in wired(patches):
        heard = knobs.reached(route, outlet)
        controls = [box for box in heard if box["maxclass"] in CONTROLS]
        assert controls, knob.path
        assert not [box for box in heard if box["maxclass"] == "message"], f"{knob.path}: its echo is sent again"
        assert any(above.get("text") == "r phono/in" and route in [box["id"] for box in knobs.after(above["id"])]
                   for above in knobs.boxes.values()), knob.path
        for control in controls:
            sent = knobs.reached(control["id"])
            assert [box["text"] for box in sent if box["maxclass"] == "message"] == [
                f"/phono/param/{knob.path} $1"], knob.path
            assert sent[-1]["text"] == "s phono/out"


def curve(to_value: str, to_place: str) -> tuple[float, float]:
    """Return the ends of a logarithmic slider, whose two expressions must be each other's inverse."""
    low, span = map(float, re.fullmatch(r"expr (\S+)\*exp\(\$f1\*(\S+)\)", to_value).groups())  # type: ignore[union-attr]
    assert to_place == f"expr log($f1/{low:.6f})/{span:.6f}"
    return low, low * math.exp(span)


def test_every_control_has_the_range_and_curve_of_its_knob(patches: dict[str, Json]) -> None:
    for knob, knobs, route, outlet in wired(patches):
        controls = {box["maxclass"]: box for box in knobs.reached(route, outlet) if box["maxclass"] in CONTROLS}
        if knob.curve == "switch":
            assert set(controls) == {"toggle"}
            continue
        if "umenu" in controls:
            items = controls["umenu"]["items"]
            assert (knob.low, len(items[::2]), set(items[1::2])) == (0, knob.high + 1, {","})
            continue
        field, slider = controls.get("flonum") or controls["number"], controls["slider"]
        assert (field["minimum"], field["maximum"]) == (knob.low, knob.high)
        if knob.curve == "log":
            to_value = next(box["text"] for box in knobs.after(slider["id"]))
            to_place = next(box["text"] for box in knobs.after(route, outlet) if box["text"].startswith("expr"))
            assert curve(to_value, to_place) == pytest.approx((knob.low, knob.high), rel=1e-4)
        else:
            whole = knob.curve == "integer"
            assert (slider["min"], slider["size"]) == (knob.low, knob.high - knob.low + whole)
            assert bool(slider.get("floatoutput")) == (not whole)


def test_every_address_that_is_sent_has_a_bus_and_every_wish_a_button(patches: dict[str, Json]) -> None:
    texts = [box["box"].get("text", "") for patcher in patchers(patches["phonoscope.maxpat"]["patcher"])
             for box in patcher["boxes"]]
    for address in NAMESPACE.values():
        if address.sends is not None and address.path.startswith("/phono/"):
            assert f"s {address.path[1:]}" in texts, address.path
        if address.takes is not None and address.parameter is None:
            assert any(text.split()[:1] == [address.path] for text in texts), address.path


def test_the_ports_are_those_of_the_link(patches: dict[str, Json]) -> None:
    texts = [box["box"].get("text") for box in patches["phonoscope.maxpat"]["patcher"]["boxes"]]
    for text in ("udpreceive 9011", "udpsend 10.0.0.5 9010", "jit.net.recv @port 7575 @adapt 1",
                 "/phono/ack $1 9011"):
        assert text in texts


def test_the_examples_use_only_buses_that_the_patch_serves(patches: dict[str, Json]) -> None:
    for box in patches["phonoscope-help.maxpat"]["patcher"]["boxes"]:
        text = box["box"].get("text", "")
        if text.startswith("r ") or box["box"]["maxclass"] == "message":
            path = "/" + text[2:] if text.startswith("r ") else text.split()[0]
            assert path in NAMESPACE, text


def by_knob(patcher: Json, path: str = "") -> dict[str, list[tuple[str, str]]]:
    """Return the controls of each knob, as tests.maxplayer names them."""
    found: dict[str, list[tuple[str, str]]] = {}
    knobs = Knobs(patcher)
    for name, box in knobs.boxes.items():
        if box["maxclass"] in CONTROLS:
            for reached in knobs.reached(name):
                if reached.get("text", "").startswith("/phono/param/") and (path, name) not in found.get(
                        knob := reached["text"].split()[0].removeprefix("/phono/param/"), []):
                    found.setdefault(knob, []).append((path, name))
        if "patcher" in box:
            found |= by_knob(box["patcher"], f"{path}/{name}")
    return found


def test_every_knob_makes_the_round_trip(patches: dict[str, Json], session: Session) -> None:
    """Turned at each of its controls, taken by the instrument, told again, shown, and not sent once more."""
    max_ = Player(patches["phonoscope.maxpat"]["patcher"])
    inbox = Inbox(session)
    state = State(session)

    def tell(now: float) -> list[list[Any]]:
        """Let the instrument tell all that has changed; return what Max says to it, but for signs of life."""
        for datagram in datagrams(state.changes(now)):
            for timed in OscPacket(datagram).messages:
                max_.receive([timed.message.address, *timed.message.params])
        said = [message for message in max_.sent if message[0] != "/phono/ack"]
        max_.sent.clear()
        return said

    assert tell(0.0) == []
    controls = by_knob(patches["phonoscope.maxpat"]["patcher"])
    assert set(controls) == {knob.path for knob in PARAMETERS}
    every = {control for some in controls.values() for control in some}
    assert every <= max_.values.keys()
    for knob in PARAMETERS:
        for control in controls[knob.path]:
            max_.turn(control, 0.75 if knob.curve == "log" else (knob.low + 3 * knob.high) / 4)
    turned = [message for message in max_.sent if message[0] != "/phono/ack"]
    max_.sent.clear()
    assert len(turned) == len(every)
    for address, argument in turned:
        assert inbox.receive(encode((address, (argument,)))).accepted == 1
    for step in range(1, 6):
        assert tell(step / 10) == []
    for knob in PARAMETERS:
        for control in controls[knob.path]:
            value = max_.values[control]
            box = max_.box(control)
            if knob.curve == "log" and box["maxclass"] == "slider":
                value = knob.low * (knob.high / knob.low) ** value
            assert value == pytest.approx(session.get(knob.path), rel=1e-4, abs=1e-6), knob.path
