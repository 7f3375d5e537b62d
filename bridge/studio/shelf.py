"""What the studio keeps at hand: the eye and the library that were asked for last."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.studio.arrangement import Arrangement
from engine import ledger
from engine.errors import UserError
from engine.library import Library

if TYPE_CHECKING:
    from engine.sight.eye import Eye


class Outdated(UserError):
    """Something was asked for of a library that plays no more."""


class Shelf:
    """Loads what it doesn't have, and keeps one of each kind."""

    def __init__(self) -> None:
        self._eye: tuple[str, Eye] | None = None
        self._library: tuple[tuple[str, int], Library] | None = None
        self._arrangement: tuple[str, Arrangement] | None = None

    def eye(self, file: str) -> "Eye":
        """Return the eye in a model file, "" for the shipped one. Raises UserError if it is none."""
        from engine.modelfile import load_model, shipped_model
        from engine.sight.eye import Eye

        if self._eye is None or self._eye[0] != file:
            self._eye = file, Eye(load_model(Path(file) if file else shipped_model("eye"), "eye"))
        return self._eye[1]

    def library(self, folder: str, expected: str | None = None) -> Library:
        """Return the library in a folder as it is now. Raises UserError if it is none, Outdated if its fingerprint is
        not the `expected` one."""
        books = Path(folder) / ledger.LINES
        state = folder, books.stat().st_mtime_ns if books.exists() else 0
        if self._library is None or self._library[0] != state:
            self._library = state, Library.open(folder)
        library = self._library[1]
        if expected is not None and expected != fingerprint(library):
            raise Outdated("the library has changed; ask again with what plays now")
        return library

    def arrangement(self, library: Library) -> Arrangement:
        """Return how the clips of a library are laid out on a plane."""
        key = fingerprint(library)
        if self._arrangement is None or self._arrangement[0] != key:
            self._arrangement = key, Arrangement(library.embedding)
        return self._arrangement[1]


def fingerprint(library: Library) -> str:
    """Return what tells a library from another, or from itself when other clips have other numbers: 16 hex digits."""
    told = "".join([*(clip.sha256 for clip in library.clips), library.ear_sha256])
    return hashlib.sha256(told.encode()).hexdigest()[:16]
