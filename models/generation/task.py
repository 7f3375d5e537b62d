"""The two ways round, S2I and I2S, as a run and an evaluation need them: what is given, what is made, who judges it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor

from ..evaluation.judges import SIDE, Judge, picture_judge, sound_judge
from .pairs import Pairs, read_pairs
from .senses import AT_ONCE
from .spectrogram import log_mel

MOST = 1000
"""How many sounds, or pictures, of a split are generated from at most."""
MOST_MEANWHILE = 200
"""The same while a training goes on."""


@dataclass(frozen=True)
class Task:
    """judge: of what is made (pairs with pictures of its side, cache). given: label [M] and split [M] of what there is
    to generate from. real: some of what is real and like what is made, by class (pairs, class, how many)."""

    judge: Callable[[Pairs, Path], Judge]
    given: Callable[[Pairs], tuple[Tensor, Tensor]]
    real: Callable[[Pairs, int, int], Tensor]


def _pictures(pairs: Pairs, label: int, count: int) -> Tensor:
    rows = ((pairs.picture_class == label) & ~pairs.picture_test).nonzero().squeeze(1)[:count]
    return pairs.pixels[rows].float() / 255


def _spectrograms(pairs: Pairs, label: int, count: int) -> Tensor:
    rows = ((pairs.sound_class == label) & ~pairs.sound_test).nonzero().squeeze(1)[:count]
    return log_mel(pairs.wave(rows))


TASKS = {
    "s2i": Task(picture_judge, lambda pairs: (pairs.sound_class, pairs.sound_test), _pictures),
    "i2s": Task(sound_judge, lambda pairs: (pairs.picture_class, pairs.picture_test), _spectrograms),
}


def read_for_judge(paths: list[Path], cache: Path, classes: tuple[str, ...]) -> Pairs:
    """The pairs with pictures as the judges take them, so that every run is judged by the same."""
    return read_pairs(paths, SIDE, cache, classes)


def chosen(task: str, pairs: Pairs, test: bool, most: int = MOST) -> Tensor:
    """Indices of what is generated from in a split: all, or `most` of them drawn once and for all."""
    _, split = TASKS[task].given(pairs)
    rows = (split == test).nonzero().squeeze(1)
    return rows[torch.randperm(len(rows), generator=Generator().manual_seed(0))[:most].sort().values]


def generate(make: Callable[[Tensor, Tensor], Tensor], conditions: Tensor, latent: int, seed: int) -> Tensor:
    """One picture, or spectrogram, for each condition [N,C], float32 on the CPU; the same seed gives the same."""
    drawn = torch.randn(len(conditions), latent, generator=Generator().manual_seed(seed))
    batches = zip(conditions.split(AT_ONCE), drawn.split(AT_ONCE), strict=True)
    with torch.inference_mode():
        parts = [make(*batch).float().cpu() for batch in batches]
    return torch.cat(parts).clone()
