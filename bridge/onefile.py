"""Web pages that need no network: a folder's page.html with its page.css, its page.js and data put in.

Names in the data may come from files that anyone made: the JSON can't end its script element, and the page's security
policy lets no other script run.
"""

import base64
import hashlib
import html
import json
from pathlib import Path
from string import Template
from typing import Any


def filled(folder: Path, title: str, sources: str, data: dict[str, Any]) -> str:
    """Return the HTML of the page in `folder`. sources: where images and sounds may come from, as a policy says it."""
    style, script = ((folder / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; {sources}"
    packed = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    return Template((folder / "page.html").read_text(encoding="utf-8")).substitute(
        policy=policy, title=html.escape(title), style=style, script=script, data=packed)
