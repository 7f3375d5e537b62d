"""How much faster than real time the ear listens, on one core, to a minute of sound at its own rate."""

import argparse
from typing import Any

HELP = "speed of the ear against real time, on one core"
_MINUTE = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope bench ear`."""
    parser.add_argument("--ear", metavar="F", help="model file; default: the one that is shipped")
    parser.add_argument("--seconds", type=float, default=10, metavar="S", help="how long to measure; default 10")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Return the figures; UserError if the model file can't be used."""
    import numpy as np

    from bridge.timing import timed
    from engine.modelfile import load_model, shipped_model

    model = load_model(args.ear or shipped_model("ear"), "ear", "cpu")
    sound = np.random.default_rng(0).normal(0, 0.1, (1, _MINUTE * model.rate)).astype(np.float32)
    times = timed(lambda: model.run(sound), args.seconds, least=3)
    return {"model": model.name, "sha256": model.sha256[:12], "backend": model.backend, **times,
            "times_real_time": round(_MINUTE * 1e3 / times["p50_ms"], 1),
            "times_real_time_cpu": round(_MINUTE * 1e3 / times["cpu_ms"], 1)}
