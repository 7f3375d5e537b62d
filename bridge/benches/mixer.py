"""How many grains the mixer plays at once on one core, and what a grain costs.

A grain is 100 ms long under a Hann window, read at half to twice its pitch at any place of a mono clip, panned anywhere
in stereo, at 48 kHz. Everything that is always done is in the figures: the layers, the limiter, the meters.
grains_realtime is the largest number at which the median block of 64 frames takes at most half of the time that it
lasts; nanoseconds are for each sample of each of 1,024 grains. realtime_factor is how much faster than real time that
many grains are mixed, with cubic interpolation.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.sound.mixer import Mixer

HELP = "number of grains at once, and what a grain costs, on one core"
_RATE = 48_000
_BLOCK = 64
_GRAIN_S = 0.1
_CLIP_FRAMES = 1 << 18
_SHARE = 0.5
"""Part of a block's time that computing it may take."""
_NEAR = 0.01
"""How exactly the largest number of grains is searched for, as a part of it."""
_FEWEST = 64
_COUNTS = (64, 256, 1024, 4096)
_MANY = 1024
_INTERPOLATIONS = {"linear": 0, "cubic": 1, "sinc": 2}
_CUBIC = _INTERPOLATIONS["cubic"]
_FOREVER_S = 1e6


@dataclass(frozen=True, slots=True)
class Blocks:
    """Times of blocks in ms, and how many grains found no room meanwhile, or none for cubic interpolation."""

    p50: float
    p99: float
    lost: int

    @property
    def in_time(self) -> bool:
        return self.p50 <= _SHARE * 1e3 * _BLOCK / _RATE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope bench mixer`."""
    parser.add_argument("--seconds", type=float, default=0.5, metavar="S",
                        help="how long to measure each of about 20 settings; default 0.5")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Return the figures."""
    import sys

    from engine.sound.state import GRAINS

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def measured(count: int) -> Blocks:
        blocks = _blocks(playing(count, _CUBIC), args.seconds)
        say(f"{count} grains: {blocks.p50:.3f} ms a block of {_BLOCK} frames")
        return blocks

    count, blocks, limit = most(measured, GRAINS)
    figures: dict[str, Any] = {"grains_realtime": count, "limited_by": limit, "p50_ms": round(blocks.p50, 4),
                               "p99_ms": round(blocks.p99, 4), "pool_grains": GRAINS}
    for name, interpolation in _INTERPOLATIONS.items():
        share = processor_share(playing(_MANY, interpolation), args.seconds)
        figures[f"ns_per_grain_sample_{name}"] = round(share * 1e9 / _RATE / _MANY, 3)
        say(f"{name}: {figures[f'ns_per_grain_sample_{name}']} ns for a sample of a grain")
    figures["ns_per_grain_sample"] = figures["ns_per_grain_sample_cubic"]
    figures["realtime_factor"] = {
        str(count): round(1 / processor_share(playing(count, _CUBIC), args.seconds), 2) for count in _COUNTS}
    return figures


def playing(count: int, interpolation: int) -> "Mixer":
    """Return a mixer of which `count` grains sound at once, on all layers alike, and go on to.

    A clip starts as many grains a second as its knob allows. Where that isn't enough, each layer is amid a crossfade
    that takes for ever, between two or more clips.
    """
    import numpy as np

    from engine.parameters import INDEX, LAYERS, PARAMETERS, parameter
    from engine.sound.mixer import Mixer

    most = LAYERS * parameter("layer/1/density").high * _GRAIN_S
    clips = int(np.ceil(count / most))
    parameters = np.array([p.default for p in PARAMETERS])
    knobs = {"density": count / (_GRAIN_S * LAYERS * clips), "density_jitter": 0, "duration": 1e3 * _GRAIN_S,
             "position_jitter": _CLIP_FRAMES / _RATE / 2, "pitch_jitter": 12, "pan_spread": 1, "shape": 0,
             "envelope": 1, "interpolation": interpolation}
    for name, value in knobs.items():
        for n in range(1, LAYERS + 1):
            parameters[INDEX[f"layer/{n}/{name}"]] = value
    mixer = Mixer(_RATE, parameters)
    mixer.load(0, (0.1 * np.random.default_rng(0).standard_normal((_CLIP_FRAMES, 1))).astype(np.float32))
    for number in range(clips):
        for layer in range(LAYERS):
            mixer.start(layer, 0, 1, _FOREVER_S if number else 0)
        mixer.process(_BLOCK)
    mixer.process(round(2 * _GRAIN_S * _RATE))
    return mixer


def processor_share(mixer: "Mixer", seconds: float) -> float:
    """Return the part of a core's time that the mixer takes, measured for `seconds`."""
    import time

    import numpy as np

    from engine.sound.mixer import render

    out = np.empty((round(_GRAIN_S * _RATE), 2), np.float32)
    frames, begun, busy = 0, time.perf_counter(), time.thread_time()
    while frames == 0 or time.perf_counter() - begun < seconds:
        render(mixer.addresses, out)
        frames += len(out)
    return (time.thread_time() - busy) * _RATE / frames


def _blocks(mixer: "Mixer", seconds: float) -> Blocks:
    """Return how long the mixer's blocks take, called as the audio device does, measured for `seconds`."""
    import time

    import numpy as np

    from engine.sound.mixer import METERS, render

    losses = [METERS.index(name) for name in ("refused", "degraded")]
    out = np.empty((_BLOCK, 2), np.float32)
    times: list[int] = []
    before, end = mixer.meters[losses].sum(), time.perf_counter() + seconds
    while len(times) < 20 or time.perf_counter() < end:
        begun = time.perf_counter_ns()
        render(mixer.addresses, out)
        times.append(time.perf_counter_ns() - begun)
    p50, p99 = np.percentile(times, (50, 99)) * 1e-6
    return Blocks(float(p50), float(p99), int(mixer.meters[losses].sum() - before))


def most(measure: Callable[[int], Blocks], pool: int) -> tuple[int, Blocks, str]:
    """Return the largest number of grains, at most `pool`, that is played in time, its blocks, and what forbids more.

    Doubles the number until it is too large, then halves the interval in which the largest lies.
    """
    good, bad, count = 0, pool + 1, _FEWEST
    limit, best = "pool", None
    while bad - good > max(1, _NEAR * good):
        blocks = measure(count)
        if blocks.in_time and not blocks.lost:
            good, best = count, blocks
        else:
            bad, limit = count, "pool" if blocks.in_time else "time"
        count = min(2 * good, pool) if bad > pool else (good + bad) // 2
    return good, best or blocks, limit
