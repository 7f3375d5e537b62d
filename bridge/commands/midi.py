"""MIDI controllers: which there are, what they send, and learning by hand.

A show file names controllers by a part of their ports' names ([midi] controllers); docs/midi.md tells the rest.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

HELP = "list MIDI ports, see what comes in, learn a control"
_PATIENCE = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope midi`."""
    verbs = parser.add_subparsers(dest="midi_verb", metavar="VERB", required=True)
    ports = verbs.add_parser("list", help="list the MIDI ports of this machine")
    ports.add_argument("--json", action="store_true", help="print one JSON object")
    monitor = verbs.add_parser("monitor", help="print what controls are moved, as a mapping file names them")
    monitor.add_argument("name", nargs="?", metavar="NAME", help="part of the port's name; by default all there are")
    monitor.add_argument("--json", action="store_true", help="print a JSON object a line")
    learn = verbs.add_parser("learn", help="map the control that is moved next to a parameter, while playing")
    learn.add_argument("path", metavar="PATH", help="the parameter, such as reverb/gain or layer/*/pan")
    learn.add_argument("--show", type=Path, metavar="SHOW",
                       help="the show that is played, if it listens elsewhere than at 127.0.0.1:9000")


def run(args: argparse.Namespace) -> int:
    """Do what the verb says; 0 if that went well."""
    if args.midi_verb == "list":
        return _list(args.json)
    return _monitor(args.name, args.json) if args.midi_verb == "monitor" else _learn(args.path, args.show)


def ports() -> dict[str, Any]:
    """Return the names of all inputs and outputs, and why there are none where MIDI can't be used."""
    try:
        from bridge.midi_ports import find_ports
    except ImportError as error:
        return {"inputs": [], "outputs": [], "why": f"no MIDI here: {error}"}
    return {f"{direction}s": [port.name for port in found] for direction, found in find_ports().items()}


def _list(as_json: bool) -> int:
    found = ports()
    if as_json:
        print(json.dumps(found))
        return 0
    if "why" in found:
        print(found["why"])
    for direction in ("inputs", "outputs"):
        print(f"{direction}:")
        for name in found[direction] or ["none"]:
            print(f"  {name}")
    return 0


def _monitor(name: str | None, as_json: bool) -> int:
    from bridge.midi_monitor import monitor
    from bridge.midi_ports import find_ports, own_stdout
    from engine.errors import UserError, to_stderr

    names = [name] if name else [port.name for port in find_ports()["input"]]
    if not names:
        raise UserError("there is no MIDI input on this machine; give a NAME to wait for one")
    to_stderr(f"listening to {', '.join(names)}; Ctrl-C ends")
    try:
        monitor(names, as_json, own_stdout(), to_stderr)
    except KeyboardInterrupt:
        return 0
    return 0


def _learn(path: str, show: Path | None) -> int:
    from bridge.mapping.entry import targets
    from bridge.midi_learn import learn
    from engine.show import OscConfig
    from engine.showfile import load_show

    targets(path)
    osc = load_show(show).osc if show else OscConfig()
    print(f"move a control for {path}", file=sys.stderr)
    learn(path, osc.listen, _PATIENCE)
    print(f"{path}: learnt; it works, and the instrument writes it to its mapping file")
    return 0
