"""The sources of mapping expressions, what a value can come from, in one table."""

import functools
import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from bridge.control import Control, ControlKind
from bridge.mapping.functions import Value
from bridge.mapping.moment import Moment
from bridge.namespace import FEATURE_DOCS, ROOT
from engine.errors import UserError
from engine.parameters import LAYERS, parameter
from engine.shared import BANDS
from engine.tempo.timeline import FASTEST, SLOWEST, Tempo

Argument = str | int
Read = Callable[[Moment], Value]

MOST_ARGUMENTS = 64
"""Numbers of one OSC message that can be mapped."""


@dataclass(frozen=True, slots=True)
class Takes:
    """An argument of a source: a text ("port", "path", "class", "address"), or a whole number from low to high."""

    name: str
    what: Literal["port", "path", "class", "address", "number"] = "number"
    low: int = 0
    high: int = 127
    default: int | None = None


@dataclass(frozen=True, slots=True)
class SourceKind:
    """takes: its arguments. doc: what it is. make: returns what reads it, given the arguments. low, high: its range in
    `unit`, swept where it moves a knob by itself; None where it has none of its own; log: by equal ratios. entry:
    whether it moves only when a message comes in."""

    takes: tuple[Takes, ...]
    doc: str
    make: Callable[..., Read]
    low: float | None = 0.0
    high: float | None = 1.0
    unit: str = ""
    log: bool = False
    entry: bool = False


CONTROLS: dict[str, ControlKind] = {"cc": "cc", "cc14": "cc14", "note": "note", "bend": "bend", "pressure": "pressure"}
"""Kind of control by the source's name."""

_FEATURE_RANGES: dict[str, tuple[float, float, bool]] = {
    "rms": (-90, 0, False), "peak": (-90, 0, False), "centroid": (20, 20000, True), "flux": (0, 20, False),
    "onset": (0, 1, False), "pitch": (40, 2000, True), "pitch_confidence": (0, 1, False),
    "tempo": (SLOWEST, FASTEST, True), "beat_phase": (0, 1, False), "beat_confidence": (0, 1, False),
}
_ZERO_IS_NONE = ("pitch", "tempo")
_PORT = Takes("port", "port")
_CHANNEL = Takes("channel", low=1, high=16)


def control(name: str, arguments: tuple[Argument, ...]) -> Control | None:
    """Return the control that the source `name` stands for with these arguments; None if it is none."""
    if name not in CONTROLS:
        return None
    port, channel, number = (*arguments, 0)[:3]
    return Control(str(port), int(channel), CONTROLS[name], int(number))


def _control(name: str, *arguments: Argument) -> Read:
    moved = control(name, arguments)
    assert moved is not None
    return lambda moment: moment.controls.get(moved)


def _osc(address: str, place: int) -> Read:
    return lambda moment: moment.heard.get((address, place))


def _feature(name: str, band: int | None = None) -> Read:
    def read(moment: Moment) -> Value:
        features = moment.record("features")
        if features is None:
            return None
        value = float(features[name] if band is None else features[name][band - 1])
        return None if name in _ZERO_IS_NONE and value == 0 else value
    return read


def _tempo(of: Callable[[Moment, Tempo], float]) -> Read:
    def read(moment: Moment) -> Value:
        record: Any = moment.record("tempo")
        return None if record is None or not record["bpm"] > 0 else of(moment, Tempo.of(record))
    return read


def _bar(moment: Moment, tempo: Tempo) -> float:
    beats = moment.session.get("tempo/bar")
    return tempo.beat_at(moment.now) % beats / beats


def _param(path: str) -> Read:
    return lambda moment: moment.session.get(path)


def _scene(name: str) -> Read:
    def read(moment: Moment) -> Value:
        match: Any = moment.record("match")
        if match is None:
            return None
        return float(match["scene_p"][match["scene_name"] == name.encode()].sum())
    return read


def _weight(layer: int) -> Read:
    def read(moment: Moment) -> Value:
        match: Any = moment.record("match")
        return None if match is None else float(match["weight"][layer - 1])
    return read


def _kinds() -> Iterator[tuple[str, SourceKind]]:
    control_ = {name: functools.partial(_control, name) for name in CONTROLS}
    yield "cc", SourceKind((_PORT, _CHANNEL, Takes("number")), "controller of 7 bit", control_["cc"], entry=True)
    yield "cc14", SourceKind((_PORT, _CHANNEL, Takes("number", high=31)), "controller of 14 bit", control_["cc14"],
                             entry=True)
    yield "note", SourceKind((_PORT, _CHANNEL, Takes("number")), "velocity of a key or pad, 0 when released",
                             control_["note"], entry=True)
    yield "bend", SourceKind((_PORT, _CHANNEL), "pitch bend wheel, 0.5 in the middle", control_["bend"], entry=True)
    yield "pressure", SourceKind((_PORT, _CHANNEL), "pressure on the keys", control_["pressure"], entry=True)
    yield "osc", SourceKind(
        (Takes("address", "address"), Takes("place", low=1, high=MOST_ARGUMENTS, default=1)),
        "number that another program sends to this OSC address; place: which of the message's, from 1",
        _osc, entry=True)
    for name, (unit, doc) in FEATURE_DOCS.items():
        low, high, log = _FEATURE_RANGES[name]
        what = doc.partition(", 0 ")[0]  # the rest tells programs how nothing and the range are sent
        none = "; no value where there is none" if name in _ZERO_IS_NONE else ""
        yield f"feature.{name}", SourceKind((), what + none,
                                            functools.partial(_feature, name), low, high, unit, log)
    yield "feature.band", SourceKind((Takes("n", low=1, high=BANDS),), "level of a band, from low to high",
                                     functools.partial(_feature, "bands"), -90, 0, "dBFS")
    yield "tempo.bpm", SourceKind((), "tempo of whoever keeps time", lambda: _tempo(lambda moment, tempo: tempo.bpm),
                                  SLOWEST, FASTEST, "BPM", log=True)
    yield "tempo.beat", SourceKind((), "place within the beat",
                                   lambda: _tempo(lambda moment, tempo: tempo.beat_at(moment.now) % 1))
    yield "tempo.bar", SourceKind((), "place within the bar", lambda: _tempo(_bar))
    yield "scene", SourceKind((Takes("class", "class"),),
                              "probability of a class of scene, 0 unless it is among the first",  _scene)
    yield "weight", SourceKind((Takes("layer", low=1, high=LAYERS),), "level of a layer", _weight)
    yield "param", SourceKind((Takes("path", "path"),), "value of another knob, over its own range", _param, None, None)
    yield "time", SourceKind((), "seconds since the instrument began",
                             lambda: lambda moment: moment.now - moment.began, None, None, "s")
    yield "nothing", SourceKind((), "no value: the knob stays where it is", lambda: lambda moment: None, None, None)
    yield "pi", SourceKind((), "half a turn in radians", lambda: lambda moment: math.pi, None, None)


SOURCES: dict[str, SourceKind] = dict(_kinds())


def written(name: str, takes: tuple[Takes, ...]) -> str:
    """Return how a source is written: cc(port, channel, number)."""
    return f"{name}({', '.join(argument.name for argument in takes)})" if takes else name


def wrong(argument: Takes, value: Argument, classes: Collection[str] | None) -> str | None:
    """Return what is wrong with an argument, None if nothing is. classes: those that exist, None if nobody knows."""
    if argument.what == "number":
        if isinstance(value, int) and argument.low <= value <= argument.high:
            return None
        return f"expected a whole number from {argument.low} to {argument.high}"
    if not isinstance(value, str) or not value.strip():
        return f"expected the {argument.name} in quotes"
    if argument.what == "path":
        return _wrong_path(value)
    if argument.what == "address":
        return _wrong_address(value)
    if argument.what == "class" and classes is not None and value not in classes:
        return f"there is no class '{value}'; the nearest is '{get_close_matches(value, list(classes), 1, 0)[0]}'"
    return None


def _wrong_path(path: str) -> str | None:
    try:
        parameter(path)
    except UserError as error:
        return str(error)
    return None


def _wrong_address(address: str) -> str | None:
    if not address.startswith("/") or any(sign in " #*,?[]{}" for sign in address):
        return 'expected an OSC address without wildcards, such as "/wek/outputs"'
    if address == ROOT or address.startswith(f"{ROOT}/"):
        return f"addresses below {ROOT} are the instrument's own; for a knob write param(\"master/gain\")"
    return None
