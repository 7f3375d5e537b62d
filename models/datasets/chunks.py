"""What `phonoscope dataset build` makes, on disk.

    manifest.csv                      a row for each pair of a picture and a sound, with the hashes of both
    videos.json                       the settings, and what became of each video
    train/pictures/CATEGORY/VIDEO-HASH_0001.jpg      the first frame of a video's first chunk
    train/sounds/CATEGORY/VIDEO-HASH_0001.flac       its sound, mono
    test/...                          likewise, of other videos
    contact.html                      the pairs, to look at and to listen to
"""

import csv
import io
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from engine.errors import UserError

from .item import Dataset, Item
from .manifest import read_table

KIND = "chunks"
LAYOUT = "what `phonoscope dataset build` makes: manifest.csv, videos.json, train/ and test/"
SPLITS = ("train", "test")
MANIFEST = "manifest.csv"
_LEDGER = "videos.json"
_FORMAT = 1


@dataclass(frozen=True)
class Pair:
    """A picture and the sound that goes with it, a row of the manifest.

    picture, sound: files in the folder of the set. video, video_sha256: the video's name and hash. time: where in it,
    seconds. level: of the sound, dBFS. place, kl: what cleaning found (see cleaning.Verdict), "" if it was not asked.
    """

    split: str
    category: str
    picture: str
    sound: str
    video: str
    time: float
    level: float
    place: str
    kl: float | str
    video_sha256: str
    picture_sha256: str
    sound_sha256: str


@dataclass(frozen=True)
class Settings:
    """What decides which pairs are made. chunk: seconds; floor: dBFS; cleaned_by: name of the judge, "" if by none."""

    chunk: float = 0.5
    floor: float = -45.0
    test_share: float = 0.2
    seed: int = 0
    cleaned_by: str = ""


@dataclass(frozen=True)
class Cut:
    """What became of a video. split: "" if nothing of it could be used, and `why` says why not.

    chunks = pairs + quiet (at or below the floor) + unfit (dropped by cleaning). remark: what was amiss with it.
    """

    sha256: str
    video: str
    category: str
    split: str
    chunks: int
    pairs: int
    quiet: int
    unfit: int
    why: str = ""
    remark: str = ""


_COLUMNS = tuple(field.name for field in fields(Pair))


def recognise(path: Path) -> bool:
    """Whether `phonoscope dataset build` made this."""
    return (path / MANIFEST).is_file() and (path / _LEDGER).is_file()


def read(path: Path) -> Dataset:
    """The pairs as items; a video is their original."""
    return Dataset(path, KIND, tuple(
        Item(pair.category, pair.video_sha256, path / pair.picture, path / pair.sound, split=pair.split,
             source=pair.video)
        for pair in read_pairs(path)))


def read_pairs(folder: Path) -> list[Pair]:
    """The rows of the manifest; UserError if it is damaged."""
    pairs = []
    for number, row in enumerate(read_table(folder / MANIFEST, _COLUMNS), 2):
        try:
            numbers = {"time": float(row["time"]), "level": float(row["level"]), "kl": row["kl"] and float(row["kl"])}
            values: dict[str, Any] = {name: row[name] for name in _COLUMNS} | numbers
        except ValueError as error:
            raise UserError(f"{folder / MANIFEST}, line {number}: {error}; expected a number") from None
        pairs.append(Pair(**values))
    return pairs


def read_ledger(folder: Path) -> tuple[Settings, list[Cut]] | None:
    """The settings and the videos of a set that was begun; None if there is none. UserError if it is damaged."""
    file = folder / _LEDGER
    if not file.exists():
        return None
    try:
        ledger = json.loads(file.read_text(encoding="utf-8"))
        if ledger["format"] != _FORMAT:
            raise ValueError(f"format {ledger['format']}, expected {_FORMAT}")
        return Settings(**ledger["settings"]), [Cut(**cut) for cut in ledger["videos"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file}: is not what `phonoscope dataset build` writes ({error}); name another folder, or "
                        "remove this one to build it anew") from None


def save(folder: Path, settings: Settings, cuts: Iterable[Cut], pairs: Sequence[Pair]) -> None:
    """Write both tables, each at once; the ledger last, for what it names is done."""
    table = io.StringIO(newline="")
    rows = csv.DictWriter(table, _COLUMNS, lineterminator="\n")
    rows.writeheader()
    rows.writerows(asdict(pair) for pair in pairs)
    replace_text(folder / MANIFEST, table.getvalue())
    ledger = {"format": _FORMAT, "settings": asdict(settings), "videos": [asdict(cut) for cut in cuts]}
    replace_text(folder / _LEDGER, json.dumps(ledger, indent=1) + "\n")


def replace_text(file: Path, text: str) -> None:
    """Write a file that takes the place of the old one at once, when it is complete."""
    draft = file.with_name(f".{file.name}.part")
    with draft.open("w", encoding="utf-8", newline="") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, file)
