"""A picture and what it sounds like as one HTML file that needs nothing else: to keep, to send, to listen to.

page.html, page.css and page.js are the page, with what all pages share; what it shows is put into it as JSON. The
scripts write text as text only.
"""

from pathlib import Path
from typing import Any

import bridge.page
from bridge.onefile import data_url, filled

Told = list[dict[str, Any]]
_SHARED = [Path(bridge.page.__file__).parent / "static" / name for name in ("element.js", "words.js")]


def page(name: str, jpeg: bytes, mp3: bytes, scene: Told, matches: Told) -> str:
    """Return the HTML.

    name: what the picture is called. scene: "class" and "p" of the places that are seen in it. matches: of clips that
    fit it, as bridge.studio.imagining says it, each with the "level" that it has in the soundscape, 0 for none.
    """
    data = {"name": name, "picture": data_url("image/jpeg", jpeg), "sound": data_url("audio/mpeg", mp3),
            "scene": scene, "matches": matches}
    return filled(Path(__file__).parent, f"{name}: what it sounds like", "img-src data:; media-src data:", data,
                  _SHARED)
