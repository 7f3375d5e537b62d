"""Which categories fit each other, by a table or by their names; what the table gets wrong is told."""

from pathlib import Path

import pytest

from engine.errors import UserError
from models.data import Theme, read_pairs
from models.evaluation.pairs import equal_names, picture_themes, sound_themes

THEMES = [
    Theme("sea", ("scenes/sea", "miniplaces/coast"), ("waves",)),
    Theme("boat", ("scenes/boat",), ("waves", "gull")),
    Theme("toy", ("toys/sea", "sea"), ()),
]


@pytest.mark.parametrize(("category", "themes"), [
    ("scenes/sea", {0}),
    ("photographs/scenes/sea", {0}),
    ("toys/sea", {2}),
    ("other/sea", {2}),  # only the plain name agrees
    ("coast", {0}),  # a folder that is the set itself
    ("miniplaces100/coast", set()),
    ("seaside", set()),
    (".", set()),
])
def test_a_category_belongs_to_the_themes_that_agree_with_the_longest_path(category: str, themes: set[int]) -> None:
    assert picture_themes(category, THEMES) == themes


def test_a_name_without_its_set_belongs_to_every_theme_that_lists_it() -> None:
    assert picture_themes("sea", THEMES) == {0, 2}
    assert sound_themes("waves", THEMES) == sound_themes("sounds/waves", THEMES) == {0, 1}
    assert sound_themes("gull", THEMES) == {1}


def test_without_a_table_equal_names_fit() -> None:
    themes = equal_names(["scenes/sea", "dog", "bee"], ["sea", "x/dog", "cat"])
    assert [theme.name for theme in themes] == ["dog", "sea"]
    assert picture_themes("scenes/sea", themes) == sound_themes("sea", themes) == {1}
    assert equal_names(["sea"], ["dog"]) == []


@pytest.mark.parametrize(("text", "message"), [
    ("theme,sounds\nsea,waves\n", "image_categories"),
    ("theme,image_categories,sound_categories\n", "no rows"),
    ("theme,image_categories,sound_categories\nsea,a,b\nsea,c,d\n", "more than one row for sea"),
])
def test_a_table_that_is_wrong_is_told(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "pairs.csv"
    table.write_text(text)
    with pytest.raises(UserError, match=message) as told:
        read_pairs(table)
    assert str(table) in str(told.value)
