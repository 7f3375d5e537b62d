"""One [[mapping]] of a mapping file, and what its words mean."""

import difflib
import functools
from dataclasses import dataclass

from bridge.mapping.expression import Expression, compiled
from bridge.mapping.grammar import parse
from engine.errors import UserError
from engine.parameters import PARAMETERS, Parameter, matching

_MOST_REMEMBERED = 1024
_MOMENTARY = ("note", "pressure", "osc")


@dataclass(frozen=True, slots=True)
class Entry:
    """One [[mapping]] as it is written, checked; `source` is its key `from`."""

    to: str
    source: str
    input: tuple[float, float] | None = None
    range: tuple[float, float] | None = None
    curve: str | None = None
    smoothing: float = 0.0
    takeover: bool | None = None
    feedback: bool = True


@functools.lru_cache(_MOST_REMEMBERED)
def targets(to: str) -> tuple[Parameter, ...]:
    """Return the parameters that a path, or a path with wildcards, names; UserError names the nearest if none."""
    if found := matching(to):
        return tuple(found)
    paths = [p.path for p in PARAMETERS]
    known = [*paths, *(path.replace("layer/1/", "layer/*/", 1) for path in paths if path.startswith("layer/1/"))]
    raise UserError(f"there is no parameter '{to}'; the nearest is '{difflib.get_close_matches(to, known, 1, 0)[0]}'")


def expression_of(entry: Entry) -> Expression:
    """Return the expression of a checked entry, with memories of its own."""
    return compiled(parse(entry.source))


def takes_over(entry: Entry, source: str, parameter: Parameter) -> bool:
    """Tell whether a control, the source called `source`, has to pick the knob up before it moves it.

    Unless the entry says so: not where it springs back or jumps by nature, and not for a switch, for which a button
    would need two presses.
    """
    if entry.takeover is not None:
        return entry.takeover
    return source not in _MOMENTARY and parameter.curve != "switch"
