"""What is evaluated on: pictures and sounds in folders by category, and what the models make of them."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.errors import UserError
from models.data import PICTURE_SETS, SOUND_SETS, Picture, Sound, read_pictures, read_sounds
from models.datasets.files import PICTURES, SOUNDS, files_in

Outputs = tuple[NDArray[np.float32], ...]
"""What a model makes of one file: vectors, such as log_p [C] and embedding [D]."""


class Example(Protocol):
    """Something in a file."""

    @property
    def file(self) -> Path: ...


Shown = TypeVar("Shown", bound=Example)
Split = TypeVar("Split", Picture, Sound)


def find_pictures(folder: Path, held_out: bool = False) -> list[Picture]:
    """The pictures in the folders of `folder`, by their paths; if `held_out`, those that are never trained on.

    Raises UserError if there are none.
    """
    if held_out:
        return _held_out(read_pictures(_home(folder, PICTURE_SETS)), folder, PICTURE_SETS)
    return [Picture(file, category, held_out) for file, category in _find(folder, PICTURES, "picture")]


def find_sounds(folder: Path, held_out: bool = False, fold: int = 0) -> list[Sound]:
    """The sounds in the folders of `folder`, by their paths; if `held_out`, those that are not trained on in `fold`.

    Raises UserError if there are none.
    """
    if held_out:
        return _held_out(read_sounds(_home(folder, SOUND_SETS), fold), folder, SOUND_SETS)
    return [Sound(file, category, str(file), held_out) for file, category in _find(folder, SOUNDS, "sound")]


def perceive(
    examples: Sequence[Shown], sense: Callable[[Path], Outputs], unit: str
) -> tuple[list[Shown], list[NDArray[np.float64]], dict[str, str]]:
    """Show every file to a model: the examples that could be used, its outputs float64 [N,...], why others could not.

    sense: reads and judges one file, or raises UserError. unit: what the progress bar counts.
    Raises UserError if no file can be used.
    """
    used, outputs, skipped = [], [], {}
    for example in tqdm(examples, unit=unit, disable=None, dynamic_ncols=True):
        try:
            output = sense(example.file)
            if not all(np.isfinite(part).all() for part in output):
                raise UserError("the model makes nothing finite of it")
        except UserError as error:
            skipped[str(example.file)] = str(error).removeprefix("picture ").removeprefix(f"{example.file}: ")
        else:
            used.append(example)
            outputs.append(output)
    if not used:
        reasons = "".join(f"; {file}: {why}" for file, why in list(skipped.items())[:3])
        raise UserError(f"none of the {len(examples)} {unit}s can be used{reasons}")
    return used, [np.array(part, np.float64) for part in zip(*outputs, strict=True)], skipped


def _find(folder: Path, suffixes: Iterable[str], unit: str) -> list[tuple[Path, str]]:
    """Files and their categories; what lies in no folder is of the category "."."""
    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such folder; expected a folder of {unit}s in folders by category")
    found = files_in(folder, frozenset(suffixes))
    if not found:
        raise UserError(f"{folder}: there are no {unit}s; expected {folder / 'CATEGORY' / 'FILE'} with a name that "
                        f"ends in {', '.join(sorted(suffixes))}")
    return [(file, file.relative_to(folder).parent.as_posix()) for file in found]


def _home(folder: Path, sets: Iterable[str]) -> Path:
    """The folder that holds the sets of the training data: this one, or the one above if it is a set itself."""
    folder = folder.resolve()
    return folder if any((folder / name).is_dir() for name in sets) else folder.parent


def _held_out(examples: Iterable[Split], folder: Path, sets: Iterable[str]) -> list[Split]:
    folder = folder.resolve()
    chosen = [example for example in examples if example.held_out and example.file.is_relative_to(folder)]
    if not chosen:
        raise UserError(f"{folder}: nothing there is known to be held out of the training; --held-out is for the data "
                        f"that the models were trained on ({', '.join(sets)}, each with its manifest.csv)")
    return chosen
