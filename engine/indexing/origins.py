"""Who made a sound and what may be done with it, by the files that lie beside it."""

import contextlib
import csv
from functools import cache
from pathlib import Path


class Origins:
    """Reads manifest.csv (columns file, original, source, licence) and LICENCE files in `root` and its folders, once.

    Of each kind the nearest one counts that says something: beside the sound, or in a folder above.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lists, self._licence = cache(self._lists_for), cache(self._licence_for)

    def listed(self, file: Path) -> tuple[str, str]:
        """Return what a manifest.csv says of `file`: (licence, source), "" where it says nothing."""
        for folder, rows in self._lists(file.parent):
            row = rows.get(file.relative_to(folder).as_posix())
            if row:
                known = [text for key in ("source", "original") if (text := row.get(key))]
                return row.get("licence") or row.get("license") or "", ": ".join(known)
        return "", ""

    def licence(self, file: Path) -> str:
        """Return the first line of the LICENCE or LICENSE file that holds for `file`, or ""."""
        return self._licence(file.parent)

    def _lists_for(self, folder: Path) -> list[tuple[Path, dict[str, dict[str, str]]]]:
        own = [(folder, rows)] if (rows := _manifest(folder)) else []
        return own if folder == self._root else own + self._lists(folder.parent)

    def _licence_for(self, folder: Path) -> str:
        for file in sorted(folder.glob("LICEN[CS]E*")):
            with contextlib.suppress(OSError):
                return file.read_text(errors="replace").strip().partition("\n")[0]
        return "" if folder == self._root else self._licence(folder.parent)


def _manifest(folder: Path) -> dict[str, dict[str, str]]:
    try:
        with (folder / "manifest.csv").open(newline="", encoding="utf-8-sig", errors="replace") as file:
            return {row["file"]: row for row in csv.DictReader(file, restval="")}
    except (OSError, KeyError, csv.Error):  # there is none, or it is about something else
        return {}
