"""The mapping file as a file: where it is, what is in it, and how its faults are told."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.mapping.grammar import pointed
from engine.errors import UserError
from engine.show import Show
from engine.showfile import ShowError
from engine.tablefile import Fault as ShowFault

LARGEST = 1 << 20
"""Bytes of a file."""
NAME = "phonoscope.mapping.toml"
"""Of the file when no show is played, in the present folder."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: in the mapping `number` (from 1) that moves `to`, at `key`; 0 and "" for the whole file.

    at: index of the character in `value`, where that can be told.
    """

    number: int
    to: str
    key: str
    value: Any
    message: str
    at: int | None = None


class MappingError(UserError):
    """A mapping file can't be used; `faults` are all that was found in it."""

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{path}: {_line(fault)}" for fault in faults))


def file_of(show: Show, show_file: Path | None) -> Path:
    """Return the mapping file of a show: the one that it names, or SHOW.mapping.toml beside it, if there is one.

    Raises ShowError if one is named that isn't there.
    """
    if not show.mapping or show_file is None:
        return show_file.with_suffix(".mapping.toml") if show_file else Path(NAME)
    if not Path(show.mapping).exists():
        raise ShowError(show_file, [ShowFault("mapping", show.mapping, "there is no such file; leave the line out for "
                                              "the one beside the show file, which need not be there")])
    return Path(show.mapping)


def load(path: Path) -> str:
    """Return the text of a mapping file; MappingError if it can't be read, FileNotFoundError if it isn't there."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise MappingError(path, [of_file(f"is larger than {LARGEST} bytes")])
        return content.decode("utf-8-sig")  # editors of Windows may begin a file with a mark
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        raise MappingError(path, [of_file(f"can't be read: {reason}")]) from None


def of_file(message: str) -> Fault:
    """Return the fault of a whole file."""
    return Fault(0, "", "", None, message)


def _line(fault: Fault) -> str:
    if not fault.number:
        return fault.message
    of = "" if fault.key == "to" else f" (to = {json.dumps(fault.to)})"
    place = f"mapping {fault.number}{of}, {fault.key}"
    if fault.at is not None:
        return f"{place}: {fault.message}\n{pointed(fault.value, fault.at)}"
    value = "" if fault.value is None else f" = {json.dumps(fault.value, default=str)}"
    return f"{place}{value}: {fault.message}"


