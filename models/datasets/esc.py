"""ESC-50 and ESC-10: environmental sounds in five folds (Piczak, "ESC: Dataset for Environmental Sound
Classification", ACM Multimedia 2015). Clips of one original recording share a fold, so folds may be left out in turn.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UserError

from .item import Dataset, Item
from .manifest import read_table

KIND = "esc"
LAYOUT = "meta/esc50.csv and audio/1-100032-A-0.wav, or '001 - Dog bark/1-100032-A.ogg'"
SOURCE = "ESC (Piczak 2015)"
_TABLE = Path("meta", "esc50.csv")
_NAME = re.compile(r"(?P<fold>[1-5])-(?P<id>\d+)-[A-Z]\d*(-\d+)?\.\w+")
_TITLE = re.compile(r"\d{3} - (.+)")


@dataclass(frozen=True)
class EscClip:
    """A clip of 5 s. fold: 1 to 5, as published. recording: what it was cut from."""

    file: Path
    category: str
    fold: int
    recording: str


def read_esc(folder: Path) -> list[EscClip]:
    """The clips in `folder`, which is laid out in one of three ways; UserError if in none.

    - as published now: `meta/esc50.csv` and `audio/FOLD-ID-TAKE-TARGET.wav`;
    - as ESC-10 was published first: `001 - Dog bark/FOLD-ID-TAKE.ogg`;
    - a folder per category with a manifest.csv whose column `original` has such names; rows of other origin are left.
    """
    if (folder / _TABLE).is_file():
        return _published(folder)
    if clips := _titled(folder) or _renamed(folder):
        return clips
    raise UserError(f"{folder}: is not ESC-50 or ESC-10; expected {LAYOUT}, or a manifest.csv whose column `original` "
                    "has such names")


def parse_name(name: str) -> tuple[int, str] | None:
    """The fold and the recording in an ESC file name, its folders aside; None if it is none.

    >>> parse_name("001 - Dog bark/1-100032-A.ogg")
    (1, 'freesound 100032')
    """
    match = _NAME.fullmatch(name.rpartition("/")[2])
    return (int(match["fold"]), f"freesound {match['id']}") if match else None


def recognise(path: Path) -> bool:
    """Whether this is ESC-50 or ESC-10 as published."""
    return (path / _TABLE).is_file() or any(_TITLE.fullmatch(folder.name) for folder in path.glob("[0-9]*"))


def read(path: Path) -> Dataset:
    """The clips as items."""
    return Dataset(path, KIND, tuple(Item(clip.category, clip.recording, sound=clip.file, fold=clip.fold, source=SOURCE)
                                     for clip in read_esc(path)))


def _published(folder: Path) -> list[EscClip]:
    clips = []
    for row in read_table(folder / _TABLE, ("filename", "category")):
        name = parse_name(row["filename"])
        if name is None:
            raise UserError(f"{folder / _TABLE}: {row['filename']!r} is no name of a clip; expected one like "
                            "1-100032-A-0.wav")
        clips.append(EscClip(folder / "audio" / row["filename"], row["category"], *name))
    return clips


def _titled(folder: Path) -> list[EscClip]:
    return [EscClip(file, title[1].lower().replace(" ", "_"), *name)
            for file in sorted(folder.glob("*/*"))
            if (title := _TITLE.fullmatch(file.parent.name)) and (name := parse_name(file.name))]


def _renamed(folder: Path) -> list[EscClip]:
    manifest = folder / "manifest.csv"
    if not manifest.is_file():
        return []
    return [EscClip(folder / row["file"], Path(row["file"]).parent.name, *name)
            for row in read_table(manifest, ("file", "original"))
            if (name := parse_name(row["original"]))]
