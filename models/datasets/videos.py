"""Videos as they are; a video's category is the name of its folder."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UserError

from .files import VIDEOS, files_in
from .item import Dataset, Item

KIND = "videos"
LAYOUT = "videos, in a folder per category: sea/1.mp4"


@dataclass(frozen=True)
class Video:
    """A video file, told from others by its content."""

    file: Path
    sha256: str
    category: str


def recognise(path: Path) -> bool:
    """Whether there are videos."""
    return bool(files_in(path, VIDEOS))


def read(path: Path) -> Dataset:
    """Every video at any depth."""
    return Dataset(path, KIND, tuple(Item(category_of(file), file.relative_to(path).as_posix(), video=file)
                                     for file in files_in(path, VIDEOS)))


def category_of(file: Path) -> str:
    """The name of the folder that a video lies in; "videos" at the root of a disk, which has none."""
    return file.resolve().parent.name or "videos"


def find_videos(paths: Iterable[Path]) -> list[Path]:
    """The videos that are named, and those at any depth in folders that are named, each once. UserError if none."""
    paths = list(paths)
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise UserError(f"{path}: there is no such video or folder")
        for file in files_in(path, VIDEOS) if path.is_dir() else [path]:
            found.setdefault(file.resolve(), file)
    if not found:
        raise UserError(f"{', '.join(map(str, paths))}: there is no video; expected files that end in "
                        f"{', '.join(sorted(VIDEOS))}")
    return list(found.values())


def identify(file: Path) -> Video:
    """Hash a video; UserError if it can't be read."""
    try:
        with file.open("rb") as source:
            return Video(file, hashlib.file_digest(source, "sha256").hexdigest(), category_of(file))
    except OSError as error:
        raise UserError(f"{file}: can't be read: {error.strerror or error}") from None
