"""What the studio keeps at hand: the eye, the dream and the library that were asked for last."""

from pathlib import Path
from typing import TYPE_CHECKING

from engine.library import Library

if TYPE_CHECKING:
    from engine.dream.painter.generator import Generator
    from engine.sight.eye import Eye


class Shelf:
    """Loads what it doesn't have, and keeps one of each kind."""

    def __init__(self) -> None:
        self._eye: tuple[str, Eye] | None = None
        self._generator: tuple[str, Generator] | None = None
        self._library: Library | None = None

    def eye(self, file: str) -> "Eye":
        """Return the eye in a model file, "" for the shipped one. Raises UserError if it is none."""
        from engine.modelfile import load_model, shipped_model
        from engine.sight.eye import Eye

        if self._eye is None or self._eye[0] != file:
            self._eye = file, Eye(load_model(Path(file) if file else shipped_model("eye"), "eye"))
        return self._eye[1]

    def generator(self, file: str) -> "Generator":
        """Return what paints with a model file, "" for the shipped one. Raises UserError if it is none."""
        from engine.dream.painter.generator import Generator

        if self._generator is None or self._generator[0] != file:
            self._generator = file, Generator.load(file)
        return self._generator[1]

    def library(self, folder: str) -> Library:
        """Return the library in a folder. Raises UserError if it is none."""
        if self._library is None or str(self._library.folder) != folder:
            self._library = Library.open(folder)
        return self._library
