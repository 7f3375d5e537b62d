"""The indexed clip library: a folder that `phonoscope index` writes and the players open.

    library.json            what the clips are, where they came from, their licences
    embeddings.safetensors  what the ear heard: log_q float32 [n, classes], embedding float32 [n, D]
    clips/*.flac            the clips at 48 kHz, 24 bit (absent if indexed in place)

Both files are replaced whole, and library.json holds the other's sha256, so a reader never mixes two states.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from engine import audiofile
from engine.errors import UserError

FORMAT = 1
RATE = 48000
LONGEST_S = 60.0
"""Longer recordings are represented by their first minute."""
SEAM_S = 0.05
INDEX = "library.json"
EMBEDDINGS = "embeddings.safetensors"


@dataclass(frozen=True, slots=True)
class Clip:
    """One sound of the library.

    file: the indexed file; category: the name of its folder, "" at the top; title: for people; sha256, bytes,
    mtime_ns: of the indexed file; seconds, channels (1 or 2): of the clip; audio, audio_bytes: the file that is played
    and its size; licence, source: as far as the file's tags or a LICENCE beside it say; loop: its end runs on into its
    beginning by itself.
    """

    file: Path
    category: str
    title: str
    sha256: str
    bytes: int
    mtime_ns: int
    seconds: float
    channels: int
    audio: Path
    audio_bytes: int
    licence: str
    source: str
    loop: bool


@dataclass(frozen=True)
class Library:
    """An opened library.

    folder: where it lies; root: the folder that was indexed; ear_name, ear_sha256: the model file that listened;
    classes: names of the scene classes; clips: in the order of the rows of log_q float32 [n, classes] (natural log of
    the probability of each class) and embedding float32 [n, D] (unit vectors).
    """

    folder: Path
    root: Path
    ear_name: str
    ear_sha256: str
    classes: tuple[str, ...]
    clips: tuple[Clip, ...]
    log_q: NDArray[np.float32]
    embedding: NDArray[np.float32]

    @classmethod
    def open(cls, folder: str | Path) -> "Library":
        """Open the library in `folder`; UserError if there is none, it is damaged, or it holds no clip."""
        library = cls.read(Path(folder))
        if not library.clips:
            raise UserError(f"the library {folder} holds no clip; fill it with: phonoscope index SOUNDS -o {folder}")
        return library

    @classmethod
    def read(cls, folder: Path) -> "Library":
        """Like `open`, but an empty library is as good as any other."""
        folder = folder.absolute()
        try:
            text = (folder / INDEX).read_bytes()
        except OSError:
            raise UserError(f"{folder} is not a library (it has no {INDEX}); make one with: "
                            f"phonoscope index SOUNDS -o {folder}") from None
        try:
            return cls._parse(folder, text)
        except (KeyError, TypeError, ValueError, AttributeError, OSError, safetensors.SafetensorError) as error:
            why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise UserError(f"the library {folder} is damaged: {why}; indexing its sounds again repairs it: "
                            f"phonoscope index SOUNDS -o {folder}") from None

    @classmethod
    def _parse(cls, folder: Path, text: bytes) -> "Library":
        index = json.loads(text)
        if index["format"] != FORMAT:
            raise ValueError(f"{INDEX} has format {index['format']!r}, expected {FORMAT}")
        root = _absolute(folder, index["folder"])
        clips = tuple(_clip(folder, root, entry) for entry in index["clips"])
        classes = tuple(map(str, index["classes"]))
        packed = (folder / EMBEDDINGS).read_bytes()
        if hashlib.sha256(packed).hexdigest() != index["embeddings_sha256"]:
            raise ValueError(f"{EMBEDDINGS} is not the file that {INDEX} describes")
        tensors = safetensors.numpy.load(packed)
        log_q, embedding = tensors["log_q"], tensors["embedding"]
        if log_q.shape != (len(clips), len(classes)) or embedding.shape[:1] != (len(clips),):
            raise ValueError(f"{EMBEDDINGS} holds log_q {log_q.shape} and embedding {embedding.shape} for "
                             f"{len(clips)} clips and {len(classes)} classes")
        if not (np.isfinite(log_q).all() and np.isfinite(embedding).all()):
            raise ValueError(f"{EMBEDDINGS} holds numbers that are not finite")
        return cls(folder, root, str(index["ear"]["name"]), str(index["ear"]["sha256"]), classes, clips,
                   log_q, embedding)

    def save(self) -> None:
        """Write library.json and embeddings.safetensors, each whole or not at all."""
        packed = safetensors.numpy.save({"log_q": np.ascontiguousarray(self.log_q, np.float32),
                                         "embedding": np.ascontiguousarray(self.embedding, np.float32)})
        index = {
            "format": FORMAT, "rate": RATE, "folder": self._portable(self.root),
            "ear": {"name": self.ear_name, "sha256": self.ear_sha256},
            "embeddings_sha256": hashlib.sha256(packed).hexdigest(), "classes": self.classes,
            "clips": [{field.name: getattr(clip, field.name) for field in fields(clip)}
                      | {"file": clip.file.relative_to(self.root).as_posix(), "audio": self._portable(clip.audio)}
                      for clip in self.clips],
        }
        with replacing(self.folder / EMBEDDINGS) as file:
            file.write(packed)
        with replacing(self.folder / INDEX) as file:
            file.write((json.dumps(index, indent=1) + "\n").encode())

    def load(self, index: int, rate: int) -> NDArray[np.float32]:
        """Return clip `index` as a seamless loop, float32 [n, 1 or 2], C-contiguous and finite, at `rate` Hz.

        The last 50 ms of a clip that is no loop by itself are crossfaded (equal power) into its beginning.
        Raises UserError if its file is gone or broken.
        """
        clip = self.clips[index]
        try:
            recording = audiofile.read(clip.audio, LONGEST_S)
        except UserError as error:
            raise UserError(f"{error}; indexing the sounds again repairs the library {self.folder}") from None
        samples = audiofile.resample(recording.samples, recording.rate, rate)
        return samples if clip.loop else _close_loop(samples, rate)

    def _portable(self, path: Path) -> str:
        """`path` as library.json keeps it: relative if it lies in or beside the library, so that both can move."""
        if path.is_relative_to(self.folder.parent):
            return Path(os.path.relpath(path, self.folder)).as_posix()
        return path.as_posix()


def shipped_library() -> Path:
    """Folder of the library that comes with the program."""
    return Path(__file__).parent / "shipped" / "library"


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of `path` at once when it is complete, and vanishes when it is not."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:  # Ctrl-C too: whatever interrupts leaves no half file, and goes on its way
        draft.unlink(missing_ok=True)
        raise


def _absolute(folder: Path, path: str) -> Path:
    return Path(os.path.normpath(folder / path))


def _clip(folder: Path, root: Path, entry: dict[str, Any]) -> Clip:
    clip = Clip(**entry | {"file": root / entry["file"], "audio": _absolute(folder, entry["audio"])})
    if not (isinstance(clip.category, str) and isinstance(clip.sha256, str) and clip.channels in (1, 2)):
        raise ValueError(f"the entry of {clip.file} is not whole")
    return clip


def _close_loop(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    seam = min(round(SEAM_S * rate), len(samples) // 4)
    if seam == 0:
        return samples
    ramp = (np.arange(seam, dtype=np.float32)[:, None] + np.float32(0.5)) / np.float32(seam) * np.float32(np.pi / 2)
    body = samples[:len(samples) - seam].copy()
    body[:seam] = body[:seam] * np.sin(ramp) + samples[len(samples) - seam:] * np.cos(ramp)
    return body
