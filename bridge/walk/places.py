"""What is walked through: panoramas, where they are, and how one gets from one to the next."""

import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import UserError
from engine.indexing.origins import Origins
from engine.sight.pictures import SUFFIXES

_LONGEST_ID = 40


@dataclass(frozen=True, slots=True)
class Link:
    """A way to the place `to` (its id), at `azimuth`: degrees from the middle of the picture, 90 is left."""

    to: str
    azimuth: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a panorama was taken.

    id: of small letters, digits and hyphens, for addresses and file names. picture: its file. position: metres to the
    east and to the north of some point, None if nobody knows. heading: compass direction of the picture's middle,
    degrees, 90 is east.
    """

    id: str
    title: str
    picture: Path
    licence: str = ""
    source: str = ""
    position: tuple[float, float] | None = None
    heading: float = 0.0
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Walk:
    """Places to walk through, the first to begin in. path: nothing else is said, and one goes along them in order."""

    title: str
    places: tuple[Place, ...]
    path: bool = False

    def without(self, ids: Collection[str]) -> "Walk":
        """Return the walk that leaves these places out."""
        left = tuple(place for place in self.places if place.id not in ids)
        if self.path:
            return replace(self, places=along(left))
        return replace(self, places=tuple(
            replace(place, links=tuple(link for link in place.links if link.to not in ids)) for place in left))


def walk_in(folder: Path) -> Walk:
    """Return the walk along all pictures of a folder, in the order of their names; UserError if there are none."""
    try:
        files = [file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")]
    except OSError as error:
        raise UserError(f"{folder}: can't be read: {error.strerror}") from None
    if not files:
        raise UserError(f"{folder}: there are no pictures; expected equirectangular panoramas, or a walk.toml that "
                        "lists them")
    files.sort(key=lambda file: _counted(file.name))
    titles = [title_of(file) for file in files]
    places = [Place(identity, title, file, *origin_of(file, folder))
              for identity, title, file in zip(ids_of(titles), titles, files, strict=True)]
    return Walk(folder.absolute().name or str(folder), along(places), path=True)


def title_of(picture: Path) -> str:
    """Return what a picture's file name says to people."""
    return picture.stem.replace("_", " ").strip() or picture.stem


def origin_of(picture: Path, folder: Path) -> tuple[str, str]:
    """Return licence and source of a picture, as far as files beside it say, or in folders above up to `folder`."""
    picture = picture.absolute()
    origins = Origins(folder.absolute() if picture.is_relative_to(folder.absolute()) else picture.parent)
    licence, source = origins.listed(picture)
    return licence or origins.licence(picture), source


def ids_of(titles: Iterable[str]) -> list[str]:
    """Return an id for each title, no two alike."""
    found: list[str] = []
    for title in titles:
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
        identity = stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_ID].rstrip("-") or "place"
        number = 1
        while identity in found:
            number += 1
            identity = f"{stem}-{number}"
        found.append(identity)
    return found


def along(places: Sequence[Place]) -> tuple[Place, ...]:
    """Link each place with the next, ahead, and the one before, behind; where positions tell the directions, there."""
    linked = []
    for number, place in enumerate(places):
        ways = [(places[number + 1], 0.0)] if number + 1 < len(places) else []
        ways += [(places[number - 1], 180.0)] if number else []
        linked.append(replace(place, links=tuple(
            Link(to.id, usual if (azimuth := azimuth_to(place, to)) is None else azimuth) for to, usual in ways)))
    return tuple(linked)


def azimuth_to(here: Place, there: Place) -> float | None:
    """Return in which direction of a panorama another was taken: degrees above -180 to 180, 0 is its middle, 90 left.

    None if the positions don't tell.
    """
    if here.position is None or there.position is None or here.position == there.position:
        return None
    east, north = (b - a for a, b in zip(here.position, there.position, strict=True))
    return turned(here.heading - math.degrees(math.atan2(east, north)))


def turned(degrees: float) -> float:
    """Return the same direction above -180 to 180 degrees."""
    return 180 - (180 - degrees) % 360


def _counted(name: str) -> list[tuple[int, str]]:
    """A key by which pier2 comes before pier10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name.lower())]
