"""What a picture of one's own sounds like: which clips fit it, what they sound like together, and a page to keep."""

import io
import struct
from collections.abc import Generator, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from numpy.typing import NDArray

from bridge.studio.shelf import Shelf, fingerprint
from bridge.studio.wire import Header, Result
from engine.errors import UserError
from engine.library import Library
from engine.pcm import RATE

if TYPE_CHECKING:
    from engine.imagine import Imagination, Imagined

MATCHES = 12
"""How many clips are named of a picture, and those that are picked beyond them."""
WHY = 3
"""How many classes are named that a picture and a clip share."""
KEPT_S = 20.0
"""How long the soundscape of a page is."""
_SHOWN = 900, 1200
"""Height and width of the largest picture in a page."""
_QUALITY = 85
_MOST_BLOCKS = 10
_LOOK_S = 0.1
_HEAD = struct.Struct("<4sI4s4sIHHIIHH4sI")
_FULL = 32767


def prepare(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Have at hand what the others need, so that the first picture is answered as soon as those after it.

    told: "library", its folder; "eye", its model file.
    """
    shelf.library(told["library"])
    yield {}, b""
    shelf.eye(told["eye"])
    yield {}, b""
    shelf.imagination(told["eye"], told["library"]).imagine(np.zeros((64, 64, 3), np.uint8), 1)
    shelf.kernels.begin()  # beside what comes next: a picture can be looked at without them
    yield {}, b""


def see(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Look at a picture. The first result says all; by the others the clips that are picked are at hand.

    told: "library", "eye", as for prepare; "name", of the picture; "rules", fields of engine.sight.match.Rules. body:
    the picture's file.
    """
    from engine.sight.match import Rules
    from engine.sight.pictures import SEEN, decode_picture, fit

    decoded = decode_picture(body, told["name"], SEEN)
    library, imagination = shelf.library(told["library"]), shelf.imagination(told["eye"], told["library"])
    imagined = imagination.imagine(fit(decoded.picture), MATCHES)
    picks = imagination.picks(imagined, Rules(**told["rules"]))
    clips = [clip for clip, _ in picks]
    yield {"fp": fingerprint(library), "name": told["name"], "width": decoded.width, "height": decoded.height,
           "scene": _scene(imagined),
           "matches": _matches(imagination, imagined, library, clips),
           "picks": [{"clip": clip, "level": level} for clip, level in picks]}, b""
    yield from _at_hand(shelf, library, clips)


def hear(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Play clips together. Pieces of a WAV of 16 bits come in the results, with the first how many "bytes" it has.

    told: "library"; "fp", the fingerprint that it shall have; "picks", [clip, level] each; "seconds".
    """
    library = shelf.library(told["library"], told["fp"])
    blocks = yield from _played(shelf, library, told["picks"], told["seconds"])
    size = 4 * round(told["seconds"] * RATE)
    head = _HEAD.pack(b"RIFF", _HEAD.size - 8 + size, b"WAVE", b"fmt ", 16, 1, 2, RATE, 4 * RATE, 4, 16, b"data", size)
    yield {"bytes": _HEAD.size + size}, head + _samples([next(blocks)])
    count = 2
    while piece := list(islice(blocks, count)):
        yield {}, _samples(piece)
        count = min(2 * count, _MOST_BLOCKS)  # the first soon, the others at less cost


def keep(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Make a page of a picture and clips that need nothing else. The last result has the HTML.

    told: "library", "eye", "name", as for see; "title", of the page; "fp", "picks", as for hear. body: the picture's
    file.
    """
    import cv2

    from bridge.imagined import page
    from engine.sight.pictures import SEEN, decode_picture, fit

    library = shelf.library(told["library"], told["fp"])
    imagination = shelf.imagination(told["eye"], told["library"])
    imagined = imagination.imagine(fit(decode_picture(body, told["name"], SEEN).picture), MATCHES)
    yield {}, b""
    shown = fit(decode_picture(body, told["name"], _SHOWN).picture, _SHOWN)
    _, jpeg = cv2.imencode(".jpg", shown[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    yield {}, b""
    blocks = yield from _played(shelf, library, told["picks"], KEPT_S)
    packed = io.BytesIO()
    with soundfile.SoundFile(packed, "w", RATE, 2, "MPEG_LAYER_III", format="MP3") as sound:
        while piece := list(islice(blocks, _MOST_BLOCKS)):
            sound.write(np.concatenate(piece))
            yield {}, b""
    levels = {clip: level for clip, level in told["picks"]}
    matches = [{**match, "level": levels.get(match["clip"], 0)}
               for match in _matches(imagination, imagined, library, list(levels))]
    yield {"done": True}, page(told["title"], jpeg.tobytes(), packed.getvalue(), _scene(imagined), matches).encode()


def _at_hand(shelf: Shelf, library: Library, clips: list[int]) -> Iterator[Result]:
    """Load the clips that aren't there, one with each result."""
    if clips and max(clips) >= len(library.clips):
        raise UserError(f"there is no clip {max(clips)}; expected 0 to {len(library.clips) - 1}")
    for clip in clips:
        if not shelf.holds(library, clip):
            shelf.clip(library, clip)
            yield {}, b""


def _played(shelf: Shelf, library: Library, picks: list[tuple[int, float]],
            seconds: float) -> Generator[Result, None, Iterator[NDArray[np.float32]]]:
    """Load clips, and return the blocks of what they sound like together."""
    clips = [clip for clip, _ in picks]
    yield from _at_hand(shelf, library, clips)
    while not shelf.kernels.there(_LOOK_S):
        yield {}, b""  # meanwhile it's the turn of others
    from engine.soundscape import soundscape

    return soundscape([shelf.clip(library, clip) for clip in clips], [level for _, level in picks], seconds, RATE)


def _scene(imagined: "Imagined") -> list[Header]:
    return [{"class": label, "p": p} for label, p in imagined.scene]


def _samples(blocks: list[NDArray[np.float32]]) -> bytes:
    return np.rint(np.concatenate(blocks) * np.float32(_FULL)).astype("<i2").tobytes()


def _matches(imagination: "Imagination", imagined: "Imagined", library: Library, picked: list[int]) -> list[Header]:
    """Return what there is to say of the clips that fit best, and of those that are picked beyond them, best first."""
    named = {match.clip for match in imagined.matches}
    beyond = imagination.measure(imagined, [clip for clip in picked if clip not in named])
    told = []
    for match in sorted((*imagined.matches, *beyond), key=lambda match: (match.distance, match.clip)):
        clip = library.clips[match.clip]
        told.append({
            "clip": match.clip, "title": clip.title, "class": clip.category, "licence": clip.licence,
            "source": clip.source, "seconds": clip.seconds, "distance": match.distance, "kl": match.kl,
            "cosine": match.cosine, "score": match.score,
            "why": [{"class": shared.label, "p": shared.p, "q": shared.q}
                    for shared in imagination.shared(imagined, match.clip, WHY)]})
    return told
