"""Make a library of the sounds in FOLDER, or bring one up to date: only what is new or changed is listened to.

The name of the folder that a sound lies in becomes its category. WAV, FLAC, OGG, AIFF, MP3, M4A and many more are
read, and the sound of videos; of a recording longer than a minute the first minute counts. Broken files are listed and
left out. Licences and sources come from a manifest.csv beside the sounds (columns file, original, source, licence),
from the files' tags, or from a LICENCE file. Ctrl-C and power cuts are safe: what is done stays, and the next run goes
on from there; what is damaged is made again.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from engine.errors import UserError

HELP = "make a library of your own sounds"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope index`."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="folder of sounds, in folders by category")
    parser.add_argument("-o", "--library", type=Path, required=True, metavar="LIBRARY", help="folder of the library")
    parser.add_argument("--in-place", action="store_true",
                        help="store no copies; the library plays the files in FOLDER themselves")
    parser.add_argument("--ear", type=Path, metavar="FILE", help="model file that listens (the shipped one)")
    parser.add_argument("--verify", action="store_true",
                        help="read every file against its hash, not only those whose size or time changed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Index the folder; 0 if the library holds clips now."""
    from tqdm import tqdm

    from engine.ear import Ear
    from engine.indexing import index
    from engine.nearest import EXACT_CLIPS

    if not args.folder.is_dir():
        raise UserError(f"{args.folder}: there is no such folder; expected a folder with sound files")
    ear = Ear(args.ear or "")
    with tqdm(unit="file", file=sys.stderr, disable=None, dynamic_ncols=True) as bar:
        def progress(done: int, total: int, file: Path) -> None:
            bar.total = total
            bar.set_postfix_str(file.name, refresh=False)
            bar.update(done - bar.n)

        try:
            report = index(args.folder, args.library, ear, args.in_place, progress, args.verify)
        except KeyboardInterrupt:
            bar.close()
            print(f"stopped; the library {args.library} is whole, and the same command goes on from here",
                  file=sys.stderr)
            return 130
        bar.update((bar.total or 0) - bar.n)
    if report.clips > EXACT_CLIPS:
        _make_searchable(args.library)
    if args.json:
        print(json.dumps(asdict(report) | {"skipped": _listed(report.skipped), "remarks": _listed(report.remarks)}))
    else:
        if report.damaged:
            print(f"repaired  {args.library}: {report.damaged} of its clips or entries were damaged")
        for file, why in report.skipped:
            print(f"left out  {file}: {why}")
        for file, remark in report.remarks:
            print(f"taken     {file}: {remark}")
        print(f"{args.library}: {report.clips} clips, {report.seconds_of_audio / 60:.1f} minutes; {report.new} new, "
              f"{report.heard_again} heard again, {report.unchanged} unchanged, {report.removed} removed, "
              f"{len(report.skipped)} left out; {report.wall_s:.1f} s"
              + f", {report.audio_hours_per_minute:.2f} hours of sound a minute" * (report.audio_hours_per_minute > 0))
    if not report.clips:
        raise UserError(f"none of the sound files in {args.folder} can be used; the library {args.library} is empty")
    return 0


def _make_searchable(library: Path) -> None:
    """Store the index that a large library is searched by; without one it can be searched too, but slowly."""
    from engine.approximate import store_index
    from engine.library import Library
    from engine.sight.match import MIXTURE

    print("making the index for the search; this takes minutes", file=sys.stderr)
    try:
        store_index(Library.open(library), MIXTURE)
    except UserError as error:
        print(f"{library} has no index for the search, which is slow without: {error}", file=sys.stderr)


def _listed(told: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"file": file, "why": why} for file, why in told]
