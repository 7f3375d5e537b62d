"""Removes compiled code whose sources have changed since.

numba compares a cached function with the file that defines it, not with those of the functions that it calls. And where
the package can't be written to, the cache lies in the user's own folder and outlives the package.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from numba.core import config
from numba.core.caching import UserWideCacheLocator
from numba.misc.appdirs import AppDirs

HERE = Path(__file__).parent
_STAMP = "phonoscope-sources.sha256"


def discard() -> None:
    """Remove what was compiled from other sources than the present ones."""
    digest = hashlib.sha256()
    for source in sorted([*HERE.glob("*.py"), *HERE.parent.glob("*.py")]):
        digest.update(source.read_bytes())
    for package in (HERE, HERE.parent):
        folder = next((folder for folder in _caches(package) if _can_keep(folder)), None)
        if folder is not None:
            stamp = folder / _STAMP
            with contextlib.suppress(OSError):
                if not (stamp.exists() and stamp.read_text() == digest.hexdigest()):
                    for index in folder.glob("*.nbi"):
                        index.unlink(missing_ok=True)
                    stamp.write_text(digest.hexdigest())


def _caches(package: Path) -> Iterator[Path]:
    """Return where numba looks for a place for the code of a package, in its order."""
    own = UserWideCacheLocator.get_suitable_cache_subpath(str(package / "state.py"))
    if config.CACHE_DIR:
        yield Path(config.CACHE_DIR) / own
    yield package / "__pycache__"
    yield Path(AppDirs(appname="numba", appauthor=False).user_cache_dir) / own


def _can_keep(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
