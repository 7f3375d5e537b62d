"""Photographs and recordings on disk: who belongs to which theme, and who is held out.

The data folder holds sets of photographs (`SET/CATEGORY/*.jpg|webp` with `SET/manifest.csv`), of recordings
(`sounds/CATEGORY/*.ogg`) and `pairs.csv`, which says for each theme (sea, rain, dog...) which categories of either fit.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import UserError

from .datasets.manifest import read_table
from .datasets.originals import recording_of

PICTURE_SETS = ("miniplaces100", "miniplaces", "scenes", "scenes64", "instruments")
SOUND_SETS = ("sounds", "loops")
HELD_OUT_PICTURES = 0.12
FOLDS = 5


@dataclass(frozen=True)
class Picture:
    """One photograph. `category` is `set/name`; `held_out` ones are never trained on."""

    file: Path
    category: str
    held_out: bool


@dataclass(frozen=True)
class Sound:
    """One excerpt. `recording` names what it was cut from; all excerpts of a recording are held out together.

    `sole` marks a category with only one recording: its held-out excerpts come from a recording trained on.
    """

    file: Path
    category: str
    recording: str
    held_out: bool
    sole: bool = False


@dataclass(frozen=True)
class Theme:
    """A place or happening, and the categories that show it and sound like it."""

    name: str
    pictures: tuple[str, ...]
    sounds: tuple[str, ...]


def read_themes(data: Path) -> list[Theme]:
    """The themes of pairs.csv, in the file's order."""
    return read_pairs(data / "pairs.csv")


def read_pairs(file: Path) -> list[Theme]:
    """The themes of a table with a row for each: its name, and the categories that fit it, with spaces between them.

    Raises UserError if that can't be read.
    """
    rows = read_table(file, ("theme", "image_categories", "sound_categories"))
    twice = [name for name, count in Counter(row["theme"] for row in rows).items() if count > 1]
    if twice or not rows:
        raise UserError(f"{file}: " + (f"has more than one row for {', '.join(twice)}" if twice else "has no rows")
                        + "; expected one for each theme")
    return [
        Theme(row["theme"], tuple(row["image_categories"].split()), tuple(row["sound_categories"].split()))
        for row in rows
    ]


def read_pictures(data: Path) -> list[Picture]:
    """Every photograph that a manifest names; about one in eight is held out, chosen by its original's name."""
    found = []
    for name in PICTURE_SETS:
        folder = data / name
        manifest = folder / ("manifest_images.csv" if name == "instruments" else "manifest.csv")
        if not manifest.exists():
            continue
        for row in read_table(manifest, ("file", "original")):
            file = folder / row["file"]
            category = f"{name}/{file.parent.name}"
            found.append(Picture(file, category, _share(row["original"]) < HELD_OUT_PICTURES))
    return found


def read_sounds(data: Path, fold: int = 0) -> list[Sound]:
    """Every excerpt that a manifest names, split by recording, about one recording in five held out per category.

    fold: which of the FOLDS parts of the recordings is held out. Of a category with a single recording the last third
    of the excerpts is held out in every fold, and marked `sole`.
    """
    rows = [
        (data / name / row["file"], recording_of(row["original"]))
        for name in SOUND_SETS
        if (data / name / "manifest.csv").exists()
        for row in read_table(data / name / "manifest.csv", ("file", "original"))
    ]
    by_category: dict[str, set[str]] = defaultdict(set)
    for file, recording in rows:
        by_category[file.parent.name].add(recording)
    held = held_recordings(by_category.values(), fold)
    excerpts: dict[str, int] = defaultdict(int)
    for file, _ in rows:
        excerpts[file.parent.name] += 1
    seen: dict[str, int] = defaultdict(int)
    found = []
    for file, recording in rows:
        category = file.parent.name
        seen[category] += 1
        sole = len(by_category[category]) == 1
        last_third = seen[category] > excerpts[category] * 2 / 3
        found.append(Sound(file, category, recording, last_third if sole else recording in held, sole))
    return found


def held_recordings(categories: Iterable[set[str]], fold: int = 0) -> set[str]:
    """Which recordings to hold out: in each category with two or more, the part `fold` of FOLDS, ordered by hash.

    A recording of one category is held out in just one fold. Every category has one in the first; of categories with
    fewer than FOLDS recordings some of the others hold out none.
    """
    held: set[str] = set()
    for recordings in categories:
        if len(recordings) > 1:
            ordered = sorted(recordings, key=_share)
            begin, end = (max(1, round(k * len(ordered) / FOLDS)) if k else 0 for k in (fold, fold + 1))
            held.update(ordered[begin:end])
    return held


def _share(text: str) -> float:
    """A number in [0, 1) that depends only on the text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32


def read_rendered_pictures(folder: Path) -> list[Picture]:
    """Drawn pictures `SCENE/*.png`, category `rendered/SCENE`; one in eight is held out by its name."""
    return [
        Picture(file, f"rendered/{file.parent.name}", _share(f"{file.parent.name}/{file.name}") < HELD_OUT_PICTURES)
        for file in sorted(folder.glob("*/*.png"))
    ]


def with_rendered_pictures(themes: list[Theme], folder: Path) -> list[Theme]:
    """The themes, each with the drawn scenes of `folder` whose sound (sounds.csv there) is one of its own."""
    table = read_table(folder / "sounds.csv", ("scene", "sound"))
    sound_of = {f"rendered/{row['scene']}": row["sound"] for row in table}
    return [
        replace(theme, pictures=theme.pictures + tuple(s for s, sound in sound_of.items() if sound in theme.sounds))
        for theme in themes
    ]


def read_rendered_sounds(folder: Path) -> list[Sound]:
    """Synthesised sounds `CATEGORY/*.wav`, each a recording of its own."""
    return [
        Sound(file, file.parent.name, f"rendered {file.parent.name}/{file.name}", held_out)
        for file in sorted(folder.glob("*/*.wav"))
        for held_out in [_share(f"{file.parent.name}/{file.name}") < 1 / FOLDS]
    ]
