"""Weights that others published and that `models.convert` makes into model files of ours."""

import csv
from pathlib import Path


def public_weights() -> dict[str, dict[str, str]]:
    """Return name -> {name, converter, url, sha256, licence, note}; url and sha256 are "" where there is none."""
    with open(Path(__file__).with_name("public.csv"), encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}
