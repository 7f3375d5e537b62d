"""Recipes in TOML: read into a dataclass of pydantic's, with everything that is wrong told in our words."""

import difflib
import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from engine.errors import UserError

CONFIGS = Path(__file__).parents[1] / "configs"
Recipe = TypeVar("Recipe")


def read_recipe(file: Path, kind: type[Recipe], words: dict[str, tuple[str, ...]] | None = None) -> Recipe:
    """Read a TOML file as `kind`. words: for a key that takes a table or one word, which words.

    Raises UserError with everything that is wrong: file, key, value, what was expected.
    """
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: is not TOML: {error}") from None
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        told = (f"{file}: {_told(fault, kind, words or {})}" for fault in error.errors())
        raise UserError("\n".join(told)) from None


def listed(names: tuple[str, ...]) -> str:
    """'a' or 'b'."""
    return " or ".join(f"'{name}'" for name in names)


def _told(fault: Any, kind: type[Any], words: dict[str, tuple[str, ...]]) -> str:
    """One of pydantic's faults as a line: key = value: what was expected."""
    path = [str(part) for part in fault["loc"]]
    key = ".".join(path)
    given = f"{key} = {fault['input']!r}"
    match fault["type"]:
        case "unexpected_keyword_argument":
            return f"{given}: there is no such key; the nearest is {_nearest(path, kind)}"
        case "missing":
            return f"{key}: is missing"
        case "dataclass_type" if key in words:
            return f"{given}: expected {listed(words[key])}, or a table of their weights"
        case "dataclass_type":
            return f"{given}: expected a table"
        case "value_error":
            return (f"{key}: " if key else "") + fault["msg"].removeprefix("Value error, ")
        case _:
            expected = fault["msg"].removeprefix("Input should be ")
            return (
                f"{given}: expected {expected.replace('greater', 'a number greater').replace('less', 'a number less')}"
            )


def _nearest(path: list[str], known: Any) -> str:
    """The key that exists and is most like the one at `path`."""
    for part in path[:-1]:
        known = next(f.type for f in fields(known) if f.name == part)
    assert is_dataclass(known)
    names = [f.name for f in fields(known)]
    return ".".join([*path[:-1], difflib.get_close_matches(path[-1], names, 1, 0)[0]])
