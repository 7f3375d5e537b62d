"""Make a data set of one's own videos, or say what is in one.

`build` cuts videos into pairs of a picture and half a second of sound, drops what is silent, and splits them by video
into train and test. The name of the folder that a video lies in becomes its category. Broken videos are listed and left
out. Ctrl-C is safe: the next run goes on from there. contact.html in DIR shows what came of it.

`info` knows folders by category, ESC-50 and ESC-10, UrbanSound8K, Sub-URMP, lists as SoundNet's, videos, and what
`build` makes.
"""

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.datasets.building import BuildReport
    from models.datasets.cleaning import Judge
    from models.datasets.item import Dataset

from engine.errors import UserError

HELP = "make a data set of videos, or look into one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope dataset`."""
    verbs = parser.add_subparsers(dest="dataset_verb", metavar="VERB", required=True)
    build = verbs.add_parser("build", help="cut videos into pairs of a picture and a sound")
    build.add_argument("videos", nargs="+", type=Path, metavar="VIDEO", help="video, or folder of videos")
    build.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="folder of the data set")
    build.add_argument("--chunk", type=_number(0.05, 60), default=0.5, metavar="S",
                       help="length of a pair in seconds (default: 0.5)")
    build.add_argument("--floor", type=_number(-200, 0), default=-45.0, metavar="DB",
                       help="chunks at or below this level, in dBFS (RMS), are dropped (default: -45)")
    build.add_argument("--test-share", type=_number(0, 0.9), default=0.2, metavar="P",
                       help="share of each category's videos that is kept for testing (default: 0.2)")
    build.add_argument("--clean", action="store_true",
                       help="drop pairs of which the eye and the ear do not say the same")
    build.add_argument("--seed", type=int, default=0, metavar="N", help="another seed, another split (default: 0)")
    build.add_argument("--json", action="store_true", help="print one JSON object")
    info = verbs.add_parser("info", help="say which data set this is, and what is in it")
    info.add_argument("dataset", type=Path, metavar="DIR", help="folder, or list of sounds and screenshots")
    info.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Build or describe a data set; 0 if there is something in it."""
    return _build(args) if args.dataset_verb == "build" else _info(args)


def _number(lowest: float, highest: float) -> Any:
    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(f"{text!r}: expected a number from {lowest:g} to {highest:g}")
        return value
    return number


def _build(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from models.datasets.building import build
    from models.datasets.chunks import Settings
    from models.datasets.videos import find_videos, identify

    judge = _judge() if args.clean else None
    settings = Settings(args.chunk, args.floor, args.test_share, args.seed, judge.name if judge else "")
    look: dict[str, Any] = {"file": sys.stderr, "disable": None, "dynamic_ncols": True}
    try:
        videos, unreadable = [], []
        for file in tqdm(find_videos(args.videos), "hashing", unit="video", **look):
            try:
                videos.append(identify(file))
            except UserError as error:
                unreadable.append((str(file), str(error).removeprefix(f"{file}: ")))
        bar_format = "{desc}: {percentage:3.0f}%|{bar}| {n:.1f}/{total} videos [{elapsed}<{remaining}]{postfix}"
        with tqdm(desc="cutting", bar_format=bar_format, **look) as bar:
            def progress(done: float, total: int, file: Path) -> None:
                bar.total = total
                bar.set_postfix_str(file.name, refresh=False)
                bar.update(done - bar.n)

            report = build(videos, args.out, settings, judge, progress)
            report.skipped += unreadable
            bar.update((bar.total or 0) - bar.n)
    except KeyboardInterrupt:
        print(f"stopped; what is in {args.out} is whole, and the same command goes on from here", file=sys.stderr)
        return 130
    except OSError as error:
        raise UserError(f"{args.out}: can't be written: {error.strerror or error}") from None
    if args.json:
        told = {"dataset": str(args.out), **asdict(report)}
        print(json.dumps(told | {"skipped": _listed(report.skipped), "remarks": _listed(report.remarks)}))
    else:
        _print_report(report, args.out, args.clean)
    if not report.pairs:
        raise UserError(f"none of the videos gives a pair; the data set {args.out} is empty")
    return 0


def _judge() -> "Judge":
    import numpy as np
    from numpy.typing import NDArray

    from engine.ear import Ear
    from engine.modelfile import load_model, shipped_model
    from engine.sight.eye import Eye
    from engine.sight.pictures import fit
    from models.datasets.cleaning import Judge

    model, ear = load_model(shipped_model("eye"), "eye"), Ear()
    eye = Eye(model)
    if eye.classes != ear.classes:
        raise UserError("the eye and the ear know different scene classes; they can't be compared")

    def see(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        return eye.see(fit(picture))[0]

    def hear(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        return ear.hear(samples, rate)[0]

    return Judge(f"eye {model.sha256[:12]}, ear {ear.sha256[:12]}", eye.classes, see, hear)


def _listed(told: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"file": file, "why": why} for file, why in told]


def _print_report(report: "BuildReport", folder: Path, cleaned: bool) -> None:
    for file, why in report.skipped:
        print(f"left out  {file}: {why}")
    for file, remark in report.remarks:
        print(f"taken     {file}: {remark}")
    for category, pairs in report.categories.items():
        print(f"{category}: {pairs['train']} pairs to train, {pairs['test']} to test")
    dropped = f"{report.quiet} chunks too quiet" + (f", {report.unfit} unfit" if cleaned else "")
    left = f" of {report.pairs + report.unfit} left" if cleaned else ""
    print(f"{folder}: {report.pairs} pairs{left}, {report.train} to train and {report.test} to test; {dropped}; "
          f"{report.new} videos new, {report.unchanged} unchanged, {len(report.skipped)} left out; "
          f"{report.wall_s:.1f} s")
    if report.pairs and not report.test:
        print("nothing is kept for testing: no category has a second video that is of use")
    print(f"look at them and listen: {folder / 'contact.html'}")


def _info(args: argparse.Namespace) -> int:
    from models.datasets.opening import open_dataset

    told = _described(open_dataset(args.dataset))
    if args.json:
        print(json.dumps(told))
    else:
        _print_info(told)
    return 0


def _described(dataset: "Dataset") -> dict[str, Any]:
    from collections import Counter

    items = dataset.items
    return {
        "dataset": str(dataset.path),
        "kind": dataset.kind,
        "items": len(items),
        "pictures": len({item.picture for item in items if item.picture}),
        "sounds": len({item.sound for item in items if item.sound}),
        "pairs": sum(1 for item in items if item.picture and item.sound),
        "videos": len({item.video for item in items if item.video}),
        "originals": len({item.original for item in items}),
        "categories": dict(sorted(Counter(item.category for item in items).items())),
        "splits": dict(sorted(Counter(item.split for item in items if item.split).items())),
        "folds": {str(fold): count for fold, count in sorted(Counter(i.fold for i in items if i.fold).items())},
        "licences": dict(Counter(item.licence for item in items if item.licence).most_common()),
        "remarks": list(dataset.remarks),
    }


def _print_info(told: dict[str, Any]) -> None:
    counts = ", ".join(f"{told[what]} {what}" for what in ("pictures", "sounds", "pairs", "videos") if told[what])
    print(f"{told['dataset']}: {told['kind']}; {counts}, cut from {told['originals']} originals")
    for what in ("categories", "splits", "folds", "licences"):
        if told[what]:
            print(f"{what}: " + ", ".join(f"{name or 'unknown'} {count}" for name, count in told[what].items()))
    for remark in told["remarks"]:
        print(f"remark: {remark}")
