"""List what can be named after --camera, --mic and --speakers, the MIDI ports, and what computes."""

import argparse
import json
from typing import Any

from bridge.commands.midi import ports

HELP = "list cameras, audio devices, MIDI ports and accelerators"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope devices`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the devices of this machine; 0."""
    from engine.sight.camera import list_cameras
    from engine.sound.devices import list_devices

    found: dict[str, Any] = {"cameras": list_cameras(), "audio": list_devices(), "midi": ports(),
                             "accelerators": _accelerators()}
    if args.json:
        print(json.dumps(found, indent=1))
    else:
        _print(found)
    return 0


def _accelerators() -> list[dict[str, str]]:
    import platform

    import torch

    found = [{"name": torch.cuda.get_device_name(i), "kind": "cuda"} for i in range(torch.cuda.device_count())]
    return [*found, {"name": platform.processor() or platform.machine(), "kind": "cpu"}]


def _print(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for title, rows in (("cameras", found["cameras"]), ("audio", found["audio"]),
                        ("accelerators", found["accelerators"])):
        console.print(f"[bold]{title}[/bold]" + ("" if rows else ": none"))
        if rows:
            table = Table(*rows[0])
            for row in rows:
                table.add_row(*(str(value) for value in row.values()))
            console.print(table)
    midi = found["midi"]
    console.print("[bold]MIDI[/bold] " + midi.get("why", ""))
    for direction in ("inputs", "outputs"):
        console.print(f"  {direction}: {', '.join(midi[direction]) or 'none'}", highlight=False)
