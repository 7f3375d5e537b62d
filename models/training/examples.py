"""Where the inputs of a training come from: altered anew each time, or kept as a frozen stem left them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor
from tqdm import tqdm

from .. import augment
from ..cache import digest, kept
from ..pictures import Pictures
from ..sounds import Waves
from .config import Augmentation
from .lessons import Examples
from .students import Student

BATCH = 32


@dataclass(frozen=True)
class PictureExamples:
    """Pictures of these rows, as uint8 [N,side,side,3]."""

    pictures: Pictures
    rows: Tensor
    side: int
    changes: Augmentation

    def altered(self, chosen: Tensor, generator: Generator) -> tuple[Tensor, ...]:
        pixels = self.pictures.pixels[self.rows[chosen]]
        return (augment.pictures(pixels, self.side, generator, self.changes.cutout),)

    def plain(self, chosen: Tensor) -> tuple[Tensor, ...]:
        return (self.pictures.pixels[self.rows[chosen]],)


@dataclass(frozen=True)
class SoundExamples:
    """Excerpts of the recordings of these rows, as float32 [N,T]."""

    waves: Waves
    rows: Tensor
    seconds: float
    changes: Augmentation

    def altered(self, chosen: Tensor, generator: Generator) -> tuple[Tensor, ...]:
        return (torch.stack([self._alter(i, generator) for i in self.rows[chosen].tolist()]),)

    def plain(self, chosen: Tensor) -> tuple[Tensor, ...]:
        return (torch.stack([self.waves.excerpt(i, self.seconds) for i in self.rows[chosen].tolist()]),)

    def _alter(self, row: int, generator: Generator) -> Tensor:
        rate, changes = self.waves.rate, self.changes
        wave = augment.sound(self.waves[row], rate, self.seconds, generator, changes.room, changes.telephone)
        if float(torch.rand(1, generator=generator)) >= changes.mix:
            return wave
        other = self.waves[int(self.rows[torch.randint(len(self.rows), (1,), generator=generator)])]
        return augment.over(wave, augment.sound(other, rate, self.seconds, generator), generator)


@dataclass(frozen=True)
class KeptExamples:
    """What a frozen stem made of each example: parts [R,V,...] of V copies."""

    parts: tuple[Tensor, ...]

    def altered(self, chosen: Tensor, generator: Generator) -> tuple[Tensor, ...]:
        copies = torch.randint(self.parts[0].shape[1], chosen.shape, generator=generator)
        return tuple(part[chosen, copies].float() for part in self.parts)

    def plain(self, chosen: Tensor) -> tuple[Tensor, ...]:
        return tuple(part[chosen, 0].float() for part in self.parts)


def keep(
    examples: Examples, size: int, student: Student, copies: int, seed: int, cache: Path, files: Any
) -> KeptExamples:
    """Let the stem see `copies` altered copies of each of `size` examples; 0 keeps the one that is as it is.

    `files` tells the examples from others in the cache, and so does what the stem makes of the first: that changes
    whenever the weights, the network or the alterations do.
    """
    rows = torch.arange(size)

    def see(chosen: Tensor, generator: Generator) -> tuple[Tensor, ...]:
        x = examples.altered(chosen, generator) if copies else examples.plain(chosen)
        with torch.inference_mode():
            return tuple(part.half() for part in student.stem(*x))

    def make() -> tuple[dict[str, Tensor], dict[str, str]]:
        generator = Generator().manual_seed(seed)
        steps = [chosen for _ in range(max(1, copies)) for chosen in rows.split(BATCH)]
        seen = [see(chosen, generator) for chosen in tqdm(steps, desc="frozen blocks", unit="batch", disable=None)]
        whole = [
            torch.cat(part).unflatten(0, (max(1, copies), len(rows))).transpose(0, 1)
            for part in zip(*seen, strict=True)
        ]
        return {str(i): part for i, part in enumerate(whole)}, {}

    first = b"".join(part.numpy().tobytes() for part in see(rows[:1], Generator().manual_seed(seed)))
    name = digest(hashlib.sha256(first).hexdigest(), copies, seed, files)
    tensors, _ = kept(cache / f"stem-{name}.safetensors", make)
    return KeptExamples(tuple(tensors[str(i)] for i in range(len(tensors))))
