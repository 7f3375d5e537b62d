"""A page to listen to: what each way of the mixer sounds like, with pictures and what to listen for.

page.html, page.css and page.js are the page, examples.toml is what it shows; sounds and pictures lie beside it.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import soundfile

from bridge.listening.examples import Example, Group
from bridge.listening.performance import RATE, perform
from bridge.listening.spectrogram import HIGHEST_HZ, LOWEST_HZ, picture
from bridge.onefile import filled
from engine.files import replacing

if TYPE_CHECKING:
    from engine.library import Library

PAGE = "index.html"
TITLE = "Phonoscope: what to listen for"


def write(groups: Iterable[Group], library: "Library", folder: Path, progress: Callable[[Example], None]) -> Path:
    """Render all examples into `folder` and return the page's file.

    progress: told each example that is done. Raises OSError if it can't be written, UserError if a clip can't be read.
    """
    for name in ("sounds", "pictures"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    told: list[dict[str, Any]] = []
    number = 0
    for group in groups:
        examples = []
        for example in group.examples:
            number += 1
            examples.append(_render(example, f"{number:02} {group.title} {example.title}", library, folder))
            progress(example)
        told.append({"title": group.title, "text": group.text, "examples": examples})
    with replacing(folder / PAGE) as file:
        file.write(filled(Path(__file__).parent, TITLE, "img-src 'self' file:; media-src 'self' file:",
                          {"groups": told, "low": LOWEST_HZ, "high": HIGHEST_HZ}).encode())
    return folder / PAGE


def _render(example: Example, name: str, library: "Library", folder: Path) -> dict[str, Any]:
    """Write sound and picture of an example; return what the page shows of it."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    sound = perform(example, library)
    soundfile.write(folder / "sounds" / f"{stem}.flac", sound, RATE, "PCM_16")
    seen = sound if example.channels else sound.mean(axis=1, keepdims=True)
    (folder / "pictures" / f"{stem}.png").write_bytes(picture(seen, RATE))
    return {"title": example.title, "text": example.text, "seconds": example.seconds, "channels": example.channels,
            "sound": f"sounds/{stem}.flac", "picture": f"pictures/{stem}.png",
            "knobs": [f"{path} = {value:g}" + (f"  at {moment.at:g} s" if moment.at else "")
                      for moment in example.moments for path, value in moment.knobs.items()]}
