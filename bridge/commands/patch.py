"""Write the patches that Max, TouchDesigner and Pure Data open: every knob, every event, and the picture.

They are made of the instrument's own tables, so they fit the version that writes them; patches/README.md says how to
use them.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

HELP = "write patches for Max, TouchDesigner or Pure Data"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope patch`."""
    parser.add_argument("program", choices=("max", "touchdesigner", "puredata"), metavar="PROGRAM",
                        help="max, touchdesigner or puredata")
    parser.add_argument("-o", "--out", type=Path, metavar="DIR", required=True, help="folder to write to")
    parser.add_argument("--show", type=Path, metavar="FILE", help="show file that says the ports")
    parser.add_argument("--osc", metavar="HOST:PORT", help="where the instrument receives OSC (127.0.0.1:9000)")
    parser.add_argument("--listen", type=int, metavar="PORT", help="port on which the patch hears it (9001)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Write the files; 0."""
    from bridge.patches import write_patches
    from bridge.patches.link import Link
    from engine.errors import UserError
    from engine.showfile import load_show

    link = Link.of(load_show(args.show)) if args.show else Link()
    if args.osc:
        host, _, port = args.osc.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise UserError(f"--osc {args.osc}: expected HOST:PORT, for instance 127.0.0.1:9000")
        link = replace(link, host=host, port=int(port))
    if args.listen is not None:
        if not 0 < args.listen < 65536:
            raise UserError(f"--listen {args.listen}: expected a port, 1 to 65535")
        link = replace(link, listen=args.listen)
    try:
        written = write_patches(args.program, link, args.out)
    except OSError as error:
        raise UserError(f"{args.out}: {error.strerror or error}") from error
    if args.json:
        print(json.dumps({"program": args.program, "files": [str(path) for path in written], "osc":
                          f"{link.host}:{link.port}", "listen": link.listen}))
    else:
        for path in written:
            print(path)
    return 0
