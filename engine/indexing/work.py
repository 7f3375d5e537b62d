"""What is done for one file that is new or changed, on any thread: hash, decode, store, hear."""

import hashlib
import stat
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from engine import pcm
from engine.indexing.intake import Intake, LeftOut, take_in
from engine.library import Clip, same_bytes, stored_file
from engine.pcm import RATE, Stored

Row = NDArray[np.float32]


class Ear(Protocol):
    """What listens to the clips: engine.ear.Ear, or a stand-in. Several threads ask it at a time."""

    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def classes(self) -> tuple[str, ...]: ...

    def hear(self, samples: NDArray[np.float32], rate: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return (log_q [classes], embedding [D]) of samples [n, 1 or 2] at `rate` Hz; RuntimeError if it can't."""
        ...


@dataclass(frozen=True)
class Known:
    """A clip of the library, and what the ear heard of it, log_q and embedding; None if it has not heard it yet."""

    clip: Clip
    row: Row | None


@dataclass(frozen=True)
class Taken:
    """A file as a clip of the library. damaged: what was stored of it was, and is stored anew."""

    clip: Clip
    row: Row
    done: Literal["new", "heard_again", "unchanged"]
    remarks: tuple[str, ...] = ()
    damaged: bool = False


class Work:
    """Takes files into the library `target`, out of what is known of their content (by sha256) where possible."""

    def __init__(self, target: Path, ear: Ear, in_place: bool, known: Mapping[str, Known]) -> None:
        self._target, self._ear, self._in_place, self._known = target, ear, in_place, known
        self._claims: dict[str, Future[Taken]] = {}
        self._gate = threading.Lock()

    def take(self, file: Path, known: Clip | None) -> Taken:
        """Return what `file` becomes; `known` is that file as indexed earlier, if its size and time can be trusted.

        The clip is nameless: path, category and title are those of whatever file had this content first.
        Raises LeftOut if the file can't be used, UserError if the ear can't, OSError if the library can't be written.
        """
        try:
            state = file.stat()
            if not stat.S_ISREG(state.st_mode):
                raise LeftOut("is not a regular file")
            same = known and (known.bytes, known.mtime_ns) == (state.st_size, state.st_mtime_ns)
            sha256 = known.sha256 if known and same else _sha256(file)
        except OSError as error:
            raise LeftOut(f"can't be read: {error.strerror}") from None
        taken = self._once(file, sha256)
        return replace(taken, clip=replace(taken.clip, bytes=state.st_size, mtime_ns=state.st_mtime_ns))

    def _once(self, file: Path, sha256: str) -> Taken:
        """Several files of the same content are one clip: the first thread makes it, the others wait for it."""
        mine: Future[Taken] = Future()
        with self._gate:
            claimed = self._claims.setdefault(sha256, mine)
        if claimed is not mine and claimed.exception() is None:
            return replace(claimed.result(), done="unchanged", remarks=(), damaged=False)
        try:
            taken = self._make(file, sha256)
        except BaseException as error:
            if claimed is mine:
                mine.set_exception(error)
            raise
        if claimed is mine:
            mine.set_result(taken)
        return taken

    def _make(self, file: Path, sha256: str) -> Taken:
        known = self._known.get(sha256)
        if known is None:
            return self._anew(file, sha256, None)
        if self._in_place:
            clip = replace(known.clip, stored=None)
            if known.row is not None:
                return Taken(clip, known.row, "unchanged")
            return Taken(clip, self._hear(take_in(file).samples), "heard_again")
        stored = known.clip.stored
        if stored is None:
            return self._anew(file, sha256, known)
        intact = _intact(known.clip.audio, stored)
        if intact is None:
            return replace(self._anew(file, sha256, known), damaged=True)
        clip = replace(known.clip, stored=intact)
        if known.row is not None:
            return Taken(clip, known.row, "unchanged")
        return Taken(clip, self._hear(pcm.read(clip.audio, intact, clip.channels)), "heard_again")

    def _anew(self, file: Path, sha256: str, known: Known | None) -> Taken:
        """Decode and store; what the ear has heard of the same content still holds."""
        intake = take_in(file)
        clip = _clip(self._target, sha256, intake)
        if not self._in_place:
            clip = replace(clip, stored=pcm.write(stored_file(self._target, sha256), intake.samples))
        row = known.row if known and known.row is not None else self._hear(intake.samples)
        return Taken(clip, row, "new", intake.remarks)

    def _hear(self, samples: NDArray[np.float32]) -> Row:
        try:
            row = np.concatenate(self._ear.hear(samples, RATE))
        except RuntimeError as error:
            raise LeftOut(f"the ear {self._ear.name} fails on it: {error}") from None
        if not np.isfinite(row).all():
            raise LeftOut(f"the ear {self._ear.name} made nothing finite of it")
        return row


def _clip(target: Path, sha256: str, intake: Intake) -> Clip:
    tags = intake.tags
    return Clip(target, "", "", "", sha256, 0, 0, round(len(intake.samples) / RATE, 3), intake.samples.shape[1],
                tags.get("license") or tags.get("copyright", ""), tags.get("artist", ""),
                "loop" in tags.get("comment", "").lower().split())


def _intact(audio: Path, stored: Stored) -> Stored | None:
    """`stored` with the file's present time, None if the file is not what was stored."""
    try:
        state = audio.stat()
        return replace(stored, mtime_ns=state.st_mtime_ns) if same_bytes(audio, stored.sha256) else None
    except OSError:
        return None


def _sha256(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
