"""Reads the text of a mapping file and checks it: TOML, one [[mapping]] table for each thing that moves knobs.

    [[mapping]]
    to = "layer/*/density"              # path of the knob; a wildcard names several
    from = 'cc("nanoKONTROL2", 1, 7)'   # what moves it: an expression
    input = [0, 1]                      # part of the source's range that counts
    range = [4, 60]                     # what it is laid out over, in the knob's unit
    curve = "log"                       # how: "linear" or "log", by default as the knob does
    smoothing = 0.2                     # time constant in seconds
    takeover = true                     # whether a control has to pick the knob up first
    feedback = true                     # whether a control's fader or light is told where the knob stands
"""

import difflib
import graphlib
import itertools
import tomllib
from collections.abc import Callable, Collection, Iterator, Set
from pathlib import Path
from typing import Any

from bridge.mapping.entry import Entry, targets
from bridge.mapping.expression import Expression, compiled
from bridge.mapping.file import Fault, MappingError, of_file
from bridge.mapping.grammar import ExpressionError, parse
from bridge.mapping.sources import SOURCES
from engine.errors import UserError

MOST = 1024
"""Mappings of a file."""
SLOWEST = 60.0
"""Seconds of smoothing at most."""
_LARGEST = 1e9


def read(text: str, path: Path, classes: Collection[str] | None = None) -> tuple[Entry, ...]:
    """Return the entries of the text of a mapping file; MappingError tells everything that is wrong in it at once.

    path: for messages. classes: of scenes, for which their names are checked; None if nobody knows them.
    """
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a TOMLDecodeError, or a number of thousands of figures
        raise MappingError(path, [of_file(f"is not TOML: {error}")]) from None
    checker = _Checker(classes)
    entries = checker.entries(values)
    if checker.faults:
        raise MappingError(path, sorted(checker.faults, key=lambda fault: fault.number))
    return entries


class _Wrong(Exception):
    """Says what was expected of a key's value."""


class _Checker:
    def __init__(self, classes: Collection[str] | None) -> None:
        self.faults: list[Fault] = []
        self._classes = classes
        self._expressions: list[tuple[int, Entry, Expression]] = []

    def entries(self, values: dict[str, Any]) -> tuple[Entry, ...]:
        for key in values.keys() - {"mapping"}:
            self.faults.append(of_file(f"there is no such key: {key}; expected tables, such as [[mapping]]"))
        tables = values.get("mapping", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self.faults.append(of_file("expected tables, such as [[mapping]]"))
            return ()
        if len(tables) > MOST:
            self.faults.append(of_file(f"expected up to {MOST} mappings, got {len(tables)}"))
            return ()
        entries = tuple(entry for number, table in enumerate(tables, 1) if (entry := self._entry(number, table)))
        self._refuse_circles()
        return entries

    def _entry(self, number: int, table: dict[str, Any]) -> Entry | None:
        before = len(self.faults)
        told = table["to"] if isinstance(table.get("to"), str) else ""

        def fault(key: str, message: str, at: int | None = None) -> None:
            self.faults.append(Fault(number, told, key, table.get(key), message, at))

        found: dict[str, Any] = {}
        for key, value in table.items():
            if key not in RULES:
                fault(key, f"there is no such key; the nearest is {difflib.get_close_matches(key, RULES, 1, 0)[0]}")
                continue
            try:
                found[_FIELDS.get(key, key)] = RULES[key](value)
                if key == "from":
                    parse(value, self._classes)
            except ExpressionError as error:
                fault(key, error.reason, error.at)
            except (_Wrong, UserError) as error:
                fault(key, str(error))
        for key in ("to", "from"):
            if key not in table:
                fault(key, "is missing")
        if len(self.faults) > before:
            return None
        entry = Entry(**found)
        expression = compiled(parse(entry.source))
        for key, message in _contradictions(entry, table.keys(), expression):
            fault(key, message)
        self._expressions.append((number, entry, expression))
        return entry

    def _refuse_circles(self) -> None:
        """Refuse mappings that read a knob that they move, by way of others too: they would run away."""
        moves = [(number, entry, expression.parameters, {p.path for p in targets(entry.to)})
                 for number, entry, expression in self._expressions if expression.parameters]
        graph = graphlib.TopologicalSorter[str]()
        for _, _, reads, knobs in moves:
            for knob in knobs:
                graph.add(knob, *reads)
        try:
            graph.prepare()
        except graphlib.CycleError as error:
            circle: list[str] = error.args[1]
            number, entry, _, _ = [move for move in moves if any(
                before in move[2] and after in move[3] for before, after in itertools.pairwise(circle))][-1]
            self.faults.append(Fault(number, entry.to, "from", entry.source,
                                     f"closes a circle, which would run away: {' -> '.join(circle)}"))


def _contradictions(entry: Entry, keys: Set[str], expression: Expression) -> Iterator[tuple[str, str]]:
    """Yield the keys that don't go with others, and why."""
    knobs = targets(entry.to)
    bare = expression.bare
    by_itself = "a source by itself; for an expression say with input what of it counts"
    if entry.input is None:
        if bare is None:
            for key in keys & {"range", "curve"}:
                yield key, f"is for {by_itself}"
        elif SOURCES[bare.name].low is None and bare.name != "param":
            yield "input", f"is missing: {bare.name} has no range of its own"
    if bare is None or not SOURCES[bare.name].entry:
        for key in keys & {"takeover", "feedback"}:
            yield key, "is for a control by itself"
    elif bare.name == "osc" and "feedback" in keys:
        yield "feedback", "is for MIDI controllers; over OSC every knob is told anyway"
    if entry.range is None:
        if entry.curve == "log" and any(p.low <= 0 for p in knobs):
            yield "curve", "log needs a range above 0"
        return
    for knob in knobs:
        if not all(knob.low <= value <= knob.high for value in entry.range):
            yield "range", f"expected numbers from {knob.low:g} to {knob.high:g} {knob.unit}".rstrip()
            return
    if entry.curve == "log" and min(entry.range) <= 0:
        yield "curve", "log needs a range above 0"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong("expected text in quotes")
    return value


def _span(value: Any) -> tuple[float, float]:
    if (not isinstance(value, list) or len(value) != 2
            or not all(isinstance(end, int | float) and not isinstance(end, bool) and abs(end) <= _LARGEST
                       for end in value) or value[0] == value[1]):
        raise _Wrong(f"expected two different numbers up to {_LARGEST:g}, such as [0, 1]")
    return float(value[0]), float(value[1])


def _curve(value: Any) -> str:
    if value not in ("linear", "log"):
        raise _Wrong('expected "linear" or "log"')
    return str(value)


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= SLOWEST:
        raise _Wrong(f"expected a number from 0 to {SLOWEST:g} s")
    return float(value)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("expected true or false")
    return value


def _path(value: Any) -> str:
    targets(_text(value))
    return str(value)


RULES: dict[str, Callable[[Any], Any]] = {
    "to": _path, "from": _text, "input": _span, "range": _span, "curve": _curve, "smoothing": _seconds,
    "takeover": _yes_or_no, "feedback": _yes_or_no,
}
"""The keys of a mapping; each returns the value that the field holds, and raises _Wrong or UserError."""
_FIELDS = {"from": "source"}
