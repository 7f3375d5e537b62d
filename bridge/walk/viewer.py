"""The files that show a walk in a browser, which lie in every walk's folder."""

from pathlib import Path

_STATIC = Path(__file__).parent / "static"
_PAGE = Path(__file__).parents[1] / "page" / "static"
_SHARED = ("house.css", "element.js", "said.js", "words.js", "icon.svg")  # with the page of the playing instrument


def viewer_files() -> tuple[Path, ...]:
    """Return the files that belong beside a walk's `walk.json`, under their own names."""
    return *sorted(_STATIC.glob("[!.]*")), *(_PAGE / name for name in _SHARED)
