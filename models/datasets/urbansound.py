"""UrbanSound8K: 8,732 excerpts of street sounds in ten folds (Salamon, Jacoby, Bello, "A Dataset and Taxonomy for Urban
Sound Research", ACM Multimedia 2014). Excerpts of one recording share a fold.
"""

import re
from pathlib import Path

from engine.errors import UserError

from .item import Dataset, Item
from .manifest import read_table

KIND = "urbansound8k"
LAYOUT = "metadata/UrbanSound8K.csv and audio/fold1/100032-3-0-0.wav"
SOURCE = "UrbanSound8K (Salamon et al. 2014)"
LICENCE = "CC BY-NC 3.0"
_TABLE = Path("metadata", "UrbanSound8K.csv")
_NAME = re.compile(r"fold(?P<fold>\d+)/(?P<id>\d+)-")


def parse_name(name: str) -> tuple[int, str] | None:
    """The fold and the recording in an UrbanSound8K path; None if it is none.

    >>> parse_name("fold1/176714-2-0-18.wav")
    (1, 'freesound 176714')
    """
    match = _NAME.match(name)
    return (int(match["fold"]), f"freesound {match['id']}") if match else None


def recognise(path: Path) -> bool:
    """Whether this is UrbanSound8K as published."""
    return (path / _TABLE).is_file()


def read(path: Path) -> Dataset:
    """The excerpts that the table names."""
    items = []
    for row in read_table(path / _TABLE, ("slice_file_name", "fold", "class")):
        place = f"fold{row['fold']}/{row['slice_file_name']}"
        name = parse_name(place)
        if name is None:
            raise UserError(f"{path / _TABLE}: {place!r} is no name of an excerpt; expected one like "
                            "fold1/100032-3-0-0.wav")
        fold, recording = name
        items.append(Item(row["class"], recording, sound=path / "audio" / place, fold=fold, source=SOURCE,
                          licence=LICENCE))
    return Dataset(path, KIND, tuple(items))
