"""The folder of a site, and which of its files are the site's own: only those are ever replaced or removed."""

import contextlib
import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from engine.errors import UserError
from engine.files import replacing

WALK = "walk.json"
"""What a folder has that is a whole site."""
BOOK = ".phonoscope-walk.json"
"""Names the site's own files."""
_LOCK = ".phonoscope-walk.lock"
_PLAIN = re.compile(r"(?:[a-z]+/)?[A-Za-z0-9_-][A-Za-z0-9_.-]*")
"""Names of a site's files; a book that somebody wrote can't speak of files elsewhere."""


class Folder:
    """A site's folder, made if it isn't there."""

    def __init__(self, path: Path) -> None:
        """Raises UserError if it can't be a site's: it is a file, or its book is of something else."""
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            text = (path / BOOK).read_text(encoding="utf-8")
        except FileNotFoundError:
            text = "[]"
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{path}: can't hold a site: {getattr(error, 'strerror', '') or error}") from None
        try:
            own = json.loads(text)
            self._own = {name for name in own if _PLAIN.fullmatch(name)}
        except (ValueError, TypeError):
            raise UserError(f"{path / BOOK}: is damaged; expected a list of the site's files. Remove it with "
                            "them, or export to another folder") from None

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other runs out meanwhile; UserError if one is at work."""
        try:
            with FileLock(self.path / _LOCK, timeout=0):
                yield
        except Timeout:
            raise UserError(f"{self.path}: another run is building this site; wait until it has ended") from None

    def claim(self, names: Collection[str]) -> None:
        """Make these files the site's own, before they are written; UserError if one is there and is not."""
        for name in sorted(names):
            if not _PLAIN.fullmatch(name):
                raise ValueError(name)
            if name not in self._own and (self.path / name).exists():
                raise UserError(f"{self.path / name}: is no file of a walk and would be lost; move it away, or choose "
                                "another folder")
        self._keep(self._own | set(names))

    def has(self, name: str) -> bool:
        """Whether a file of the site is there; what is there is whole."""
        return name in self._own and (self.path / name).is_file()

    def write(self, name: str, content: bytes) -> None:
        """Write a file that was claimed, whole or not at all."""
        file = self.path / name
        file.parent.mkdir(exist_ok=True)
        with replacing(file) as draft:
            draft.write(content)

    def remove(self, name: str) -> None:
        """Remove a file that was claimed, if it is there."""
        (self.path / name).unlink(missing_ok=True)

    def settle(self, names: Collection[str]) -> None:
        """Let these files be all that the site has: remove its others, and what killed runs left of drafts."""
        for name in self._own:
            file = self.path / name
            for draft in file.parent.glob(f".{file.name}.*"):
                if draft.name.rpartition(".")[2].isdecimal():
                    draft.unlink(missing_ok=True)
            if name not in names:
                file.unlink(missing_ok=True)
        self._keep(set(names))

    def _keep(self, own: set[str]) -> None:
        if own != self._own:
            with replacing(self.path / BOOK) as draft:
                draft.write(json.dumps(sorted(own), indent=0).encode() + b"\n")
            self._own = own
