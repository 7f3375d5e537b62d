"""Look after show files: `phonoscope show check SHOW` tells everything that is wrong with one and its mapping file.

A show file (TOML) says what is played on what, and how the knobs stand; patches/shows/ has commented examples.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

HELP = "check a show file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope show`."""
    verbs = parser.add_subparsers(dest="show_verb", metavar="VERB", required=True)
    check = verbs.add_parser("check", help="say everything that is wrong with a show file")
    check.add_argument("show", type=Path, metavar="SHOW", help="show file (TOML)")
    check.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Check the show file; 0 if it can be played."""
    from bridge.mapping.check import read
    from bridge.mapping.file import MappingError, file_of, load
    from engine.showfile import ShowError, load_show

    try:
        show = load_show(args.show)
        mapping = file_of(show, args.show)
        if mapping.exists():
            read(load(mapping), mapping)
    except (ShowError, MappingError) as error:
        if not args.json:
            raise
        print(json.dumps({"ok": False, "errors": [asdict(fault) for fault in error.faults]}, default=str))
        return 1
    if args.json:
        print(json.dumps({"ok": True, "errors": []}))
    else:
        print(f"{args.show}: the show '{show.name}' is in order")
    return 0
