"""The map of a library: what it shows, and all of it as one HTML file that needs nothing else.

The map itself is the page's (bridge/page/static/soundmap.js and what that imports). page.html, page.css and page.js are
the file around it; what it shows is put into it as JSON. The scripts write text as text only.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

import bridge.page
from bridge.onefile import data_url, filled
from engine.errors import UserError
from engine.library import Library
from engine.mapping import Layout, neighbours, preview

MOST_EMBEDDED = 20_000_000
"""Bytes of sound in a page at most; beyond it the page refers to the sounds' files."""
LONGEST_S = 4.0
"""Seconds of a preview at most."""
NEIGHBOURS = 6
_SHORTEST_S = 1.5
_BYTES_PER_S = 48_000 / 8 * 4 / 3       # of a preview in base64
_PLACES, _FOUND_BY = 5, 2
_SHARED = [Path(bridge.page.__file__).parent / "static" / name for name in (
    "house.css", "map.css", "element.js", "words.js", "grid.js", "mapcanvas.js", "mapfind.js", "mapcard.js",
    "mapplayer.js", "maphands.js", "soundmap.js")]
Progress = Callable[[int, int], None]


def page(library: Library, layout: Layout, beside: Path, progress: Progress) -> tuple[str, list[tuple[Path, str]]]:
    """Return the HTML of a library's map, and the clips that can't be heard in it with the reason.

    beside: the folder that the page will lie in. progress: told (clips done, clips in all).
    """
    seconds = min(LONGEST_S, MOST_EMBEDDED / _BYTES_PER_S / len(library.clips))
    alike, cosine = neighbours(library.embedding, NEIGHBOURS)
    sounds, details, mute = [], [], []
    for i, clip in enumerate(library.clips):
        progress(i, len(library.clips))
        try:
            sound = (data_url("audio/mpeg", preview(library, i, seconds)) if seconds >= _SHORTEST_S
                     else _address(clip.audio, beside))
        except UserError as error:
            sound = ""
            mute.append((clip.file, str(error)))
        sounds.append(sound)
        details.append(detail(library, i, alike[i], cosine[i]))
    progress(len(library.clips), len(library.clips))
    data = {**overview(library, layout), "sounds": sounds, "details": details}
    return filled(Path(__file__).parent, f"{library.root.name}: a map of sounds", "media-src * data: file:", data,
                  _SHARED), mute


def overview(library: Library, layout: Layout) -> dict[str, Any]:
    """Return what is shown of all clips at once, as JSON: one list for each thing, in the order of the clips.

    category and licence are numbers of lists beside them, and so are the classes that a clip is found by; x and y run
    from -1 to 1.
    """
    categories, category = _numbered(clip.category for clip in library.clips)
    licences, licence = _numbered(clip.licence for clip in library.clips)
    used, heard = np.unique(np.argsort(-library.log_q, axis=1, kind="stable")[:, :_FOUND_BY], return_inverse=True)
    return {
        "title": library.root.name, "projection": layout.projection, "categories": categories, "licences": licences,
        "classes": [library.classes[j] for j in used.tolist()],
        "clips": {"title": [clip.title for clip in library.clips],
                  "category": category, "licence": licence,
                  "seconds": [round(clip.seconds, 1) for clip in library.clips],
                  "heard": heard.reshape(len(library.clips), -1).tolist(), **places(layout)}}


def places(layout: Layout) -> dict[str, list[float]]:
    """Return where clips lie, as JSON."""
    x, y = layout.place.T.tolist()
    return {"x": [round(place, 4) for place in x], "y": [round(place, 4) for place in y]}


def detail(library: Library, index: int, alike: NDArray[np.intp], cosine: NDArray[np.float32]) -> dict[str, Any]:
    """Return what is shown of one clip alone, as JSON; alike, cosine: the clips that sound most like it."""
    clip, q = library.clips[index], np.exp(library.log_q[index])
    likely = np.argsort(-q, kind="stable")[:_PLACES].tolist()
    file = clip.file.relative_to(library.root) if clip.file.is_relative_to(library.root) else Path(clip.file.name)
    return {"file": file.as_posix(), "source": clip.source,
            "likely": [[library.classes[j], round(float(q[j]), 4)] for j in likely],
            "alike": [[j, round(c, 3)] for j, c in zip(alike.tolist(), cosine.tolist(), strict=True)]}


def _numbered(names: Iterable[str]) -> tuple[list[str], list[int]]:
    """Return the different names in order, and the number of each of `names` among them."""
    names = list(names)
    different = sorted(set(names))
    number = {name: i for i, name in enumerate(different)}
    return different, [number[name] for name in names]


def _address(file: Path, beside: Path) -> str:
    """Return the URL of a file: as seen from the page, so that both can move, unless it is on another drive."""
    try:
        return quote(Path(os.path.relpath(file, beside)).as_posix())
    except ValueError:
        return file.as_uri()
