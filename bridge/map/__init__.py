"""The map of a library as one HTML file that needs nothing else: to look at, to search, to listen to.

page.html, page.css and page.js are the page; what it shows is put into it as JSON. The script writes text as text only.
"""

import base64
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import numpy as np

from bridge.onefile import filled
from engine.errors import UserError
from engine.library import Library
from engine.mapping import Layout, neighbours, preview

MOST_EMBEDDED = 20_000_000
"""Bytes of sound in a page at most; beyond it the page refers to the sounds' files."""
_LONGEST_S, _SHORTEST_S = 4.0, 1.5      # of a preview
_BYTES_PER_S = 48_000 / 8 * 4 / 3       # of a preview in base64
_NEIGHBOURS, _PLACES = 6, 5
Progress = Callable[[int, int], None]


def page(library: Library, layout: Layout, beside: Path, progress: Progress) -> tuple[str, list[tuple[Path, str]]]:
    """Return the HTML of a library's map, and the clips that can't be heard in it with the reason.

    beside: the folder that the page will lie in. progress: told (clips done, clips in all).
    """
    seconds = min(_LONGEST_S, MOST_EMBEDDED / _BYTES_PER_S / len(library.clips))
    alike, cosine = neighbours(library.embedding, _NEIGHBOURS)
    categories = sorted({clip.category for clip in library.clips})
    licences = sorted({clip.licence for clip in library.clips})
    places: dict[int, int] = {}
    clips, mute = [], []
    for i, clip in enumerate(library.clips):
        progress(i, len(library.clips))
        try:
            sound = (_data_url(preview(library, i, seconds)) if seconds >= _SHORTEST_S
                     else _address(clip.audio, beside))
        except UserError as error:
            sound = ""
            mute.append((clip.file, str(error)))
        q = np.exp(library.log_q[i])
        likely = np.argsort(-q, kind="stable")[:_PLACES].tolist()
        x, y = layout.place[i].tolist()
        clips.append({
            "n": clip.title, "f": clip.file.relative_to(library.root).as_posix(), "c": categories.index(clip.category),
            "x": round(x, 4), "y": round(y, 4), "s": clip.seconds, "l": licences.index(clip.licence), "o": clip.source,
            "p": [[places.setdefault(j, len(places)), round(float(q[j]), 4)] for j in likely],
            "k": [[j, round(c, 3)] for j, c in zip(alike[i].tolist(), cosine[i].tolist(), strict=True)], "a": sound})
    progress(len(library.clips), len(library.clips))
    data = {"title": library.root.name, "categories": categories, "licences": licences,
            "places": [library.classes[j] for j in places], "clips": clips}
    return filled(Path(__file__).parent, f"{library.root.name}: a map of sounds", "media-src * data: file:", data), mute


def _address(file: Path, beside: Path) -> str:
    """Return the URL of a file: as seen from the page, so that both can move, unless it is on another drive."""
    try:
        return quote(Path(os.path.relpath(file, beside)).as_posix())
    except ValueError:
        return file.as_uri()


def _data_url(mp3: bytes) -> str:
    return "data:audio/mpeg;base64," + base64.b64encode(mp3).decode()
