"""Walk through panoramas in a browser and hear the place: looking around turns the sound.

PANORAMAS is a folder of equirectangular pictures, twice as wide as high, that are walked along in the order of their
names; or a list (TOML) with titles, positions and links, which a folder may hold as walk.toml:

  title = "Along the lake"
  [[panoramas]]
  picture = "pier.jpg"
  title = "The pier"
  position = [0, 0]                # metres to the east and to the north
  heading = 90                     # compass direction of the picture's middle, degrees
  links = ["The shore"]            # which lie where the positions say; or {to = "The shore", azimuth = 90}

Each direction is seen by the eye and matched with the library by itself, in the browser, on what is computed here. With
--export the site can be published by any web server; without, it is served here until Ctrl-C.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import UserError, to_stderr

if TYPE_CHECKING:
    from bridge.walk.places import Walk
    from bridge.walk.site import Built
    from engine.library import Library

HELP = "walk through panoramas in a browser and hear the place"
_TOLD = 3
_REFUSALS = 20  # that are said; more would only flood the terminal
_SIDES = {0.0: "ahead", 90.0: "left", 180.0: "behind", -90.0: "right"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope walk`."""
    parser.add_argument("panoramas", type=Path, metavar="PANORAMAS", help="folder of pictures, or list of them")
    parser.add_argument("--library", type=Path, metavar="L",
                        help="folder made by `phonoscope index`; default: the library that is shipped")
    parser.add_argument("--export", type=Path, metavar="SITE", help="folder to make the site in or bring up to date")
    parser.add_argument("--port", type=_port, default=0, metavar="P",
                        help="where to serve the walk on this machine (default: any port that is free)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Build the site, and serve it unless it is exported; 1 if a picture or a sound had to be left out."""
    for name in ("SIGTERM", "SIGHUP"):  # what is temporary goes then, too
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    walk = _walk(args.panoramas)
    if args.export:
        library, built = _build(walk, args.library, args.export)
        return _tell(library, built, "site", str(args.export), args.json)
    with tempfile.TemporaryDirectory(prefix="phonoscope-walk-") as folder:
        library, built = _build(walk, args.library, Path(folder))
        return _serve(args, library, built, Path(folder))


def _walk(panoramas: Path) -> "Walk":
    from bridge.walk.listed import NAME, read_list
    from bridge.walk.places import walk_in
    from engine.sight.pictures import SUFFIXES

    if panoramas.is_dir():
        listed = panoramas / NAME
        return read_list(listed) if listed.exists() else walk_in(panoramas)
    if not panoramas.exists():
        raise UserError(f"{panoramas}: there is no such file or folder; expected a folder of panoramas, or a list")
    if panoramas.suffix.lower() in SUFFIXES:
        raise UserError(f"{panoramas}: expected the folder that it is in, or a list of panoramas (TOML)")
    return read_list(panoramas)


def _build(walk: "Walk", library: Path | None, site: Path) -> "tuple[Library, Built]":
    from tqdm import tqdm

    from bridge.walk.site import build
    from engine.library import Library, shipped_library
    from engine.modelfile import load_model, shipped_model
    from engine.sight.eye import Eye

    opened = Library.open(library or shipped_library())
    eye = Eye(load_model(shipped_model("eye"), "eye"))
    with tqdm(unit="file", file=sys.stderr, disable=None, dynamic_ncols=True) as bar:
        def progress(done: int, steps: int, what: str) -> None:
            bar.total = steps
            bar.set_postfix_str(what[:30], refresh=False)
            bar.update(done - bar.n)

        return opened, build(walk, opened, eye, site, progress)


def _serve(args: argparse.Namespace, library: "Library", built: "Built", site: Path) -> int:
    from bridge.walk.serving import serve

    refused: list[str] = []

    def refuse(reason: str) -> None:
        if len(refused) < _REFUSALS:
            refused.append(reason)
            to_stderr("rejected " + "".join(letter if letter.isprintable() else "?" for letter in reason))

    server = serve(site, args.port, refuse)
    server.start()
    try:
        status = _tell(library, built, "address", f"http://localhost:{server.port}/", args.json)
        to_stderr("serving the walk; Ctrl-C ends")
        try:
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            return status
    finally:
        server.close()


def _tell(library: "Library", built: "Built", kind: str, where: str, as_json: bool) -> int:
    for _, why in built.left_out:
        to_stderr(f"left out: {why}")
    if as_json:
        print(json.dumps({kind: where, "title": built.walk.title, "clips": len(built.clips), "bytes": built.bytes,
                          "panoramas": _places(library, built),
                          "left_out": [{"file": str(file), "why": why} for file, why in built.left_out]}), flush=True)
    else:
        _print(library, built)
        print(f"{where}: {built.walk.title}, {len(built.walk.places)} panoramas and {len(built.clips)} sounds in "
              f"{built.bytes / 1e6:.1f} MB" + ("; publish the folder by any web server" if kind == "site" else ""),
              flush=True)
    return 1 if built.left_out else 0


def _places(library: "Library", built: "Built") -> list[dict[str, Any]]:
    return [{
        "id": place.id, "title": place.title, "picture": str(place.picture),
        "links": [{"to": link.to, "azimuth": link.azimuth} for link in place.links],
        "directions": [{
            "azimuth": one.azimuth, "scene": [{"class": name, "p": p} for name, p in one.scene],
            "clips": [{"clip": str(library.clips[match.clip].file), "class": match.label, "score": match.score,
                       "distance": match.distance} for match in one.matches[:_TOLD]]} for one in around]}
        for place, around in zip(built.walk.places, built.around, strict=True)]


def _print(library: "Library", built: "Built") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("", "", "looks like", "sounds like", box=None, padding=(0, 2))
    for place, around in zip(built.walk.places, built.around, strict=True):
        name = place.title
        for one in around:
            table.add_row(escape(name), _SIDES[one.azimuth], escape(f"{one.scene[0][0]} {one.scene[0][1]:.0%}"),
                          escape(library.clips[one.matches[0].clip].title))
            name = ""
    Console().print(table)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a port, 1 to 65535")
    return int(text)
