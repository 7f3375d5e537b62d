"""`python -m models.train eye|ear --data DIR`: train a model and write its model file. See models/README.md."""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning threads starve whatever else runs

import torch

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "phonoscope"
WEIGHTS = Path(__file__).parent / "weights"


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m models.train",
        description="Train the eye (pictures -> places) or the ear (sounds -> places) and write its model file.",
        epilog="A run that was stopped goes on when started again. Train the eye first: the ear learns its answers.",
    )
    kinds = top.add_subparsers(dest="kind", required=True, metavar="eye|ear")
    for kind, epochs in (("eye", 13), ("ear", 20)):
        one = kinds.add_parser(kind, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        one.add_argument("--data", type=Path, required=True, metavar="DIR", help="photographs, sounds, pairs.csv")
        one.add_argument("--epochs", type=int, default=epochs, help="passes over the data")
        one.add_argument("--out", type=Path, default=WEIGHTS / f"{kind}.ts", metavar="FILE", help="model file")
        one.add_argument("--cache", type=Path, default=CACHE, metavar="DIR", help="decoded data and checkpoints")
        one.add_argument("--threads", type=int, default=2, help="CPU threads")
        one.add_argument("--seed", type=int, default=0, help="of every random choice")
        one.add_argument("--fresh", action="store_true", help="start over instead of going on where a run stopped")
        one.add_argument(
            "--rendered-pictures", type=Path, metavar="DIR", help="drawn scenes, SCENE/*.png, to train on as well"
        )
        if kind == "ear":
            one.add_argument(
                "--eye", type=Path, default=WEIGHTS / "eye.ts", metavar="FILE", help="whose answers it learns"
            )
            one.add_argument(
                "--rendered-sounds", type=Path, metavar="DIR", help="synthesised sounds, CATEGORY/*.wav, likewise"
            )
    return top


def main(arguments: list[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    options.cache.mkdir(parents=True, exist_ok=True)
    checkpoint = options.cache / f"{options.kind}-{options.seed}.checkpoint"
    if options.fresh:
        checkpoint.unlink(missing_ok=True)
    if options.kind == "eye":
        from .train_eye import run
    else:
        from .train_ear import run
    run(options, checkpoint)
    print(options.out, file=sys.stderr)


if __name__ == "__main__":
    main()
