"""Measure how fast a part of the instrument is on this machine, and how it compares with an earlier measurement.

Close other programs first, or look at the processor times (cpu), which they disturb less.
"""

import argparse
import importlib
import json
import os
import pkgutil
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import bridge.benches
from engine.errors import UserError

HELP = "measure the speed of a part of the instrument"
Figures = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope bench`."""
    benches = parser.add_subparsers(dest="bench", metavar="NAME", required=True)
    for _, name, _ in pkgutil.iter_modules(bridge.benches.__path__):
        module = importlib.import_module(f"bridge.benches.{name}")
        bench = benches.add_parser(name, help=module.HELP, description=module.__doc__,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
        bench.add_argument("--json", action="store_true", help="print the figures as JSON")
        bench.add_argument("--compare", type=Path, metavar="FILE",
                           help="JSON of an earlier run: say how many times as large each figure is now")
        module.add_arguments(bench)
        bench.set_defaults(measure=module.run)


def run(args: argparse.Namespace) -> int:
    """Measure and print the figures; 0 if that could be done."""
    earlier = _figures_in(args.compare, args.bench) if args.compare else None
    figures = args.measure(args)
    result = {"bench": args.bench, "machine": machine(), "figures": figures}
    if earlier is not None:
        result["ratios"] = _ratios(figures, earlier)
    if args.json:
        print(json.dumps(result))
    else:
        _print(result)
    return 0


def machine() -> Figures:
    """Return what the figures depend on: processor, cores, load, system and versions."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    return {"cpu": _cpu(), "cores": cores, "load": load, "system": platform.platform(terse=True),
            "python": platform.python_version(), "torch": version("torch"), "numpy": version("numpy")}


def _cpu() -> str:
    if sys.platform == "linux":  # where platform.processor() is empty
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _figures_in(file: Path, bench: str) -> Figures:
    try:
        earlier = json.loads(file.read_text(encoding="utf-8"))
        if earlier["bench"] == bench:
            return dict(earlier["figures"])
    except OSError as error:
        raise UserError(f"--compare {file}: {error.strerror}") from None
    except (ValueError, TypeError, KeyError):
        raise UserError(f"--compare {file}: expected what `phonoscope bench {bench} --json` printed") from None
    raise UserError(f"--compare {file}: holds the bench '{earlier['bench']}', expected '{bench}'")


def _flat(figures: Figures) -> Figures:
    """Return figures that are tables themselves as one figure for each entry: `name.key`."""
    rows: Figures = {}
    for name, value in figures.items():
        rows |= {f"{name}.{key}": entry for key, entry in value.items()} if isinstance(value, dict) else {name: value}
    return rows


def _ratios(now: Figures, earlier: Figures) -> dict[str, float]:
    now, earlier = _flat(now), _flat(earlier)
    return {name: float(f"{value / earlier[name]:.3g}") for name, value in now.items()
            if _is_number(value) and _is_number(earlier.get(name)) and earlier[name]}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _print(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    machine = result["machine"]
    console = Console(highlight=False)
    console.print(f"{machine['cpu']}, {machine['cores']} cores, load {machine['load']}, {machine['system']}, Python "
                  f"{machine['python']}, torch {machine['torch']}", soft_wrap=True)
    ratios = result.get("ratios", {})
    table = Table("figure", "value", *(["x earlier"] if "ratios" in result else []), box=None)
    for name, value in _flat(result["figures"]).items():
        table.add_row(name, str(value), *([str(ratios.get(name, ""))] if "ratios" in result else []))
    console.print(table)
