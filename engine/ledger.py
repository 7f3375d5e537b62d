"""The books of a library: a checked line for each clip, and a checked row of what the ear heard.

    library.jsonl   JSON lines: headings (folder, ear, classes) and clips. Of several lines on one file and ear the last
                    counts, of the headings the last that stands over finished books.
    heard-*.f32     rows of float32, made to be mapped: log_q, then the embedding. A clip's line says where its row is.

A line begins with the hash of its rest and holds that of its row, so a flipped bit or a torn write costs the one clip
that it hit, and is seen. A run of indexing appends, first rows, then their lines, both synced to the disk: what it has
told as done outlives a power cut. At its end `write` puts everything in order under a new name and swaps library.jsonl
in one step. So a player that reads meanwhile finds whole books, and while another ear listens, what the first heard.

SQLite would append and swap as safely, but a flipped bit in a value goes unnoticed there, one in a page may lose all
rows, and rows in it can't be mapped.
"""

import contextlib
import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

import numpy as np
import orjson
from numpy.typing import NDArray

from engine.errors import UserError
from engine.files import mapped, replacing, sync, sync_names

FORMAT = 2
LINES = "library.jsonl"
Entry = dict[str, Any]
"""What a line says of a clip: plain JSON, its key "file" tells clips apart."""
Row = NDArray[np.float32]
_START = b'{"check": "'
_CHECK = 16


@dataclass(frozen=True)
class Heading:
    """What holds for all clips: the folder that was indexed, the ear, and the classes, whose log_q begins each row."""

    folder: str
    ear_name: str
    ear_sha256: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Books:
    """What `read` found.

    heard: float32 [n, classes + D], the rows of the clips in the order of their files, mapped if they lie so.
    damaged: lines and rows that were not what was once written. finished: `write` made them, and nothing came after.
    """

    heading: Heading | None
    heard: Row
    damaged: int
    finished: bool
    _lines: list[memoryview]
    _unheard: list[memoryview]

    def clips(self) -> Iterator[Entry]:
        """The clips, one for each row of `heard`."""
        return (_parsed(line)["clip"] for line in self._lines)

    def unheard(self) -> Iterator[Entry]:
        """Clips that only another ear has heard, or whose row is damaged."""
        return (_parsed(line)["clip"] for line in self._unheard)


def read(folder: Path, ear_sha256: str = "") -> Books:
    """Read what is intact of the books in `folder`: the clips that this ear has heard, by default the last heading's.

    Raises OSError if there are none, UserError if a newer version wrote them.
    """
    text = (folder / LINES).read_bytes()
    while True:
        books = _read(folder, text, ear_sha256)
        again = (folder / LINES).read_bytes() if books.damaged else text
        if again == text:
            return books
        text = again  # a run that ended meanwhile took the old rows away


def write(folder: Path, heading: Heading, clips: Iterable[Entry], heard: Row) -> None:
    """Let the books hold these clips, which come in the order of their files, with their rows [n, classes + D]."""
    heard = np.ascontiguousarray(heard, np.float32)
    name = f"heard-{hashlib.sha256(heard.tobytes()).hexdigest()[:_CHECK]}.f32"
    with replacing(folder / name) as file:
        file.write(heard.tobytes())
    with replacing(folder / LINES) as file:
        file.write(_heading_line(heading, len(heard)))
        file.writelines(_clip_line(heading, clip, row, name, at)
                        for at, (clip, row) in enumerate(zip(clips, heard, strict=True)))
        file.write(_heading_line(heading, len(heard)))  # a second time: no clip can be used without it
    for other in folder.glob("heard-*.f32"):
        if other.name != name:
            with contextlib.suppress(PermissionError):  # Windows keeps what a player has mapped; the next run tries
                other.unlink()


class Appender:
    """Adds clips to the books in `folder` while a run goes on; what `append` was given is on the disk when it returns.
    """

    def __init__(self, folder: Path, heading: Heading) -> None:
        """Open the books, or begin new ones."""
        self._heading = heading
        self._name = f"heard-{secrets.token_hex(_CHECK // 2)}.f32"
        self._count = 0
        self._rows = (folder / self._name).open("xb")
        self._lines = (folder / LINES).open("ab")
        # The line break ends what an earlier run may have left unfinished.
        self._lines.write((b"\n" if self._lines.tell() else b"") + _heading_line(heading, None))
        sync(self._lines)
        sync_names(folder)

    def append(self, clips: Iterable[tuple[Entry, Row]]) -> None:
        """Add clips and their rows float32 [classes + D]."""
        lines = []
        for entry, row in clips:
            self._rows.write(row.tobytes())
            lines.append(_clip_line(self._heading, entry, row, self._name, self._count))
            self._count += 1
        sync(self._rows)
        self._lines.writelines(lines)
        sync(self._lines)

    def close(self) -> None:
        self._rows.close()
        self._lines.close()


def _heading_line(heading: Heading, clips: int | None) -> bytes:
    """clips: how many the books hold; None while that is not known."""
    return _line({"heading": {"format": FORMAT, "clips": clips, **asdict(heading)}})


def _clip_line(heading: Heading, entry: Entry, row: Row, rows: str, at: int) -> bytes:
    return _line({"clip": entry, "row": {"ear": heading.ear_sha256[:_CHECK], "in": rows, "at": at, "floats": len(row),
                                         "check": _hash(row.tobytes())}})


def _line(content: dict[str, Any]) -> bytes:
    rest = b", " + json.dumps(content).encode()[1:]
    return _START + _hash(rest).encode() + b'"' + rest + b"\n"


def _intact(line: memoryview) -> bool:
    """Whether this is what `_line` returned, less the line break."""
    end = len(_START) + _CHECK
    return line[:len(_START)] == _START and line[len(_START):end] == _hash(line[end + 1:]).encode()


def _parsed(line: memoryview) -> dict[str, Any]:
    try:
        return cast(dict[str, Any], orjson.loads(line))
    except orjson.JSONDecodeError:  # it takes no names of files that are not text
        return cast(dict[str, Any], json.loads(bytes(line)))


def _hash(packed: bytes | memoryview) -> str:
    return hashlib.sha256(packed).hexdigest()[:_CHECK]


def _read(folder: Path, text: bytes, ear_sha256: str) -> Books:
    heading, count, sealed, clips, damaged = None, None, False, {}, 0
    for line in _lines(text):
        sealed = False
        if not _intact(line):
            damaged += len(line) > 0
        elif "heading" in (content := _parsed(line)):
            newest = _heading(folder, content["heading"])
            sealed = content["heading"]["clips"] is not None
            if sealed or count is None:
                heading, count = newest, content["heading"]["clips"]
        else:
            clips[content["clip"]["file"], content["row"]["ear"]] = content["row"], line
    ear = (ear_sha256 or (heading.ear_sha256 if heading else ""))[:_CHECK]
    store = _Rows(folder)
    rows, lines, unheard = [], [], []
    for _, (row, line) in sorted(clips.items(), key=itemgetter(0)):
        if row["ear"] == ear and store.intact(row):
            rows.append(row)
            lines.append(line)
        else:
            unheard.append(line)
            damaged += row["ear"] == ear
    if count and heading and heading.ear_sha256[:_CHECK] == ear:
        damaged = max(damaged, count - len(rows))  # what is cut off leaves no damaged line
    return Books(heading, store.gather(rows), damaged, sealed and text.endswith(b"\n"), lines, unheard)


def _lines(text: bytes) -> Iterator[memoryview]:
    """The finished lines of `text`; views, since copies of 100,000 are large."""
    start, view = 0, memoryview(text)
    while (end := text.find(b"\n", start)) >= 0:
        yield view[start:end]
        start = end + 1


def _heading(folder: Path, told: dict[str, Any]) -> Heading:
    if told["format"] != FORMAT:
        raise UserError(f"the library {folder} was made by another version of Phonoscope (its format is "
                        f"{told['format']}, expected {FORMAT}); index its sounds into a new folder")
    return Heading(told["folder"], told["ear_name"], told["ear_sha256"], tuple(told["classes"]))


class _Rows:
    """The files of rows in a folder, each mapped when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._maps: dict[tuple[str, int], Row] = {}

    def intact(self, row: dict[str, Any]) -> bool:
        rows = self._map(row)
        return row["at"] < len(rows) and _hash(rows[row["at"]].data) == row["check"]

    def gather(self, rows: list[dict[str, Any]]) -> Row:
        """These rows as one array; a view of their file if they are its first ones in order."""
        if not rows:
            return np.zeros((0, 0), np.float32)
        first = rows[0]
        if all(row["at"] == at and row["in"] == first["in"] for at, row in enumerate(rows)):
            return self._map(first)[:len(rows)]
        return np.stack([self._map(row)[row["at"]] for row in rows])

    def _map(self, row: dict[str, Any]) -> Row:
        key = row["in"], row["floats"]
        if key not in self._maps:
            try:
                packed = mapped(self._folder / row["in"])
            except OSError:
                packed = np.zeros(0, np.uint8)
            whole = len(packed) // (4 * row["floats"])
            self._maps[key] = packed[:whole * 4 * row["floats"]].view("<f4").reshape(whole, row["floats"])
        return self._maps[key]
