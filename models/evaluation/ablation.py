"""The ablation of Wan et al. 2018, Table 3 (I): each trick left out in turn, and the baselines.

Every row trains a generator on the same pairs from the same vectors of their sounds, with the same number of steps of
its two networks together, and is judged by the same classifier. A row that is done is kept, a stopped one goes on.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor

from engine.errors import UserError

from ..cache import digest, whole
from ..generation.course import Method, Trainer
from ..generation.pairs import Pairs
from ..generation.settings import Settings
from ..generation.task import chosen, generate
from ..generation.wan import Wan
from .judges import Judge
from .scores import inception_score

THEIRS_REAL = 4.44
"""Inception score of Wan et al.'s real pictures."""
PERIODS = 5
SHOWN = 4
Figures = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One way to train: a recipe of models/configs and what is otherwise.

    tricks, changes: of the recipe's tricks, and of the rest of its settings. theirs: the inception score in the paper;
    None where we could not read it.
    """

    name: str
    told: str
    recipe: str = "wan"
    tricks: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    theirs: float | None = None

    def settings(self, load: Callable[[str], Settings]) -> Settings:
        """As many rounds as make the steps of a recipe in which both networks take one in turn."""
        recipe = replace(load(self.recipe), **self.changes)
        assert recipe.tricks is not None
        share = 2 / (recipe.generator_steps + recipe.discriminator_steps)
        return replace(recipe, tricks=replace(recipe.tricks, **self.tricks), steps=max(1, round(recipe.steps * share)))


ROWS = (
    Row("proposed", "proposed, with all tricks", theirs=2.83),
    Row("no_auxiliary", "no auxiliary classifier", tricks={"auxiliary": 0.0}),
    Row("no_projection", "no projection", tricks={"projection": False}),
    Row("no_spectral", "no spectral norm", tricks={"spectral": False}),
    Row("five_steps", "five generator steps to one", changes={"generator_steps": 5}),
    Row("wgan", "improved WGAN", "wgan"),
    Row("plain", "plain conditional GAN", tricks={"contest": "cross_entropy", "spectral": False, "projection": False,
                                                  "auxiliary": 0.0}),
)  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """What all rows have in common. conditions float32 [M,C]: of the pairs' sounds. load: the recipe of a name, with
    the schedule's steps. folder: for what is done."""

    pairs: Pairs
    conditions: Tensor
    judge: Judge
    load: Callable[[str], Settings]
    folder: Path
    device: torch.device
    seed: int = 0

    @property
    def identity(self) -> str:
        """Of the data and of what is heard in it."""
        heard = hashlib.sha256(self.conditions.numpy().data).hexdigest()
        return digest(self.pairs.identity, heard, self.seed, self.device.type, self.judge.what)


def ablate(ground: Ground, rows: tuple[Row, ...] = ROWS) -> Figures:
    """Train the rows that are not done yet, and tell of all; `folder` has a .json and samples (.pt) of each.

    rows: each with inception_score and ratio (to inception_score_real), accuracy_train and accuracy_test (share of the
    pictures from training and test sounds that the judge names rightly), theirs and ratio_theirs (None where unknown).
    Ctrl-C raises KeyboardInterrupt when the checkpoint is written.
    """
    test = ground.pairs.photographs(test=True)
    real = inception_score(ground.judge.logits(ground.pairs.pixels[test].float() / 255).softmax(1))
    told = []
    for row in rows:
        found = _row(ground, row)
        told.append({
            "row": row.name, "told": row.told, **found, "ratio": round(found["inception_score"] / real, 4),
            "theirs": row.theirs, "ratio_theirs": row.theirs and round(row.theirs / THEIRS_REAL, 4),
        })  # fmt: skip
    return {"rows": told, "inception_score_real": round(real, 4), "inception_score_real_theirs": THEIRS_REAL,
            "classifier_ceiling": round(ground.judge.ceiling, 4), "classes": list(ground.pairs.classes)}  # fmt: skip


def draw(ground: Ground, figures: Figures, file: Path) -> None:
    """A PNG: the rows' inception scores beside that of real pictures, and pictures of each row from the same sounds.

    Raises UserError if it can't be written.
    """
    rows, real = figures["rows"], figures["inception_score_real"]
    figure = Figure(figsize=(15, 1.3 * len(rows) + 1), layout="constrained")
    FigureCanvasAgg(figure)
    bars, grid = figure.subplots(1, 2, width_ratios=[1, 1.6])
    places = range(len(rows))
    bars.barh(places, [row["inception_score"] for row in rows])
    for place, row in enumerate(rows):
        bars.text(0.05, place, f"{row['inception_score']:.2f}; {row['accuracy_test']:.0%} named rightly", va="center")
    bars.axvline(real, color="black", linestyle=":", label=f"real test pictures, {real:.2f}")
    bars.set_yticks(list(places), [row["told"] for row in rows])
    bars.invert_yaxis()
    bars.set_xlabel("inception score")
    bars.legend()
    shown = torch.cat([torch.load(_files(ground, row["row"])[1], weights_only=True) for row in rows])
    side = shown.shape[-1]
    tiles = shown.view(len(rows), -1, 3, side, side).permute(0, 3, 1, 4, 2).reshape(len(rows) * side, -1, 3)
    grid.imshow(tiles.numpy())
    grid.set_axis_off()
    grid.set_title(", ".join(figures["classes"]), fontsize=8)
    try:
        figure.savefig(file, dpi=100, format="png")
    except OSError as error:
        raise UserError(f"{file}: can't be written: {error.strerror}") from None


def _row(ground: Ground, row: Row) -> Figures:
    """Its figures, from its file if these settings were trained on this ground before."""
    settings = row.settings(ground.load)
    identity = digest(ground.identity, asdict(settings))
    file, samples, checkpoint = _files(ground, row.name)
    if file.is_file() and samples.is_file():
        done = json.loads(file.read_text(encoding="utf-8"))
        if done["identity"] == identity:
            return dict(done["figures"])
    torch.manual_seed(ground.seed)
    method = Wan(ground.pairs, ground.conditions, settings).to(ground.device)
    trainer = Trainer(method, settings.steps, ground.seed, checkpoint, identity, min(PERIODS, settings.steps))
    trainer.run(lambda _, step: {}, lambda periods: None, row.told)
    figures, pictures = _judged(ground, method.eval(), settings)
    with whole(samples) as part:
        torch.save(pictures, part)
    with whole(file) as part:
        part.write_text(json.dumps({"identity": identity, "figures": figures}), encoding="utf-8")
    checkpoint.unlink()
    return figures


def _judged(ground: Ground, method: Method, settings: Settings) -> tuple[Figures, Tensor]:
    """The figures, and uint8 [K * SHOWN,3,side,side] from test sounds of each class."""
    def make(condition: Tensor, latent: Tensor) -> Tensor:
        return method.make(condition.to(ground.device), latent.to(ground.device))

    pairs = ground.pairs
    figures: Figures = {"steps": settings.steps}
    for split, test in (("train", False), ("test", True)):
        sounds = chosen("s2i", pairs, test)
        made = generate(make, ground.conditions[sounds], settings.latent, ground.seed)
        logits = ground.judge.logits(made)
        right = logits.argmax(1) == pairs.sound_class[sounds]
        figures[f"accuracy_{split}"] = round(float(right.float().mean()), 4)
    figures["inception_score"] = round(inception_score(logits.softmax(1)), 4)
    label = pairs.sound_class[sounds]
    shown = torch.cat([(label == k).nonzero().squeeze(1)[:: max(1, int((label == k).sum()) // SHOWN)][:SHOWN]
                       for k in range(len(pairs.classes))])  # fmt: skip
    return figures, (made[shown] * 255).round().byte()


def _files(ground: Ground, name: str) -> tuple[Path, Path, Path]:
    """Figures, samples, checkpoint."""
    return tuple(ground.folder / f"{name}.{end}" for end in ("json", "pt", "checkpoint"))  # type: ignore[return-value]
