"""One door to all data sets: which is it, and what is in it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from engine.errors import UserError

from . import categories, chunks, esc, soundnet, suburmp, urbansound, videos
from .item import Dataset


class Reader(Protocol):
    """A module of this package that knows one layout."""

    KIND: str
    LAYOUT: str

    def recognise(self, path: Path) -> bool:
        """Whether `path` is laid out so; told by a look at a few names."""
        ...

    def read(self, path: Path) -> Dataset:
        """What the data set names, whether it is there or not; UserError if that can't be read."""
        ...


READERS: Sequence[Reader] = (chunks, esc, urbansound, suburmp, categories, videos, soundnet)
"""The more particular first: most published sets are folders by category, too."""


def open_dataset(path: Path) -> Dataset:
    """Read the data set at `path`, a folder or a list, whichever it is.

    Items whose files are not there are left out, and a remark says so. Raises UserError if it is none that is known,
    or if none of its files is there.
    """
    if not path.exists():
        raise UserError(f"{path}: there is no such folder or list")
    reader = next((reader for reader in READERS if reader.recognise(path)), None)
    if reader is None:
        layouts = "".join(f"\n  {reader.KIND}: {reader.LAYOUT}" for reader in READERS)
        raise UserError(f"{path}: is no data set that is known; expected one of these:{layouts}")
    named = reader.read(path)
    gone = [file for item in named.items for file in item.files if not file.is_file()]
    if not gone and named.items:
        return named
    missing = set(gone)
    there = tuple(item for item in named.items if missing.isdisjoint(item.files))
    if not there:
        raise UserError(f"{path}: looks like a data set of kind '{reader.KIND}', but none of the {len(named.items)} "
                        f"items that it names is there; expected {reader.LAYOUT}")
    remark = f"{len(gone)} files that it names are not there, the first is {gone[0]}"
    return replace(named, items=there, remarks=(*named.remarks, remark))
