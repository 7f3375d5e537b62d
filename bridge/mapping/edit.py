"""Changes to the text of a mapping file that leave everything else in it as it is, comments included."""

from collections.abc import Iterator

import tomlkit
from tomlkit.items import AoT, String

from bridge.control import Control
from bridge.mapping.entry import Entry
from bridge.mapping.grammar import Source, parse
from bridge.mapping.sources import CONTROLS, control
from engine.errors import UserError

_HEAD = "# What moves which knob. Learnt controls are added here; change what you like while it plays.\n"


def learnt(text: str, entries: tuple[Entry, ...], path: str, moved: Control) -> str:
    """Return `text`, which holds `entries`, with the control `moved` for the parameter `path`.

    If another control moved `path`, its first entry takes the new one and keeps its range, curve and smoothing.
    Otherwise an entry is added. Raises UserError if the name of the control's port can't be written.
    """
    source = expression(moved)
    places = list(_of(entries, path))
    if any(control_of(entries[place]) == moved for place in places):
        return text
    if places:
        document = tomlkit.parse(text)
        document["mapping"][places[0]]["from"] = _quoted(source)  # type: ignore[index]
        return tomlkit.dumps(document)
    entry = tomlkit.table()
    entry.update({"to": path, "from": _quoted(source)})
    document = tomlkit.parse(text)
    if "mapping" in document and not isinstance(document["mapping"], AoT):
        inline = tomlkit.inline_table()
        inline.update({"to": path, "from": _quoted(source)})
        document["mapping"].append(inline)  # type: ignore[union-attr]
        return tomlkit.dumps(document)
    before = text.rstrip() + "\n" if text.strip() else _HEAD
    return f"{before}\n[[mapping]]\n{entry.as_string()}"


def unlearnt(text: str, entries: tuple[Entry, ...], path: str) -> str:
    """Return `text`, which holds `entries`, without those by which a control moves the parameter `path`."""
    for place in reversed(list(_of(entries, path))):
        document = tomlkit.parse(text)
        if isinstance(document["mapping"], AoT):
            begin, end = _length(text, place), _length(text, place + 1)
            text = text[:begin] + _remarks(text[begin:end]) + text[end:]
        else:
            del document["mapping"][place]  # type: ignore[union-attr]
            text = tomlkit.dumps(document)
    return text


def expression(moved: Control) -> str:
    """Return the expression of a control; UserError if its port's name can't be written."""
    quote = '"' if '"' not in moved.port else "'"
    if quote in moved.port or not moved.port.isprintable():
        raise UserError(f"the name of the port {moved.port!r} can't be written in an expression; give a shorter part "
                        "of it under [midi]")
    name = next(name for name, kind in CONTROLS.items() if kind == moved.kind)
    number = "" if moved.kind in ("bend", "pressure") else f", {moved.number}"
    return f"{name}({quote}{moved.port}{quote}, {moved.channel}{number})"


def control_of(entry: Entry) -> Control | None:
    """Return the control that an entry's source is by itself, None if it is anything else."""
    source = parse(entry.source)
    return control(source.name, source.arguments) if isinstance(source, Source) else None


def _of(entries: tuple[Entry, ...], path: str) -> Iterator[int]:
    """Places of the entries by which a control alone moves `path`."""
    return (place for place, entry in enumerate(entries) if entry.to == path and control_of(entry))


def _quoted(source: str) -> String:
    return tomlkit.string(source, literal="'" not in source)


def _length(text: str, count: int) -> int:
    """Return how much of `text` its first `count` entries and what stands before them take."""
    document = tomlkit.parse(text)
    tables = document["mapping"]
    assert isinstance(tables, AoT)
    if count == 0:
        del document["mapping"]
    while count and len(tables) > count:
        del tables[-1]
    return len(tomlkit.dumps(document))


def _remarks(piece: str) -> str:
    """Return the comments and empty lines at the end of an entry: they belong to the next one."""
    lines = piece.splitlines(keepends=True)
    kept = len(lines)
    while kept and (not lines[kept - 1].strip() or lines[kept - 1].lstrip().startswith("#")):
        kept -= 1
    return "".join(lines[kept:])
