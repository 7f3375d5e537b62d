"""Patches for Pure Data (vanilla): one with knobs and meters, one without a window, and the abstractions they share.

What is heard goes to buses of the same names as the addresses, without their first slash: [r phono/feature/rms],
[r phono/param/layer/1/density]; what isn't known here goes to phono/other. The bus phono/set takes a knob's path and
value, or a wish.
"""

from bridge.namespace import FEATURE_DOCS
from bridge.patches.addresses import ACK, HEARTBEAT, example, told, wishes
from bridge.patches.choices import groups, short
from bridge.patches.link import Link
from bridge.patches.pd_file import Canvas
from bridge.patches.tree import Node, tree
from engine.parameters import LAYERS, PARAMETERS, Parameter
from engine.shared import BANDS, SCENE_TOP, Event

_ROW = 20
_RADIO = 6
"""Up to so many values a knob is a row of buttons."""


def files(link: Link) -> dict[str, str]:
    """Return the patches' names and text."""
    return {
        "phonoscope.pd": _panel(link),
        "phonoscope-headless.pd": _headless(link),
        "phonoscope-resolume.pd": _resolume(),
        "phonoscope-layer.pd": _layer(),
        "phonoscope-link.pd": _link(),
        "phonoscope-buses.pd": _buses(),
        "phonoscope-layer-buses.pd": _layer_buses(),
        "phonoscope-number.pd": _number(),
    }


def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.split("/")[2:])


def _number() -> str:
    canvas = Canvas(560, 260)
    canvas.comment(20, 14, "Parts of an OSC address are symbols. This makes a number of the digits that a list begins "
                           "with.")
    inlet = canvas.object(20, 50, "inlet")
    split = canvas.chain(inlet, 0, 20, 74, "list split 1")
    join = canvas.chain(split, 0, 20, 98, "list fromsymbol", "list append 59", "fudiparse", "list append")
    canvas.connect(split, 1, join, 1)
    canvas.chain(join, 0, 20, 200, "outlet")
    return canvas.text()


def _link() -> str:
    canvas = Canvas(1200, 900)
    canvas.comment(20, 14, "The way to a running Phonoscope and back. Arguments: port on which to hear it, its host, "
                           "its port.")
    canvas.comment(20, 34, "Out: its messages without /phono, the parts of the address as symbols.")
    canvas.comment(20, 54, "In: a knob's path and value, for instance layer 1 density 40; or a wish: panic, ping "
                           "hello, snapshot store night, snapshot recall night 2.")
    receive = canvas.object(20, 90, "netreceive -u -b $1")
    canvas.chain(receive, 0, 20, 114, "oscparse", "route list", "route phono", "outlet")
    loadbang = canvas.object(160, 90, "loadbang")
    connect = canvas.chain(loadbang, 0, 160, 114, "list append connect $2 $3", "list trim", "netsend -u -b")
    out = canvas.object(160, 860, "list prepend send")
    canvas.connect(canvas.chain(out, 0, 300, 860, "list trim"), 0, connect)
    # A path and a value: the last is the value, what comes before it the address.
    turn = canvas.object(420, 700, "t l l")
    length = canvas.chain(turn, 1, 500, 724, "list length", "- 1")
    split = canvas.chain(turn, 0, 420, 772, "list split")
    canvas.connect(length, 0, split, 1)
    last = canvas.chain(split, 0, 420, 796, "t b l")
    value = canvas.object(420, 820, "f")
    canvas.connect(split, 1, value, 1)
    canvas.connect(last, 0, value)
    address = canvas.chain(last, 1, 500, 820, "list prepend set phono param", "list trim")
    form = canvas.object(420, 860, "oscformat")
    canvas.connect(value, 0, form)
    canvas.connect(address, 0, form)
    canvas.connect(form, 0, out)
    inlet = canvas.object(420, 90, "inlet")
    wanted = tree(map(_parts, [*(wish.path for wish in wishes()), ACK]))
    for knob in PARAMETERS:  # one whose path begins as a wish does, as morph/position and morph, is told apart
        wanted.pass_by(tuple(knob.path.split("/")))
    _Wishes(canvas, out, turn).route(wanted, (), inlet, 0)
    return canvas.text()


class _Wishes:
    """Routes what comes in to the addresses of wishes, and what isn't one to the knobs."""

    def __init__(self, canvas: Canvas, out: int, turn: int) -> None:
        self._canvas, self._out, self._turn = canvas, out, turn
        self._y = 120

    def route(self, node: Node, path: tuple[str, ...], source: int, outlet: int) -> None:
        """Route what follows on `path` from an outlet of the box `source`."""
        x = 420 + 120 * len(path)
        if node.children:
            source = self._canvas.chain(source, outlet, x, self._y, "route " + " ".join(node.children))
            self._y += _ROW
            for i, (part, child) in enumerate(node.children.items()):
                self.route(child, (*path, part), source, i)
            outlet = len(node.children)
        self._y += _ROW
        if node.is_address:
            form = self._canvas.chain(source, outlet, x, self._y, "list", f"oscformat phono {' '.join(path)}")
            self._canvas.connect(form, 0, self._out)
            self._y += _ROW
        else:
            knob = self._canvas.chain(source, outlet, x, self._y, " ".join(("list prepend", *path)))
            self._canvas.connect(knob, 0, self._turn)
        self._y += _ROW


def _buses() -> str:
    canvas = Canvas(1800, 900)
    canvas.comment(20, 14, "Sends each message that phonoscope-link hears to the bus of its address, for instance "
                           "r phono/feature/rms.")
    inlet = canvas.object(20, 50, "inlet")
    _Buses(canvas).route(tree(map(_parts, told())), (), inlet, 0)
    return canvas.text()


class _Buses:
    """Routes messages to the buses of their addresses."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._y = 90

    def route(self, node: Node, path: tuple[str, ...], source: int, outlet: int) -> None:
        """Route what follows on `path` from an outlet of the box `source`."""
        canvas, x = self._canvas, 20 + 260 * len(path)
        if node.children:
            if node.is_numbered:
                source, outlet = canvas.chain(source, outlet, x - 160, self._y, "phonoscope-number"), 0
            source = canvas.chain(source, outlet, x, self._y, "route " + " ".join(node.children))
            for i, (part, child) in enumerate(node.children.items()):
                if path == ("param", "layer"):
                    self._y += _ROW
                    canvas.chain(source, i, x + 100, self._y, f"phonoscope-layer-buses {part}")
                else:
                    self.route(child, (*path, part), source, i)
            outlet = len(node.children)
        self._y += _ROW
        bus = "/".join(("phono", *path))
        if node.is_address:
            canvas.chain(source, outlet, x, self._y, f"s {bus}")
        else:
            rest = canvas.chain(source, outlet, x, self._y, " ".join(("list prepend", *path)), "list trim")
            canvas.chain(rest, 0, x + 100, self._y + 24, "s phono/other")
            self._y += _ROW


def _layer_buses() -> str:
    canvas = Canvas(700, 640)
    canvas.comment(20, 14, "The buses of a layer's knobs. Argument: which layer.")
    inlet = canvas.object(20, 40, "inlet")
    knobs = groups()["layer/1"]
    names = [knob.path.rpartition("/")[2] for knob in knobs]
    route = canvas.chain(inlet, 0, 20, 64, "route " + " ".join(names))
    for i, name in enumerate(names):
        canvas.chain(route, i, 20 + 330 * (i % 2), 100 + _ROW * (i // 2), f"s phono/param/layer/$1/{name}")
    return canvas.text()


def _knob(canvas: Canvas, wiring: Canvas, x: int, y: int, knob: Parameter, path: str, row: int) -> None:
    """Add the controls of a knob to `canvas`, and to `wiring` what moves them and what they turn.

    path: the knob's path as the patch writes it, `$1` for the layer's number. row: place in the wiring.
    """
    bus = f"phono/param/{path}"
    sends, hears = f"{bus}/moved", f"{bus}/shown"
    if knob.curve == "switch":
        canvas.toggle(x, y, sends, hears)
    elif knob.curve == "integer" and knob.low == 0 and knob.high < _RADIO:
        canvas.radio(x, y, int(knob.high) + 1, sends, hears)
    else:
        canvas.slider(x, y, knob.low, knob.high, knob.curve == "log", sends, hears)
    canvas.number(x + 162, y - 2, hears, sends, short(knob))
    at_x, at_y = 20 + 620 * (row % 2), 40 + 50 * (row // 2)
    heard = wiring.object(at_x, at_y, f"r {bus}")
    shown = wiring.message(at_x + 300, at_y, "set $1")
    wiring.connect(heard, 0, shown)
    wiring.chain(shown, 0, at_x + 360, at_y, f"s {hears}")
    moved = wiring.object(at_x, at_y + 24, f"r {sends}")
    wiring.chain(wiring.chain(moved, 0, at_x + 300, at_y + 24, f"list prepend {path.replace('/', ' ')}"),
                 0, at_x + 540, at_y + 24, "s phono/set")


def _layer() -> str:
    knobs = groups()["layer/1"]
    half = (len(knobs) + 1) // 2
    canvas = Canvas(640, 90 + _ROW * half)
    canvas.comment(20, 10, "LAYER")
    canvas.number(66, 10, "phono/layer/$1/number")
    canvas.word(150, 10, 22, "phono/layer/$1/clip")
    canvas.word(320, 10, 14, "phono/layer/$1/class")
    wiring = Canvas(1300, 760, "wiring")
    number = wiring.chain(wiring.object(20, 10, "loadbang"), 0, 120, 10, "float $1")
    wiring.chain(number, 0, 220, 10, "s phono/layer/$1/number")
    for i, knob in enumerate(knobs):
        name = knob.path.rpartition("/")[2]
        _knob(canvas, wiring, 24 + 310 * (i // half), 60 + _ROW * (i % half), knob, f"layer/$1/{name}", i)
    canvas.subpatch(500, 10, wiring, "wiring")
    return canvas.text()


def _alive(canvas: Canvas) -> None:
    """Set phono/alive to 1 while the instrument is heard, to 0 when it has been silent for 2.5 s."""
    heard = canvas.chain(canvas.object(20, 20, "r phono/heartbeat"), 0, 20, 44, "t b b")
    late = canvas.chain(heard, 0, 120, 68, "delay 2500")
    for source, outlet, x, text in ((heard, 1, 20, "1"), (late, 0, 120, "0")):
        message = canvas.message(x, 92, text)
        canvas.connect(source, outlet, message)
        canvas.chain(message, 0, x, 116, "s phono/alive")


def _headless(link: Link) -> str:
    canvas = Canvas(1340, 560 + 80 * ((len(Event) + 3) // 4))
    canvas.comment(20, 14, "Phonoscope without a window: pd -nogui -noaudio -nomidi -nrt -stderr "
                           "phonoscope-headless.pd")
    canvas.comment(20, 34, "Prints what happens and once a second what is heard. Each address is also a bus for your "
                           "own patches: r phono/feature/rms, r phono/param/layer/1/density.")
    canvas.comment(20, 54, "Turn a knob: send to phono/set a path and a value. At the start: pd -send \"phono/set "
                           "layer 1 density 40\" ...")
    _joined(canvas, link, 20, 90)
    beat = canvas.chain(canvas.object(20, 230, "r phono/heartbeat"), 0, 20, 254, "t b f")
    canvas.chain(beat, 1, 80, 278, "print heartbeat")
    for i, name in enumerate(FEATURE_DOCS):
        x, y = 20 + 260 * (i % 5), 310 + 80 * (i // 5)
        keep = canvas.chain(beat, 0, x, y + 24, "f")
        canvas.connect(canvas.object(x + 20, y, f"r phono/feature/{name}"), 0, keep, 1)
        canvas.chain(keep, 0, x, y + 48, f"print {name}")
    events = canvas.object(20, 490 + 80 * ((len(Event) + 3) // 4), "print event")
    for i, event in enumerate(Event):
        name = event.name.lower()
        x, y = 20 + 260 * (i % 4), 480 + 80 * (i // 4)
        canvas.connect(canvas.chain(canvas.object(x, y, f"r phono/event/{name}"), 0, x, y + 24,
                                    f"list prepend {name}", "list trim"), 0, events)
    canvas.chain(canvas.object(620, 90, "r phono/pong"), 0, 620, 114, "print pong")
    canvas.chain(canvas.object(740, 90, "r phono/error"), 0, 740, 114, "print error-from-phonoscope")
    return canvas.text()


def _resolume() -> str:
    canvas = Canvas(760, 340)
    canvas.comment(20, 14, "Open it beside phonoscope.pd or phonoscope-headless.pd: it moves Resolume, which listens "
                           "on port 7000.")
    canvas.comment(20, 34, "Its values go from 0 to 1. More addresses: Shortcuts, Edit OSC, then click a control.")
    connect = canvas.message(400, 250, "connect 127.0.0.1 7000")
    canvas.connect(canvas.object(400, 220, "loadbang"), 0, connect)
    out = canvas.object(20, 220, "list prepend send")
    send = canvas.chain(out, 0, 20, 250, "list trim", "netsend -u -b")
    canvas.connect(connect, 0, send)
    onset = canvas.object(20, 80, "r phono/feature/onset")
    canvas.connect(canvas.chain(onset, 0, 20, 110, "clip 0 1", "oscformat composition layers 1 video opacity"), 0, out)
    rms = canvas.object(400, 80, "r phono/feature/rms")
    canvas.connect(canvas.chain(rms, 0, 400, 104, "+ 60", "/ 60", "clip 0 1",
                                "oscformat composition layers 2 video opacity"), 0, out)
    return canvas.text()


def _joined(canvas: Canvas, link: Link, x: int, y: int) -> None:
    """Add the way to the instrument, from the bus phono/set and to the buses, and the answer to its heartbeat."""
    canvas.chain(canvas.object(x, y, "r phono/set"), 0, x, y + 24,
                 f"phonoscope-link {link.listen} {link.host} {link.port}", "phonoscope-buses")
    canvas.chain(canvas.object(x + 300, y, f"r {HEARTBEAT[1:]}"), 0, x + 300, y + 24, f"list append {link.listen}",
                 "list prepend ack", "list trim", "s phono/set")


def _unpacked(canvas: Canvas, x: int, y: int, bus: str, fields: dict[str, str]) -> None:
    """Send the arguments of the message on `bus` to buses of their own; fields: "s" or "f" by name."""
    parts = canvas.chain(canvas.object(x, y, f"r {bus}"), 0, x, y + 24, "unpack " + " ".join(fields.values()))
    for i, name in enumerate(fields):
        canvas.chain(parts, i, x + 10 * i, y + 48 + 24 * i, f"s {bus}/{name}")


def _wiring(link: Link) -> Canvas:
    canvas = Canvas(1400, 1100, "wiring")
    _alive(canvas)
    _joined(canvas, link, 320, 20)
    for rank in range(1, SCENE_TOP + 1):
        _unpacked(canvas, 20 + 230 * (rank - 1), 160, f"phono/scene/{rank}", {"class": "s", "probability": "f"})
    for layer in range(1, LAYERS + 1):
        _unpacked(canvas, 20 + 300 * ((layer - 1) % 4), 280 + 160 * ((layer - 1) // 4), f"phono/layer/{layer}",
                  {"clip": "s", "class": "s", "level": "f", "kl": "f"})
    bands = {str(band): "f" for band in range(1, BANDS + 1)}
    _unpacked(canvas, 700, 940, "phono/feature/bands", bands)
    return canvas


def _panel(link: Link) -> str:
    canvas = Canvas(1330, 750 + 24 * ((len(wishes()) + 3) // 4))
    canvas.comment(20, 10, "PHONOSCOPE")
    canvas.toggle(130, 10, "empty", "phono/alive", "playing")
    canvas.subpatch(250, 10, _wiring(link), "wiring")
    canvas.comment(20, 40, "HEARD")
    for i, name in enumerate(FEATURE_DOCS):
        canvas.number(24, 62 + _ROW * i, f"phono/feature/{name}", label=name.replace("_", " "))
    for band in range(1, BANDS + 1):
        canvas.slider(24, 282 + _ROW * (band - 1), -80, 0, False, "empty", f"phono/feature/bands/{band}", 120)
    canvas.comment(150, 282, "bands from low to high in dBFS")
    canvas.comment(20, 450, "SEEN")
    for rank in range(1, SCENE_TOP + 1):
        canvas.word(24, 450 + _ROW * rank, 16, f"phono/scene/{rank}/class")
        canvas.number(160, 450 + _ROW * rank, f"phono/scene/{rank}/probability")
    canvas.comment(20, 580, "HAPPENED")
    for i, event in enumerate(Event):
        name = event.name.lower()
        canvas.lamp(24 + 140 * (i // 8), 604 + _ROW * (i % 8), f"phono/event/{name}", name)
    knobs = Canvas(1300, 1300, "knobs")
    x, y, row = 330, 40, 0
    for group, members in groups().items():
        if group.startswith("layer/"):
            continue
        if y > 40 and y + _ROW * (len(members) + 1) > 480:
            x, y = x + 320, 40
        canvas.comment(x, y, group.upper())
        for knob in members:
            y += _ROW
            _knob(canvas, knobs, x + 4, y + 2, knob, knob.path, row)
            row += 1
        y += _ROW + 10
    canvas.subpatch(320, 10, knobs, "knobs")
    canvas.comment(330, 490, "LAYERS: click a box for its knobs; the bar is its level, the number its distance")
    for layer in range(1, LAYERS + 1):
        x, y = 330 + 490 * ((layer - 1) // 8), 514 + 24 * ((layer - 1) % 8)
        canvas.object(x, y, f"phonoscope-layer {layer}")
        canvas.word(x + 156, y, 22, f"phono/layer/{layer}/clip")
        canvas.slider(x + 320, y, 0, 1, False, "empty", f"phono/layer/{layer}/level", 80)
        canvas.number(x + 406, y, f"phono/layer/{layer}/kl")
    canvas.comment(330, 714, "WISHES: click; replace the words by your own")
    for i, wish in enumerate(wishes()):
        canvas.message(330 + 250 * (i % 4), 738 + 24 * (i // 4),
                       " ".join(("; phono/set", *_parts(wish.path), *example(wish))))
    return canvas.text()
