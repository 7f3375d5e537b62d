"""Files that are written whole or not at all, stay written when the power goes, and are mapped to be read."""

import contextlib
import io
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of `path` at once when it is complete, and vanishes when it is not."""
    with drafting(path) as draft, draft.open("wb") as file:
        yield file
        sync(file)


@contextlib.contextmanager
def drafting(path: Path) -> Iterator[Path]:
    """Name a file to be written that takes the place of `path` likewise."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield draft
        os.replace(draft, path)
    except BaseException:  # Ctrl-C too: whatever interrupts leaves no half file, and goes on its way
        draft.unlink(missing_ok=True)
        raise
    sync_names(path.parent)


def fresh(path: Path) -> tuple[io.FileIO, Path]:
    """Create `path`, or the first of its successors (-2, -3 ... added to the name) that isn't there yet.

    Returns the file, open for writing, and its path; OSError if it can't be made.
    """
    for number in itertools.count(1):
        name = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
        with contextlib.suppress(FileExistsError):
            return io.FileIO(name, "x"), name
    raise AssertionError("endless")


def mapped(path: Path) -> NDArray[np.uint8]:
    """Return the bytes of the file `path`, mapped into memory; OSError if it can't be read."""
    if path.stat().st_size == 0:  # nothing can be mapped of that
        return np.zeros(0, np.uint8)
    return np.asarray(np.memmap(path, np.uint8, "r"))


def sync(file: IO[bytes]) -> None:
    """Return when all that was written to `file` is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_names(folder: Path) -> None:
    """Return when the names of the files in `folder` are on the disk; Windows does that by itself."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
