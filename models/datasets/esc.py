"""ESC-50 and ESC-10: environmental sounds in five folds (Piczak, "ESC: Dataset for Environmental Sound
Classification", ACM Multimedia 2015). Clips of one original recording share a fold, so folds may be left out in turn.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UserError

from .manifest import read_table

TABLE = Path("meta", "esc50.csv")
_NAME = re.compile(r"(?P<fold>[1-5])-(?P<id>\d+)-(?P<take>[A-Z])(-\d+)?\.(wav|ogg)", re.IGNORECASE)
_NUMBERED = re.compile(r"\d{3} - (.+)")


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
    if (folder / TABLE).is_file():
        return _published(folder)
    if clips := _numbered(folder):
        return clips
    if (folder / "manifest.csv").is_file() and (clips := _renamed(folder)):
        return clips
    raise UserError(f"{folder}: is not ESC-50 or ESC-10; expected {TABLE.as_posix()} and audio/1-100032-A-0.wav, or "
                    "'001 - Dog bark/1-100032-A.ogg', or a manifest.csv whose column `original` has such names")


def parse_name(name: str) -> tuple[int, str] | None:
    """The fold and the recording in an ESC file name, its folders aside; None if it is none.

    >>> parse_name("001 - Dog bark/1-100032-A.ogg")
    (1, 'freesound 100032')
    """
    match = _NAME.fullmatch(name.rpartition("/")[2])
    return (int(match["fold"]), f"freesound {match['id']}") if match else None


def _published(folder: Path) -> list[EscClip]:
    rows = read_table(folder / TABLE, ("filename", "fold", "category", "src_file"))
    return [EscClip(folder / "audio" / row["filename"], row["category"], int(row["fold"]),
                    f"freesound {row['src_file']}")
            for row in rows]


def _numbered(folder: Path) -> list[EscClip]:
    return [EscClip(file, title[1].lower().replace(" ", "_"), *name)
            for file in sorted(folder.glob("*/*"))
            if (title := _NUMBERED.fullmatch(file.parent.name)) and (name := parse_name(file.name))]


def _renamed(folder: Path) -> list[EscClip]:
    return [EscClip(folder / row["file"], Path(row["file"]).parent.name, *name)
            for row in read_table(folder / "manifest.csv", ("file", "original"))
            if (name := parse_name(row["original"]))]
