"""How fast PAINTER is on one core: hearing, painting at each of the model's sides, and whole pictures of several sizes.

side_N_paint is the generator alone at that side; side_N_SIZE a whole picture of that size, from the newest samples to
the pixels, with feedback and palette. fps is how many of these there are in a second, budget_60 and budget_25 the part
of the time between pictures, at 60 and 25 a second, that one takes by its p95: above 1 it is too slow.
"""

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.dream.painter.generator import Generator

HELP = "pictures that PAINTER paints in a second, at each side and size"
_SIZES = (256, 512, 1024)
_RATE = 48_000
_KNOBS = {"dream/palette": 0.5, "dream/feedback": 0.5}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope bench dream`."""
    parser.add_argument("--model", default="", metavar="F", help="model file; default: the one that is shipped")
    parser.add_argument("--seconds", type=float, default=3, metavar="S", help="how long to measure each; default 3")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Return the figures; UserError if the model file can't be used."""
    import cv2
    import numpy as np

    from bridge.timing import timed
    from engine.dream.painter.generator import Generator

    cv2.setNumThreads(1)
    generator = Generator.load(args.model, live=True)
    model = generator.model
    wave = 0.1 * np.random.default_rng(0).standard_normal(generator.window).astype(np.float32)
    condition, latent = generator.listen(wave), np.ones(generator.latent, np.float32)
    figures: dict[str, Any] = {"model": model.name, "sha256": model.sha256[:12], "device": model.device,
                               "listen": timed(lambda: generator.listen(wave), args.seconds)}
    for side in model.manifest["sides"]:
        one = Generator(model, side, live=True)
        figures[f"side_{side}_arithmetic"] = one.arithmetic
        figures[f"side_{side}_paint"] = timed(lambda one=one: one.paint(condition, latent),  # type: ignore[misc]
                                              args.seconds)
        for size in _SIZES:
            figures[f"side_{side}_{size}"] = _whole(one, size, args.seconds)
    return figures


def _whole(generator: "Generator", size: int, seconds: float) -> dict[str, float]:
    import itertools

    import numpy as np

    from bridge.timing import timed
    from engine.dream.painter.painter import Moment, Painter, prepared
    from engine.parameters import PARAMETERS
    from engine.tempo.timeline import Tempo

    knobs = {p.path: p.default for p in PARAMETERS} | _KNOBS
    painter = Painter(generator, size, size, 0, knobs.__getitem__)
    random = np.random.default_rng(0)
    heard = 0.1 * random.standard_normal((-(-generator.window * _RATE // generator.rate), 2)).astype(np.float32)
    camera = random.integers(0, 256, (360, 640, 3), np.uint8)
    tempo, numbers = Tempo(0.0, 0.0, 120.0), itertools.count()

    def picture() -> None:
        sound = prepared(heard, _RATE, generator.rate)[-generator.window:]
        painter.paint(Moment(next(numbers) / 60, sound, tempo, 0.0, camera))

    times = timed(picture, seconds)
    return times | {"fps": round(1e3 / times["p50_ms"], 1),
                    **{f"budget_{fps}": round(times["p95_ms"] * fps / 1e3, 3) for fps in (60, 25)}}
