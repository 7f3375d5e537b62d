"""Patches for other programs, made of the registry of parameters and the name space of OSC, so that they never drift.

A program is the module bridge.patches.MODULE with `files(link: Link) -> dict[str, str]`: file names and their text.
"""

import importlib
from pathlib import Path

from bridge.patches.link import Link

PROGRAMS = {"max": "maxmsp", "touchdesigner": "touchdesigner", "puredata": "puredata"}
"""Module of each program; the program's name is that of its folder under patches/."""


def files_for(program: str, link: Link) -> dict[str, str]:
    """Return the files that `program`, one of PROGRAMS, opens: their names and text."""
    files: dict[str, str] = importlib.import_module(f"bridge.patches.{PROGRAMS[program]}").files(link)
    return files


def write_patches(program: str, link: Link, folder: Path) -> list[Path]:
    """Write the files for `program` into `folder`, which is made if it isn't there; return them.

    Files of the same names are replaced, others left alone. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in files_for(program, link).items():
        path = folder / name
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return written
