"""Reading TOML files that people write: each key is checked by a rule, and all that is wrong is collected."""

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

Rule = Callable[[Any], Any]
"""Turns a value of the file into what it means; raises Wrong."""


class Wrong(Exception):
    """Says what was expected of a value."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a file: the key's dotted path ("" for the file itself), its value, and what was
    expected."""

    key: str
    value: Any
    message: str

    def __str__(self) -> str:
        if not self.key:
            return self.message
        return f"{self.key} = {json.dumps(self.value, default=str, ensure_ascii=False)}: {self.message}"


class Unreadable(Exception):
    """Says why a file can't be read, is too large, or is not TOML."""


def parsed(file: Path, largest: int) -> dict[str, Any]:
    """Return what a TOML file of at most `largest` bytes holds; Unreadable if it can't be had."""
    try:
        with file.open("rb") as opened:
            content = opened.read(largest + 1)
        if len(content) > largest:
            raise Unreadable(f"is larger than {largest} bytes")
        return tomllib.loads(content.decode("utf-8-sig"))  # some of Windows' editors mark it
    except OSError as error:
        raise Unreadable(f"can't be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, a number of thousands of figures
        raise Unreadable(f"is not TOML: {error}") from None


class Tables:
    """Checks tables; `faults` is what was wrong. folder: where the file lies, which relative paths count from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []

    def table(self, name: str, rules: dict[str, Rule], values: Any) -> dict[str, Any]:
        """Return the values of the table `name` that passed their rules. Raises Wrong if `values` is no table."""
        if not isinstance(values, dict):
            raise Wrong(f"expected a table: [{name}]")
        passed = {}
        for key, value in values.items():
            path = f"{name}.{key}" if name else key
            if key not in rules:
                nearest = path.removesuffix(key) + get_close_matches(key, rules, 1, 0)[0]
                self.fault(path, value, f"there is no such key; the nearest is {nearest}")
                continue
            try:
                passed[key] = rules[key](value)
            except Wrong as wrong:
                self.fault(path, value, str(wrong))
        return passed

    def fault(self, key: str, value: Any, message: str) -> None:
        """Note what is wrong at `key`."""
        self.faults.append(Fault(key, value, message))


def between(low: float, high: float, unit: str = "") -> Rule:
    """Return the rule of numbers from `low` to `high`."""
    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise Wrong(f"expected a number from {low:g} to {high:g} {unit}".rstrip())
        return float(value)
    return check
