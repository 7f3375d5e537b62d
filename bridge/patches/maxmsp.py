"""Patchers for Max, without externals: one with every knob, all that is heard, and the picture; one with examples.

What is heard goes to [r] of the same name as the address, without its first slash: [r phono/feature/rms],
[r phono/param/layer/1/density]. All messages together come from [r phono/in]; whole OSC messages go to [s phono/out].
"""

import math

from bridge.namespace import FEATURE_DOCS, NAMESPACE, ROOT
from bridge.patches.addresses import ACK, HEARTBEAT, example, told, wishes
from bridge.patches.choices import choices, groups, short
from bridge.patches.link import Link
from bridge.patches.max_file import Patcher, Rect
from engine.parameters import LAYERS, Parameter
from engine.shared import BANDS, SCENE_TOP, Event

_ROW = 22
_WIDTH = 330
"""Of a group of knobs."""
_BOTTOM = 700
"""Of the columns of knobs in the presentation."""
_MOST_WISHES = 36
"""In a column of the presentation."""
_MOST_ROUTES = 30


def files(link: Link) -> dict[str, str]:
    """Return the patchers' names and text."""
    return {"phonoscope.maxpat": _patch(link), "phonoscope-help.maxpat": _help(link)}


def _knob(patcher: Patcher, knob: Parameter, row: int, route: str, outlet: int, out: str) -> None:
    """Add a knob: its controls in row `row` of the presentation, moved from an outlet of `route`, sent to `out`."""
    x, y = 20 + 230 * row, 4 + _ROW * (row + 1)
    patcher.comment(x, 80, short(knob), (4, y, 118, 20))
    place, field = (124, y + 1, 130, 18), (258, y, 64, 20)
    message = patcher.message(x, 330, f"{ROOT}/param/{knob.path} $1")
    patcher.connect(message, 0, out)
    whole = knob.curve in ("integer", "switch")
    heard = patcher.chain(route, outlet, x, 110, *(["int"] if whole else []), "prepend set")
    if knob.curve == "switch" or choices(knob):
        control = patcher.control("toggle", (x, 220, 20, 20), (124, y, 20, 20)) if knob.curve == "switch" else \
            patcher.control("umenu", (x, 220, 130, 22), (124, y, 198, 20), items=_items(choices(knob)))
        patcher.connect(heard, 0, control)
        patcher.connect(control, 0, message)
        return
    number = patcher.control("number" if whole else "flonum", (x, 300, 64, 22), field, minimum=knob.low,
                             maximum=knob.high, **({} if whole else {"format": 6}))
    patcher.connect(heard, 0, number)
    patcher.connect(number, 0, message)
    if knob.curve != "log":
        size = {"size": knob.high - knob.low + 1} if whole else {"size": knob.high - knob.low, "floatoutput": 1}
        slider = patcher.control("slider", (x, 220, 130, 18), place, min=knob.low, orientation=1, **size)
        patcher.connect(heard, 0, slider)
        patcher.connect(slider, 0, number)
        return
    # A slider from 0 to 1 over the logarithm of the range.
    span = math.log(knob.high / knob.low)
    slider = patcher.control("slider", (x, 220, 130, 18), place, min=0, orientation=1, size=1.0, floatoutput=1)
    patcher.connect(patcher.chain(route, outlet, x + 100, 140, f"expr log($f1/{knob.low:.6f})/{span:.6f}",
                                  "prepend set"), 0, slider)
    patcher.connect(patcher.chain(slider, 0, x, 260, f"expr {knob.low:.6f}*exp($f1*{span:.6f})"), 0, number)


def _items(names: tuple[str, ...]) -> list[str]:
    items = [item for name in names for item in (name, ",")]
    return items[:-1]


def _group(title: str, knobs: list[Parameter]) -> Patcher:
    """Return the patcher of a group of knobs."""
    patcher = Patcher(_WIDTH + 20, _ROW * (len(knobs) + 2))
    patcher.comment(20, 10, title, (4, 2, 200, 20), fontface=1)
    route = patcher.chain(patcher.object(20, 20, "r phono/in"), 0, 20, 50,
                          " ".join(("route", *(f"{ROOT}/param/{knob.path}" for knob in knobs))))
    out = patcher.object(20, 380, "s phono/out")
    for row, knob in enumerate(knobs):
        _knob(patcher, knob, row, route, row, out)
    return patcher


def _sends(paths: list[str]) -> Patcher:
    """Return the patcher that sends each of `paths` to the bus of its name."""
    patcher = Patcher(900, 600)
    source, outlet = patcher.object(20, 20, "r phono/in"), 0
    for first in range(0, len(paths), _MOST_ROUTES):
        some = paths[first:first + _MOST_ROUTES]
        y = 60 + 12 * first
        source = patcher.chain(source, outlet, 20, y, " ".join(("route", *some)))
        for i, path in enumerate(some):
            patcher.chain(source, i, 20 + 280 * (i % 5), y + 40 + 30 * (i // 5), f"s {path[1:]}")
        outlet = len(some)
    return patcher


def _connection(patcher: Patcher, link: Link) -> None:
    """Add the way in and out, and the sends of every address."""
    patcher.chain(patcher.object(20, 60, f"udpreceive {link.listen}"), 0, 20, 90, "s phono/in")
    patcher.chain(patcher.object(220, 60, "r phono/out"), 0, 220, 90, f"udpsend {link.host} {link.port}")
    beat = patcher.object(420, 60, f"r {HEARTBEAT[1:]}")
    answer = patcher.message(420, 90, f"{ACK} $1 {link.listen}")
    patcher.connect(beat, 0, answer)
    patcher.connect(answer, 0, patcher.object(420, 120, "s phono/out"))
    by_kind: dict[str, list[str]] = {}
    for path in told():
        by_kind.setdefault(path.split("/")[2], []).append(path)
    single = [paths[0] for paths in by_kind.values() if len(paths) == 1]
    several = {kind: paths for kind, paths in by_kind.items() if len(paths) > 1}
    for i, (kind, paths) in enumerate((several | {"other": single}).items()):
        patcher.subpatcher(20 + 110 * i, 160, kind, _sends(paths))


def _meters(patcher: Patcher, x: int, y: int) -> None:
    """Show what is heard and seen, and what happens, from `y` on."""
    at = 20
    patcher.comment(at, 190, "heard", (x, y, 120, 20), fontface=1)
    for i, name in enumerate(FEATURE_DOCS):
        row = y + _ROW * (i // 2 + 1)
        left = x + 165 * (i % 2)
        bus = patcher.object(at + 170 * i, 220, f"r phono/feature/{name}")
        number = patcher.control("flonum", (at + 170 * i, 250, 70, 22), (left, row, 60, 20), format=6)
        patcher.connect(bus, 0, number)
        patcher.comment(at + 170 * i, 280, name.replace("_", " "), (left + 64, row, 98, 20))
    y += _ROW * ((len(FEATURE_DOCS) + 1) // 2 + 1)
    bands = patcher.control("multislider", (at, 340, 320, 60), (x, y, 320, 60), size=BANDS, setminmax=[-80.0, 0.0],
                            setstyle=1, ignoreclick=1)
    patcher.connect(patcher.object(at, 310, "r phono/feature/bands"), 0, bands)
    y += 66
    patcher.comment(at, 420, "seen", (x, y, 120, 20), fontface=1)
    for rank in range(1, SCENE_TOP + 1):
        _word(patcher, at + 180 * (rank - 1), 450, f"phono/scene/{rank}", (x, y + _ROW * rank, 320, 20))
    y += _ROW * (SCENE_TOP + 1) + 6
    patcher.comment(at, 540, "happened", (x, y, 120, 20), fontface=1)
    for i, event in enumerate(Event):
        name, left, row = event.name.lower(), x + 165 * (i % 2), y + _ROW * (i // 2 + 1)
        button = patcher.control("button", (at + 170 * i, 600, 20, 20), (left, row, 20, 20))
        patcher.connect(patcher.object(at + 170 * i, 570, f"r phono/event/{name}"), 0, button)
        patcher.comment(at + 170 * i, 630, name.replace("_", " "), (left + 24, row, 138, 20))


def _word(patcher: Patcher, x: int, y: int, bus: str, shown: Rect) -> None:
    """Show the newest message on `bus`."""
    message = patcher.message(x, y + 60, "", shown)
    patcher.connect(patcher.chain(patcher.object(x, y, f"r {bus}"), 0, x, y + 30, "prepend set"), 0, message)


def _alive(patcher: Patcher, x: int, y: int, shown: tuple[int, int]) -> None:
    """Show whether the instrument was heard in the last 2.5 s."""
    left, top = shown
    toggle = patcher.control("toggle", (x, y + 140, 20, 20), (left, top, 20, 20), ignoreclick=1)
    heard = patcher.chain(patcher.object(x, y, "r phono/heartbeat"), 0, x, y + 30, "t b b")
    late = patcher.chain(heard, 0, x, y + 60, "delay 2500")
    for source, outlet, left_of, text in ((late, 0, 0, "0"), (heard, 1, 80, "1")):
        message = patcher.message(x + left_of, y + 100, text)
        patcher.connect(source, outlet, message)
        patcher.connect(message, 0, toggle)
    patcher.comment(x + 40, y + 140, "playing", (left + 24, top, 80, 20))


def _patch(link: Link) -> str:
    windows, right = _columns()
    patcher = Patcher(right + 310 * -(-len(wishes()) // _MOST_WISHES), _BOTTOM + 240)
    patcher.comment(20, 10, "PHONOSCOPE", (10, 8, 140, 22), fontface=1)
    _connection(patcher, link)
    _alive(patcher, 900, 700, (150, 8))
    picture = patcher.object(20, 700, f"jit.net.recv @port {link.pictures} @adapt 1")
    screen = patcher.control("jit.pwindow", (20, 730, 320, 320), (10, 36, 320, 320))
    patcher.connect(picture, 0, screen)
    _meters(patcher, 10, 364)
    for i, (group, (x, y, width, height)) in enumerate(windows.items()):
        patcher.window((20 + 340 * i, 1100, width, height), (x, y, width, height), _group(group, groups()[group]))
    patcher.comment(20, 1700, "layers: double-click a box for its knobs; clip, class, level, KL",
                    (345, _BOTTOM + 12, 420, 20), fontface=1)
    for layer in range(1, LAYERS + 1):
        column, row = (layer - 1) // 8, (layer - 1) % 8
        left, top = 345 + 340 * column, _BOTTOM + 34 + 24 * row
        at_x, at_y = 20 + 280 * ((layer - 1) % 8), 1740 + 130 * ((layer - 1) // 8)
        patcher.subpatcher(at_x, at_y, f"layer {layer}", _group(f"layer {layer}", groups()[f"layer/{layer}"]),
                           (left, top, 70, 22))
        _word(patcher, at_x, at_y + 30, f"phono/layer/{layer}", (left + 74, top, 256, 22))
    patcher.comment(20, 2010, "wishes: click; unlock the patch to change the words", (right, 8, 310, 20), fontface=1)
    out = patcher.object(20, 2400, "s phono/out")
    for i, wish in enumerate(wishes()):
        message = patcher.message(20 + 330 * (i % 4), 2040 + 30 * (i // 4), " ".join((wish.path, *example(wish))),
                                  (right + 310 * (i // _MOST_WISHES), 32 + 24 * (i % _MOST_WISHES), 300, 22))
        patcher.connect(message, 0, out)
    return patcher.text()


def _columns() -> tuple[dict[str, Rect], int]:
    """Return where each group of knobs is shown, but for the layers, and where the columns end."""
    places: dict[str, Rect] = {}
    x, y = 345, 8
    for group, knobs in groups().items():
        if not group.startswith("layer/"):
            height = _ROW * (len(knobs) + 1) + 8
            if y > 8 and y + height > _BOTTOM:
                x, y = x + _WIDTH + 10, 8
            places[group] = x, y, _WIDTH, height
            y += height + 6
    return places, x + _WIDTH + 10


def _help(link: Link) -> str:
    density, rms, onset = f"{ROOT}/param/layer/1/density", f"{ROOT}/feature/rms", f"{ROOT}/event/onset"
    assert {density, rms, onset, f"{ROOT}/snapshot/store"} <= NAMESPACE.keys()
    patcher = Patcher(760, 760)

    def begin(row: int, title: str) -> tuple[int, int]:
        y = 90 + 130 * row
        patcher.comment(20, y, title, (20, y, 700, 20), fontface=1)
        return 20, y + 26

    def shown(x: int, y: int, width: int) -> Rect:
        return x, y, width, 22

    for i, line in enumerate((
            "Open phonoscope.maxpat beside this patch: it holds the connection, and all here goes through its buses.",
            f"The instrument sends to port {link.listen} and listens on {link.host} port {link.port}.",
            "Each address is a [r] of the same name without the first slash. Unlock this patch and copy from it.")):
        patcher.comment(20, 12 + 22 * i, line, (20, 12 + 22 * i, 720, 20))
    out = patcher.object(20, 800, "s phono/out")

    x, y = begin(0, "Turn a knob: its address and a value. The echo comes back on the bus of the same name.")
    number = patcher.control("flonum", (x, y, 80, 22), shown(x, y, 80), format=6)
    message = patcher.message(x + 100, y, f"{density} $1", shown(x + 100, y, 300))
    patcher.connect(number, 0, message)
    patcher.connect(message, 0, out)
    echo = patcher.object(x, y + 40, f"r {density[1:]}", shown(x, y + 40, 250))
    heard = patcher.control("flonum", (x + 300, y + 40, 80, 22), shown(x + 300, y + 40, 80), format=6)
    patcher.connect(echo, 0, heard)

    x, y = begin(1, "What the microphone hears: dBFS become 0 to 1.")
    bus = patcher.object(x, y, f"r {rms[1:]}", shown(x, y, 200))
    level = patcher.object(x, y + 40, "expr ($f1+60.)/60.", shown(x, y + 40, 200))
    bar = patcher.control("slider", (x + 260, y + 40, 200, 20), (x + 260, y + 40, 200, 20), min=0, size=1.0,
                          floatoutput=1, orientation=1)
    patcher.connect(bus, 0, level)
    patcher.connect(level, 0, bar)

    x, y = begin(2, "An onset: its number, how many seconds ago it was, its strength.")
    bus = patcher.object(x, y, f"r {onset[1:]}", shown(x, y, 200))
    parts = patcher.object(x, y + 40, "unpack i f f f", shown(x, y + 40, 120))
    flash = patcher.control("button", (x + 260, y, 22, 22), (x + 260, y, 22, 22))
    strength = patcher.control("flonum", (x + 260, y + 40, 80, 22), shown(x + 260, y + 40, 80), format=6)
    patcher.connect(bus, 0, flash)
    patcher.connect(bus, 0, parts)
    patcher.connect(parts, 2, strength)

    x, y = begin(3, "Keep how all knobs stand, and go there again in two seconds.")
    for i, text in enumerate((f"{ROOT}/snapshot/store night", f"{ROOT}/snapshot/recall night 2")):
        patcher.connect(patcher.message(x + 260 * i, y, text, shown(x + 260 * i, y, 250)), 0, out)

    target = f"127.0.0.1:{link.pictures}"
    begin(4, f"The picture: the show file says [[outputs]] kind = \"jitter\", target = \"{target}\".")
    patcher.comment(20, 640, f"phonoscope.maxpat receives it by [jit.net.recv @port {link.pictures}].",
                    (20, 640, 720, 20))
    return patcher.text()
