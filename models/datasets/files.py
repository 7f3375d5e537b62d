"""Which files count as pictures, sounds and videos."""

from collections.abc import Collection
from pathlib import Path

from engine.sight.pictures import SUFFIXES as PICTURES

SOUNDS = frozenset([".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac", ".aif", ".aiff", ".au",
                    ".caf", ".wma"])
VIDEOS = frozenset([".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv", ".3gp",
                    ".ogv"])

__all__ = ["PICTURES", "SOUNDS", "VIDEOS", "files_in"]


def files_in(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """The files at any depth in `folder` whose names end so, sorted; none that is hidden or in a hidden folder."""
    return sorted(file for file in folder.rglob("*")
                  if file.suffix.lower() in suffixes and file.is_file()
                  and not any(part.startswith(".") for part in file.relative_to(folder).parts))
