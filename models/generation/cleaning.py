"""Pairs that two classifiers agree on, one of pictures and one of sounds (Wan et al. 2018, section 2).

The paper's classifiers were trained elsewhere. Ours are linear ones on the features of an eye and an ear, each asked
only of what it did not learn from: the pictures and the recordings of the training split are left out in turn, a fifth
at a time.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from engine import audiofile
from engine.errors import UserError

from ..cache import digest, kept
from ..export import load_model
from .pairs import Pairs
from .spectrogram import RATE

FOLDS = 5
STRENGTH = 1e-3
"""C of the logistic regressions: features are many and examples few."""
AT_ONCE = 128


@dataclass(frozen=True)
class Cleaned:
    """pairs: what is left. pictures, sounds: how many of the training split were left out, by class."""

    pairs: Pairs
    pictures: dict[str, int]
    sounds: dict[str, int]


def clean(pairs: Pairs, eye: Path, ear: Path, cache: Path) -> Cleaned:
    """Leave out of the training split what the classifiers do not call by its label.

    Where a picture belongs to a sound, both go if one does. The test split stays as it is: figures stay comparable.
    eye, ear: model files. Raises UserError if nothing is left of a class.
    """
    pictures, sounds = torch.ones_like(pairs.picture_test), torch.ones_like(pairs.sound_test)
    train = pairs.photographs(test=False)
    pictures[train] = agrees(_seen(pairs, eye, cache)[train], pairs.picture_class[train], train)
    train = pairs.windows(test=False)
    sounds[train] = agrees(_heard(pairs, ear, cache)[train], pairs.sound_class[train], pairs.sound_source[train])
    paired = pairs.partner >= 0
    heard = torch.zeros_like(pictures).index_put_((pairs.partner[paired & sounds],), torch.tensor(True))
    has_sound = torch.zeros_like(pictures).index_put_((pairs.partner[paired],), torch.tensor(True))
    sounds &= ~paired | pictures[pairs.partner.clamp_min(0)]
    pictures &= ~has_sound | heard
    for label, name in enumerate(pairs.classes):
        if not _left(pictures, pairs.picture_test, pairs.picture_class, label) or not _left(
            sounds, pairs.sound_test, pairs.sound_class, label
        ):
            raise UserError(f"cleaning leaves no pair of {name} to train with: the eye and the ear can't tell it from "
                            "the others; leave out --clean, or the class")
    return Cleaned(pairs.only(pictures, sounds), _counted(~pictures, pairs.picture_class, pairs.classes),
                   _counted(~sounds, pairs.sound_class, pairs.classes))


def agrees(features: Tensor, label: Tensor, group: Tensor) -> Tensor:
    """bool [N]: whether a linear classifier that learnt from other groups gives features [N,F] their label.

    What is of a class with but one group is not judged, and counts as agreed.
    """
    groups = [len(group[label == k].unique()) for k in range(int(label.max()) + 1)]
    judged = torch.tensor(groups)[label] > 1
    right = torch.ones(len(label), dtype=torch.bool)
    if len(label[judged].unique()) < 2:
        return right
    machine = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=200))
    folds = StratifiedGroupKFold(min(FOLDS, max(groups)), shuffle=True, random_state=0)
    said = cross_val_predict(machine, features[judged].numpy(), label[judged].numpy(), groups=group[judged].numpy(),
                             cv=folds)  # fmt: skip
    right[judged] = torch.from_numpy(said) == label[judged]
    return right


def _left(kept: Tensor, test: Tensor, label: Tensor, one: int) -> bool:
    return bool((kept & ~test & (label == one)).any())


def _counted(gone: Tensor, label: Tensor, classes: tuple[str, ...]) -> dict[str, int]:
    return {name: int((gone & (label == k)).sum()) for k, name in enumerate(classes)}


def _seen(pairs: Pairs, eye: Path, cache: Path) -> Tensor:
    """The eye's features [N,F] of all pictures."""
    return _features(eye, pairs.pixels.permute(0, 2, 3, 1), cache)


def _heard(pairs: Pairs, ear: Path, cache: Path) -> Tensor:
    """The ear's features [M,F] of all sounds."""
    rate = int(load_model(ear)[1]["rate"])
    parts = [np.ascontiguousarray(audiofile.resample(part.T.numpy(), RATE, rate).T)
             for part in (pairs.wave(rows) for rows in torch.arange(len(pairs.waves)).split(8))]
    return _features(ear, torch.from_numpy(np.concatenate(parts)), cache)


def _features(model: Path, inputs: Tensor, cache: Path) -> Tensor:
    """What the model's method `features` gives for inputs [N,...]; kept in the cache."""

    def make() -> tuple[dict[str, Tensor], dict[str, str]]:
        script, _ = load_model(model)
        with torch.inference_mode():
            parts = [script.features(part.contiguous()) for part in inputs.split(AT_ONCE)]
        return {"features": torch.cat(parts)}, {}

    what = hashlib.sha256(inputs.contiguous().numpy().data).hexdigest()
    name = digest(hashlib.sha256(model.read_bytes()).hexdigest(), what)
    return kept(cache / f"features-{name}.safetensors", make)[0]["features"]
