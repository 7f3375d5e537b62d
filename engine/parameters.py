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

LAYERS = 16
"""How many logical layers the match can fill at once."""
CLIP, MICROPHONE, VOICE = range(3)
"""Values of layer/N/source."""

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
    yield knob("pan", 0, -1, 1, "", "linear", 0.03, "Balance of the layer's image between left (-1) and right (1).")
    yield knob("azimuth", 0, -180, 180, "degrees", "linear", 0.03,
               "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left.")
    yield knob("width", 60, 0, 180, "degrees", "linear", 0.03, "Angle between the image's left and right edge.")
    yield knob("highpass", 20, 20, 20000, "Hz", "log", 0.03, "High-pass filter; the lowest value is none.")
    yield knob("lowpass", 20000, 20, 20000, "Hz", "log", 0.03, "Low-pass filter; the highest value is none.")
    yield knob("send", -60, -60, 6, "dB", "linear", 0.03, "Level sent to the reverb; the lowest value is none.")
    yield knob("source", CLIP, CLIP, VOICE, "", "integer", 0,
               "What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.")
    yield knob("mode", 0, 0, 2, "", "integer", 0, "How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.")
    yield knob("position", 0, 0, 1, "clip", "linear", 0, "Where in the clip grains are read, as a fraction of it.")
    yield knob("position_jitter", 0.08, 0, 4, "s", "linear", 0, "Random spread of the reading position.")
    yield knob("speed", 1, -2, 2, "x", "linear", 0, "How fast the reading position moves; 1 is the clip's own pace.")
    yield knob("freeze", 0, 0, 1, "", "switch", 0, "Hold the reading position where it is.")
    yield knob("duration", 250, 5, 2000, "ms", "log", 0, "Length of a grain.")
    yield knob("emission", 0, 0, 2, "", "integer", 0,
               "What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.")
    yield knob("density", 16, 0.25, 6000, "grains/s", "log", 0, "Grains started each second.")
    yield knob("density_jitter", 0.25, 0, 1, "", "linear", 0,
               "Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).")
    yield knob("burst", 1, 1, 64, "grains", "integer", 0,
               "Grains that each onset or beat starts, spaced by the density.")
    yield knob("division", 1, 0.25, 16, "per beat", "log", 0, "How often the beat starts grains; 4 is sixteenths.")
    yield knob("pitch", 0, -24, 24, "semitones", "linear", 0, "Transposition of the grains.")
    yield knob("pitch_jitter", 0, 0, 12, "semitones", "linear", 0, "Random spread of the transposition.")
    yield knob("pan_spread", 0.35, 0, 1, "", "linear", 0, "Random spread of each grain's place.")
    yield knob("shape", 0, 0, 3, "", "integer", 0,
               "Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).")
    yield knob("envelope", 1, 0.02, 1, "", "linear", 0,
               "Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.")
    yield knob("interpolation", 1, 0, 2, "", "integer", 0,
               "How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.")
    yield knob("reverse", 0, 0, 1, "", "linear", 0, "Probability that a grain is played backwards.")


def _registry() -> Iterator[Parameter]:
    yield Parameter("master/gain", 0, -60, 6, "dB", "linear", 0.03, "Level of everything; the lowest value is silence.")
    yield Parameter("master/ceiling", -1, -24, -1, "dBTP", "linear", 0.03, "True-peak ceiling of the limiter.")
    yield Parameter("master/panic", 0, 0, 1, "", "switch", 0, "1 fades to silence in 50 ms and stays; 0 plays again.")
    yield Parameter("master/record", 0, 0, 1, "", "switch", 0, "1 records everything that is played, all channels.")
    yield Parameter("crossfade/time", 4, 0.005, 60, "s", "log", 0, "Crossfade when the match drifts to other clips.")
    yield Parameter("crossfade/cut", 0.6, 0.005, 60, "s", "log", 0, "Crossfade after a scene cut.")
    yield Parameter("crossfade/shape", 0, 0, 2, "", "integer", 0,
                    "Course of crossfades: 0 equal power, 1 linear, 2 an S-curve.")
    yield Parameter("tempo/source", 0, 0, 3, "", "integer", 0,
                    "Who keeps time: 0 the internal clock, 1 MIDI clock, 2 the beat that is heard, 3 Ableton Link.")
    yield Parameter("tempo/bpm", 120, 20, 300, "BPM", "log", 0, "Tempo of the internal clock.")
    yield Parameter("tempo/bar", 4, 1, 16, "beats", "integer", 0, "Length of a bar.")
    yield Parameter("reverb/gain", 0, -60, 6, "dB", "linear", 0.03,
                    "Level of the shared reverb; the lowest value is silence.")
    yield Parameter("reverb/time", 2.5, 0.2, 30, "s", "log", 0.1, "Time in which the reverb falls by 60 dB.")
    yield Parameter("reverb/damping", 6000, 500, 20000, "Hz", "log", 0.1,
                    "Above this frequency the reverb fades faster.")
    yield Parameter("morph/position", 0, 0, 1, "", "linear", 0,
                    "Between the two snapshots of a morph: 0 is the first, 1 the second.")
    yield Parameter("match/layers", 3, 1, LAYERS, "layers", "integer", 0, "How many clips sound at once.")
    yield Parameter("match/quantise", 0, 0, 2, "", "integer", 0,
                    "When new clips begin: 0 at once, 1 on the beat, 2 on the bar.")
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
    yield Parameter("dream/rate", 30, 1, 120, "frames/s", "log", 0, "Pictures painted each second.")
    yield Parameter("dream/speed", 0.2, 0, 4, "places/s", "linear", 0, "How fast the dream wanders.")
    yield Parameter("dream/chaos", 0.1, 0, 1, "", "linear", 0,
                    "Part of a second wandering, eight times as fast, in the first.")
    yield Parameter("dream/step", 0, 0, 4, "beats", "linear", 0,
                    "Every so many beats the dream steps to the next place and stays there; 0 lets it glide.")
    yield Parameter("dream/jump", 0.3, 0, 2, "places", "linear", 0, "How far an onset of full strength throws it.")
    yield Parameter("dream/truncation", 0.8, 0, 1.5, "", "linear", 0,
                    "How far places lie from the middle: 0 paints the sound's typical picture, 1 all there are.")
    yield Parameter("dream/smoothing", 0.1, 0, 10, "s", "linear", 0, "Time constant with which it follows the sound.")
    yield Parameter("dream/feedback", 0.2, 0, 0.98, "", "linear", 0,
                    "What is left of a picture after a 25th of a second, slowly growing, under the new one.")
    yield Parameter("dream/palette", 0, 0, 1, "", "linear", 0,
                    "How far the dream takes on the colours of what the camera sees.")
    yield Parameter("dream/scale", 0.2, 0, 2, "x", "linear", 0, "How much the loudest sound magnifies the picture.")
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
