"""Web pages that need no network: a folder's page.html with its page.css, its page.js and data put in.

Names in the data may come from files that anyone made: the JSON can't end its script element, and the page's security
policy lets no other script run.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

_LINKS = re.compile(r"^import [^;]*;\n|^export ", re.MULTILINE)


def data_url(kind: str, content: bytes) -> str:
    """Return the URL of content that lies in the page itself. kind: its media type."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def filled(folder: Path, title: str, sources: str, data: dict[str, Any], shared: Sequence[Path] = ()) -> str:
    """Return the HTML of the page in `folder`. sources: where images and sounds may come from, as a policy says it.

    shared: styles and ES modules that page.css and page.js build on, each after those that it builds on itself; put in
    as one script, so their top level names must differ.
    """
    files = [*shared, folder / "page.css", folder / "page.js"]
    style = "".join(file.read_text(encoding="utf-8") for file in files if file.suffix == ".css")
    script = "".join(_LINKS.sub("", file.read_text(encoding="utf-8")) for file in files if file.suffix == ".js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; {sources}"
    packed = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    return Template((folder / "page.html").read_text(encoding="utf-8")).substitute(
        policy=policy, title=html.escape(title), style=style, script=script, data=packed)
