"""Pictures as one array, and what a teacher says of each; decoded once and kept on disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from engine.errors import UserError
from engine.sight.pictures import read_picture as read_picture

from .cache import digest, kept, stamps

SIDE = 144
TEACHER_SIDE = 256  # what Places365 networks take


@dataclass(frozen=True)
class Pictures:
    """pixels: uint8 [N,SIDE,SIDE,3] RGB. files: those that could be read; skipped: why the others could not."""

    pixels: Tensor
    files: list[Path]
    skipped: dict[str, str]


@dataclass(frozen=True)
class Answers:
    """What a teacher says of N pictures: probabilities p [N,C], embeddings [N,D]; skipped: see Pictures."""

    p: Tensor
    embeddings: Tensor
    skipped: dict[str, str]


def prepare(files: Sequence[Path], cache: Path) -> Pictures:
    """Decode the files; read back from `cache` where the same files were decoded before. What is broken is left out."""

    def decode() -> tuple[dict[str, Tensor], dict[str, str]]:
        pixels = np.zeros((len(files), SIDE, SIDE, 3), np.uint8)
        skipped: dict[str, str] = {}
        for i, file in enumerate(tqdm(files, desc="pictures", unit="file", disable=None)):
            if (picture := _read(file, SIDE, skipped)) is not None:
                pixels[i] = picture
        return {"pixels": torch.from_numpy(pixels)}, skipped

    tensors, skipped = kept(cache / f"pictures-{digest(SIDE, stamps(files))}.safetensors", decode)
    read = [i for i, file in enumerate(files) if str(file) not in skipped]
    pixels = tensors["pixels"] if len(read) == len(files) else tensors["pixels"][read]
    return Pictures(pixels, [files[i] for i in read], skipped)


def ask(teacher: nn.Module, name: str, files: Sequence[Path], cache: Path, batch: int = 32) -> Answers:
    """What the teacher, an eye, says of those of the files that can be read; `name` tells it from others in `cache`."""

    def answer() -> tuple[dict[str, Tensor], dict[str, str]]:
        p, embeddings = [], []
        skipped: dict[str, str] = {}
        for start in tqdm(range(0, len(files), batch), desc="asking the teacher", unit="batch", disable=None):
            read = [_read(file, TEACHER_SIDE, skipped) for file in files[start : start + batch]]
            if frames := [picture for picture in read if picture is not None]:
                with torch.inference_mode():
                    log_p, embedding = teacher(torch.from_numpy(np.stack(frames)))
                p.append(log_p.exp().half())
                embeddings.append(embedding.half())
        if not p:
            raise UserError("none of the pictures that the teacher is to be asked about can be read")
        return {"p": torch.cat(p), "embeddings": torch.cat(embeddings)}, skipped

    tensors, skipped = kept(cache / f"answers-{digest(name, stamps(files))}.safetensors", answer)
    return Answers(tensors["p"].float(), tensors["embeddings"].float(), skipped)


def _read(file: Path, side: int, skipped: dict[str, str]) -> np.ndarray | None:
    """A picture squeezed to a square, uint8 [side,side,3]; None, and the reason in `skipped`, if it can't be read."""
    try:
        picture = read_picture(file)
    except UserError as error:
        skipped[str(file)] = str(error)
        return None
    shrinks = picture.shape[0] > side
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
