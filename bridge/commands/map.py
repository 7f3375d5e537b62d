"""Draw a map of a library: one HTML file in which like sounds lie together, to look at, to search and to listen to.

It needs no network and nothing beside it: short previews of the sounds are inside. Of more than 1,600 sounds or so they
would be too large; then it refers to the sounds' files.
"""

import argparse
import json
import sys
from pathlib import Path

from engine.errors import UserError

HELP = "draw a map of a library, to look at and to listen to"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope map`."""
    parser.add_argument("library", type=Path, nargs="?", metavar="LIBRARY",
                        help="folder made by `phonoscope index`; default: the library that is shipped")
    parser.add_argument("-o", "--output", type=Path, default=Path("map.html"), metavar="HTML",
                        help="file to write (default: map.html)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Draw the map; 1 if some of the sounds can't be heard in it."""
    from tqdm import tqdm

    from bridge.map import page
    from engine.files import replacing
    from engine.library import Library, shipped_library
    from engine.mapping import lay_out

    library = Library.open(args.library or shipped_library())
    if args.output.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"-o {args.output}: expected a name that ends in .html")
    print(f"placing {len(library.clips)} sounds", file=sys.stderr)
    layout = lay_out(library.embedding)
    with tqdm(total=len(library.clips), unit="sound", file=sys.stderr, disable=None, dynamic_ncols=True) as bar:
        text, mute = page(library, layout, args.output.absolute().parent, lambda done, _: bar.update(done - bar.n))
    try:
        with replacing(args.output) as file:
            file.write(text.encode())
    except OSError as error:
        raise UserError(f"{args.output}: can't be written: {error.strerror}") from None
    for path, why in mute:
        print(f"not to be heard: {path}: {why}", file=sys.stderr)
    if args.json:
        print(json.dumps({"map": str(args.output), "clips": len(library.clips), "projection": layout.projection,
                          "trustworthiness": layout.trustworthiness, "bytes": args.output.stat().st_size,
                          "mute": [{"file": str(path), "why": why} for path, why in mute]}))
    else:
        trust = "" if layout.trustworthiness is None else f", trustworthiness {layout.trustworthiness:.2f}"
        print(f"{args.output}: {len(library.clips)} sounds by {layout.projection}{trust}; open it in a browser")
    return 1 if mute else 0
