"""What a model makes of sounds (or pictures): is it of their class, is it various, how near to what is real.

Chen et al. 2017, "Deep Cross-Modal Audio-Visual Generation", section 5 (accuracy of a classifier on what is generated
from training and from test data); Wan et al. 2018, table 3 (inception score beside that of real pictures).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..generation.pairs import Pairs
from ..generation.spectrogram import log_mel
from ..generation.task import TASKS, chosen, generate
from ..networks.mobilenet import MobileNetV2
from .audible import heard_again
from .frechet import frechet_distance
from .grid import write_grid
from .judges import Judge, features
from .published import PUBLISHED
from .scores import inception_score

COLUMNS = 10
AUDIBLE_REAL = 200
REAL_SHOWN = 2


@dataclass(frozen=True)
class Maker:
    """A model as it is judged. condition: of sounds' (or pictures') indices; make: of (condition [N,C], latent [N,Z]).

    latent: length Z. name: for people.
    """

    name: str
    condition: Callable[[Tensor], Tensor]
    make: Callable[[Tensor, Tensor], Tensor]
    latent: int


def evaluate(maker: Maker, task: str, pairs: Pairs, judge: Judge, second: Judge | None, grid: Path | None,
             seed: int = 0) -> tuple[dict[str, Any], Tensor]:
    """The figures, as nested dicts that JSON can hold, and what was made from the test split [M,...].

    pairs: those of the judge. accuracy_train, accuracy_test: share of what is made from either split, one of each
    sound, that the judge names rightly; per_class, the same by class; classifier_ceiling: the judge's on real data of
    the test split. grid: where to draw a row of real ones and made ones for each class.
    """
    label, _ = TASKS[task].given(pairs)
    made, figures = {}, {}
    for split in ("train", "test"):
        rows = chosen(task, pairs, split == "test")
        made[split] = generate(maker.make, maker.condition(rows), maker.latent, seed)
        figures[split] = _judged(judge, made[split], label[rows], pairs.classes)
        if second:
            figures[f"second_{split}"] = _judged(second, made[split], label[rows], pairs.classes)
    told = {
        "model": maker.name,
        "classes": list(pairs.classes),
        "generated": {split: len(pictures) for split, pictures in made.items()},
        "accuracy_train": figures["train"]["accuracy"],
        "accuracy_test": figures["test"]["accuracy"],
        "classifier_ceiling": round(judge.ceiling, 4),
        "chance": round(1 / len(pairs.classes), 4),
        "judge": judge.what,
        "per_class": {name: {"accuracy_train": figures["train"]["per_class"][name],
                             "accuracy_test": figures["test"]["per_class"][name]} for name in pairs.classes},
        "published": PUBLISHED[task],
    }
    if task == "s2i":
        told["accuracy_test_recordings"] = _of_recordings(maker, pairs, judge, seed)
    if second:
        told["second_judge"] = {
            "accuracy_train": figures["second_train"]["accuracy"],
            "accuracy_test": figures["second_test"]["accuracy"],
            "classifier_ceiling": round(second.ceiling, 4),
            "judge": second.what,
            "per_class": figures["second_test"]["per_class"],
        }
    if grid:
        _draw(task, pairs, label[chosen(task, pairs, True)], made["test"], grid)
        told["grid"] = str(grid)
    return told, made["test"]


def variety(made: Tensor, pairs: Pairs, judge: Judge, trunk: MobileNetV2 | None) -> dict[str, Any]:
    """inception_score and inception_score_real (of the real test pictures), inception_ratio, by the judge's classes;
    fid between made pictures [N,3,s,s] and all real ones, by MobileNet's features, None where there is no `trunk`."""
    real = pairs.pixels[pairs.photographs(test=True)].float() / 255
    scores = inception_score(judge.logits(made).softmax(1)), inception_score(judge.logits(real).softmax(1))
    told: dict[str, Any] = {
        "inception_score": round(scores[0], 3),
        "inception_score_real": round(scores[1], 3),
        "inception_ratio": round(scores[0] / scores[1], 3),
        "fid": None,
        "fid_features": "needs mobilenet/ beside the data",
    }
    if trunk is not None:
        seen = features(trunk, pairs.pixels.float() / 255)
        test = pairs.picture_test
        told["fid"] = round(frechet_distance(seen, features(trunk, made)), 2)
        told["fid_real"] = round(frechet_distance(seen[~test], seen[test]), 2)
        told["fid_features"] = ("MobileNet v2 (ImageNet), 1280 values, 128x128; fid: all real pictures and made ones, "
                                "fid_real: real training and test pictures")
    return told


def audibility(made: Tensor, pairs: Pairs, judge: Judge) -> dict[str, Any]:
    """accuracy_audible: the judge's on what is heard of spectrograms [M,128,44] that were made from the test split;
    accuracy_audible_real: likewise of real test sounds; audible_kept: the share of accuracy_test that is left."""
    label, _ = TASKS["i2s"].given(pairs)
    label = label[chosen("i2s", pairs, True)]
    seen, heard = (_judged(judge, x, label, pairs.classes)["accuracy"] for x in (made, heard_again(made)))
    rows = pairs.windows(test=True)
    rows = rows[torch.linspace(0, len(rows) - 1, min(AUDIBLE_REAL, len(rows))).long()]
    real = heard_again(log_mel(pairs.wave(rows)))
    return {
        "accuracy_audible": heard,
        "audible_kept": round(heard / max(seen, 1e-9), 4),
        "accuracy_audible_real": _judged(judge, real, pairs.sound_class[rows], pairs.classes)["accuracy"],
    }


def _judged(judge: Judge, made: Tensor, label: Tensor, classes: tuple[str, ...]) -> dict[str, Any]:
    right = (judge.logits(made).argmax(1) == label).float()
    return {
        "accuracy": round(float(right.mean()), 4),
        "per_class": {name: round(float(right[label == k].mean()), 4) for k, name in enumerate(classes)},
    }


def _of_recordings(maker: Maker, pairs: Pairs, judge: Judge, seed: int) -> float:
    rows = pairs.windows(test=True)
    conditions = maker.condition(rows)
    sources, place = pairs.sound_source[rows].unique(return_inverse=True)
    mean = torch.zeros(len(sources), conditions.shape[1]).index_add(0, place, conditions)
    mean = mean / torch.bincount(place)[:, None]
    label = torch.zeros(len(sources), dtype=torch.long).index_put((place,), pairs.sound_class[rows])
    made = generate(maker.make, mean, maker.latent, seed)
    return round(float((judge.logits(made).argmax(1) == label).float().mean()), 4)


def _draw(task: str, pairs: Pairs, label: Tensor, made: Tensor, file: Path) -> None:
    rows = []
    for k in range(len(pairs.classes)):
        own = made[label == k]
        spread = own[torch.linspace(0, len(own) - 1, min(COLUMNS, len(own))).long()]
        rows.append(torch.cat([_as_large(TASKS[task].real(pairs, k, REAL_SHOWN), spread), spread]))
    write_grid(rows, pairs.classes, {0: "real", REAL_SHOWN: "generated from the test split"}, file)


def _as_large(real: Tensor, made: Tensor) -> Tensor:
    if real.shape[-2:] == made.shape[-2:]:
        return real
    return torch.nn.functional.interpolate(real, size=made.shape[-2:], mode="bilinear")
