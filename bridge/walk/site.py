"""Builds the site of a walk: a folder that any web server can publish.

    walk.json                    places, their directions and links, clips, and how they are ranked; format 1
    features.f32                 float32 rows, little endian: log probabilities of the classes, then the embedding;
                                 first of each clip, then of each direction, place by place
    panoramas/*.jpg              the pictures, at most 4096 wide, without what cameras write into them (EXIF)
    sounds/*.mp3                 loops: `lead` seconds into the file they begin, `seconds` later they have gone round
    index.html, *.css, *.js      the viewer

Only clips that are among the best of some direction are in it. Pictures and sounds are named after what they are made
of, and written whole, so that a run that was interrupted is taken up where it ended. walk.json goes first and comes
last: what is half built never looks whole.
"""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bridge.walk.folder import WALK, Folder
from bridge.walk.places import Place, Walk, ids_of
from bridge.walk.viewer import viewer_files
from engine.around import Around, Direction
from engine.errors import UserError
from engine.excerpt import LEAD_S, loop_seconds, looped
from engine.library import Clip, Library
from engine.sight.match import MIXTURE
from engine.sight.pictures import Picture, fit, read_picture
from engine.sight.stage import Encoder

FEATURES = "features.f32"
FORMAT = 1
FEW = 8
"""How many clips of each direction are in a site."""
LARGEST = (2048, 4096)
"""Height and width of the pictures; what phones can show has 8192 pixels at most."""
LONGEST_S = 20.0
"""Of a sound."""
_QUALITY = 85
_LEAST_P = 1e-30
_RECIPE = "1"
"""Changes when pictures or sounds are made in another way."""

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Built:
    """What was built: the walk, what is around each of its places, the clips (rows of the library) that are in the
    site, its bytes, and what had to be left out of it, with the reason."""

    walk: Walk
    around: tuple[tuple[Direction, ...], ...]
    clips: tuple[int, ...]
    bytes: int
    left_out: tuple[tuple[Path, str], ...]


def build(walk: Walk, library: Library, eye: Encoder, site: Path, progress: Progress) -> Built:
    """Build the site of a walk in the folder `site`, or bring it up to date.

    progress: told (steps done, steps in all as far as known, what is next). Raises UserError if no picture can be used,
    no clip can be heard, the folder can't be written, or a file in it that isn't the site's would be lost.
    """
    folder = Folder(site)
    try:
        with folder.alone():
            return _Building(walk, library, Around(eye, library), folder, progress).build()
    except OSError as error:
        raise UserError(f"{site}: can't be written: {error.strerror or error}") from None


class _Building:
    def __init__(self, walk: Walk, library: Library, around: Around, folder: Folder, progress: Progress) -> None:
        self._walk, self._library, self._around, self._folder = walk, library, around, folder
        self._progress = progress
        self._left_out: list[tuple[Path, str]] = []

    def build(self) -> Built:
        viewer = {file.name: file.read_bytes() for file in viewer_files()}
        self._folder.claim([WALK, FEATURES, *viewer])
        pictures = self._pictures()
        walk = self._walk.without({place.id for place in self._walk.places} - pictures.keys())
        if not walk.places:
            raise UserError("there is no panorama to walk through:\n" + "\n".join(
                why for _, why in self._left_out))
        around = tuple(pictures[place.id][1] for place in walk.places)
        sounds = self._sounds(sorted({match.clip for directions in around for one in directions
                                      for match in one.matches}), len(walk.places))
        clips = list(sounds)
        if not clips:
            raise UserError("none of the clips can be heard:\n" + "\n".join(why for _, why in self._left_out))
        directions = [one for place in around for one in place]
        told = {
            "format": FORMAT, "title": walk.title, "classes": len(self._library.classes),
            "dimensions": self._library.embedding.shape[1],
            "ranking": {"kl": MIXTURE.kl, "cosine": MIXTURE.cosine}, "first": walk.places[0].id,
            "clips": [{**_told_clip(self._library.clips[clip]), "sound": name, "seconds": seconds, "lead": LEAD_S,
                       "loop": True} for clip, (name, seconds) in sounds.items()],
            "panoramas": [_told_place(place, *pictures[place.id]) for place in walk.places]}
        content = {**viewer, FEATURES: _features(self._library, clips, directions),
                   WALK: json.dumps(told, indent=1).encode() + b"\n"}
        self._folder.remove(WALK)
        for name, text in content.items():
            self._folder.write(name, text)
        names = [*content, *(pictures[place.id][0] for place in walk.places), *(name for name, _ in sounds.values())]
        self._folder.settle(names)
        size = sum((self._folder.path / name).stat().st_size for name in names)
        return Built(walk, around, tuple(clips), size, tuple(self._left_out))

    def _pictures(self) -> dict[str, tuple[str, tuple[Direction, ...]]]:
        """Return, by the place's id, its picture's name in the site, and what is around."""
        found = {}
        places = self._walk.places
        for number, place in enumerate(places):
            self._progress(number, 2 * len(places), place.title)
            try:
                picture = read_picture(place.picture)
                directions = self._around.look(picture, f"picture {place.picture}", FEW)
            except UserError as error:
                self._left_out.append((place.picture, str(error)))
                continue
            name = f"panoramas/{place.id}-{_digest(place.picture.read_bytes())}.jpg"
            if not self._folder.has(name):
                self._folder.claim([name])
                self._folder.write(name, _packed(picture))
            found[place.id] = name, directions
        return found

    def _sounds(self, clips: list[int], done: int) -> dict[int, tuple[str, float]]:
        """Return, by the clip, its sound's name in the site, and how many seconds the loop has."""
        found = {}
        for number, index in enumerate(clips):
            clip = self._library.clips[index]
            self._progress(done + number, done + len(clips), clip.title)
            name = f"sounds/{ids_of([clip.title])[0]}-{_digest(clip.sha256.encode())}.mp3"
            if not self._folder.has(name):
                try:
                    sound = looped(self._library, index, LONGEST_S)
                except UserError as error:
                    self._left_out.append((clip.file, str(error)))
                    continue
                self._folder.claim([name])
                self._folder.write(name, sound)
            found[index] = name, loop_seconds(self._folder.path / name)
        self._progress(done + len(clips), done + len(clips), "")
        return found


def _told_clip(clip: Clip) -> dict[str, Any]:
    return {"title": clip.title, "category": clip.category, "licence": clip.licence, "source": clip.source}


def _told_place(place: Place, picture: str, around: tuple[Direction, ...]) -> dict[str, Any]:
    return {"id": place.id, "title": place.title, "picture": picture,
            "directions": [{"azimuth": one.azimuth, "scene": [{"class": name, "p": round(p, 4)}
                                                              for name, p in one.scene]} for one in around],
            "links": [asdict(link) for link in place.links], "licence": place.licence, "source": place.source}


def _features(library: Library, clips: list[int], directions: list[Direction]) -> bytes:
    heard = np.concatenate([library.log_q[clips], library.embedding[clips]], axis=1)
    width = library.embedding.shape[1]
    seen = [np.concatenate([np.log(np.maximum(one.p, _LEAST_P)),
                            one.embedding if len(one.embedding) == width else np.zeros(width)])  # of another space
            for one in directions]
    return np.concatenate([heard, seen]).astype("<f4").tobytes()


def _packed(picture: Picture) -> bytes:
    packed = io.BytesIO()
    Image.fromarray(fit(picture, LARGEST)).save(packed, "JPEG", quality=_QUALITY, progressive=True)
    return packed.getvalue()


def _digest(content: bytes) -> str:
    return hashlib.sha256(_RECIPE.encode() + content).hexdigest()[:12]
