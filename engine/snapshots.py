"""Snapshots: how all knobs stand, or some of them, by name; how two of them blend; and the file that keeps them.

A snapshot is a float64 [len(PARAMETERS)] of values in registry order; NaN stands for what it leaves alone.
"""

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import ArrayLike, NDArray

from engine.errors import UserError, to_stderr
from engine.files import replacing
from engine.parameters import INDEX, PARAMETERS, Parameter, parameter

MOST = 256
"""Snapshots that can be stored at most."""
LONGEST_NAME = 64
"""Bytes of UTF-8."""
NEVER = ("master/panic", "master/record", "morph/position", "tempo/source")
"""Knobs that are never part of a snapshot: to recall one must not silence, record, or change who keeps time."""

Snapshot = NDArray[np.float64]

_VERSION = 1


def _mask(holds: Callable[[Parameter], bool]) -> NDArray[np.bool_]:
    return np.array([holds(p) for p in PARAMETERS])


_NEVER = _mask(lambda p: p.path in NEVER)
_LOG = _mask(lambda p: p.curve == "log")
_JUMPS = _mask(lambda p: p.curve in ("integer", "switch"))
_TURNS = _mask(lambda p: p.unit == "degrees" and p.high - p.low == 360)
_LOWEST = np.array([p.low for p in PARAMETERS])


def snapshot(values: Mapping[str, float]) -> Snapshot:
    """Return the snapshot of `values` by parameter path, clamped to their ranges.

    Raises UserError for an unknown path, a knob in NEVER, or a value that is not finite.
    """
    taken = np.full(len(PARAMETERS), np.nan)
    for path, value in values.items():
        if path in NEVER:
            raise UserError(f"{path} is never part of a snapshot")
        taken[INDEX[parameter(path).path]] = parameter(path).accept(value)
    return taken


def present(parameters: NDArray[np.float64]) -> Snapshot:
    """Return the snapshot of all values of a parameter block."""
    return np.where(_NEVER, np.nan, parameters)


def settings(taken: Snapshot) -> dict[str, float]:
    """Return the values of a snapshot by parameter path."""
    return {p.path: value for p, value in zip(PARAMETERS, taken.tolist(), strict=True) if value == value}


def blend(a: Snapshot, b: Snapshot, x: ArrayLike) -> Snapshot:
    """Return the values `x` of the way from `a` (0) to `b` (1); `x` is one number or one for each parameter.

    Each moves along its curve: "linear" in its unit, decibels included, "log" by equal ratios, "integer" and "switch"
    jump half-way, and what spans a whole turn takes the shorter way round. At 0 and 1 the values are exactly those of
    `a` and `b`, and between them never beyond. What one of the two leaves alone is left alone.
    """
    x = np.clip(x, 0.0, 1.0)
    low, high = np.minimum(a, b), np.maximum(a, b)
    linear = a + (b - a) * x
    ratio = np.where(_LOG, b, 1.0) / np.where(_LOG, a, 1.0)
    between = np.clip(np.where(_LOG, a * ratio ** x, linear), low, high)
    turned = a + ((b - a + 180) % 360 - 180) * x
    turned += np.where(turned < _LOWEST, 360, np.where(turned > _LOWEST + 360, -360, 0))
    between = np.where(_TURNS, turned, between)
    between = np.where(_JUMPS, np.where(x < 0.5, a, b), between)
    ends = np.where(x <= 0, a, np.where(x >= 1, b, between))
    return np.where(np.isnan(a + b), np.nan, ends)


def checked_name(name: str) -> str:
    """Return `name`; UserError if a snapshot can't be called so."""
    if not name.strip() or not name.isprintable() or len(name.encode()) > LONGEST_NAME:
        raise UserError(f"'{name[:LONGEST_NAME]}' can't be the name of a snapshot: expected up to {LONGEST_NAME} bytes "
                        "of printable text")
    return name


class Snapshots:
    """The snapshots by name, in the order in which they were made; safe to use from several threads.

    file: JSON in which those that were stored are kept, written whole or not at all by a thread of its own; None keeps
    them in memory only. ready: ready-made ones of the show file, values by parameter path by name; what was stored
    under the same name wins. say: is told what goes wrong with the file. A damaged file is kept as FILE.damaged.
    """

    def __init__(self, file: Path | None = None, ready: Mapping[str, Mapping[str, float]] | None = None,
                 say: Callable[[str], None] | None = None) -> None:
        self._file = file
        self._say = say or to_stderr
        self._lock = threading.Lock()
        self._stored = self._read()
        self._all = {name: snapshot(values) for name, values in (ready or {}).items()} | self._stored
        self._unwritten = False
        self._writer: threading.Thread | None = None

    def names(self) -> tuple[str, ...]:
        """Return all names."""
        with self._lock:
            return tuple(self._all)

    def get(self, name: str) -> Snapshot:
        """Return the snapshot `name`; UserError if there is none."""
        with self._lock:
            if name not in self._all:
                raise UserError(f"there is no snapshot '{name}'; there {_listed(self._all)}")
            return self._all[name]

    def store(self, name: str, taken: Snapshot) -> None:
        """Keep `taken` as `name`, in place of an earlier one; UserError for a bad name or if there are too many."""
        checked_name(name)
        with self._lock:
            if name not in self._all and len(self._all) >= MOST:
                raise UserError(f"there are {MOST} snapshots, the most that can be; delete one first")
            self._all[name] = self._stored[name] = taken
            self._write_soon()

    def delete(self, name: str) -> None:
        """Forget the snapshot `name`, a ready-made one until the next start; UserError if there is none."""
        self.get(name)
        with self._lock:
            self._all.pop(name, None)
            if self._stored.pop(name, None) is not None:
                self._write_soon()

    def flush(self) -> None:
        """Return when everything that was stored is in the file."""
        with self._lock:
            writer = self._writer
        if writer:
            writer.join()

    def _write_soon(self) -> None:
        """Have the file written by a thread: a slow disk must not hold up the knobs. One thread, the newest wins."""
        self._unwritten = True
        if self._writer is None and self._file is not None:
            self._writer = threading.Thread(target=self._write, args=(self._file,), name="snapshots")
            self._writer.start()

    def _write(self, file: Path) -> None:
        while True:
            with self._lock:
                if not self._unwritten:
                    self._writer = None
                    return
                self._unwritten = False
                stored = dict(self._stored)
            content = {"version": _VERSION, "snapshots": {name: settings(taken) for name, taken in stored.items()}}
            try:
                with replacing(file) as draft:
                    draft.write(orjson.dumps(content, option=orjson.OPT_INDENT_2))
            except OSError as error:
                self._say(f"{file}: the snapshots can't be written ({error.strerror}); they last until the program "
                          "ends")

    def _read(self) -> dict[str, Snapshot]:
        if self._file is None:
            return {}
        try:
            content = orjson.loads(self._file.read_bytes())
            found, unknown = _parsed(content)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, UserError) as error:
            aside = self._file.with_name(f"{self._file.name}.damaged")
            try:
                os.replace(self._file, aside)
                kept = f"it is kept as {aside.name}"
            except OSError as failed:
                kept = f"it can't be put aside ({failed.strerror})"
            self._say(f"{self._file}: the snapshots can't be read ({error}); {kept}, and its snapshots are missing")
            return {}
        if unknown:
            self._say(f"{self._file}: the snapshots hold knobs that don't exist any more: {', '.join(sorted(unknown))}")
        return found


def _parsed(content: Any) -> tuple[dict[str, Snapshot], set[str]]:
    """Return the snapshots of a file's content and the knobs in it that this version doesn't have."""
    if not isinstance(content, dict) or content.get("version") != _VERSION:
        raise ValueError(f"expected snapshots of version {_VERSION}")
    tables = content.get("snapshots")
    if not isinstance(tables, dict) or len(tables) > MOST:
        raise ValueError(f"expected up to {MOST} snapshots by name")
    found: dict[str, Snapshot] = {}
    unknown: set[str] = set()
    for name, values in tables.items():
        if not isinstance(values, dict) or not all(type(value) in (int, float) for value in values.values()):
            raise ValueError(f"'{name[:LONGEST_NAME]}': expected numbers by the paths of knobs")
        unknown |= values.keys() - INDEX.keys()
        found[checked_name(name)] = snapshot({path: value for path, value in values.items() if path in INDEX})
    return found, unknown


def _listed(names: Mapping[str, Snapshot]) -> str:
    shown = ", ".join(f"'{name}'" for name in list(names)[:8])
    return f"are {shown}{', ...' if len(names) > 8 else ''}" if names else "are none yet"
