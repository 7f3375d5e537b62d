"""Copies of files from elsewhere, which count only if their checksum is the one that was asked for."""

import hashlib
import http.client
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from engine.errors import UserError
from engine.files import replacing

LARGEST = 2**30  # bytes
SILENCE = 30.0  # seconds without an answer
_PIECE = 2**18
Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all if known


def fetch(source: str, target: Path, sha256: str, progress: Progress) -> None:
    """Copy `source`, a path or a file, http or https address, to `target`, which comes to be only if all is well.

    sha256: hex digest that the bytes must have. Raises UserError if they can't be had, are too many, or differ.
    """
    path = Path(source)
    address = source if urlsplit(source).scheme in ("http", "https", "file") else path.absolute().as_uri()
    if address != source and not path.is_file():
        raise UserError(f"{source}: there is no such file; expected a file or an address that begins with https:// , "
                        "http:// or file://")
    try:
        with urllib.request.urlopen(address, timeout=SILENCE) as stream, replacing(target) as file:
            found = _copy(stream, file, source, progress)
            if found != sha256.lower():
                raise UserError(f"{source}: this is not the file that was asked for, or it is damaged: expected sha256 "
                                f"{sha256}, got {found}; nothing of it was unpacked")
    except (OSError, http.client.HTTPException) as error:  # what urllib raises, and timeouts, are OSError
        raise UserError(f"{source}: can't be fetched: {error}") from None


def _copy(stream: Any, file: IO[bytes], source: str, progress: Progress) -> str:
    """Copy all that the stream announced and return its hash."""
    announced = stream.headers.get("Content-Length", "")
    total = int(announced) if announced.isdecimal() else None
    digest, done = hashlib.sha256(), 0
    while True:
        if max(done, total or 0) > LARGEST:
            raise UserError(f"{source}: expected at most {LARGEST} bytes, got {max(done, total or 0)} or more")
        if not (piece := stream.read(_PIECE)):
            break
        digest.update(piece)
        file.write(piece)
        done += len(piece)
        progress(done, total)
    if total is not None and done < total:
        raise UserError(f"{source}: the transfer ended early: expected {total} bytes, got {done}; try again")
    return digest.hexdigest()
