"""The logic of the TouchDesigner component: what comes in moves its parameters, what is moved there goes out.

This is the text of the DAT `link` within the component; it runs in TouchDesigner's Python (3.9 or later) and needs
nothing but numpy. In a patch it must stay as it is: the builder replaces it. Your own code belongs into the DAT
`your_events`.
"""

import mmap
import os
import struct
import tempfile
import time
from typing import Any

import numpy as np
import td

ADDRESSES: dict[str, tuple[str, float]] = {}
"""Address and default of each knob, by the name of its parameter; the builder writes it."""
WISHES: dict[str, tuple[str, list[str]]] = {}
"""Address of each wish and the parameters that hold its arguments, by the name of its pulse; the builder writes it."""

TOUCHED_FOR = 0.5
"""So many seconds after a knob was moved here, what is heard of it is older than the hand and is left aside."""
MOST_EVENTS = 50
HEADER = struct.Struct("<8sIIQIIIIdQQ")
"""Of a file of pictures: magic, version, offset, sequence, width, height, channels, 0, time, number, bytes."""
SEQUENCE = struct.Struct("<Q")
SEQUENCE_AT = 16

_knobs = {address: name for name, (address, _) in ADDRESSES.items()}
_known: dict[str, float] = {}  # the value that the instrument has, as far as is known here
_touched: dict[str, float] = {}  # when a knob was last moved here
_frames: dict[str, Any] = {"identity": None, "map": None, "number": None}


def hear(comp: Any, address: str, args: list[Any]) -> None:
    """Take a message of the instrument."""
    if address in _knobs:
        if args and isinstance(args[0], (int, float)):
            _show(comp, _knobs[address], float(args[0]))
    elif address == "/phono/heartbeat":
        comp.store("heard", td.absTime.seconds)
        comp.op("osc_out").sendOSC("/phono/ack", [args[0], comp.par.Listen.eval()])
    elif address.startswith("/phono/event/"):
        _happen(comp, address[len("/phono/event/"):], args)
    elif any(isinstance(argument, str) for argument in args):
        _say(comp, address[len("/phono/"):], args)


def _show(comp: Any, name: str, value: float) -> None:
    if time.monotonic() - _touched.get(name, -TOUCHED_FOR) < TOUCHED_FOR:
        return
    _known[name] = value
    par = getattr(comp.par, name)
    shown = str(int(value)) if par.isMenu else value
    if par.eval() != shown:
        par.val = shown


def turned(comp: Any, par: Any) -> None:
    """Send a knob that was moved; one that shows what was heard isn't sent again."""
    if par.name not in ADDRESSES:
        return
    address, default = ADDRESSES[par.name]
    value = float(par.eval())
    known = _known.get(par.name, default)
    if abs(value - known) > 1e-6 * max(1.0, abs(known)):
        _known[par.name] = value
        _touched[par.name] = time.monotonic()
        comp.op("osc_out").sendOSC(address, [value])


def pulsed(comp: Any, par: Any) -> None:
    """Send the wish whose pulse was pressed."""
    if par.name in WISHES:
        address, arguments = WISHES[par.name]
        comp.op("osc_out").sendOSC(address, [getattr(comp.par, name).eval() for name in arguments])


def _happen(comp: Any, event: str, args: list[Any]) -> None:
    number, age, a, b = args
    table = comp.op("events")
    table.appendRow([event, number, age, a, b])
    while table.numRows > MOST_EVENTS + 1:
        table.deleteRow(1)
    comp.op("your_events").module.onEvent(comp, event, number, age, a, b)


def _say(comp: Any, name: str, args: list[Any]) -> None:
    table = comp.op("words")
    row = [name, *args]
    if table.row(name) is None:
        table.appendRow(row)
    else:
        table.replaceRow(name, row)


def usual_file() -> str:
    """Return the file that an output "mmap" writes unless it is told another."""
    folder = "/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir()
    return os.path.join(folder, "phonoscope-dream.frames")


def cook(script: Any, comp: Any) -> None:
    """Show the newest picture of the file in the Script TOP `script`; where there is none, what it shows stays."""
    picture = read_picture(comp.par.Framefile.eval() or usual_file())
    if picture is not None:
        script.copyNumpyArray(picture)


def read_picture(path: str) -> Any:
    """Return the newest picture in the file `path`, uint8 [height, width, 4] RGBA, bottom row first.

    None if there is no file, if it holds no picture, the same as last time, or one that is just being written.
    """
    mapped = _mapped(path)
    if mapped is None:
        return None
    for _ in range(3):
        magic, version, offset, sequence, width, height, channels, _, _, number, room = HEADER.unpack_from(mapped)
        if magic != b"PHONOFRM" or version != 1 or channels != 4:
            return None
        size = width * height * channels
        if not 0 < size <= min(room, len(mapped) - offset) or number == _frames["number"]:
            return None
        if sequence % 2:
            continue
        # TouchDesigner's first row is the lowest.
        picture = np.frombuffer(mapped, np.uint8, size, offset).reshape(height, width, channels)[::-1].copy()
        if SEQUENCE.unpack_from(mapped, SEQUENCE_AT)[0] == sequence:
            _frames["number"] = number
            return picture
    return None


def _mapped(path: str) -> Any:
    """Return the file's memory, mapped anew if another file has taken its name; None if there is none."""
    try:
        found = os.stat(path)
        identity = (path, found.st_dev, found.st_ino, found.st_size)
        if identity != _frames["identity"]:
            with open(path, "rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            _frames.update(identity=identity, map=mapped, number=None)
    except (OSError, ValueError):  # not there, or empty
        return None
    return _frames["map"] if len(_frames["map"]) >= HEADER.size else None
