"""How well the recipe of the shipped ear does on recordings that it never met, whichever these are.

    python -m tests.soak.cross_validated_retrieval --data DATA [--folds 4]

For each fold an ear is trained with another fifth of the recordings held out, to the answers of the shipped eye, and
held-out photographs are matched with them. Prints each fold and the mean. Themes hold a handful of held-out recordings
each, so a single fold says little.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import models.training

FIELDS = ("precision_at_1", "precision_at_5", "map", "recall_at_10", "chance_at_1")
_RECIPE = Path(models.training.__file__).parents[1] / "configs" / "ear.toml"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=4)
    args = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for fold in range(args.folds):
            config, ear = Path(folder, f"fold{fold}.toml"), Path(folder, f"ear{fold}.ts")
            recipe = _RECIPE.read_text(encoding="utf-8")
            config.write_text(recipe.replace("[data]\n", f"[data]\nfold = {fold}\n"), encoding="utf-8")
            _run("train", "ear", "--config", config, "--data", args.data, "-o", ear)
            figures = _run("eval", "retrieval", "--pictures", args.data, "--sounds", args.data, "--pairs",
                           args.data / "pairs.csv", "--held-out", "--fold", fold, "--ear", ear)
            found.append(figures["rankings"])
            _print(f"fold {fold}", found[-1:])
    _print("mean", found)


def _run(*arguments: object) -> dict[str, Any]:
    done = subprocess.run(["phonoscope", *map(str, arguments), "--json"], check=True, stdout=subprocess.PIPE)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _print(title: str, found: list[dict[str, dict[str, float]]]) -> None:
    for ranking in found[0]:
        means = {field: sum(one[ranking][field] for one in found) / len(found) for field in FIELDS}
        print(f"{title:8} {ranking:8}", " ".join(f"{field} {value:.3f}" for field, value in means.items()), flush=True)


if __name__ == "__main__":
    main()
