"""Photographs as one array, and what the teacher says of each; decoded once and kept on disk."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from tqdm import tqdm

from .networks.squeezenet import SIDE as TEACHER_SIDE
from .networks.squeezenet import SqueezeNetPlaces365

SIDE = 144


@dataclass
class PictureSet:
    """`pixels` uint8 [N,SIDE,SIDE,3] RGB; `teacher` float32 [N,365], the teacher's probabilities."""

    pixels: Tensor
    teacher: Tensor


def read_picture(file: Path) -> np.ndarray:
    """A picture as uint8 [H,W,3] RGB; OSError where it cannot be decoded."""
    picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if picture is None:
        raise OSError(f"{file}: not a picture that can be decoded")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def prepare(files: Sequence[Path], teacher: SqueezeNetPlaces365, cache: Path) -> PictureSet:
    """Decode the files and ask the teacher ; read back from `cache` if there."""
    key = hashlib.sha256("\n".join(f"{f}:{f.stat().st_size}" for f in files).encode()).hexdigest()[:16]
    stored = cache / f"pictures-{SIDE}-{key}.safetensors"
    if not stored.exists():
        cache.mkdir(parents=True, exist_ok=True)
        tensors = _prepare(files, teacher)
        part = stored.with_suffix(".part")
        save_file(tensors, str(part))
        part.rename(stored)
    tensors = load_file(str(stored))
    return PictureSet(tensors["pixels"], tensors["teacher"].float())


def _prepare(files: Sequence[Path], teacher: SqueezeNetPlaces365, batch: int = 32) -> dict[str, Tensor]:
    pixels = torch.empty(len(files), SIDE, SIDE, 3, dtype=torch.uint8)
    labels = torch.empty(len(files), 365, dtype=torch.float16)
    fast = torch.jit.freeze(torch.jit.script(teacher), preserved_attrs=["classify"])
    for start in tqdm(range(0, len(files), batch), desc="photographs", unit="batch"):
        decoded = [read_picture(file) for file in files[start : start + batch]]
        for i, picture in enumerate(decoded, start):
            shrink = picture.shape[0] > SIDE
            resized = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA if shrink else cv2.INTER_LINEAR)
            pixels[i] = torch.from_numpy(resized)
        large = np.stack([cv2.resize(picture, (TEACHER_SIDE, TEACHER_SIDE)) for picture in decoded])
        x = torch.from_numpy(large).permute(0, 3, 1, 2).float()
        with torch.inference_mode():
            labels[start : start + len(decoded)] = fast.classify(x)[0].exp().half()
    return {"pixels": pixels, "teacher": labels}
