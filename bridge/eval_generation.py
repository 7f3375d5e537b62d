"""`phonoscope eval s2i|i2s`: its options, and its figures for people."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Column, Table

from bridge import eval_experiments
from bridge.generating import add_data
from engine.errors import UserError

if TYPE_CHECKING:
    from engine.modelfile import Model
    from models.evaluation.generated import Maker
    from models.evaluation.judges import Judge
    from models.generation.pairs import Pairs

Figures = dict[str, Any]
KINDS = {"s2i": "dream", "i2s": "voice"}
SHOWN = 128
"""Side of the pictures that a voice is shown, pixels."""
HELP = {"s2i": "are pictures generated from sounds of their class", "i2s": "are spectrograms generated from pictures "
        "of their class"}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser, task: str) -> None:
    """Declare the options of `phonoscope eval s2i` or `i2s`."""
    add_data(parser)
    parser.add_argument("--model", type=Path, metavar="FILE", help=f"model file (default: the shipped {KINDS[task]})")
    parser.add_argument("--grid", type=Path, metavar="PNG", help=f"what is generated, a row for each class (default: "
                        f"{task}.png)")
    if task == "s2i":
        instead = parser.add_mutually_exclusive_group()
        instead.add_argument("--spectra", action="store_true", help="instead: train the sound classifier of Chen et "
                             "al. on each of five spectra (their table 1)")
        eval_experiments.add_arguments(parser, instead)
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the latent values (default: 0)")
    parser.set_defaults(evaluate=evaluate, task=task)


def evaluate(args: argparse.Namespace) -> Figures:
    """Measure what is asked for."""
    instead = {"spectra": _spectra, "ablation": eval_experiments.ablation, "volume": eval_experiments.volume}
    asked = [measure for name, measure in instead.items() if args.task == "s2i" and getattr(args, name)]
    return (asked or [_model])[0](args)


def tell(figures: Figures) -> None:
    """Print the figures for people."""
    if "experiment" in figures:
        eval_experiments.tell(figures)
    else:
        (_tell_spectra if "accuracy" in figures else _tell_model)(figures)


def _spectra(args: argparse.Namespace) -> Figures:
    from models.cache import CACHE
    from models.evaluation.judges import SIDE
    from models.evaluation.spectra import compare
    from models.generation.pairs import read_pairs
    from models.generation.settings import load_settings

    return compare(read_pairs(args.data, SIDE, CACHE, args.classes), load_settings("s2i", "c"), args.seed, CACHE)


def _model(args: argparse.Namespace) -> Figures:
    """See models.evaluation.generated."""
    import torch

    from engine.modelfile import load_model, shipped_model
    from models.cache import CACHE
    from models.evaluation import generated, judges
    from models.generation.pairs import read_pairs
    from models.generation.task import TASKS

    threads = torch.get_num_threads()
    model = load_model(args.model or shipped_model(KINDS[args.task]), KINDS[args.task])  # type: ignore[arg-type]
    torch.set_num_threads(threads)  # the engine has one for each model, an evaluation has all
    pairs = read_pairs(args.data, judges.SIDE, CACHE, known_classes(args, model))
    judge = TASKS[args.task].judge(pairs, CACHE)
    grid = args.grid or Path(f"{args.task}.png")
    if args.task == "i2s":
        shown = read_pairs(args.data, SHOWN, CACHE, pairs.classes)  # a voice sees more than the judges do
        figures, made = generated.evaluate(_maker(args, model, shown), "i2s", pairs, judge, None, grid, args.seed)
        return _finish(figures | generated.audibility(made, pairs, judge), model)
    trunk = judges.find_mobilenet(args.data)
    second: Judge | None = judges.second_judge(pairs, trunk, CACHE) if trunk else None
    figures, made = generated.evaluate(_maker(args, model, pairs), "s2i", pairs, judge, second, grid, args.seed)
    return _finish(figures | generated.variety(made, pairs, judge, trunk), model)


def _maker(args: argparse.Namespace, model: "Model", pairs: "Pairs") -> "Maker":
    from models.evaluation.makers import dreamer, singer

    return dreamer(model, pairs, model.manifest["sides"][-1]) if args.task == "s2i" else singer(model, pairs)


def known_classes(args: argparse.Namespace, model: "Model") -> list[str]:
    """Those asked for, or all of the data that the model knows."""
    from models.generation.pairs import categories

    if strange := [name for name in args.classes if name not in model.classes]:
        raise UserError(f"--classes {','.join(args.classes)}: the model {model.path} does not know "
                        f"{', '.join(strange)}; it knows {', '.join(model.classes)}")
    there = [] if args.classes else categories(args.data)
    if not (known := args.classes or [name for name in there if name in model.classes]):
        raise UserError(f"the model {model.path} knows {', '.join(model.classes)}; the data has {', '.join(there)}")
    return list(known)


def _finish(figures: Figures, model: "Model") -> Figures:
    return figures | {"models": {model.kind: {"name": model.name, "sha256": model.sha256}}, "skipped": []}


def _tell_spectra(figures: Figures) -> None:
    table = Table("spectrum", "accuracy on test sounds", box=None, padding=(0, 1))
    for name, accuracy in figures["accuracy"].items():
        table.add_row(name.upper(), f"{accuracy:.1%}")
    Console().print(table)


def _tell_model(figures: Figures) -> None:
    console = Console()
    console.print(f"{figures['model']}: generated from {figures['generated']['train']} of the training split and "
                  f"{figures['generated']['test']} of the test split; {len(figures['classes'])} classes, chance "
                  f"{figures['chance']:.1%}", highlight=False, soft_wrap=True)
    table = Table(Column("accuracy of the judge", no_wrap=True), "train", "test", "on real test data", box=None,
                  padding=(0, 1))
    _add(table, "this model", figures)
    if "second_judge" in figures:
        _add(table, "this model, second judge", figures["second_judge"])
    for name, theirs in figures["published"].items():
        _add(table, f"{name}, on Sub-URMP", theirs)
    console.print(table)
    if "accuracy_test_recordings" in figures:
        console.print(f"of one picture for each whole test recording {figures['accuracy_test_recordings']:.2%}",
                      highlight=False)
    if "inception_score" in figures:
        fid = "no fid" if figures["fid"] is None else (f"fid {figures['fid']:.1f}, of real training and test pictures "
                                                       f"{figures['fid_real']:.1f}")
        console.print(f"inception score {figures['inception_score']:.2f}, of real test pictures "
                      f"{figures['inception_score_real']:.2f}: {figures['inception_ratio']:.2f}; {fid} "
                      f"({figures['fid_features']})", highlight=False, soft_wrap=True)
    if "accuracy_audible" in figures:
        console.print(f"made audible and heard again: {figures['accuracy_audible']:.2%} right, "
                      f"{figures['audible_kept']:.1%} of it kept; of real test sounds, likewise, "
                      f"{figures['accuracy_audible_real']:.2%}", highlight=False, soft_wrap=True)
    classes = Table("class", "train", "test", box=None, padding=(0, 1))
    for name, row in figures["per_class"].items():
        classes.add_row(name, f"{row['accuracy_train']:.0%}", f"{row['accuracy_test']:.0%}")
    console.print(classes)
    console.print(f"judge: {figures['judge']}; pictures: {figures['grid']}", highlight=False, soft_wrap=True)


def _add(table: Table, name: str, row: Figures) -> None:
    shown = (f"{row[key]:.2%}" if key in row else "" for key in ("accuracy_train", "accuracy_test",
                                                                 "classifier_ceiling"))
    table.add_row(name, *shown)
