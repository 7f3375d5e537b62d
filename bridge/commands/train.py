"""Train an eye (pictures), an ear (sounds) or a generator (one from the other), and write its model file.

DIR is a folder with pairs.csv, one that `phonoscope dataset build` made of videos, a .csv of pairs (columns picture and
sound), or folders of sounds or pictures by category. Broken files are listed and left out. Beside the model file lie
its curves (.png), its losses (.jsonl) and, until it is done, a checkpoint: after Ctrl-C, a crash or a power cut the
same command goes on from there, and loses a minute at most.

  phonoscope train ear --config pairs --data my-pairs -o my-ear.ts     your own videos, for the ear that ships
  phonoscope train ear --config classify --data ESC-10                 sounds by their names
  phonoscope train s2i --variant c --data my-pairs --schedule short    pictures from sounds
  phonoscope train i2s --variant c --data my-pairs --schedule short    sounds from pictures
"""

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bridge import generating
from engine.errors import UserError

if TYPE_CHECKING:
    from models.training.config import Config
    from models.training.teaching import Teacher

HELP = "train an eye, an ear or a generator on pictures and sounds"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope train`."""
    kinds = parser.add_subparsers(dest="kind", metavar="WHAT", required=True)
    for kind in ("eye", "ear"):
        sense = kinds.add_parser(kind, help=f"an {kind}, by what a teacher says or by names")
        _add_sense(sense)
        sense.set_defaults(train=_sense)
    for task, what in generating.TASKS.items():
        generator = kinds.add_parser(task, help=what, epilog=generating.EPILOG)
        generating.add_arguments(generator, task)
        generator.set_defaults(train=generating.run)
    for each in kinds.choices.values():
        each.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="default: auto")
        each.add_argument("--seed", type=int, default=0, metavar="N", help="of everything random (default: 0)")
        each.add_argument("--fresh", action="store_true", help="start over instead of going on with a stopped run")
        each.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Train; 0 when the model file is written, 130 after Ctrl-C."""
    import os

    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning threads starve whatever else runs
    status: int = args.train(args)
    return status


def _add_sense(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help="TOML file, or the name of one in models/configs such as "
                        "soundnet8 (default: eye or ear, those of the shipped models)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="pictures and sounds to learn from (default: "
                        "data.path of the config)")
    parser.add_argument("--teacher", type=Path, metavar="FILE", help="eye whose answers are learnt (default: the "
                        "shipped eye; for an eye the Places365 weights in DIR/places365, where there are any)")
    parser.add_argument("-o", "--out", type=Path, metavar="FILE", help="model file (default: the config's name)")
    parser.add_argument("--epochs", type=generating.count, metavar="N",
                        help="passes over the data (default: the config's)")


def _sense(args: argparse.Namespace) -> int:
    """Train an eye or an ear."""
    import time

    from models.cache import CACHE
    from models.training.config import load_config
    from models.training.run import Order, train

    config = load_config(args.config or args.kind, args.kind)
    if args.epochs:
        config = replace(config, training=replace(config.training, epochs=args.epochs))
    if not (args.data or config.data.path):
        raise UserError("nothing to learn from: name a data set with --data DIR, or as data.path in the config")
    data = args.data or Path(config.data.path)
    out = args.out or Path(f"{config.name}.ts")
    generating.check_name(out)
    command = f"phonoscope train {args.kind} --config {args.config or args.kind} --data DIR " \
              f"--epochs {config.training.epochs} --seed {args.seed}"
    device = generating.device(args.device)
    order = Order(config, data, out, CACHE, _teacher(config, data, args), device, args.seed, command)
    if args.fresh:
        order.checkpoint.unlink(missing_ok=True)
    began = time.monotonic()
    try:
        report = train(order)
    except KeyboardInterrupt:
        generating.tell_stopped(order.checkpoint)
        return 130
    wall_s = time.monotonic() - began
    if args.json:
        told = asdict(report) | {"model": str(out), "curves": str(report.curves), "metrics": str(report.metrics),
                                 "device": order.device.type, "wall_s": wall_s,
                                 "skipped": [{"file": file, "why": why} for file, why in report.skipped.items()]}
        print(json.dumps(told))
        return 0
    for why in report.skipped.values():
        print(f"left out  {why}")
    print(f"{out}: {config.kind} of {len(report.classes)} classes from {report.examples} examples, {report.held_out} "
          f"held out, {len(report.skipped)} left out; {report.steps} steps, {wall_s:.0f} s; curves: {report.curves}")
    return 0


def _teacher(config: "Config", data: Path, args: argparse.Namespace) -> "Teacher | None":
    """The eye whose answers are learnt, checked as the engine checks a model before it may run."""
    import torch

    from engine.modelfile import load_model, shipped_model
    from models import export, places365
    from models.cache import digest, stamps
    from models.training.teaching import Teacher

    if not config.taught:
        if args.teacher:
            raise UserError(f"--teacher {args.teacher}: the objective classify alone learns from no teacher")
        return None
    public = args.teacher or data / "places365"
    if public.is_dir() and (args.teacher or args.kind == "eye"):
        try:
            network, classes = places365.load_teacher(public), places365.read_classes(public)
        except OSError as error:
            raise UserError(f"{public}: {error.strerror or error}; expected a folder with {places365.WEIGHTS_FILE} and "
                            f"{places365.CATEGORIES_FILE}, or a model file") from None
        return Teacher(network, classes, digest(stamps([public / places365.WEIGHTS_FILE])))
    file = args.teacher or shipped_model("eye")
    threads = torch.get_num_threads()
    checked = load_model(file, "eye", "cpu")
    torch.set_num_threads(threads)  # the engine has one for each model, training has all
    return Teacher(export.load_model(file)[0], list(checked.classes), checked.sha256)

