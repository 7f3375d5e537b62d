"""Recordings as waves, and what the ear's frozen trunk makes of them; computed once and kept on disk."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr
import torch
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor
from tqdm import tqdm

from . import augment
from .data import Sound
from .networks.ear import Ear
from .networks.yamnet import RATE

VARIANTS = 12  # altered copies of each training excerpt
SECONDS = 3.0  # length of an altered copy
MIXED = 0.35  # share of the copies with another sound below


def read_wave(file: Path) -> Tensor:
    """The mean of a sound file's channels at 16 kHz, float32 [T]."""
    samples, rate = soundfile.read(str(file), dtype="float32", always_2d=True)
    return torch.from_numpy(np.ascontiguousarray(soxr.resample(samples.mean(1), rate, RATE)))


def hear(ear: Ear, waves: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Trunk features [N,K,1024] and window weights [N,K] of waves of equal length."""
    with torch.inference_mode():
        windows, weights = ear.cut(torch.stack(list(waves)))
        features = ear.trunk(ear.log_mel(windows.flatten(0, 1)))
    return features.unflatten(0, windows.shape[:2]), weights


def prepare(sounds: Sequence[Sound], ear: Ear, cache: Path, seed: int) -> dict[str, Tensor]:
    """Features of VARIANTS altered copies of each sound: `features` half [N,V,K,1024], `weights` [N,V,K].

    Read back from `cache` where the same sounds were prepared before.
    """
    names = "\n".join(f"{s.file}:{s.file.stat().st_size}" for s in sounds)
    key = hashlib.sha256(f"{VARIANTS} {SECONDS} {MIXED} {seed}\n{names}".encode()).hexdigest()[:16]
    stored = cache / f"sounds-{key}.safetensors"
    if not stored.exists():
        waves = [read_wave(sound.file) for sound in tqdm(sounds, desc="decoding", unit="file")]
        generator = Generator().manual_seed(seed)
        features, weights = [], []
        for wave in tqdm(waves, desc="altering sounds", unit="file"):
            copies = [_alter(wave, waves, generator) for _ in range(VARIANTS)]
            heard, weight = hear(ear, copies)
            features.append(heard.half())
            weights.append(weight)
        part = stored.with_suffix(".part")
        save_file({"features": torch.stack(features), "weights": torch.stack(weights)}, str(part))
        part.rename(stored)
    return load_file(str(stored))


def _alter(wave: Tensor, others: list[Tensor], generator: Generator) -> Tensor:
    """An altered copy of SECONDS, sometimes over another sound 6 to 20 dB below."""
    copy = augment.sound(wave, RATE, SECONDS, generator)
    if float(torch.rand(1, generator=generator)) < MIXED:
        other = others[int(torch.randint(len(others), (1,), generator=generator))]
        below = 10 ** (-(6 + 14 * float(torch.rand(1, generator=generator))) / 20)
        other = augment.sound(other, RATE, SECONDS, generator)
        copy = copy + other * below * augment.rms(copy) / augment.rms(other)
    return copy
