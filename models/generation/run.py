"""A whole training of a generator: from a recipe and data sets to a model file with its curves and samples."""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor
from tqdm import tqdm

from ..cache import digest
from ..evaluation.grid import write_grid
from ..export import Manifest, save_model
from ..networks.dream import Dream
from ..training.curves import Curves
from .cleaning import clean
from .course import Method, Trainer
from .curves import losses_and_shares
from .pairs import Pairs, read_pairs
from .senses import Sense
from .settings import Settings
from .spectrogram import FFT, FRAMES, HOP, MELS, RATE, SAMPLES, TOP_DB
from .task import MOST_MEANWHILE, TASKS, chosen, generate, read_for_judge
from .variants import VARIANTS

SAMPLES_SHOWN = 8
REAL_SHOWN = 2


@dataclass(frozen=True)
class Order:
    """What is to be trained from what, and where everything is. classes: which; empty for all. command: for the model
    file. periods: how often the training is measured. clean: model files of an eye and an ear that clean the pairs."""

    settings: Settings
    data: list[Path]
    out: Path
    cache: Path
    device: torch.device
    seed: int
    command: str
    classes: Sequence[str] = ()
    periods: int = 10
    clean: tuple[Path, Path] | None = None

    @property
    def checkpoint(self) -> Path:
        """Where an unfinished run goes on from."""
        return self.out.with_suffix(".checkpoint")


@dataclass(frozen=True)
class Report:
    """What came of it. periods: rows of Course; sense_accuracy: of the classifier that hears or sees for the generator,
    on real test data; classifier_ceiling: of the judge, on real test data. left_out: by cleaning."""

    classes: list[str]
    pictures: int
    sounds: int
    steps: int
    resumed_at: int
    periods: list[dict[str, Any]]
    sense_accuracy: float | None
    classifier_ceiling: float
    curves: Path
    metrics: Path
    samples: Path
    figures: dict[str, float] = field(default_factory=dict)
    left_out: dict[str, dict[str, int]] | None = None


def train(order: Order) -> Report:
    """Train and write the model file; beside it its curves (.png), rows (.jsonl) and samples (-samples.png).

    Goes on from the order's checkpoint where there is one, and removes it at the end. Raises UserError where the data
    won't do, KeyboardInterrupt after Ctrl-C, when the checkpoint is written.
    """
    settings, variant = order.settings, VARIANTS[order.settings.task, order.settings.variant]
    pairs, left_out = _pairs(order)
    sense = variant.sense(pairs, settings, order.seed, order.cache)
    judge = TASKS[settings.task].judge(read_for_judge(order.data, order.cache, pairs.classes), order.cache)
    torch.manual_seed(order.seed)
    method = variant.method(pairs, sense, settings).to(order.device)
    label, _ = TASKS[settings.task].given(pairs)
    splits = {name: chosen(settings.task, pairs, name == "test", MOST_MEANWHILE) for name in ("train", "test")}

    def measure(method: Method, step: int) -> dict[str, Any]:
        found = {}
        for name, rows in splits.items():
            made = _generated(method, sense.conditions[rows], settings)
            found[f"accuracy_{name}"] = float((judge.logits(made).argmax(1) == label[rows]).float().mean())
        return found

    curves = Curves(settings.name, order.out.with_suffix(".png"), order.out.with_suffix(".jsonl"), losses_and_shares)

    def ended(periods: Sequence[dict[str, Any]]) -> None:
        curves.write(list(periods), last=periods[-1]["step"] == settings.steps)
        tqdm.write(_line(periods[-1], settings.steps), file=sys.stderr)

    heard = hashlib.sha256(sense.conditions.numpy().data).hexdigest()
    identity = digest(asdict(settings), order.seed, order.device.type, pairs.identity, heard)
    periods = min(order.periods, settings.steps)
    trainer = Trainer(method, settings.steps, order.seed, order.checkpoint, identity, periods)
    course = trainer.run(measure, ended, settings.name)
    method.eval()
    figures = {name: value for name, value in course.periods[-1].items() if name.startswith("accuracy")}
    samples = order.out.with_name(f"{order.out.stem}-samples.png")
    _show(method, sense, pairs, settings, samples)
    _save(method.cpu(), sense, pairs, order, figures | {"classifier_ceiling": judge.ceiling})
    order.checkpoint.unlink(missing_ok=True)
    return Report(list(pairs.classes), len(pairs.pixels), len(pairs.waves), course.steps, course.resumed_at,
                  course.periods, sense.accuracy, judge.ceiling, curves.picture, curves.metrics, samples, figures,
                  left_out)


def _pairs(order: Order) -> tuple[Pairs, dict[str, dict[str, int]] | None]:
    """What is trained with, and how many pictures and sounds of each class cleaning left out."""
    pairs = read_pairs(order.data, order.settings.side, order.cache, order.classes)
    if order.clean is None:
        return pairs, None
    cleaned = clean(pairs, *order.clean, order.cache)
    return cleaned.pairs, {"pictures": cleaned.pictures, "sounds": cleaned.sounds}


def _generated(method: Method, conditions: Tensor, settings: Settings) -> Tensor:
    def make(condition: Tensor, latent: Tensor) -> Tensor:
        return method.make(condition.to(method.device), latent.to(method.device))

    return generate(make, conditions, settings.latent, seed=0)


def _show(method: Method, sense: Sense, pairs: Pairs, settings: Settings, file: Path) -> None:
    """The first real ones of each class, and what is generated from some of its test sounds (or pictures)."""
    task = TASKS[settings.task]
    label, test = task.given(pairs)
    rows = []
    for k in range(len(pairs.classes)):
        given = ((label == k) & test).nonzero().squeeze(1)
        spread = given[torch.linspace(0, len(given) - 1, min(SAMPLES_SHOWN, len(given))).long()]
        made = _generated(method, sense.conditions[spread], settings)
        rows.append(torch.cat([task.real(pairs, k, REAL_SHOWN), made]))
    write_grid(rows, pairs.classes, {0: "real", REAL_SHOWN: "generated from the test split"}, file)


def _save(method: Method, sense: Sense, pairs: Pairs, order: Order, figures: dict[str, float]) -> None:
    settings = order.settings
    network = VARIANTS[settings.task, settings.variant].network(method, sense, settings).eval()
    dream = settings.task == "s2i"
    facts = {"n_fft": FFT, "hop": HOP, "mels": MELS, "frames": FRAMES, "top_db": int(TOP_DB)}
    manifest = Manifest(
        kind="dream" if dream else "voice",
        name=settings.name,
        classes=list(pairs.classes),
        embedding=sense.conditions.shape[1],
        data=settings.data_used,
        licence=settings.licence,
        metrics={name: round(value, 4) for name, value in figures.items()},
        command=order.command,
        rate=sense.rate if dream else RATE,
        window_s=SAMPLES / RATE,
        latent=settings.latent,
        sides=list(cast(Dream, network).sides) if dream else None,
        spectrogram={} if dream else facts,
    )
    save_model(network, manifest, order.out)


def _line(period: dict[str, Any], steps: int) -> str:
    losses = " ".join(f"{name} {value:.3f}" for name, value in period["losses"].items())
    shares = " ".join(f"{name} {value:.3f}" for name, value in period.items() if name.startswith("accuracy"))
    return f"step {period['step']}/{steps}: {losses}; {shares}"
