"""Removes compiled code whose sources have changed since.

numba compares a cached function with the file that defines it, not with those of the functions that it calls. And where
the package can't be written to, the cache lies in the user's own folder and outlives the package.
"""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from numba.core import config
from numba.core.caching import UserWideCacheLocator
from numba.misc.appdirs import AppDirs

HERE = Path(__file__).parent
_STAMP = "phonoscope-sources.sha256"


def discard() -> None:
    """Remove what was compiled from other sources than the present ones, wherever numba may keep it."""
    digest = hashlib.sha256()
    for source in sorted([*HERE.glob("*.py"), *HERE.parent.glob("*.py")]):
        digest.update(source.read_bytes())
    for folder in _folders():
        stamp = folder / _STAMP
        with contextlib.suppress(OSError):  # can't be written to: then numba keeps nothing there either
            if folder.is_dir() and not (stamp.exists() and stamp.read_text() == digest.hexdigest()):
                for index in folder.glob("*.nbi"):
                    index.unlink(missing_ok=True)
                stamp.write_text(digest.hexdigest())


def _folders() -> Iterator[Path]:
    for package in (HERE, HERE.parent):
        own = UserWideCacheLocator.get_suitable_cache_subpath(str(package / "state.py"))
        yield package / "__pycache__"
        yield Path(AppDirs(appname="numba", appauthor=False).user_cache_dir) / own
        if config.CACHE_DIR:
            yield Path(config.CACHE_DIR) / own
