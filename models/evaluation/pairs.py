"""Which categories of pictures and of sounds fit each other.

A category is a path of folders, such as `scenes/sea`. It is the one that a table lists if one of the two paths ends
with the other: `sea` in the table stands for every `.../sea`, and `scenes/sea` for `scenes/sea`, `x/scenes/sea` and, in
a folder that has no `scenes`, for `sea`. Of several in the table the longest agreement counts.
"""

from collections.abc import Iterable, Sequence

from models.data import Theme

Themes = frozenset[int]
"""Indices of themes."""


def picture_themes(category: str, themes: Sequence[Theme]) -> Themes:
    """The themes that pictures of a category show."""
    return _best(category, [theme.pictures for theme in themes])


def sound_themes(category: str, themes: Sequence[Theme]) -> Themes:
    """The themes that sounds of a category fit."""
    return _best(category, [theme.sounds for theme in themes])


def equal_names(pictures: Iterable[str], sounds: Iterable[str]) -> list[Theme]:
    """A theme for each name that a folder of pictures and a folder of sounds have in common."""
    common = {_name(category) for category in pictures} & {_name(category) for category in sounds}
    return [Theme(name, (name,), (name,)) for name in sorted(common)]


def _best(category: str, listed: Sequence[Iterable[str]]) -> Themes:
    agreement = [max((_agreement(category, name) for name in names), default=0) for names in listed]
    longest = max(agreement, default=0)
    return frozenset(i for i, length in enumerate(agreement) if length == longest > 0)


def _agreement(category: str, name: str) -> int:
    """How many folders the two paths share if one ends with the other, else 0."""
    ours, theirs = (path.strip("/").split("/")[::-1] for path in (category, name))
    length = min(len(ours), len(theirs))
    return length if ours[:length] == theirs[:length] else 0


def _name(category: str) -> str:
    return category.rpartition("/")[2]
