"""The one registry of everything that a performer can move.

From this table come the shared parameter block, the OSC addresses and their echo, the show file's keys and the
reference page. A new knob is one line here.
"""

import fnmatch
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from engine.errors import UserError

LAYERS = 4
"""How many logical layers the match can fill at once."""

Curve = Literal["linear", "log", "integer", "switch"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One knob.

    path: slash-separated name, the tail of its OSC address and its key path in the show file.
    default, low, high: value range, inclusive, in `unit`.
    curve: how a controller sweeps the range: "linear", "log" (low > 0), "integer", or "switch" (0 or 1).
    smoothing: time constant in seconds with which the audio side follows a change; 0 follows at once.
    """

    path: str
    default: float
    low: float
    high: float
    unit: str
    curve: Curve
    smoothing: float
    doc: str

    def accept(self, value: float) -> float:
        """Return `value` as this parameter stores it: clamped to the range, rounded for "integer" and "switch".

        Raises UserError if the value is not a finite number.
        """
        if not math.isfinite(value):
            raise UserError(f"{self.path}: {value} is not a finite number; expected {self.low:g} to {self.high:g} "
                            f"{self.unit}".rstrip())
        value = min(max(float(value), self.low), self.high)
        return float(round(value)) if self.curve in ("integer", "switch") else value


def _layer(n: int) -> Iterator[Parameter]:
    def knob(name: str, default: float, low: float, high: float, unit: str, curve: Curve, smoothing: float,
             doc: str) -> Parameter:
        return Parameter(f"layer/{n}/{name}", default, low, high, unit, curve, smoothing, doc)

    yield knob("gain", 0, -60, 12, "dB", "linear", 0.03, "Level of the layer; the lowest value is silence.")
    yield knob("pan", 0, -1, 1, "", "linear", 0.03, "Place between left (-1) and right (1).")
    yield knob("position", 0, 0, 1, "clip", "linear", 0, "Where in the clip grains are read, as a fraction of it.")
    yield knob("position_jitter", 0.08, 0, 4, "s", "linear", 0, "Random spread of the reading position.")
    yield knob("speed", 1, -2, 2, "x", "linear", 0, "How fast the reading position moves; 1 is the clip's own pace.")
    yield knob("freeze", 0, 0, 1, "", "switch", 0, "Hold the reading position where it is.")
    yield knob("duration", 250, 5, 2000, "ms", "log", 0, "Length of a grain.")
    yield knob("density", 16, 0.25, 400, "grains/s", "log", 0, "Grains started each second.")
    yield knob("density_jitter", 0.25, 0, 1, "", "linear", 0,
               "Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).")
    yield knob("pitch", 0, -24, 24, "semitones", "linear", 0, "Transposition of the grains.")
    yield knob("pitch_jitter", 0, 0, 12, "semitones", "linear", 0, "Random spread of the transposition.")
    yield knob("pan_spread", 0.35, 0, 1, "", "linear", 0, "Random spread of each grain's place.")
    yield knob("envelope", 1, 0.02, 1, "", "linear", 0,
               "Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.")
    yield knob("reverse", 0, 0, 1, "", "linear", 0, "Probability that a grain is played backwards.")


def _registry() -> Iterator[Parameter]:
    yield Parameter("master/gain", 0, -60, 6, "dB", "linear", 0.03, "Level of everything; the lowest value is silence.")
    yield Parameter("master/ceiling", -1, -24, -1, "dBTP", "linear", 0.03, "True-peak ceiling of the limiter.")
    yield Parameter("master/panic", 0, 0, 1, "", "switch", 0, "1 fades to silence in 50 ms and stays; 0 plays again.")
    yield Parameter("crossfade/time", 4, 0.02, 60, "s", "log", 0, "Crossfade when the match drifts to other clips.")
    yield Parameter("crossfade/cut", 0.6, 0.02, 60, "s", "log", 0, "Crossfade after a scene cut.")
    yield Parameter("match/layers", 3, 1, LAYERS, "layers", "integer", 0, "How many clips sound at once.")
    yield Parameter("match/smoothing", 1, 0, 30, "s", "linear", 0, "Time constant over which scenes are averaged.")
    yield Parameter("match/cut", 0.5, 0.05, 1, "", "linear", 0,
                    "Change between pictures that counts as a scene cut (total variation, 0 to 1).")
    yield Parameter("match/hysteresis", 0.15, 0, 2, "nats", "linear", 0,
                    "How much better a clip must match than a playing one before it takes its layer.")
    yield Parameter("match/hold", 2, 0, 60, "s", "linear", 0,
                    "Shortest time that a layer keeps its clip, except at a cut.")
    yield Parameter("match/focus", 0.5, 0.05, 5, "nats", "log", 0,
                    "How fast a layer's level falls with its distance from the best match; small favours the best.")
    yield Parameter("match/diversity", 1, 0, 1, "", "switch", 0, "1 allows one clip of a class at a time.")
    yield Parameter("match/freeze", 0, 0, 1, "", "switch", 0, "1 holds the present layers whatever the camera sees.")
    yield Parameter("listen/gate", -60, -90, 0, "dBFS", "linear", 0, "Input below this level makes no onsets.")
    yield Parameter("listen/sensitivity", 0.5, 0, 1, "", "linear", 0, "How readily an onset is reported.")
    for n in range(1, LAYERS + 1):
        yield from _layer(n)


PARAMETERS: tuple[Parameter, ...] = tuple(_registry())
INDEX: dict[str, int] = {p.path: i for i, p in enumerate(PARAMETERS)}


def parameter(path: str) -> Parameter:
    """Return the parameter called `path`; UserError names the nearest one if there is none."""
    try:
        return PARAMETERS[INDEX[path]]
    except KeyError:
        import difflib

        near = difflib.get_close_matches(path, INDEX, 1, 0)
        raise UserError(f"there is no parameter '{path}'; the nearest is '{near[0]}'") from None


def matching(pattern: str) -> list[Parameter]:
    """Return the parameters whose paths match `pattern` (`*`, `?`, `[..]` within one segment), in registry order."""
    segments = pattern.split("/")
    return [p for p in PARAMETERS
            if len(parts := p.path.split("/")) == len(segments)
            and all(fnmatch.fnmatchcase(part, segment) for part, segment in zip(parts, segments, strict=True))]
