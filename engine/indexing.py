"""Making a library from a folder of sounds: decode, embed, hash and store, only what is new."""

import contextlib
import hashlib
import io
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine import audiofile
from engine.errors import UserError
from engine.library import LONGEST_S, RATE, Clip, Library, replacing

CHECKPOINT_S = 3.0
SHORTEST_S = 0.25
SILENT = 1e-4  # -80 dBFS
SUFFIXES = (
    ".wav", ".wave", ".w64", ".rf64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".m4b", ".aac", ".aif",
    ".aiff", ".aifc", ".au", ".caf", ".wma", ".wv", ".ac3", ".amr",
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv", ".3gp", ".ogv",
)
"""Files that count as sounds; a video stands for its first audio track."""
_OURS = re.compile(r"[0-9a-f]{16}\.flac|\.([0-9a-f]{16}\.flac|library\.json|embeddings\.safetensors)\.\d+")
Progress = Callable[[int, int, Path], None]


class Ear(Protocol):
    """What listens to the clips: engine.ear.Ear, or a stand-in."""

    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def classes(self) -> tuple[str, ...]: ...

    def hear(self, samples: NDArray[np.float32], rate: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return (log_q [classes], embedding [D]) of samples [n, 1 or 2] at `rate` Hz."""
        ...


@dataclass
class IndexReport:
    """What indexing did: counts of clips, and (file, why) of files that were left out or taken with a reservation.

    heard_again: clips that were known, but not to this ear.
    """

    clips: int = 0
    new: int = 0
    heard_again: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    seconds_of_audio: float = 0.0
    wall_s: float = 0.0


@dataclass(frozen=True)
class _Row:
    clip: Clip
    log_q: NDArray[np.float32]
    embedding: NDArray[np.float32]


def index(folder: str | Path, library: str | Path, ear: Ear, in_place: bool = False,
          progress: Progress | None = None) -> IndexReport:
    """Make `library` hold the sounds of `folder` and its folders, the name of each one's folder being its category.

    Files that were indexed before and did not change (size and time, else content) are not decoded again; files that
    are gone leave; another ear listens again to the stored clips. What can't be used is skipped and reported. Every few
    seconds, and on any way out, what is done is on disk, so that an interrupted run can be taken up again.

    in_place: store no clips, play the sounds from `folder`. progress: called as (files done, files in all, next file).
    Raises UserError if there is no such folder or no sound file in it (nothing is changed then), or the library can't
    be written.
    """
    begun = time.monotonic()
    folder, target = Path(folder).absolute(), Path(library).absolute()
    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such folder; expected a folder with sound files")
    report = IndexReport()
    job = _Job(folder, target, ear, in_place, report)
    try:
        job.run(progress or (lambda done, total, file: None))
    except OSError as error:
        raise UserError(f"the library {target} can't be written: {error.filename or ''} "
                        f"{error.strerror or error}") from None
    report.wall_s = round(time.monotonic() - begun, 3)
    return report


class _Job:
    """One run of `index`. `rows` is what the library holds at this moment, by file."""

    def __init__(self, folder: Path, target: Path, ear: Ear, in_place: bool, report: IndexReport) -> None:
        self.folder, self.target, self.ear, self.in_place, self.report = folder, target, ear, in_place, report
        try:
            old = Library.read(target)
        except UserError:  # none yet, or damaged: then it is made anew
            known, self.same_ear = [], False
        else:
            known = [_Row(*row) for row in zip(old.clips, old.log_q, old.embedding, strict=True)]
            self.same_ear = old.ear_sha256 == ear.sha256
        self.by_file = {row.clip.file: row.clip for row in known}
        self.by_content = {row.clip.sha256: row for row in known}
        self.rows = {row.clip.file: row for row in known} if self.same_ear else {}

    def run(self, progress: Progress) -> None:
        files = list(self.find())
        if not files:  # a drive that is not there must not empty the library
            raise UserError(f"{self.folder}: there are no sound files; the library {self.target} is left as it is")
        (self.target if self.in_place else self.target / "clips").mkdir(parents=True, exist_ok=True)
        gone = self.by_file.keys() - set(files)
        self.report.removed = len(gone)
        for file in gone:
            self.rows.pop(file, None)
        saved = time.monotonic()
        try:
            for done, file in enumerate(files):
                progress(done, len(files), file)
                try:
                    self.rows[file] = self.take(file)
                except UserError as error:
                    self.rows.pop(file, None)
                    self.skip(file, str(error))
                if time.monotonic() - saved >= CHECKPOINT_S:
                    self.save()
                    saved = time.monotonic()
        finally:
            self.save()
        self.sweep()

    def find(self) -> Iterator[Path]:
        """The sound files of the folder in a fixed order, without hidden ones and the library itself."""
        def unreadable(error: OSError) -> None:
            self.skip(Path(error.filename), f"can't be read: {error.strerror}")

        for parent, folders, files in os.walk(self.folder, onerror=unreadable):
            folders[:] = sorted(f for f in folders if not f.startswith(".") and Path(parent, f) != self.target)
            for name in sorted(files):
                if not name.startswith(".") and name.lower().endswith(SUFFIXES):
                    yield Path(parent, name)

    def take(self, file: Path) -> _Row:
        """Return the row of `file`, out of what is known where possible; UserError if the file can't be used."""
        try:
            state = file.stat()
            before = self.by_file.get(file)
            if before and (before.bytes, before.mtime_ns) == (state.st_size, state.st_mtime_ns):
                sha256 = before.sha256
            elif stat.S_ISREG(state.st_mode):
                sha256 = _sha256(file)
            else:
                raise UserError("is not a regular file")
        except OSError as error:
            raise UserError(f"can't be read: {error.strerror}") from None
        audio = file if self.in_place else self.target / "clips" / f"{sha256[:16]}.flac"
        known = self.by_content.get(sha256)
        if known and not (audio.exists() and audio.stat().st_size == known.clip.audio_bytes):
            known = None
        if known and self.same_ear:
            self.report.unchanged += 1
            clip, heard = known.clip, (known.log_q, known.embedding)
        elif known:
            clip = known.clip
            self.report.heard_again += 1
            recording = audiofile.read(audio, LONGEST_S)
            heard = self.ear.hear(recording.samples, recording.rate)
        else:
            samples, tags = self.prepare(file)
            if not self.in_place:
                _store(samples, audio)
            heard = self.ear.hear(samples, RATE)
            clip = Clip(file, "", "", sha256, 0, 0, round(len(samples) / RATE, 3), samples.shape[1], audio,
                        audio.stat().st_size, tags.get("license") or tags.get("copyright", ""),
                        tags.get("artist", ""), "loop" in tags.get("comment", "").lower().split())
            self.report.new += 1
        clip = replace(clip, file=file, category=file.parent.name if file.parent != self.folder else "",
                       title=file.stem.replace("_", " "), bytes=state.st_size, mtime_ns=state.st_mtime_ns, audio=audio,
                       licence=clip.licence or self.licence(file.parent))
        if not all(np.isfinite(part).all() for part in heard):
            raise UserError(f"the ear {self.ear.name} made nothing finite of it")
        self.by_content[sha256] = row = _Row(clip, *heard)
        return row

    def prepare(self, file: Path) -> tuple[NDArray[np.float32], dict[str, str]]:
        """Return the clip that stands for `file`, [n, 1 or 2] at RATE within -1 to 1, and the file's tags."""
        recording = audiofile.read(file, LONGEST_S)
        seconds = len(recording.samples) / recording.rate
        if seconds < SHORTEST_S:
            told = f"; {recording.remarks[0]}" if recording.remarks else ""
            raise UserError(f"is too short: {seconds:.3f} s, expected {SHORTEST_S:g} s or more{told}")
        samples = audiofile.resample(recording.samples, recording.rate, RATE)
        peak = float(np.abs(samples).max())
        if peak < SILENT:
            raise UserError("is silent (its peak is below -80 dBFS)")
        self.report.remarks += [(str(file), remark) for remark in recording.remarks]
        if peak > 1:  # a recording in float, or what resampling and downmixing add
            samples /= np.float32(peak)
        return samples, recording.tags

    def licence(self, folder: Path) -> str:
        """First line of the LICENCE or LICENSE file in `folder` or the nearest one above it that is indexed."""
        while folder.is_relative_to(self.folder):
            for file in sorted(folder.glob("LICEN[CS]E*")):
                with contextlib.suppress(OSError):
                    return file.read_text(errors="replace").strip().partition("\n")[0]
            folder = folder.parent
        return ""

    def skip(self, file: Path, why: str) -> None:
        self.report.skipped.append((str(file), why.removeprefix(f"{file}: ")))

    def save(self) -> None:
        rows = [self.rows[file] for file in sorted(self.rows)]
        count, classes = len(rows), self.ear.classes
        self.report.clips = count
        self.report.seconds_of_audio = round(sum(row.clip.seconds for row in rows), 3)
        Library(self.target, self.folder, self.ear.name, self.ear.sha256, classes, tuple(row.clip for row in rows),
                np.array([row.log_q for row in rows], np.float32).reshape(count, len(classes)),
                np.array([row.embedding for row in rows], np.float32).reshape(count, -1 if count else 0)).save()

    def sweep(self) -> None:
        """Remove stored clips that nothing refers to any more, and what a killed run left half written."""
        used = {row.clip.audio for row in self.rows.values()}
        for file in (*self.target.glob("clips/*"), *self.target.glob(".*")):
            if _OURS.fullmatch(file.name) and file not in used:
                file.unlink(missing_ok=True)


def _sha256(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _store(samples: NDArray[np.float32], file: Path) -> None:
    packed = io.BytesIO()
    soundfile.write(packed, samples, RATE, format="FLAC", subtype="PCM_24")
    with replacing(file) as draft:
        draft.write(packed.getvalue())
