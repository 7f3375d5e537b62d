"""What there is to listen to: the examples of examples.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.parameters import INDEX, PARAMETERS, matching
from engine.snapshots import Snapshot

MICROPHONE = "microphone"
"""The clip that is no clip of the library."""


@dataclass(frozen=True, slots=True)
class Start:
    """A clip, by its title, that begins on a layer (from 1) after so many seconds, with a crossfade of so many."""

    at: float
    layer: int
    clip: str
    fade: float


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """After how many seconds which knobs were turned (by path, * being all layers), and how all of them stand then."""

    at: float
    knobs: dict[str, float]
    snapshot: Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One thing to listen to.

    title, text: what it is, and what to listen for. seconds: how long it is. play: which clips begin. moments: between
    which the knobs move, the first at 0. onsets: when an onset is heard, s. bpm: of the beat, None for none.
    microphone: title of the clip that the microphone hears all along, which plays as the clip MICROPHONE. layout: of
    the output, of two channels. channels: whether its picture shows both channels.
    """

    title: str
    text: str
    seconds: float
    play: tuple[Start, ...]
    moments: tuple[Moment, ...]
    onsets: tuple[float, ...] = ()
    bpm: float | None = None
    microphone: str = ""
    layout: str = "stereo"
    channels: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Examples that are to be compared with each other."""

    title: str
    text: str
    examples: tuple[Example, ...]


def load() -> tuple[Group, ...]:
    """Return the groups of examples.toml."""
    tables = tomllib.loads((Path(__file__).parent / "examples.toml").read_text(encoding="utf-8"))["group"]
    return tuple(_group(**table) for table in tables)


def _group(title: str, text: str, example: list[dict[str, Any]], **shared: Any) -> Group:
    return Group(title, text, tuple(
        _example(**{**shared, **own, "knobs": {**shared.get("knobs", {}), **own.get("knobs", {})}}) for own in example))


def _example(title: str, text: str, seconds: float, knobs: dict[str, float], clip: str = "",
             play: list[tuple[float, int, str, float]] | None = None, then: list[dict[str, Any]] | None = None,
             onsets: list[float] | None = None, **rest: Any) -> Example:
    starts = [(0.0, 1, clip, 0.01)] if play is None or clip else play
    moments = [Moment(0.0, knobs, _turned(np.array([p.default for p in PARAMETERS]), knobs))]
    for moment in then or []:
        moments.append(Moment(**moment, snapshot=_turned(moments[-1].snapshot, moment["knobs"])))
    return Example(title, text, seconds, tuple(Start(*start) for start in starts), tuple(moments), tuple(onsets or []),
                   **rest)


def _turned(snapshot: Snapshot, knobs: dict[str, float]) -> Snapshot:
    """Return `snapshot` with these knobs turned. Raises KeyError if there is no such knob."""
    turned = snapshot.copy()
    for pattern, value in knobs.items():
        meant = matching(pattern)
        if not meant:
            raise KeyError(pattern)
        for knob in meant:
            turned[INDEX[knob.path]] = knob.accept(value)
    return turned
