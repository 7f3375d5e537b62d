"""A whole training: from a config and a data set to a model file with its curves."""

import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from engine.errors import UserError

from ..cache import digest, stamps
from ..export import Manifest, save_model
from ..networks import EARS
from ..networks.joint import JointSpace
from ..networks.yamnet import RATE
from ..render import render
from .collection import Collection, read_collection
from .config import KINDS, Config
from .curves import Curves
from .examples import keep
from .lessons import Examples, Lessons
from .loop import Trainer
from .losses import Losses
from .students import EarStudent, Student, make_student
from .teaching import Teacher, Teaching, inputs, places_of_kinds, teach_ear, teach_eye, teach_kinds


@dataclass(frozen=True)
class Order:
    """What is to be trained, and where everything is. teacher: None where only names are learnt.

    command: as the model file should name it.
    """

    config: Config
    data: Path
    out: Path
    cache: Path
    teacher: Teacher | None
    device: torch.device
    seed: int
    command: str

    @property
    def checkpoint(self) -> Path:
        """Where an unfinished run goes on from."""
        return self.out.with_suffix(".checkpoint")


@dataclass(frozen=True)
class Report:
    """What came of it: epochs as in loop.py; skipped are the files that could not be read, and why."""

    examples: int
    held_out: int
    classes: list[str]
    steps: int
    resumed_at: int
    epochs: list[dict[str, Any]]
    curves: Path
    metrics: Path
    skipped: dict[str, str]


def train(order: Order) -> Report:
    """Train and write the model file, with its curves (.png) and losses (.jsonl) beside it.

    Goes on from the order's checkpoint where there is one, and removes it at the end. Raises UserError where data,
    weights or teacher won't do, and KeyboardInterrupt after Ctrl-C, when the checkpoint is written.
    """
    config = order.config
    student, teaching = _meet(order, _collect(order))
    lessons, held = (_lessons(order, student, teaching, held_out) for held_out in (False, True))
    assert lessons is not None
    losses = Losses(config.objective, student.width, teaching.groups)
    taught_by = order.teacher and order.teacher.identity
    files = stamps(teaching.examples[i].file for i in teaching.rows(held_out=False))
    identity = digest(asdict(config), order.seed, order.device.type, taught_by, files)
    trainer = Trainer(student, losses, lessons, held, config, order.seed, order.device, order.checkpoint, identity)
    curves = Curves(f"{config.kind} {config.name}", order.out.with_suffix(".png"), order.out.with_suffix(".jsonl"))

    def ended(epochs: list[dict[str, Any]]) -> None:
        curves.write(epochs, last=len(epochs) == config.training.epochs)
        tqdm.write(_line(epochs[-1], config.training.epochs), file=sys.stderr)

    trained, course = trainer.run(ended)
    classes = order.teacher.classes if order.teacher else teaching.names
    kinds = teaching.names if config.network == KINDS else None
    _save(trained.cpu(), classes, kinds, course.epochs[-1], order)
    order.checkpoint.unlink(missing_ok=True)
    return Report(
        examples=len(lessons),
        held_out=len(held or ()),
        classes=classes,
        steps=course.steps,
        resumed_at=course.resumed_at,
        epochs=course.epochs,
        curves=curves.picture,
        metrics=curves.metrics,
        skipped=teaching.skipped,
    )


def _lessons(order: Order, student: Student, teaching: Teaching, held_out: bool) -> Lessons | None:
    """What is learnt from, or validated with; None if nothing is held out."""
    config = order.config
    rows = teaching.rows(held_out)
    if not rows:
        return None
    examples: Examples = inputs(teaching, rows, getattr(student.network, "side", 0), config)
    seen = config.augmentation.copies > 0
    if seen:
        copies = 0 if held_out else config.augmentation.copies
        files = stamps(teaching.examples[i].file for i in rows)
        examples = keep(examples, len(rows), student, copies, order.seed, order.cache, files)
        if isinstance(student, EarStudent) and not held_out:
            student.fit_norm(examples.parts[0])
    return teaching.lessons(rows, examples, seen, config)


def _collect(order: Order) -> Collection:
    made = order.config.data.rendered_pictures, order.config.data.rendered_sounds
    if not any(made):
        return read_collection(order.data, fold=order.config.data.fold)
    folder = order.cache / f"rendered-{made[0]}-{made[1]}"
    if not folder.exists():
        order.cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=order.cache) as part:
            render(Path(part) / "all", *made)
            (Path(part) / "all").rename(folder)
    return read_collection(order.data, folder, order.config.data.fold)


def _meet(order: Order, collection: Collection) -> tuple[Student, Teaching]:
    """The network, with its initial weights, and what it is to learn."""
    config, teacher = order.config, order.teacher
    if config.kind == "eye":
        teaching = teach_eye(collection, config, teacher, order.cache)
    elif config.network == KINDS:
        teaching = teach_kinds(collection, RATE, config, order.cache)
    else:
        teaching = teach_ear(collection, int(EARS[config.network]().rate), config, teacher, order.cache)
    learnt = teaching.rows(held_out=False)
    if not learnt:
        wanted = "pictures" if config.kind == "eye" else "sounds that pictures fit" if teacher else "sounds"
        raise UserError(
            f"{order.data}: there are no {wanted} to learn from; {len(teaching.skipped)} files can't be read"
        )
    torch.manual_seed(order.seed)
    student = make_student(config, len(teacher.classes if teacher else teaching.names), teaching.names, order.data)
    if teacher and config.network == KINDS:
        student.network.rows.data.copy_(places_of_kinds(collection, teaching.names, teacher, order.cache))
    if teacher and config.kind == "eye":
        student.network.joint.fit(teaching.answers[torch.tensor(learnt)])
    elif teacher:
        _share_space(student.network.joint, teacher, config)
    return student, teaching


def _share_space(joint: JointSpace, teacher: Teacher, config: Config) -> None:
    """An ear answers in the joint space of the eye that taught it."""
    shared = getattr(teacher.network, "joint", None)
    if shared is None or shared.basis.shape != joint.basis.shape:
        raise UserError(
            f"the eye that teaches {config.name} has no joint space for {len(teacher.classes)} classes; "
            "expected one that `phonoscope train eye` made"
        )
    joint.basis.copy_(shared.basis)


def _save(student: Student, classes: list[str], kinds: list[str] | None, last: dict[str, Any], order: Order) -> None:
    config, network = order.config, student.network
    if config.training.sharpness != 1:
        sharpen(network.places, config.training.sharpness)
    rate = getattr(network, "rate", None)
    window = network.window / rate if rate else None
    manifest = Manifest(
        kind=config.kind,
        name=config.name,
        classes=classes,
        kinds=kinds,
        embedding=network.joint.basis.shape[1],
        data=config.data_used,
        licence=config.licence,
        metrics={"validation": {name: round(value, 4) for name, value in last["validation"].items()}},
        command=order.command,
        rate=rate,
        window_s=window,
        latency_s=window or 0.0,
    )
    save_model(network, manifest, order.out)


def sharpen(places: nn.Linear, power: float) -> None:
    """Make a classifier answer with its probabilities raised to `power` and normalised again."""
    with torch.no_grad():
        places.weight.mul_(power)
        places.bias.mul_(power)


def _line(epoch: dict[str, Any], epochs: int) -> str:
    parts = [
        f"{side} " + " ".join(f"{name} {value:.3f}" for name, value in epoch[side].items())
        for side in ("train", "validation")
        if epoch[side]
    ]
    return f"epoch {epoch['epoch']}/{epochs}: " + "; ".join(parts)
