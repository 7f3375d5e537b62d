"""The indexed clip library: a folder that `phonoscope index` writes and the players open.

    library.jsonl, heard-*.f32   what the clips are and what the ear heard: engine.ledger
    clips/*.wav                  the clips, ready to play: engine.pcm (absent if indexed in place)

A player may open it while an index run is at work: it finds the state before, after, or in between, each of them whole.
"""

import hashlib
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import audiofile, ledger, pcm
from engine.errors import UserError
from engine.pcm import RATE, Stored

LONGEST_S = 60.0
"""Longer recordings are represented by their first minute."""
SEAM_S = 0.05
CLIPS = "clips"
_FIRST_FORMAT = "library.json"


@dataclass(frozen=True, slots=True)
class Clip:
    """One sound of the library.

    library: folder of the library; path: of the indexed file, relative to that or absolute; category: the name of its
    folder, "" at the top; title: for people; sha256, bytes, mtime_ns: of the indexed file; seconds, channels (1 or 2):
    of the clip; licence, source: as far as a manifest, the file's tags or a LICENCE beside it say; loop: its end runs
    on into its beginning by itself; stored: the file in `clips` that is played, None if it is the indexed file itself.
    """

    library: Path
    path: str
    category: str
    title: str
    sha256: str
    bytes: int
    mtime_ns: int
    seconds: float
    channels: int
    licence: str
    source: str
    loop: bool
    stored: Stored | None = None

    @property
    def file(self) -> Path:
        """The file that was indexed."""
        return _absolute(self.library, self.path)

    @property
    def audio(self) -> Path:
        """The file that is played."""
        return stored_file(self.library, self.sha256) if self.stored else self.file


@dataclass(frozen=True)
class Library:
    """An opened library.

    folder: where it lies; root: the folder that was indexed; ear_name, ear_sha256: the model file that listened;
    classes: names of the scene classes; clips: in the order of the rows of log_q float32 [n, classes] (natural log of
    the probability of each class) and embedding float32 [n, D] (unit vectors). damaged: how many clips or lines of its
    books are missing here because they are damaged.
    """

    folder: Path
    root: Path
    ear_name: str
    ear_sha256: str
    classes: tuple[str, ...]
    clips: tuple[Clip, ...]
    log_q: NDArray[np.float32]
    embedding: NDArray[np.float32]
    damaged: int = 0

    @classmethod
    def open(cls, folder: str | Path) -> "Library":
        """Open the library in `folder`; UserError if there is none, it is damaged all over, or it holds no clip."""
        library = cls.read(Path(folder))
        if library.damaged and not library.clips:
            raise _damaged(library.folder)
        if not library.clips:
            raise UserError(f"the library {folder} holds no clip; fill it with: phonoscope index SOUNDS -o {folder}")
        return library

    @classmethod
    def read(cls, folder: Path) -> "Library":
        """Like `open`, but an empty library is as good as any other."""
        folder = folder.absolute()
        try:
            books = ledger.read(folder)
        except OSError:
            old = (folder / _FIRST_FORMAT).exists()
            raise UserError(f"{folder} " + ("was made by an older Phonoscope; bring it up to date with: "
                                            if old else f"is not a library (it has no {ledger.LINES}); make one with: ")
                            + f"phonoscope index SOUNDS -o {folder}") from None
        heading = books.heading
        if heading is None:
            raise _damaged(folder)
        split = len(heading.classes)
        return cls(folder, _absolute(folder, heading.folder), heading.ear_name, heading.ear_sha256, heading.classes,
                   tuple(clip_of(entry, folder) for entry in books.clips()),
                   books.heard[:, :split], books.heard[:, split:], books.damaged)

    def save(self) -> None:
        """Write what the library is into its folder, in one step."""
        heard = np.concatenate([self.log_q, self.embedding], axis=1)
        ledger.write(self.folder, self.heading(), map(entry_of, self.clips), heard)

    def heading(self) -> ledger.Heading:
        """What the books say of the library as a whole."""
        return ledger.Heading(portable(self.root, self.folder), self.ear_name, self.ear_sha256, self.classes)

    def load(self, index: int, rate: int) -> NDArray[np.float32]:
        """Return clip `index` as a seamless loop, float32 [n, 1 or 2], C-contiguous and finite, at `rate` Hz.

        The last 50 ms of a clip that is no loop by itself are crossfaded (equal power) into its beginning.
        Raises UserError if its file is gone, broken, or not what was indexed.
        """
        clip = self.clips[index]
        try:
            samples, at = _played(clip)
        except UserError as error:
            raise UserError(f"{error}; phonoscope index SOUNDS -o {self.folder} --verify repairs the library") from None
        samples = audiofile.resample(samples, at, rate)
        return samples if clip.loop else close_loop(samples, rate)


def shipped_library() -> Path:
    """Folder of the library that comes with the program."""
    return Path(__file__).parent / "shipped" / "library"


def stored_file(library: Path, sha256: str) -> Path:
    """Where `library` stores the clip of a sound file with this hash."""
    return library / CLIPS / f"{sha256[:16]}.wav"


def close_loop(samples: NDArray[np.float32], rate: int, seam_s: float = SEAM_S) -> NDArray[np.float32]:
    """Return samples [n, channels] as a loop: their last `seam_s` seconds crossfaded (equal power) into the first."""
    seam = min(round(seam_s * rate), len(samples) // 4)
    if seam == 0:
        return samples
    ramp = (np.arange(seam, dtype=np.float32)[:, None] + np.float32(0.5)) / np.float32(seam) * np.float32(np.pi / 2)
    body = samples[:len(samples) - seam].copy()
    body[:seam] = body[:seam] * np.sin(ramp) + samples[len(samples) - seam:] * np.cos(ramp)
    return body


def entry_of(clip: Clip) -> ledger.Entry:
    """What the books keep of a clip."""
    return {"file": clip.path, "category": clip.category, "title": clip.title, "sha256": clip.sha256,
            "bytes": clip.bytes, "mtime_ns": clip.mtime_ns, "seconds": clip.seconds, "channels": clip.channels,
            "licence": clip.licence, "source": clip.source, "loop": clip.loop,
            "stored": asdict(clip.stored) if clip.stored else None}


def clip_of(entry: ledger.Entry, library: Path) -> Clip:
    """The clip that the books of `library` speak of."""
    intern = sys.intern  # there are many clips, but few different values of these
    return Clip(library, entry["file"], intern(entry["category"]), entry["title"], entry["sha256"],
                entry["bytes"], entry["mtime_ns"], entry["seconds"], entry["channels"], intern(entry["licence"]),
                intern(entry["source"]), entry["loop"], Stored(**entry["stored"]) if entry["stored"] else None)


def portable(path: Path, folder: Path) -> str:
    """`path` as the books keep it: relative if it lies in or beside the library, so that both can move."""
    if path.is_relative_to(folder.parent):
        return Path(os.path.relpath(path, folder)).as_posix()
    return path.as_posix()


def same_bytes(file: Path, sha256: str) -> bool:
    """Whether `file` holds what has this hash; OSError if it can't be read."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest() == sha256


def _damaged(folder: Path) -> UserError:
    return UserError(f"the library {folder} is damaged beyond use; indexing its sounds again repairs it: "
                     f"phonoscope index SOUNDS -o {folder}")


def _played(clip: Clip) -> tuple[NDArray[np.float32], int]:
    if clip.stored:
        return pcm.read(clip.audio, clip.stored, clip.channels), RATE
    recording = audiofile.read(clip.audio, LONGEST_S)
    state = clip.audio.stat()
    if (state.st_size, state.st_mtime_ns) != (clip.bytes, clip.mtime_ns) and not same_bytes(clip.audio, clip.sha256):
        raise UserError(f"{clip.audio}: is no longer the sound that was indexed")
    return recording.samples, recording.rate


def _absolute(folder: Path, path: str) -> Path:
    return Path(os.path.normpath(folder / path))
