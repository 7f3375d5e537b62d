"""Look after show files: `phonoscope show check SHOW` tells everything that is wrong with one and its mapping file.

A show file (TOML) says what is played on what, and how the knobs stand; patches/shows/ has commented examples.
"""

import argparse
import contextlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import UserError

if TYPE_CHECKING:
    from engine.show import Show

HELP = "check a show file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope show`."""
    verbs = parser.add_subparsers(dest="show_verb", metavar="VERB", required=True)
    check = verbs.add_parser("check", help="say everything that is wrong with a show file")
    check.add_argument("show", type=Path, metavar="SHOW", help="show file (TOML)")
    check.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Check the show file; 0 if it can be played."""
    from bridge.mapping.file import MappingError
    from engine.showfile import ShowError, load_show

    try:
        show = load_show(args.show)
        _check_mappings(show, args.show)
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


def _check_mappings(show: "Show", show_file: Path) -> None:
    """Check the mapping files of the show and of its cues; names of scenes by its library, if that can be opened."""
    from bridge.mapping.check import read
    from bridge.mapping.file import MappingError, file_of, load, of_file
    from engine.library import Library, shipped_library

    classes = None
    with contextlib.suppress(UserError):  # to play it would say so; the library may be on another machine
        classes = Library.open(Path(show.library) if show.library else shipped_library()).classes
    own = file_of(show, show_file)
    for file in dict.fromkeys([own, *(Path(cue.mapping) for cue in show.cues if cue.mapping)]):
        try:
            read(load(file), file, classes)
        except FileNotFoundError:
            if file != own:
                raise MappingError(file, [of_file("there is no such file")]) from None
