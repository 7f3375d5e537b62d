"""Render what each way of the mixer sounds like: a page with examples to compare, pictures and what to listen for.

It is a folder: open index.html in it with a browser, no network is needed. The sounds are FLAC files beside it.
"""

import argparse
import json
import sys
from pathlib import Path

from engine.errors import UserError

HELP = "render a page of examples of what the mixer does, to listen to"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope listen`."""
    parser.add_argument("-o", "--output", type=Path, default=Path("listening"), metavar="FOLDER",
                        help="folder to write (default: listening)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Render all examples; 0."""
    from tqdm import tqdm

    from bridge.listening import write
    from bridge.listening.examples import load
    from engine.library import Library, shipped_library

    groups = load()
    count = sum(len(group.examples) for group in groups)
    library = Library.open(shipped_library())
    with tqdm(total=count, unit="example", file=sys.stderr, disable=None, dynamic_ncols=True) as bar:
        try:
            page = write(groups, library, args.output, lambda _: bar.update())
        except OSError as error:
            raise UserError(f"-o {args.output}: can't be written: {error.strerror or error}") from None
    if args.json:
        print(json.dumps({"page": str(page), "examples": count}))
    else:
        print(f"{page}: {count} examples; open it in a browser")
    return 0
