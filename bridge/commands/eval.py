"""Measure how well an eye, an ear and what generates do their work, on any pictures and sounds.

  phonoscope eval retrieval --pictures photographs --sounds recordings        folders of equal names fit each other
  phonoscope eval retrieval --pictures data --sounds data/sounds --pairs data/pairs.csv --figure confusion.png
  phonoscope eval ear --esc ESC-50                                            a linear classifier on the frozen ear
  phonoscope eval teacher --pictures photographs --teacher teacher.ts         how far the eye agrees with its teacher
  phonoscope eval s2i --data my-pairs --model s2i-c.ts                        what a classifier takes its pictures for

A category is a folder of files, at any depth. Files that can't be used are named and left out.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge import eval_generation
from engine.errors import UserError
from models.data import FOLDS

if TYPE_CHECKING:
    from engine.modelfile import Kind, Model

HELP = "measure how well an eye, an ear and generated pictures and sounds do"
Figures = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope eval`."""
    measures = parser.add_subparsers(dest="measure", metavar="WHAT", required=True)

    retrieval = measures.add_parser("retrieval", help="how well pictures find the sounds that fit")
    _add_folder(retrieval, "--pictures")
    _add_folder(retrieval, "--sounds")
    retrieval.add_argument("--pairs", type=Path, metavar="FILE",
                           help="which categories fit: CSV with the columns theme, image_categories, sound_categories "
                                "(default: those of equal names)")
    retrieval.add_argument("--fold", type=int, choices=range(FOLDS), default=0,
                           help="which fifth of the recordings is held out, as [data] fold of the ear's training says")
    retrieval.set_defaults(evaluate=_retrieval)

    ear = measures.add_parser("ear", help="how well a linear classifier on the ear's features knows sounds")
    ear.add_argument("--esc", type=Path, required=True, metavar="DIR", help="ESC-50 or ESC-10")
    ear.set_defaults(evaluate=_ear)

    teacher = measures.add_parser("teacher", help="how far the eye agrees with a teacher")
    _add_folder(teacher, "--pictures")
    teacher.add_argument("--teacher", type=Path, required=True, metavar="PATH",
                         help="model file of an eye, or folder of the public SqueezeNet-Places365 weights")
    teacher.set_defaults(evaluate=_teacher)

    for task, what in eval_generation.HELP.items():
        generation = measures.add_parser(task, help=what)
        eval_generation.add_arguments(generation, task)
        generation.add_argument("--json", action="store_true", help="print one JSON object")

    for measure, kinds in ((retrieval, ("eye", "ear")), (ear, ("ear",)), (teacher, ("eye",))):
        for kind in kinds:
            measure.add_argument(f"--{kind}", type=Path, metavar="FILE",
                                 help=f"model file (default: the shipped {kind})")
        if measure is not ear:
            measure.add_argument("--held-out", action="store_true",
                                 help="only what is held out of the training of the shipped models; for their own data")
        if measure is not teacher:
            measure.add_argument("--figure", type=_png, metavar="PNG", help="draw there what is taken for what")
        measure.add_argument("--record", action="store_true", help="write the figures into the model files' manifests")
        measure.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Measure and print the figures; 0 if that could be done."""
    from bridge.eval_tables import TELL

    try:
        figures = args.evaluate(args)
    except ModuleNotFoundError as error:
        if error.name not in ("matplotlib", "sklearn"):
            raise
        raise UserError(f"this needs {error.name}: pip install 'phonoscope[train]'") from None
    if args.json:
        print(json.dumps(figures))
    else:
        TELL[args.measure](figures)
    return 0


def _add_folder(parser: argparse.ArgumentParser, option: str) -> None:
    parser.add_argument(option, type=Path, required=True, metavar="DIR", help="folder with a folder for each category")


def _png(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() != ".png" or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r}: expected a name that ends in .png, in a folder that exists")
    return path


def _retrieval(args: argparse.Namespace) -> Figures:
    from engine.sight.match import BALANCE
    from models.data import read_pairs
    from models.evaluation.examples import find_pictures, find_sounds
    from models.evaluation.pairs import equal_names
    from models.evaluation.retrieval import evaluate
    from models.evaluation.senses import listen, look

    if args.fold and not args.held_out:
        raise UserError(f"--fold {args.fold}: says which recordings are held out; expected --held-out with it")
    pictures = find_pictures(args.pictures, args.held_out)
    sounds = find_sounds(args.sounds, args.held_out, args.fold)
    themes = (read_pairs(args.pairs) if args.pairs
              else equal_names((p.category for p in pictures), (s.category for s in sounds)))
    eye, ear = _load(args.eye, "eye"), _load(args.ear, "ear")
    if (eye.classes, eye.embedding) != (ear.classes, ear.embedding):
        raise UserError(f"the eye {eye.path} and the ear {ear.path} were not made for each other: their classes or the "
                        f"lengths of their embeddings ({eye.embedding} and {ear.embedding}) differ")
    figures = evaluate(pictures, sounds, themes, look(eye), listen(ear), BALANCE)
    _draw(args, figures["confusion"]["rows"], figures["confusion"]["themes"],
          ("theme of the picture", "theme of its first sound"),
          f"precision@1 {figures['precision_at_1']:.2f}, mAP {figures['map']:.2f}, chance {figures['chance_at_1']:.2f}")
    return _finish(args, {"eye": eye, "ear": ear}, figures, ("rankings", "ranking", "themes", "pictures", "sounds"))


def _ear(args: argparse.Namespace) -> Figures:
    from models.datasets.esc import read_esc
    from models.evaluation.probe import evaluate
    from models.evaluation.senses import represent

    clips = read_esc(args.esc)
    ear = _load(args.ear, "ear")
    features, what = represent(ear)
    figures = evaluate(clips, features) | {"representation": what, "training_data": ear.manifest.get("data", "")}
    _draw(args, figures["confusion"], figures["classes"], ("class", "taken for"),
          f"ESC, {figures['accuracy']:.1%} right")
    return _finish(args, {"ear": ear}, figures, ("accuracy", "sd", "clips", "representation"))


def _teacher(args: argparse.Namespace) -> Figures:
    from models.evaluation.examples import find_pictures
    from models.evaluation.senses import look
    from models.evaluation.teacher import evaluate

    pictures = find_pictures(args.pictures, args.held_out)
    eye = _load(args.eye, "eye")
    teacher = _converted(args.teacher) if args.teacher.is_dir() else _load(args.teacher, "eye")
    if eye.classes != teacher.classes:
        raise UserError(f"the eye {eye.path} and its teacher {args.teacher} know other classes ({len(eye.classes)} and "
                        f"{len(teacher.classes)}); expected the same in the same order")
    figures = evaluate(pictures, look(eye), look(teacher), eye.classes)
    kept = ("top1_agreement", "top5_agreement", "kl", "pictures", "accuracy")
    figures = _finish(args, {"eye": eye}, figures, kept)
    figures["models"]["teacher"] = _named(teacher)
    return figures


def _load(path: Path | None, kind: "Kind") -> "Model":
    from engine.modelfile import load_model, shipped_model

    return load_model(path or shipped_model(kind), kind)


def _converted(folder: Path) -> "Model":
    """The public weights in `folder` as a model."""
    from models.export import save_model
    from models.places365 import CATEGORIES_FILE, WEIGHTS_FILE, convert, read_classes

    try:
        network, manifest = convert(folder / WEIGHTS_FILE, read_classes(folder))
    except OSError as error:
        raise UserError(f"--teacher {folder}: {error.filename}: {error.strerror}; expected a folder with "
                        f"{WEIGHTS_FILE} and {CATEGORIES_FILE}, or a model file") from None
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary, "teacher.ts")
        save_model(network, manifest, file)
        return _load(file, "eye")


def _draw(args: argparse.Namespace, rows: list[list[float]], names: list[str], axes: tuple[str, str],
          title: str) -> None:
    if args.figure:
        from models.evaluation.figure import draw_confusion

        draw_confusion(rows, names, axes, title, args.figure)


def _finish(args: argparse.Namespace, models: dict[str, "Model"], figures: Figures, kept: tuple[str, ...]) -> Figures:
    """The figures with the models' names; with --record, those to be kept go into the model files first."""
    if args.record:
        from models.export import record_metrics

        for model in models.values():
            metrics = model.manifest.get("metrics", {}) | {args.measure: {key: figures[key] for key in kept}}
            record_metrics(model.path, metrics)
    return figures | {"models": {kind: _named(model) for kind, model in models.items()}}


def _named(model: "Model") -> dict[str, str]:
    return {"name": model.name, "sha256": model.sha256}
