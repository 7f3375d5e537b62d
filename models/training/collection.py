"""Pictures and sounds on disk, and which fit each other, from a data set in any of four layouts."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import UserError
from engine.sight.pictures import SUFFIXES as PICTURES

from ..data import (
    Theme,
    held_recordings,
    read_pictures,
    read_rendered_pictures,
    read_rendered_sounds,
    read_sounds,
    read_themes,
    recording_of,
    with_rendered_pictures,
)
from ..datasets.manifest import read_table

SOUNDS = frozenset([".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aac", ".aif", ".aiff"])


@dataclass(frozen=True)
class Example:
    """A picture or a sound. held_out: never trained on. own: made by the instrument itself.

    recording: what it was cut from, "" if it stands alone.
    """

    file: Path
    category: str
    held_out: bool
    own: bool = False
    recording: str = ""


@dataclass(frozen=True)
class Group:
    """Pictures and sounds, as indices, that fit each other. Groups of one name (chunks of one video) are alike."""

    name: str
    pictures: tuple[int, ...]
    sounds: tuple[int, ...]


@dataclass(frozen=True)
class Collection:
    pictures: list[Example]
    sounds: list[Example]
    groups: list[Group]


def read_collection(path: Path, rendered: Path | None = None, fold: int = 0) -> Collection:
    """Read a data set, with what `models.render` put into the folder `rendered`. The layouts are:

    - a folder with pairs.csv of themes (see models/data.py);
    - what `phonoscope dataset build` makes: train/ and test/, pictures/CATEGORY/VIDEO_0001.jpg and sounds/ likewise;
    - a table (.csv) of pairs with columns picture and sound, and group if several pairs are alike, beside the files;
    - folders by category, of pictures or sounds or both, with a manifest.csv (file, original) where excerpts were cut
      from one original.

    fold: which part of the recordings is held out (models/data.py); of what was built, test/ is in every fold.

    Raises UserError if it is none of them, or empty.
    """
    if path.is_dir() and (path / "pairs.csv").is_file():
        found = _themes(path, rendered, fold)
    elif path.is_dir() and (path / "train").is_dir():
        found = _built(path)
    elif path.suffix == ".csv":
        found = _table(path, fold)
    elif path.is_dir():
        found = _folders(path, fold)
    else:
        raise UserError(f"{path}: there is no such data set; expected a folder or a .csv table of pairs")
    if not found.pictures and not found.sounds:
        raise UserError(
            f"{path}: holds neither pictures nor sounds; expected folders by category, train/ and test/ as "
            "`phonoscope dataset build` makes them, or a pairs.csv"
        )
    return found


def _themes(data: Path, rendered: Path | None, fold: int) -> Collection:
    themes = read_themes(data)
    pictures = [Example(p.file, p.category, p.held_out) for p in read_pictures(data)]
    sounds = [Example(s.file, s.category, s.held_out, recording=s.recording) for s in read_sounds(data, fold)]
    if rendered:
        drawn, made = read_rendered_pictures(rendered / "pictures"), read_rendered_sounds(rendered / "sounds")
        pictures += [Example(p.file, p.category, p.held_out, own=True) for p in drawn]
        sounds += [Example(s.file, s.category, s.held_out, own=True) for s in made]
        themes = with_rendered_pictures(themes, rendered / "pictures")
    return Collection(pictures, sounds, [_group(theme, pictures, sounds) for theme in themes])


def _group(theme: Theme, pictures: list[Example], sounds: list[Example]) -> Group:
    return Group(
        theme.name,
        tuple(i for i, picture in enumerate(pictures) if picture.category in theme.pictures),
        tuple(i for i, sound in enumerate(sounds) if sound.category in theme.sounds),
    )


def _built(data: Path) -> Collection:
    pairs = []
    for split in ("train", "test"):
        pictures = {_key(file): file for file in _files(data / split / "pictures", PICTURES)}
        for sound in _files(data / split / "sounds", SOUNDS):
            if picture := pictures.get(_key(sound)):
                video = f"{sound.parent.name}/{sound.stem.rpartition('_')[0]}"
                pairs.append((picture, sound, sound.parent.name, video, split == "test"))
    return _paired(pairs)


def _key(file: Path) -> tuple[str, str]:
    return file.parent.name, file.stem


def _table(file: Path, fold: int) -> Collection:
    rows = read_table(file, ("picture", "sound"))
    groups = [row.get("group") or row["sound"] for row in rows]
    held = held_recordings([set(groups)], fold)
    return _paired(
        [
            (file.parent / row["picture"], file.parent / row["sound"], group, group, group in held)
            for row, group in zip(rows, groups, strict=True)
        ]
    )


def _paired(pairs: list[tuple[Path, Path, str, str, bool]]) -> Collection:
    """From (picture, sound, category, group, held out)."""
    return Collection(
        [Example(picture, category, held) for picture, _, category, _, held in pairs],
        [Example(sound, category, held) for _, sound, category, _, held in pairs],
        [Group(group, (i,), (i,)) for i, (*_, group, _) in enumerate(pairs)],
    )


def _folders(data: Path, fold: int) -> Collection:
    pictures, sounds = (_split(_files(data, suffixes), fold) for suffixes in (PICTURES, SOUNDS))
    categories = sorted({example.category for example in pictures + sounds})
    groups = [_group(Theme(name, (name,), (name,)), pictures, sounds) for name in categories]
    return Collection(pictures, sounds, groups)


def _split(files: Iterable[Path], fold: int) -> list[Example]:
    """Hold out some recordings of each category; a manifest.csv says which excerpts are of one recording."""
    original: Callable[[Path], str] = _Originals()
    recording = {file: original(file) for file in files}
    by_category: dict[str, set[str]] = defaultdict(set)
    for file in recording:
        by_category[file.parent.name].add(recording[file])
    held = held_recordings(by_category.values(), fold)
    return [Example(file, file.parent.name, name in held, recording=name) for file, name in recording.items()]


class _Originals:
    """Which recording or photograph a file comes from, by the manifest.csv of its category's parent folder."""

    def __init__(self) -> None:
        self.tables: dict[Path, dict[str, str]] = {}

    def __call__(self, file: Path) -> str:
        folder = file.parent.parent
        if folder not in self.tables:
            manifest = folder / "manifest.csv"
            rows = read_table(manifest, ("file", "original")) if manifest.is_file() else []
            self.tables[folder] = {row["file"]: recording_of(row["original"]) for row in rows}
        name = file.relative_to(folder).as_posix()
        return self.tables[folder].get(name, f"{folder}/{name}")


def _files(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    return sorted(file for file in folder.glob("**/*/*") if file.suffix.lower() in suffixes and file.is_file())


def only(collection: Collection, pictures: list[int], sounds: list[int]) -> Collection:
    """The collection without the examples that could not be read: those of these indices remain."""
    new_picture = {old: new for new, old in enumerate(pictures)}
    new_sound = {old: new for new, old in enumerate(sounds)}
    return Collection(
        [collection.pictures[i] for i in pictures],
        [collection.sounds[i] for i in sounds],
        [
            replace(
                group,
                pictures=tuple(new_picture[i] for i in group.pictures if i in new_picture),
                sounds=tuple(new_sound[i] for i in group.sounds if i in new_sound),
            )
            for group in collection.groups
        ],
    )
