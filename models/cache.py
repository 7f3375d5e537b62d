"""What is computed once and kept on disk. The folder may be deleted at any time."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "phonoscope"


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """The name to write `file` under: it gets its own name when all of it is on the disk, or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        yield part
        with open(part, "r+b") as written:
            os.fsync(written.fileno())
        os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)


def digest(*parts: Any) -> str:
    """A short name for these things, which JSON must be able to hold."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def stamps(files: Iterable[Path]) -> list[tuple[str, int, int]]:
    """What tells whether files changed: name, bytes, time of the last change in ns (0 and 0 where there is none)."""
    return [
        (str(file), stat.st_size, stat.st_mtime_ns) if (stat := _stat(file)) else (str(file), 0, 0) for file in files
    ]


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except OSError:
        return None


def kept(
    file: Path, make: Callable[[], tuple[dict[str, Tensor], dict[str, str]]]
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the notes in `file`; made, and written there, where they are missing or damaged."""
    try:
        return _read(file)
    except (FileNotFoundError, SafetensorError):
        tensors, notes = make()
        with whole(file) as part:
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, part, notes)
        return tensors, notes


def _read(file: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    with safe_open(file, "pt") as stored:
        return {name: stored.get_tensor(name) for name in stored.keys()}, stored.metadata() or {}  # noqa: SIM118
