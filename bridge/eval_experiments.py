"""`phonoscope eval s2i --ablation` and `--volume`: the experiments of Wan et al. 2018."""

import argparse
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from bridge.generating import count, device
from engine.errors import UserError

Figures = dict[str, Any]
ROWS_DIR = Path("s2i-ablation")
SOUNDS_OF_CLASS = 8


def add_arguments(parser: argparse.ArgumentParser, instead: argparse._MutuallyExclusiveGroup) -> None:
    """Declare the options of the experiments. instead: the group of what else may be measured."""
    instead.add_argument("--ablation", action="store_true", help="instead: train Wan et al.'s generator without each "
                         "of its tricks in turn, and the baselines (their table 3)")
    instead.add_argument("--volume", action="store_true", help="instead: paint the same sounds at several levels; how "
                         "does the picture follow?")
    parser.add_argument("--schedule", choices=["short", "full"], default="short",
                        help="of --ablation; full: days without a GPU (default: short)")
    parser.add_argument("--steps", type=count, metavar="N", help="of each row of --ablation (default: the schedule's)")
    parser.add_argument("--rows", type=Path, default=ROWS_DIR, metavar="DIR", help="where --ablation keeps what is "
                        f"done: the same command goes on from there (default: {ROWS_DIR})")


def ablation(args: argparse.Namespace) -> Figures:
    """Train and judge the rows that are not done yet; see models.evaluation.ablation."""
    from models.cache import CACHE
    from models.evaluation.ablation import Ground, ablate, draw
    from models.generation.pairs import read_pairs
    from models.generation.settings import Settings, load_settings
    from models.generation.task import TASKS, read_for_judge
    from models.generation.variants import VARIANTS

    if args.model:
        raise UserError(f"--model {args.model}: --ablation trains its own models; leave it out")

    def load(name: str) -> Settings:
        return load_settings("s2i", name).scheduled(args.schedule, args.steps)

    settings = load("wan")
    pairs = read_pairs(args.data, settings.side, CACHE, args.classes)
    sense = VARIANTS["s2i", "wan"].sense(pairs, settings, args.seed, CACHE)
    judge = TASKS["s2i"].judge(read_for_judge(args.data, CACHE, pairs.classes), CACHE)
    ground = Ground(pairs, sense.conditions, judge, load, args.rows, device("auto"), args.seed)
    try:
        figures = ablate(ground)
    except KeyboardInterrupt:
        print(f"stopped; the same command goes on from {args.rows}", file=sys.stderr)
        raise
    picture = args.grid or args.rows / "ablation.png"
    draw(ground, figures, picture)
    return figures | {"experiment": "ablation", "schedule": args.schedule, "judge": judge.what, "grid": str(picture),
                      "sense_accuracy": sense.accuracy}  # fmt: skip


def volume(args: argparse.Namespace) -> Figures:
    """Paint test sounds at several levels; see models.evaluation.volume."""
    import torch

    from bridge.eval_generation import known_classes
    from engine.modelfile import load_model, shipped_model
    from models.cache import CACHE
    from models.evaluation.makers import resampled
    from models.evaluation.volume import draw, evaluate
    from models.generation.pairs import read_pairs

    threads = torch.get_num_threads()
    model = load_model(args.model or shipped_model("dream"), "dream")
    torch.set_num_threads(threads)
    pairs = read_pairs(args.data, model.manifest["sides"][0], CACHE, known_classes(args, model))
    test = pairs.windows(test=True)
    own = [test[pairs.sound_class[test] == k] for k in range(len(pairs.classes))]
    rows = torch.cat([sounds[torch.linspace(0, len(sounds) - 1, min(SOUNDS_OF_CLASS, len(sounds))).long()]
                      for sounds in own])  # fmt: skip
    names = [pairs.classes[k] for k in pairs.sound_class[rows].tolist()]
    figures = evaluate(model, resampled(pairs.wave(rows), model.rate).numpy(), names, args.seed)
    picture = args.grid or Path("s2i-volume.png")
    draw(figures, picture)
    del figures["pictures"]
    return figures | {"experiment": "volume", "model": model.name, "grid": str(picture)}


def tell(figures: Figures) -> None:
    """Print the figures of either experiment for people."""
    (_tell_ablation if figures["experiment"] == "ablation" else _tell_volume)(Console(), figures)


def _tell_ablation(console: Console, figures: Figures) -> None:
    table = Table(Column("trained", no_wrap=True), "score", "of real", "accuracy", "training", "theirs", "of real",
                  box=None, padding=(0, 1))  # fmt: skip
    for row in figures["rows"]:
        theirs = ("", "") if row["theirs"] is None else (f"{row['theirs']:.2f}", f"{row['ratio_theirs']:.2f}")
        table.add_row(row["told"], f"{row['inception_score']:.2f}", f"{row['ratio']:.2f}",
                      f"{row['accuracy_test']:.1%}", f"{row['accuracy_train']:.1%}", *theirs)  # fmt: skip
    table.add_row("real test pictures", f"{figures['inception_score_real']:.2f}", "1.00",
                  f"{figures['classifier_ceiling']:.1%}", "", f"{figures['inception_score_real_theirs']:.2f}", "1.00")
    console.print(table)
    for line in (
        "score: inception score; of real: its ratio to that of real pictures; accuracy, training: share of the "
        "pictures from test and from training sounds that the judge names rightly",
        "theirs: Wan et al. 2018, table 3 (I), of other data by another judge; empty where we do not know their figure",
        f"{figures['schedule']} schedule, {len(figures['classes'])} classes; judge: {figures['judge']}; "
        f"picture: {figures['grid']}",
    ):
        console.print(line, highlight=False, soft_wrap=True)


def _tell_volume(console: Console, figures: Figures) -> None:
    levels = figures["levels_dbfs"]
    console.print(f"{figures['model']}: {figures['sounds']} test sounds at {levels[0]} to {levels[-1]} dBFS, "
                  f"{figures['latents']} pictures each", highlight=False, soft_wrap=True)
    table = Table("measure", "rank correlation with the level", ">= 0.9", f"{levels[0]} dBFS", f"{levels[-1]} dBFS",
                  box=None, padding=(0, 1))  # fmt: skip
    for name, told in figures["volume"].items():
        table.add_row(name, f"{told['rank_correlation']:.2f}", f"{told['at_least_0_9']:.0%}",
                      f"{told['by_level'][0]:.3f}", f"{told['by_level'][-1]:.3f}")  # fmt: skip
    console.print(table)
    for name, told in figures["volume"].items():
        console.print(f"{name}: {told['measure']}", highlight=False, soft_wrap=True)
    console.print(f"picture: {figures['grid']}", highlight=False, soft_wrap=True)
