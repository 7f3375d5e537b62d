"""Say which sounds of a library fit a picture, best first, and with --out let it be heard.

The distance of a clip is KL(picture || clip) in nats, between the distributions over scene classes that the eye gave to
the picture and the ear to the clip, mixed with one minus the cosine of their embeddings as the instrument does when it
plays. The score is exp(-distance), 1 at best.
"""

import argparse
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import UserError

if TYPE_CHECKING:
    from engine.imagine import Imagined
    from engine.library import Library

HELP = "say which sounds fit a picture"
_TOP = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope imagine`."""
    parser.add_argument("pictures", nargs="+", type=Path, metavar="PICTURE", help="picture file")
    parser.add_argument("--library", type=Path, metavar="L", help="folder made by `phonoscope index`")
    parser.add_argument("--top", type=_count, metavar="N",
                        help=f"how many sounds to name (default: {_TOP}, or all with --within)")
    parser.add_argument("--within", type=_distance, metavar="D", help="name only sounds at most this far away")
    parser.add_argument("--out", type=Path, metavar="WAV",
                        help="write the soundscape, 20 seconds of each picture with a crossfade between them")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Imagine the sound of each picture; 1 if one of them could not be read, the others being done all the same."""
    from bridge.recording import open_recorder
    from engine.imagine import Imagination
    from engine.library import Library, shipped_library
    from engine.modelfile import load_model, shipped_model
    from engine.show import Show
    from engine.sight.eye import Eye
    from engine.sight.pictures import SEEN, fit, read_picture
    from engine.sound.spatial import parse_layout

    if args.out and args.out.suffix.lower() != ".wav":
        raise UserError(f"--out {args.out}: expected a name that ends in .wav")
    library = Library.open(args.library or shipped_library())
    imagination = Imagination(Eye(load_model(shipped_model("eye"), "eye")), library)
    within = math.inf if args.within is None else args.within
    top = args.top or (_TOP if args.within is None else len(library.clips))
    told: list[dict[str, Any]] = []
    seen = []
    for file in args.pictures:
        try:
            picture = fit(read_picture(file, SEEN))
        except UserError as error:
            told.append({"picture": str(file), "scene": [], "matches": [], "error": str(error)})
            continue
        told.append({"picture": str(file), **_told(imagination.imagine(picture, top, within), library)})
        seen.append(picture)
    if args.out and seen:
        show = Show()
        with open_recorder(args.out, show.sound.rate, 1, parse_layout(show.sound.layout).channels) as recorder:
            for block in imagination.soundscape(seen, show):
                recorder.sound(block)
    if args.json:
        print(json.dumps({"pictures": told}))
    else:
        _print(told, library.root)
    return 1 if len(seen) < len(told) else 0


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 1 up")
    return int(text)


def _distance(text: str) -> float:
    try:
        distance = float(text)
    except ValueError:
        distance = math.nan
    if not 0 <= distance < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a distance, a number from 0 up")
    return distance


def _told(imagined: "Imagined", library: "Library") -> dict[str, Any]:
    clips = library.clips
    return {
        "scene": [{"class": name, "p": p} for name, p in imagined.scene],
        "matches": [{"clip": str(clips[match.clip].file), "class": match.label, "score": match.score,
                     "distance": match.distance, "kl": match.kl, "cosine": match.cosine} for match in imagined.matches],
    }


def _print(told: list[dict[str, Any]], root: Path) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    for picture in told:
        console.print(f"[bold]{escape(picture['picture'])}[/bold]", highlight=False)
        if "error" in picture:
            console.print(f"  {escape(picture['error'])}", style="red", highlight=False)
            continue
        scene = ", ".join(f"{place['class']} {place['p']:.0%}" for place in picture["scene"])
        console.print(f"  {scene}", highlight=False)
        table = Table("score", "distance", "kl", "cosine", "class", "clip", box=None, padding=(0, 2))
        for match in picture["matches"]:
            file = str(Path(match["clip"]).relative_to(root))
            table.add_row(f"{match['score']:.3f}", f"{match['distance']:.2f}", f"{match['kl']:.2f}",
                          f"{match['cosine']:.2f}", escape(match["class"]), escape(file))
        console.print(table)
