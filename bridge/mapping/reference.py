"""The tables of docs/mapping.md, out of those that the grammar uses.

    python -m bridge.mapping.reference docs/mapping.md      puts them into the page
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from bridge.mapping.functions import FUNCTIONS
from bridge.mapping.sources import SOURCES, SourceKind, written


def tables() -> dict[str, str]:
    """Return the Markdown tables by the names under which the page holds them."""
    return {"sources": "\n".join(_sources()), "functions": "\n".join(_functions())}


def put_into(page: str) -> str:
    """Return `page` with each table between `<!-- NAME -->` and `<!-- end of NAME -->`."""
    for name, table in tables().items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        before, _, rest = page.partition(begin)
        page = before + begin + table + "\n" + end + rest.partition(end)[2]
    return page


def _sources() -> Iterator[str]:
    yield "| source | what it is | its range |"
    yield "| --- | --- | --- |"
    for name, kind in SOURCES.items():
        yield f"| `{written(name, kind.takes)}` | {kind.doc} | {_range(name, kind)} |"


def _range(name: str, kind: SourceKind) -> str:
    if kind.low is None or kind.high is None:
        return "that knob's" if name == "param" else "none"
    return f"{kind.low:g} … {kind.high:g} {kind.unit}".rstrip() + (", by equal ratios" if kind.log else "")


def _functions() -> Iterator[str]:
    yield "| function | what it gives |"
    yield "| --- | --- |"
    for name, function in FUNCTIONS.items():
        yield f"| `{name}({', '.join(function.takes)}{', ...' if function.more else ''})` | {function.doc} |"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(put_into(file.read_text(encoding="utf-8")), encoding="utf-8")
