"""The library as a map: where its clips lie, what is known of each, and how each sounds.

told: "library", its folder; "fp", its fingerprint, except for the overview; "clip", the number of one.
"""

import gzip
from collections.abc import Iterator

from bridge import map as shown
from bridge.studio.shelf import Shelf, fingerprint
from bridge.studio.wire import Header, Result, to_json
from engine import mapping
from engine.errors import UserError
from engine.library import Library


def overview(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Give all clips as JSON, compressed by gzip, with a tag; nothing if the tag is told as "known"."""
    library = shelf.library(told["library"])
    arrangement, name = shelf.arrangement(library), fingerprint(library)
    settled = arrangement.settled
    tag = f'"{name}{"-settled" if settled else ""}"'
    if tag in told["known"]:
        yield {"tag": tag}, b""
        return
    content = {"fp": name, "settled": settled, **shown.overview(library, arrangement.layout)}
    yield {"tag": tag}, gzip.compress(to_json(content), compresslevel=5)


def places(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Give where the clips lie, once that is settled."""
    arrangement = shelf.arrangement(shelf.library(told["library"], told["fp"]))
    if not arrangement.settled:
        yield {}, to_json({"settled": False})
        return
    layout = arrangement.layout
    yield {}, to_json({"settled": True, "projection": layout.projection, **shown.places(layout)})


def detail(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Give what is known of a clip, as JSON."""
    library, clip = _clip(shelf, told)
    alike, cosine = mapping.neighbours(library.embedding, shown.NEIGHBOURS, range(clip, clip + 1))
    yield {}, to_json(shown.detail(library, clip, alike[0], cosine[0]))


def preview(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Give the loudest part of a clip, as MP3."""
    library, clip = _clip(shelf, told)
    yield {}, mapping.preview(library, clip, shown.LONGEST_S)


def _clip(shelf: Shelf, told: Header) -> tuple[Library, int]:
    library, clip = shelf.library(told["library"], told["fp"]), told["clip"]
    if clip >= len(library.clips):
        raise UserError(f"there is no clip {clip}; expected 0 to {len(library.clips) - 1}")
    return library, clip
