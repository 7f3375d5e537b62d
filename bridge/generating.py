"""`phonoscope train s2i|i2s`: its options, and what it tells."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import UserError

if TYPE_CHECKING:
    from models.generation.run import Report

TASKS = {"s2i": "pictures from sounds", "i2s": "sounds (spectrograms) from pictures"}
EPILOG = """\
DIR is Sub-URMP, what `phonoscope dataset build` made of videos, folders of pictures and sounds by category, or a folder
with pairs.csv. Beside the model file lie its curves (.png), its rows (.jsonl), samples (-samples.png) and, until it is
done, a checkpoint: after Ctrl-C, a crash or a power cut the same command goes on from there.
"""


def add_arguments(parser: argparse.ArgumentParser, task: str) -> None:
    """Declare the options of `phonoscope train s2i` or `i2s`."""
    parser.add_argument("--variant", required=True, metavar="NAME", help=f"recipe: the NAME of models/configs/{task}-"
                        "NAME.toml")
    add_data(parser)
    parser.add_argument("--schedule", choices=["short", "full"], default="full",
                        help="short: minutes on one core, a narrow network (default: full)")
    parser.add_argument("--steps", type=count, metavar="N", help="of the training (default: the schedule's)")
    parser.add_argument("--clean", action="store_true", help="leave out what the shipped eye or ear do not call by its "
                        "label, of what is trained with")
    parser.add_argument("-o", "--out", type=Path, metavar="FILE", help=f"model file (default: {task}-NAME.ts)")


def add_data(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say which pairs."""
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="DIR", help="pictures and sounds")
    parser.add_argument("--classes", type=lambda text: text.split(","), default=[], metavar="A,B,C",
                        help="which categories (default: all that have enough of both)")


def run(args: argparse.Namespace) -> int:
    """Train; 0 when the model file is written, 130 after Ctrl-C."""
    import time

    from engine.modelfile import shipped_model
    from models.cache import CACHE
    from models.generation.run import Order, train
    from models.generation.settings import load_settings

    settings = load_settings(args.kind, args.variant).scheduled(args.schedule, args.steps)
    out = args.out or Path(f"{settings.name}.ts")
    check_name(out)
    classes = f" --classes {','.join(args.classes)}" if args.classes else ""
    steps = f" --steps {args.steps}" if args.steps else ""
    cleaned = " --clean" if args.clean else ""
    command = f"phonoscope train {args.kind} --variant {args.variant} --data DIR{classes} --schedule {args.schedule}" \
              f"{steps}{cleaned} --seed {args.seed}"
    judges = (shipped_model("eye"), shipped_model("ear")) if args.clean else None
    order = Order(settings, args.data, out, CACHE, device(args.device), args.seed, command, args.classes, clean=judges)
    if args.fresh:
        order.checkpoint.unlink(missing_ok=True)
    began = time.monotonic()
    try:
        report = train(order)
    except KeyboardInterrupt:
        tell_stopped(order.checkpoint)
        return 130
    _tell(report, out, order.device.type, time.monotonic() - began, args.json)
    return 0


def check_name(out: Path) -> None:
    """UserError unless the name is that of a model file."""
    if out.suffix != ".ts":
        raise UserError(f"-o {out}: expected a name that ends in .ts")


def tell_stopped(checkpoint: Path) -> None:
    """Say what Ctrl-C left."""
    print("stopped; " + (f"the same command goes on from {checkpoint}" if checkpoint.exists() else
                         "nothing was learnt yet"), file=sys.stderr)


def count(text: str) -> int:
    """A whole number from 1 up."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 1 up")
    return int(text)


def device(name: str) -> "torch.device":  # type: ignore[name-defined]  # noqa: F821
    """The device of --device; UserError if it is not there."""
    import torch

    if name == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: torch finds no CUDA device; use cpu or auto")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def _tell(report: "Report", out: Path, used: str, wall_s: float, as_json: bool) -> None:
    if as_json:
        files = {"model": out, "curves": report.curves, "metrics": report.metrics, "samples": report.samples}
        print(json.dumps(asdict(report) | {name: str(file) for name, file in files.items()}
                         | {"device": used, "wall_s": wall_s}))
        return
    print(f"{out}: {len(report.classes)} classes, {report.pictures} pictures, {report.sounds} half seconds of sound; "
          f"{report.steps} steps, {wall_s:.0f} s")
    if report.left_out:
        gone = (", ".join(f"{name} {n}" for name, n in counts.items() if n) for counts in report.left_out.values())
        print("left out because eye or ear call them otherwise: "
              + "; ".join(f"{what}: {names or 'none'}" for what, names in zip(report.left_out, gone, strict=True)))
    print(f"accuracy of the judge on what is generated: {report.figures['accuracy_train']:.1%} (training), "
          f"{report.figures['accuracy_test']:.1%} (test); on what is real: {report.classifier_ceiling:.1%} (test)")
    print(f"curves: {report.curves}; samples: {report.samples}")
