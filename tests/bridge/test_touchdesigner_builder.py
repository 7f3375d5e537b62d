"""The TouchDesigner builder makes its network, makes it again without harm, and its callbacks work on real messages.

TouchDesigner isn't here: tests/touchdesigner.py stands in for it and refuses every name that it doesn't know.
"""

import ast
import struct
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pythonosc.osc_packet import OscPacket

from bridge.namespace import NAMESPACE
from bridge.osc_in import Inbox
from bridge.osc_out import Events, State, datagrams, encode
from bridge.outputs.layout import default_file
from bridge.outputs.mmap import open_output
from bridge.patches import files_for
from bridge.patches.link import Link
from engine.parameters import PARAMETERS, parameter
from engine.shared import Event, Session
from tests import touchdesigner

SCRIPT = files_for("touchdesigner", Link("10.0.0.5", 9010, 9011))["phonoscope_builder.py"]


@pytest.fixture
def td(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    module = touchdesigner.module()
    monkeypatch.setitem(sys.modules, "td", module)
    return module


def run(td: types.ModuleType, script: str = SCRIPT) -> touchdesigner.OP:
    """Run the builder as a Text DAT does, and return the component."""
    exec(compile(script, "phonoscope_builder.py", "exec"), {"__name__": "__main__"})
    comp = td.op("/project1/phonoscope")
    assert comp is not None
    return comp  # type: ignore[no-any-return]


def network(comp: touchdesigner.OP) -> dict[str, Any]:
    """Return all that a user can see of a component."""
    def pars(node: touchdesigner.OP) -> dict[str, Any]:
        return {par.name: {name: value for name, value in vars(par).items() if name not in ("owner", "page")}
                for par in node.par._pars.values()}

    return {node.path: (node.OPType, node.nodeX, node.nodeY, node.text, [source.path for source in node.inputs],
                        pars(node), [list(row) for row in node.rows], node.dock and node.dock.path)
            for node in (comp, *comp.children)}


def hear(comp: touchdesigner.OP, datagram: bytes) -> None:
    """Be the OSC In DAT: call back for each message of a datagram."""
    dat = comp.op("osc_in")
    assert dat is not None
    for timed in OscPacket(datagram).messages:
        message = timed.message
        dat.par.callbacks.eval().module.onReceiveOSC(dat, 1, str(message), message.dgram, 0.0, message.address,
                                                     list(message.params), None)


@pytest.fixture
def comp(td: types.ModuleType, capsys: pytest.CaptureFixture[str]) -> touchdesigner.OP:
    made = run(td)
    assert capsys.readouterr().out == ""  # nothing had to be left out
    return made


def by_path(comp: touchdesigner.OP) -> dict[str, touchdesigner.Par]:
    """Return the component's parameters by the knobs' paths."""
    addresses = comp.op("link").module.ADDRESSES  # type: ignore[union-attr]
    return {address.removeprefix("/phono/param/"): getattr(comp.par, name) for name, (address, _) in addresses.items()}


def sent(comp: touchdesigner.OP) -> list[tuple[str, tuple[Any, ...]]]:
    dat = comp.op("osc_out")
    assert dat is not None
    messages = list(dat.sent)
    dat.sent.clear()
    return messages


def test_the_script_is_python_that_touchdesigner_understands() -> None:
    ast.parse(SCRIPT, feature_version=(3, 9))
    text = next(node.value.value for node in ast.parse(SCRIPT).body
                if isinstance(node, ast.Assign) and node.targets[0].id == "LINK")  # type: ignore[attr-defined]
    ast.parse(text, feature_version=(3, 9))


def test_everything_is_in_one_component(td: types.ModuleType, comp: touchdesigner.OP) -> None:
    assert [node.name for node in td.root.children] == ["project1"]
    assert [node.name for node in td.op("/project1").children] == ["phonoscope"]
    assert comp.op("osc_in").par.port.eval() == comp.op("feature").par.port.eval() == 9011  # type: ignore[union-attr]
    out = comp.op("osc_out")
    assert out is not None and (out.par.address.eval(), out.par.port.eval()) == ("10.0.0.5", 9010)
    assert sent(comp) == []


def test_every_knob_is_a_parameter_with_its_range_on_the_page_of_its_group(comp: touchdesigner.OP) -> None:
    pars = by_path(comp)
    assert set(pars) == {knob.path for knob in PARAMETERS}
    for knob in PARAMETERS:
        par = pars[knob.path]
        assert par.page.name.lower().replace(" ", "/") == knob.path.rpartition("/")[0]
        assert knob.doc in par.help
        assert float(par.eval()) == float(par.default) == knob.default
        if par.style == "Menu":
            assert par.menuNames == [str(value) for value in range(int(knob.high) + 1)]
            assert len(par.menuLabels) == len(par.menuNames)
        elif par.style == "Toggle":
            assert knob.curve == "switch"
        else:
            assert (par.min, par.max, par.clampMin, par.clampMax) == (knob.low, knob.high, True, True)
            assert (par.style == "Int") == (knob.curve == "integer")


def test_it_can_be_run_twice(td: types.ModuleType, comp: touchdesigner.OP) -> None:
    first = network(comp)
    operators = {id(node) for node in comp.children}
    assert run(td) is comp
    assert network(comp) == first
    assert {id(node) for node in comp.children} == operators


def test_a_user_keeps_wires_values_places_and_code(td: types.ModuleType, comp: touchdesigner.OP) -> None:
    kinds = ("nullTOP", "nullCHOP", "nullCHOP", "nullCHOP", "nullDAT", "nullDAT")
    mine = [td.op("/project1").create(getattr(td, kind), f"mine{i}") for i, kind in enumerate(kinds, 1)]
    for node, connector in zip(mine, comp.outputConnectors, strict=True):
        node.inputConnectors[0].connect(connector)
    own = comp.create(td.nullTOP, "own")
    own.setInputs([comp.op("picture")])
    comp.par.Host, comp.par.Listen, comp.par.Picture = "192.168.0.7", 7001, "ndi"
    comp.par.Layer1density = 77
    comp.op("your_events").text = "def onEvent(*arguments):\n    pass\n"  # type: ignore[union-attr]
    comp.op("frames").nodeX = -2000  # type: ignore[union-attr]
    comp.frame()
    sent(comp)
    run(td)
    comp.frame()
    assert sent(comp) == []  # what a running instrument has isn't overwritten by building
    assert [node.inputs[0].name for node in mine] == ["out1", "out2", "out3", "out4", "out5", "out6"]
    assert [node.inputConnectors[0].connections[0] for node in mine] == comp.outputConnectors
    assert [node.name for node in own.inputs] == ["picture"]
    assert (comp.par.Host.eval(), comp.par.Listen.eval(), comp.par.Picture.eval()) == ("192.168.0.7", 7001, "ndi")
    assert comp.par.Layer1density.eval() == 77
    assert comp.op("your_events").text.startswith("def onEvent(*arg")  # type: ignore[union-attr]
    assert comp.op("frames").nodeX == -2000  # type: ignore[union-attr]
    assert comp.op("switch").par.index.eval() == 1  # type: ignore[union-attr]


def test_a_knob_that_is_no_more_goes_with_the_next_build(td: types.ModuleType, comp: touchdesigner.OP) -> None:
    lines = SCRIPT.splitlines(keepends=True)
    run(td, "".join(line for line in lines if not line.startswith("    ('layer/16/reverse'")))
    assert not hasattr(comp.par, "Layer16reverse") and hasattr(comp.par, "Layer15reverse")


def test_callbacks_that_come_with_an_operator_are_used(comp: touchdesigner.OP) -> None:
    texts = [node.name for node in comp.children if node.OPType == "textDAT"]
    assert sorted(texts) == ["frames_callbacks", "link", "osc_in_callbacks", "osc_out_callbacks", "your_events"]
    assert "onReceiveOSC(dat, rowIndex, message, byteData, timeStamp, address, args, peer)" in comp.op(
        "osc_in_callbacks").text  # type: ignore[union-attr]


def test_every_knob_makes_the_round_trip_without_a_loop(comp: touchdesigner.OP, session: Session) -> None:
    """Turned in TouchDesigner, taken by the instrument, told again, and not sent once more."""
    inbox, state = Inbox(session), State(session)
    state.changes(0.0)
    for knob in PARAMETERS:
        par = by_path(comp)[knob.path]
        value = knob.high if knob.default != knob.high else knob.low
        par.val = str(int(value)) if par.style == "Menu" else value
    comp.frame()
    messages = sent(comp)
    assert len(messages) == len(PARAMETERS)
    for message in messages:
        assert inbox.receive(encode(message)).accepted == 1
    assert [session.get(knob.path) for knob in PARAMETERS] == [
        knob.high if knob.default != knob.high else knob.low for knob in PARAMETERS]
    for second in (0.1, 0.2, 0.3, 0.4, 0.5):
        for datagram in datagrams(state.changes(second)):
            hear(comp, datagram)
    comp.frame()
    assert sent(comp) == []


def test_what_the_instrument_tells_moves_every_parameter(comp: touchdesigner.OP, session: Session) -> None:
    for knob in PARAMETERS:
        session.set(knob.path, knob.accept((2 * knob.low + knob.high) / 3))
    state = State(session)
    for datagram in datagrams(state.changes(0.0)):
        hear(comp, datagram)
    for path, par in by_path(comp).items():
        assert float(par.eval()) == pytest.approx(session.get(path), rel=1e-6), path
    comp.frame()
    assert {address for address, _ in sent(comp)} == {"/phono/ack"}


def test_a_knob_is_not_pulled_from_the_hand(comp: touchdesigner.OP, monkeypatch: pytest.MonkeyPatch) -> None:
    link = comp.op("link").module  # type: ignore[union-attr]
    now = [100.0]
    monkeypatch.setattr(link, "time", types.SimpleNamespace(monotonic=lambda: now[0]))

    def echo(value: float) -> float:
        hear(comp, encode(("/phono/param/master/gain", (value,))))
        comp.frame()
        return float(comp.par.Mastergain.eval())

    for value in (-10, -20, -30):
        comp.par.Mastergain = value
        comp.frame()
    assert echo(-10.0) == -30  # the echo of where the knob was
    now[0] += 1
    assert echo(-25.0) == -25  # somebody else turned it
    comp.par.Mastergain = -30
    comp.frame()
    comp.par.Mastergain = -25
    comp.frame()
    assert [arguments for _, arguments in sent(comp)] == [(-10.0,), (-20.0,), (-30.0,), (-30.0,), (-25.0,)]


def test_every_wish_has_a_button(comp: touchdesigner.OP, session: Session) -> None:
    wishes = comp.op("link").module.WISHES  # type: ignore[union-attr]
    wanted = {path: address.takes for path, address in NAMESPACE.items()
              if address.takes is not None and address.parameter is None and path != "/phono/ack"}
    styles = {"Str": "s", "Int": "i", "Float": "f"}
    assert {address: "".join(styles[getattr(comp.par, name).style] for name in arguments)
            for address, arguments in wishes.values()} == wanted
    comp.par.Snapshotstorea = "night"
    comp.par.Snapshotstore.pulse()
    comp.par.Panic.pulse()
    messages = sent(comp)
    assert messages == [("/phono/snapshot/store", ("night",)), ("/phono/panic", ())]
    assert Inbox(session).receive(encode(messages[1])).accepted == 1
    assert session.get("master/panic") == 1


def test_events_are_called_and_kept(comp: touchdesigner.OP, session: Session) -> None:
    comp.op("your_events").text = ("happened = []\n"  # type: ignore[union-attr]
                                   "def onEvent(comp, event, number, age, a, b):\n"
                                   "    happened.append((event, number, a, b))\n")
    events = Events(session)
    for i in range(60):
        session.events["dream"].write(Event.ONSET, 1.0, i / 64)
    for message, _, _ in events.new(1.5):
        hear(comp, encode(message))
    happened = comp.op("your_events").module.happened  # type: ignore[union-attr]
    assert happened[0] == ("onset", 1, 0.0, 0.0) and len(happened) == 60
    table = comp.op("events")
    assert table is not None
    assert table.numRows == 51 and table.rows[0] == ["event", "number", "age", "a", "b"]
    assert table.rows[-1] == ["onset", "60", "0.5", "0.921875", "0.0"]


def test_words_are_kept_newest_only(comp: touchdesigner.OP) -> None:
    for name in ("waves", "rain"):
        hear(comp, encode(("/phono/layer/1", (name, "sea", 0.5, 1.25))))
    hear(comp, encode(("/phono/feature/rms", (-20.0,))))  # numbers are channels
    assert comp.op("words").rows == [["address", "words"],  # type: ignore[union-attr]
                                     ["layer/1", "rain", "sea", "0.5", "1.25"]]


def test_it_tells_whether_the_instrument_plays(comp: touchdesigner.OP) -> None:
    assert not comp.par.Alive.eval() and comp.par.Alive.readOnly
    touchdesigner.absTime.seconds = 50.0
    hear(comp, encode(("/phono/heartbeat", (3,))))
    touchdesigner.absTime.seconds = 52.0
    assert comp.par.Alive.eval()
    assert sent(comp) == [("/phono/ack", (3, 9011))]
    touchdesigner.absTime.seconds = 53.0
    assert not comp.par.Alive.eval()


class FrameFile:
    """A file of pictures, written byte by byte as its layout says."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.number = 0
        path.write_bytes(bytes(64 + 64 * 64 * 4))

    def write(self, picture: np.ndarray, sequence: int | None = None) -> None:
        height, width, _ = picture.shape
        self.number += 1
        with self._path.open("r+b") as file:
            file.write(struct.pack("<8sIIQIIIIdQQ", b"PHONOFRM", 1, 64,
                                   2 * self.number if sequence is None else sequence, width, height, 4, 0, 1.0,
                                   self.number, 64 * 64 * 4))
            file.write(picture.tobytes())


@pytest.fixture
def frames(tmp_path: Path, comp: touchdesigner.OP) -> Iterator[FrameFile]:
    comp.par.Framefile = str(tmp_path / "frames")
    yield FrameFile(tmp_path / "frames")


def cook(comp: touchdesigner.OP) -> Any:
    """Be a frame of the Script TOP; return the picture that it shows, or None if nothing new came."""
    script = comp.op("frames")
    assert script is not None
    script.pictures.clear()
    script.par.callbacks.eval().module.onCook(script)
    return script.pictures[0] if script.pictures else None


def test_the_picture_comes_out_of_the_file(comp: touchdesigner.OP, frames: FrameFile) -> None:
    assert cook(comp) is None  # nothing was written yet
    picture = np.arange(12 * 16 * 4, dtype=np.uint8).reshape(12, 16, 4)
    frames.write(picture)
    assert (cook(comp) == picture[::-1]).all()  # TouchDesigner's first row is the lowest
    assert cook(comp) is None  # the same picture isn't copied again
    frames.write(picture[:6, :8])
    assert cook(comp).shape == (6, 8, 4)


def test_the_picture_of_the_instrument_s_own_output_comes_out(comp: touchdesigner.OP, tmp_path: Path) -> None:
    path = tmp_path / "frames"
    comp.par.Framefile = str(path)
    picture = np.arange(12 * 16 * 3, dtype=np.uint8).reshape(12, 16, 3)
    output = open_output(str(path), 60)
    output.send(picture, 1.0)
    assert (cook(comp)[::-1, :, :3] == picture).all()
    output.close()
    output = open_output(str(path), 60)  # the output was started again
    output.send(picture[:6], 2.0)
    assert cook(comp).shape == (6, 16, 4)
    output.close()
    link = comp.op("link")
    assert link is not None and link.module.usual_file() == str(default_file())


def test_a_picture_that_is_being_written_waits(comp: touchdesigner.OP, frames: FrameFile) -> None:
    picture = np.zeros((4, 4, 4), np.uint8)
    frames.write(picture, sequence=3)
    assert cook(comp) is None
    frames.write(picture)
    assert cook(comp) is not None


def test_a_file_that_holds_something_else_shows_nothing(comp: touchdesigner.OP, tmp_path: Path,
                                                         frames: FrameFile) -> None:
    path = tmp_path / "frames"
    for content in (b"", b"short", bytes(100),
                    struct.pack("<8sIIQIIIIdQQ", b"PHONOFRM", 1, 64, 2, 9999, 9999, 4, 0, 0, 1, 2**40)):
        path.unlink()
        path.write_bytes(content)
        assert cook(comp) is None
    path.unlink()
    assert cook(comp) is None
    FrameFile(path).write(np.zeros((4, 4, 4), np.uint8))  # the instrument was started again
    assert cook(comp) is not None


def test_another_touchdesigner_lacks_a_way_for_the_picture_and_the_rest_is_built(
        td: types.ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delattr(td, "sharedmeminTOP")
    monkeypatch.setitem(touchdesigner.OPERATORS, "syphonspoutinTOP", ())
    comp = run(td)
    assert capsys.readouterr().out.splitlines() == [
        "phonoscope: syphonspout has no parameter sendername in this TouchDesigner; it is left out",
        "phonoscope: there is no sharedmeminTOP in this TouchDesigner; sharedmem is left out"]
    inputs = [node.name for node in comp.op("switch").inputs]  # type: ignore[union-attr]
    assert inputs == ["frames", "ndi", "syphonspout", "stream", "frames"]


def test_the_stand_in_refuses_what_touchdesigner_has_not(td: types.ModuleType, comp: touchdesigner.OP) -> None:
    with pytest.raises(AttributeError):
        _ = td.oscInDAT
    with pytest.raises(touchdesigner.Refused):
        comp.create("oscInDAT", "x")
    with pytest.raises(AttributeError):
        comp.op("osc_in").par.netaddress = "127.0.0.1"  # type: ignore[union-attr]
    with pytest.raises(touchdesigner.Refused):
        comp.customPages[0].appendFloat("layer_gain")
    with pytest.raises(touchdesigner.Refused):
        comp.op("sharedmem").par.memtype = "shared"  # type: ignore[union-attr]
    with pytest.raises(touchdesigner.Refused):
        comp.op("switch").setInputs([comp.op("feature")])  # type: ignore[union-attr, list-item]
    assert parameter("layer/1/gain").high == comp.par.Layer1gain.max
