"""Race the mixer against every engine of the peers' folder that is installed, turn by turn in one run.

    python -m tests.race.race --peers FOLDER --python VENV/bin/python [--rounds 3] [--json]

--python is an interpreter that has what the engines' scripts need. In each round every engine runs once, so that what
else the machine does meanwhile meets all of them alike; the best of the rounds is kept. Figures are processor seconds
for a second of sound, net of an empty run of the same program (ours is timed as it mixes, there is nothing to take
off); "x ours" is how many times as much time as our whole mixer an engine takes.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from bridge.commands.bench import machine

OURS = "phonoscope"
Row = dict[str, Any]
Key = tuple[str, int, str]


def rows(command: list[str], peers: Path) -> list[Row]:
    """Run one engine once and return its figures; none, said on stderr, if it can't run here."""
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PEERS": str(peers)})
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        print(f"{' '.join(command)}: {why}", file=sys.stderr)
        return []
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def best(found: list[Row]) -> dict[Key, Row]:
    """Return the fastest row of each interpolation, number of grains and engine."""
    least: dict[Key, Row] = {}
    for row in found:
        key = row["interp"], row["grains"], row["peer"]
        if key not in least or row["net_s"] < least[key]["net_s"]:
            least[key] = row
    return least


def ratios(least: dict[Key, Row]) -> dict[Key, float]:
    """Return how many times as much processor time as ours each engine takes."""
    return {key: round(row["net_s"] / least[key[0], key[1], OURS]["net_s"], 3) for key, row in least.items()
            if (key[0], key[1], OURS) in least}


def main() -> int:
    """Race, and print a table or JSON; 1 if there was nobody to race against."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, required=True, help="folder with common.py and the engines' scripts")
    parser.add_argument("--python", type=Path, required=True, help="interpreter for the engines' scripts")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    args = parser.parse_args()
    scripts = sorted(args.peers.absolute().glob("race_*.py"))
    commands = [[sys.executable, "-m", "tests.race.race_project", "1"],
                *([str(args.python), str(script), "1"] for script in scripts)]
    found: list[Row] = []
    for number in range(args.rounds):
        for command in list(commands):
            print(f"round {number + 1}: {Path(command[-2]).name}", file=sys.stderr)
            told = rows(command, args.peers.absolute())
            found += told
            if not told:
                commands.remove(command)
    least = best(found)
    ratio = ratios(least)
    if args.json:
        print(json.dumps({"machine": machine(), "rounds": args.rounds,
                          "rows": [{**least[key], "times_ours": ratio.get(key)} for key in sorted(least)]}))
    else:
        show(least, ratio)
    return 0 if any(not peer.startswith(OURS) for _, _, peer in least) else 1


def show(least: dict[Key, Row], ratio: dict[Key, float]) -> None:
    """Print the table."""
    table = Table("read", "grains", "engine", "CPU s/s", "ns/grain/sample", "x ours", box=SIMPLE)
    before: Any = None
    for key in sorted(least, key=lambda key: (key[0], key[1], least[key]["net_s"])):
        if before not in (None, key[:2]):
            table.add_section()
        before, row = key[:2], least[key]
        table.add_row(key[0], str(key[1]), key[2], f"{row['net_rtf']:.4f}", str(row["ns_per_grain_sample"]),
                      str(ratio.get(key, "")), style="bold" if key[2] == OURS else "")
    Console(highlight=False).print(table)


if __name__ == "__main__":
    sys.exit(main())
