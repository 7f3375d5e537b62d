"""What the studio keeps at hand: the eye, the dream, the library and the clips that were asked for last."""

import hashlib
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bridge.studio.arrangement import Arrangement
from bridge.studio.kernels import Kernels
from engine import ledger
from engine.errors import UserError
from engine.library import Clip, Library
from engine.pcm import RATE

if TYPE_CHECKING:
    from engine.dream.painter.generator import Generator
    from engine.imagine import Imagination
    from engine.sight.eye import Eye

MOST_SOUND = 256 << 20
"""Bytes of decoded clips that are kept."""
MOST_ARRANGEMENTS = 8
"""Libraries, used last, whose maps are kept: cues go back and forth between them."""


class Outdated(UserError):
    """Something was asked for of a library that plays no more."""


class Shelf:
    """Loads what it doesn't have, and keeps one of each kind, and the clips that were used last."""

    def __init__(self) -> None:
        self._eye: tuple[str, Eye] | None = None
        self._generator: tuple[str, Generator] | None = None
        self._library: tuple[tuple[str, int], Library] | None = None
        self._imagination: tuple[Eye, Library, Imagination] | None = None
        self._arrangements: OrderedDict[str, Arrangement] = OrderedDict()
        self.kernels = Kernels()
        self._clips: OrderedDict[Clip, NDArray[np.float32]] = OrderedDict()

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

    def library(self, folder: str, expected: str | None = None) -> Library:
        """Return the library in a folder as it is now. Raises UserError if it is none, Outdated if its fingerprint is
        not the `expected` one."""
        try:
            state = folder, Path(folder, ledger.LINES).stat().st_mtime_ns
        except OSError:
            state = folder, 0  # opening it says why
        if self._library is None or self._library[0] != state:
            self._library = state, Library.open(folder)
        library = self._library[1]
        if expected is not None and expected != fingerprint(library):
            raise Outdated("the library has changed; ask again with what plays now")
        return library

    def imagination(self, eye_file: str, folder: str) -> "Imagination":
        """Return that eye and that library together. Raises UserError if they don't fit."""
        from engine.imagine import Imagination

        eye, library = self.eye(eye_file), self.library(folder)
        if self._imagination is None or self._imagination[0] is not eye or self._imagination[1] is not library:
            self._imagination = eye, library, Imagination(eye, library)
        return self._imagination[2]

    def arrangement(self, library: Library) -> Arrangement:
        """Return how the clips of a library are laid out on a plane."""
        name = fingerprint(library)
        if name not in self._arrangements:
            self._arrangements[name] = Arrangement(library.embedding)
        self._arrangements.move_to_end(name)
        if len(self._arrangements) > MOST_ARRANGEMENTS:
            self._arrangements.popitem(last=False)[1].wanted = False
        return self._arrangements[name]

    def holds(self, library: Library, index: int) -> bool:
        """Return whether that clip is at hand."""
        return library.clips[index] in self._clips

    def clip(self, library: Library, index: int) -> NDArray[np.float32]:
        """Return a clip as Library.load does at RATE; not to be written to. Raises UserError if it can't be read."""
        clip = library.clips[index]
        if clip not in self._clips:
            self._clips[clip] = library.load(index, RATE)
        self._clips.move_to_end(clip)
        while len(self._clips) > 1 and sum(sound.nbytes for sound in self._clips.values()) > MOST_SOUND:
            self._clips.popitem(last=False)
        return self._clips[clip]


def fingerprint(library: Library) -> str:
    """Return what tells a library from another, or from itself when other clips have other numbers: 16 hex digits."""
    told = "".join([*(clip.sha256 for clip in library.clips), library.ear_sha256])
    return hashlib.sha256(told.encode()).hexdigest()[:16]
