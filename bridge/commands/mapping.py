"""Look after mapping files: `phonoscope mapping check FILE` tells everything that is wrong with one.

A mapping file (TOML) says what moves which knob: controllers, other programs, what is heard and seen. By default it is
SHOW.mapping.toml beside the show file.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from engine.errors import UserError

HELP = "check a mapping file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope mapping`."""
    verbs = parser.add_subparsers(dest="mapping_verb", metavar="VERB", required=True)
    check = verbs.add_parser("check", help="say everything that is wrong with a mapping file")
    check.add_argument("file", type=Path, metavar="FILE", help="mapping file (TOML)")
    check.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Check the mapping file; 0 if it can be used."""
    from bridge.mapping.check import read
    from bridge.mapping.file import MappingError, load

    try:
        entries = read(load(args.file), args.file)
    except FileNotFoundError:
        raise UserError(f"{args.file}: there is no such file") from None
    except MappingError as error:
        if not args.json:
            raise
        print(json.dumps({"ok": False, "errors": [asdict(fault) for fault in error.faults]}, default=str))
        return 1
    if args.json:
        print(json.dumps({"ok": True, "errors": [], "mappings": len(entries)}))
    else:
        print(f"{args.file}: {len(entries)} mapping{'s' * (len(entries) != 1)}, in order")
    return 0
