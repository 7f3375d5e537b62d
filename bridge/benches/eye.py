"""How long the eye takes for a picture, on one core: milliseconds for 224 x 224 and for the camera's 640 x 360."""

import argparse
from typing import Any

HELP = "time of the eye per picture, on one core"
_SIZES = ((224, 224), (640, 360))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope bench eye`."""
    parser.add_argument("--eye", metavar="F", help="model file; default: the one that is shipped")
    parser.add_argument("--seconds", type=float, default=5, metavar="S", help="how long to measure each; default 5")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Return the figures; UserError if the model file can't be used."""
    import numpy as np

    from bridge.timing import timed
    from engine.modelfile import load_model, shipped_model

    model = load_model(args.eye or shipped_model("eye"), "eye", "cpu")
    figures: dict[str, Any] = {"model": model.name, "sha256": model.sha256[:12], "backend": model.backend}
    for width, height in _SIZES:
        picture = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), np.uint8)
        for name, value in timed(lambda frame=picture: model.run(frame), args.seconds).items():  # type: ignore[misc]
            figures[f"{width}x{height}_{name}"] = value
    return figures
