"""Recordings as waves, decoded once and kept on disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from engine import audiofile
from engine.errors import UserError

from .cache import digest, kept, stamps

LONGEST_S = 60.0


def read_wave(file: Path, rate: int = 16_000) -> Tensor:
    """The mean of the channels of a sound file's first minute at `rate` Hz, float32 [T]; UserError if unreadable."""
    recording = audiofile.read(file, LONGEST_S)
    mono = recording.samples.mean(1, keepdims=True)
    return torch.from_numpy(np.ascontiguousarray(audiofile.resample(mono, recording.rate, rate)[:, 0]))


@dataclass(frozen=True)
class Waves:
    """Recordings, one after the other: samples int16 [all], mono at `rate` Hz; the end of each in `ends`.

    files: those that could be read; skipped: why the others could not.
    """

    samples: Tensor
    ends: Tensor
    rate: int
    files: list[Path]
    skipped: dict[str, str]

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, i: int) -> Tensor:
        """Recording `i`, float32 [T] in -1..1."""
        start = int(self.ends[i - 1]) if i else 0
        return self.samples[start : int(self.ends[i])].float() / 32767

    def excerpt(self, i: int, seconds: float) -> Tensor:
        """The first `seconds` of recording `i`, which is repeated if it is shorter."""
        length = int(seconds * self.rate)
        wave = self[i][:length]
        return wave.repeat(-(-length // len(wave)))[:length]


def prepare(files: Sequence[Path], rate: int, cache: Path) -> Waves:
    """Decode the files; read back from `cache` where the same files were decoded before. What is broken is left out."""

    def decode() -> tuple[dict[str, Tensor], dict[str, str]]:
        waves, skipped = [], {}
        for file in tqdm(files, desc="sounds", unit="file", disable=None):
            try:
                waves.append((read_wave(file, rate).clamp(-1, 1) * 32767).round().short())
            except UserError as error:
                waves.append(torch.empty(0, dtype=torch.int16))
                skipped[str(file)] = str(error)
        ends = torch.tensor([len(wave) for wave in waves]).cumsum(0)
        return {"samples": torch.cat(waves), "ends": ends}, skipped

    tensors, skipped = kept(cache / f"sounds-{digest(rate, stamps(files))}.safetensors", decode)
    read = [i for i, file in enumerate(files) if str(file) not in skipped]
    return Waves(tensors["samples"], tensors["ends"][read], rate, [files[i] for i in read], skipped)
