"""The script that builds the component `phonoscope` in TouchDesigner: td_builder with this version's tables in it.

The code that runs there is kept as modules (td_builder, td_link), so that it is checked as all other code is.
"""

import re
from pathlib import Path

from bridge.namespace import Address
from bridge.patches.addresses import wishes
from bridge.patches.choices import choices, short
from bridge.patches.link import Link
from engine.errors import UserError
from engine.parameters import PARAMETERS, Parameter

_HERE = Path(__file__).parent
_STYLES = {"s": "Str", "i": "Int", "f": "Float"}
"""Of a custom parameter, by OSC type."""
_GENERATED = re.compile(r"# generated: begin\n.*?# generated: end\n", re.DOTALL)


def files(link: Link) -> dict[str, str]:
    """Return the builder's name and text."""
    knobs = [_knob(knob) for knob in PARAMETERS]
    wanted = [_wish(wish) for wish in wishes()]
    names = [knob[3] for knob in knobs] + [name for wish in wanted for name in (wish[1], *dict(wish[3]))]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"TouchDesigner would call two things {', '.join(twice)}; rename a parameter or an address")
    tables = [f"LISTEN = {link.listen!r}", f"HOST = {link.host!r}", f"PORT = {link.port!r}",
              f"FRAMES = {link.frames!r}", _table("KNOBS", knobs), _table("WISHES", wanted),
              f"LINK = r'''{_source('td_link.py')}'''"]
    builder = _GENERATED.sub(lambda _: "\n".join(tables) + "\n", _source("td_builder.py"))
    return {"phonoscope_builder.py": builder}


def _source(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _table(name: str, rows: list[tuple]) -> str:
    return "\n".join([f"{name} = (", *(f"    {row!r}," for row in rows), ")"])


def _name(path: str) -> str:
    """Return what a custom parameter may be called: a capital, then small letters and digits."""
    return re.sub(r"[^a-z0-9]", "", path.lower()).capitalize()


def _label(text: str) -> str:
    return text[:1].upper() + text[1:]


def _knob(knob: Parameter) -> tuple:
    names = tuple((str(value), name) for value, name in enumerate(choices(knob)))
    whole = knob.curve in ("integer", "switch")
    low, high, default = (int(n) if whole else float(n) for n in (knob.low, knob.high, knob.default))
    style = "Toggle" if knob.curve == "switch" else "Menu" if names else "Int" if whole else "Float"
    page = _label(knob.path.rpartition("/")[0].replace("/", " "))
    text = f"{knob.doc} ({knob.unit})" if knob.unit else knob.doc
    return (knob.path, page, style, _name(knob.path), _label(short(knob)), low, high,
            str(default) if names else bool(default) if style == "Toggle" else default, names, text)


def _wish(address: Address) -> tuple:
    path = address.path.split("/", 2)[2]
    name = _name(path)
    arguments = tuple((name + "abcdefgh"[i], _STYLES[tag]) for i, tag in enumerate(address.takes or ""))
    return address.path, name, _label(path.replace("/", " ")), arguments, address.doc
