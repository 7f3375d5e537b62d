"""The list of a walk: a TOML file, walk.toml, that says where panoramas are and how they hang together.

    title = "Along the lake"
    [[panoramas]]                       # the first is where one begins
    picture = "pier.jpg"                # relative paths count from the list's folder
    title = "The pier"                  # by default what the picture's name says
    position = [0, 0]                   # metres to the east and to the north of some point
    heading = 90                        # compass direction of the picture's middle, degrees; 0 (north) by default
    links = ["The shore", {to = "Cabin", azimuth = 90}]     # titles or pictures; azimuth: degrees, 90 is left
    licence = "CC BY 4.0"               # by default what a manifest.csv or LICENCE beside the picture says
    source = "Ann Example"

Positions tell in which direction a link is; without them it is said. If no panorama has links, one goes along them in
order.
"""

import difflib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from bridge.walk.places import Link, Place, Walk, along, azimuth_to, ids_of, origin_of, title_of, turned
from engine.errors import UserError
from engine.tablefile import Rule, Tables, Unreadable, Wrong, between, parsed

NAME = "walk.toml"
LARGEST = 1 << 20
"""Bytes of a list."""
_FARTHEST = 1e8  # metres; nothing on Earth is farther away


def read_list(file: Path) -> Walk:
    """Read and check a list; UserError tells everything that is wrong in it at once: file, key, what was expected."""
    try:
        values = parsed(file, LARGEST)
    except Unreadable as error:
        raise UserError(f"{file}: {error}") from None
    reading = _Reading(file.absolute().parent)
    walk = reading.walk(values)
    if reading.faults:
        raise UserError("\n".join(f"{file}: {fault}" for fault in reading.faults))
    return walk


class _Reading(Tables):
    def walk(self, values: dict[str, Any]) -> Walk:
        found = self.table("", {"title": _text, "panoramas": _tables}, values)
        title = found.get("title") or self.folder.name or "A walk"
        if "panoramas" not in found:
            if "panoramas" not in values:
                self.fault("", None, 'expected panoramas, such as [[panoramas]] with picture = "pier.jpg" below')
            return Walk(title, ())
        rules: dict[str, Rule] = {"picture": self.picture, "title": _text, "position": _position,
                                  "heading": between(-360, 360, "degrees"), "links": _links, "licence": _text,
                                  "source": _text}
        tables = [self.table(f"panoramas[{number}]", rules, table) for number, table in enumerate(found["panoramas"])]
        for number, (table, given) in enumerate(zip(tables, found["panoramas"], strict=True)):
            if "picture" not in given:
                self.fault(f"panoramas[{number}]", given, "expected the key picture")
            elif "picture" in table and table["picture"] in [other.get("picture") for other in tables[:number]]:
                self.fault(f"panoramas[{number}].picture", given["picture"], "expected each picture once")
        if self.faults:
            return Walk(title, ())
        return self.linked(title, tables)

    def linked(self, title: str, tables: list[dict[str, Any]]) -> Walk:
        titles = [table.get("title") or title_of(table["picture"]) for table in tables]
        places = [self.place(identity, name, table)
                  for identity, name, table in zip(ids_of(titles), titles, tables, strict=True)]
        if not any(table.get("links") for table in tables):
            return Walk(title, along(places), path=True)
        named: dict[str, list[Place]] = {}
        for place in places:
            for name in {place.title, place.picture.name, place.picture.stem}:
                named.setdefault(name, []).append(place)
        return Walk(title, tuple(
            replace(place, links=tuple(self.links(f"panoramas[{number}].links", place, table.get("links", ()), named)))
            for number, (place, table) in enumerate(zip(places, tables, strict=True))))

    def place(self, identity: str, title: str, table: dict[str, Any]) -> Place:
        licence, source = origin_of(table["picture"], self.folder)
        return Place(identity, title, table["picture"], table.get("licence", licence), table.get("source", source),
                     table.get("position"), table.get("heading", 0.0))

    def links(self, key: str, place: Place, given: list[tuple[str, float | None]],
              named: dict[str, list[Place]]) -> list[Link]:
        found: list[Link] = []
        for number, (name, azimuth) in enumerate(given):
            at = f"{key}[{number}]"
            there = named.get(name, [])
            if len(there) != 1:
                near = difflib.get_close_matches(name, named, 1, 0)[0]
                self.fault(at, name, "several panoramas are called so; expected the name of a picture" if there
                           else f"there is no such panorama; the nearest is {json.dumps(near, ensure_ascii=False)}")
            elif there[0] is place or there[0].id in [link.to for link in found]:
                self.fault(at, name, "expected each of the other panoramas once at most")
            else:
                if azimuth is None:
                    azimuth = azimuth_to(place, there[0])
                if azimuth is None:
                    self.fault(at, name, "expected different positions of both panoramas, or the azimuth: "
                               f"{{to = {json.dumps(name, ensure_ascii=False)}, azimuth = 90}} (degrees, 90 is left)")
                else:
                    found.append(Link(there[0].id, turned(azimuth)))
        return found

    def picture(self, value: Any) -> Path:
        """An existing file, relative ones counted from the list's folder."""
        file = self.folder / _text(value)
        try:
            there = file.is_file()
        except (OSError, ValueError):  # a name that no file can have
            there = False
        if not there:
            raise Wrong(f"there is no such file; expected a picture, relative to {self.folder}")
        return file


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Wrong("expected text in quotes")
    return value.strip()


def _tables(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value or not all(isinstance(entry, dict) for entry in value):
        raise Wrong('expected tables, such as [[panoramas]] with picture = "pier.jpg" below')
    return value


_azimuth = between(-360, 360, "degrees, 0 is the picture's middle, 90 is left")


def _position(value: Any) -> tuple[float, float]:
    if not (isinstance(value, list) and len(value) == 2 and not any(isinstance(part, bool) for part in value)
            and all(isinstance(part, int | float) and abs(part) <= _FARTHEST for part in value)):
        raise Wrong("expected [EAST, NORTH] in metres, such as [0, 12.5]")
    return float(value[0]), float(value[1])


def _links(value: Any) -> list[tuple[str, float | None]]:
    if not isinstance(value, list):
        raise Wrong('expected a list, such as ["The shore", {to = "Cabin", azimuth = 90}]')
    return [_link(entry) for entry in value]


def _link(entry: Any) -> tuple[str, float | None]:
    if not isinstance(entry, dict):
        return _text(entry), None
    if "to" not in entry or not entry.keys() <= {"to", "azimuth"}:
        raise Wrong('expected a name, or a table such as {to = "Cabin", azimuth = 90}')
    return _text(entry["to"]), _azimuth(entry["azimuth"]) if "azimuth" in entry else None
