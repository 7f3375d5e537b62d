"""docs/mapping.md tells the truth: its tables are those of the grammar, and its examples work."""

import re
from pathlib import Path

import pytest

from bridge.mapping.check import RULES, read
from bridge.mapping.reference import put_into
from engine.library import Library, shipped_library

PAGE = Path(__file__).parents[2] / "docs" / "mapping.md"
SHOWS = Path(__file__).parents[2] / "patches" / "shows"


def test_the_tables_are_those_of_the_grammar() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert put_into(page) == page, "run: python -m bridge.mapping.reference docs/mapping.md"
    assert page.rstrip().endswith("```")  # the recipes are there
    assert set(re.findall(r"^\| `(\w+)` \| ", page, re.MULTILINE)) >= set(RULES)


@pytest.fixture(scope="module")
def classes() -> tuple[str, ...]:
    return Library.open(shipped_library()).classes


@pytest.mark.parametrize("file", sorted(SHOWS.glob("*.mapping.toml")), ids=lambda file: str(file.name))
def test_the_mappings_of_example_shows_are_in_order(file: Path, classes: tuple[str, ...]) -> None:
    assert (SHOWS / file.name.replace(".mapping", "")).exists()
    assert read(file.read_text(encoding="utf-8"), file, classes)


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
def test_the_examples_work(example: str, classes: tuple[str, ...]) -> None:
    assert read(example, PAGE, classes)
