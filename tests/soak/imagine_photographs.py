"""How often the shipped library's best clip fits a real photograph that the eye was never shown.

    python -m tests.soak.imagine_photographs --data DATA

DATA holds the photographs and `pairs.csv`, which says which sound categories fit which picture categories. Chance is
the part of the library's clips that fit. Prints a table by theme, each theme counting the same in the mean.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from engine.errors import UserError
from engine.imagine import Imagination
from engine.library import Library, shipped_library
from engine.modelfile import load_model, shipped_model
from engine.sight.eye import Eye
from engine.sight.pictures import fit, read_picture
from models.data import read_pictures, read_themes

TOP = 5


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    library = Library.open(shipped_library())
    imagination = Imagination(Eye(load_model(shipped_model("eye"), "eye")), library)
    pictures = [picture for picture in read_pictures(args.data) if picture.held_out]
    rows = []
    for theme in read_themes(args.data):
        fitting = [clip.category in theme.sounds for clip in library.clips]
        shown = [picture for picture in pictures if picture.category in theme.pictures]
        if not any(fitting) or not shown:
            continue
        first = among = 0
        for picture in shown:
            try:
                matches = imagination.imagine(fit(read_picture(picture.file)), TOP).matches
            except UserError:
                continue
            hits = [match.label in theme.sounds for match in matches]
            first += hits[0]
            among += any(hits)
        rows.append((theme.name, len(shown), first / len(shown), among / len(shown), sum(fitting) / len(fitting)))
    print(f"{'theme':14} {'pictures':>8} {'best fits':>9} {'one of 5':>9} {'chance':>7}")
    for name, count, first_part, among_part, chance in rows:
        print(f"{name:14} {count:8} {first_part:9.2f} {among_part:9.2f} {chance:7.3f}")
    means = [sum(row[i] for row in rows) / len(rows) for i in (2, 3, 4)]
    print(f"{'mean':14} {sum(row[1] for row in rows):8} {means[0]:9.2f} {means[1]:9.2f} {means[2]:7.3f}")


if __name__ == "__main__":
    main()
