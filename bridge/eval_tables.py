"""The figures of `phonoscope eval` for people."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from bridge.eval_generation import tell as tell_generation

Figures = dict[str, Any]
_COLUMNS = {"P@1": "precision_at_1", "P@5": "precision_at_5", "mAP": "map", "R@10": "recall_at_10",
            "chance": "chance_at_1"}
_NAMES = 10


def tell_retrieval(figures: Figures) -> None:
    """Print the figures of models.evaluation.retrieval."""
    console = Console()
    _say(console, f"{figures['pictures']} pictures ask, {figures['sounds']} sounds answer, {figures['themes']} themes")
    overall = Table(Column("ranking", no_wrap=True), *_COLUMNS, box=None, padding=(0, 1))
    for name, row in figures["rankings"].items():
        _add(overall, f"{name} (the instrument's)" if name == figures["ranking"] else name, row)
    if "with_sole_recordings" in figures:
        _add(overall, "with recordings trained on", figures["with_sole_recordings"])
    console.print(overall)
    themes = Table(Column("theme", no_wrap=True), *_COLUMNS, "pictures", "sounds", box=None, padding=(0, 1))
    for name, row in sorted(figures["per_category"].items(), key=lambda item: -item[1]["map"]):
        _add(themes, name, row, str(row["pictures"]), str(row["sounds"]))
    console.print(themes)
    for what, names in figures["not_judged"].items():
        if names:
            more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
            _say(console, f"not judged, {what.replace('_', ' ')}: {', '.join(names[:_NAMES])}{more}")
    _finish(console, figures)


def tell_ear(figures: Figures) -> None:
    """Print the figures of models.evaluation.probe."""
    console = Console()
    _say(console, f"accuracy {figures['accuracy']:.1%}, standard deviation over the folds {figures['sd']:.1%}; "
                  f"{figures['clips']} clips of {len(figures['classes'])} classes")
    folds = Table("fold", "clips", "accuracy", "C", box=None, padding=(0, 1))
    for fold in figures["folds"]:
        folds.add_row(str(fold["fold"]), str(fold["clips"]), f"{fold['accuracy']:.1%}", f"{fold['c']:g}")
    console.print(folds)
    classes = Table("class", "right", "mostly taken for", box=None, padding=(0, 1))
    for i, (name, row) in enumerate(zip(figures["classes"], figures["confusion"], strict=True)):
        wrong = sorted(((n, figures["classes"][j]) for j, n in enumerate(row) if n and j != i), reverse=True)
        classes.add_row(escape(name), f"{row[i] / sum(row):.0%}", escape(", ".join(f"{w} ({n})" for n, w in wrong[:3])))
    console.print(classes)
    _say(console, f"on the {figures['representation']}. The model file was trained on: {figures['training_data']}. If "
                  "these clips are among that, what was trained has met them.")
    _finish(console, figures)


def tell_teacher(figures: Figures) -> None:
    """Print the figures of models.evaluation.teacher."""
    console = Console()
    _say(console, f"{figures['pictures']} pictures: the eye's likeliest class is the teacher's for "
                  f"{figures['top1_agreement']:.1%}, one of its five likeliest for {figures['top5_agreement']:.1%}; "
                  f"KL(teacher || eye) {figures['kl']:.2f} nats")
    accuracy = figures["accuracy"]
    if accuracy["pictures"]:
        table = Table(f"{accuracy['pictures']} pictures in folders named after classes", "top-1", "top-5", box=None,
                      padding=(0, 1))
        for who in ("eye", "teacher"):
            table.add_row(who, f"{accuracy[who]['top1']:.1%}", f"{accuracy[who]['top5']:.1%}")
        console.print(table)
    _finish(console, figures)


TELL = {"retrieval": tell_retrieval, "ear": tell_ear, "teacher": tell_teacher, "s2i": tell_generation,
        "i2s": tell_generation}
"""How to print the figures of each measure."""


def _add(table: Table, name: str, row: Figures, *more: str) -> None:
    table.add_row(escape(name), *(f"{row[key]:.3f}" for key in _COLUMNS.values()), *more)


def _finish(console: Console, figures: Figures) -> None:
    for skip in figures["skipped"]:
        _say(console, f"left out  {skip['file']}: {skip['why']}")
    for kind, model in figures["models"].items():
        _say(console, f"{kind}: {model['name']}, sha256 {model['sha256'][:16]}")


def _say(console: Console, text: str) -> None:
    """Print a line as it is, however long: names of files stay whole."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)
