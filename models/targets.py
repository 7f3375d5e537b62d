"""What the eye should answer: the teacher's opinion of a photograph, corrected by what is known of it."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

TRUST = 0.85  # how much of a target is knowledge of the category, the rest the teacher's opinion
SAME = {"temple-east_asia": "temple/asia"}  # MiniPlaces names that are not the Places365 name with a slash for a dash


class Picture(Protocol):
    """What counts of a picture: its category, mostly `set/name`, and whether it is never trained on."""

    @property
    def category(self) -> str: ...
    @property
    def held_out(self) -> bool: ...


def listed_places() -> dict[str, list[str]]:
    """places.csv: what categories stand for that are no place, too small for the teacher, or drawn by us."""
    with open(Path(__file__).with_name("places.csv"), encoding="utf-8", newline="") as file:
        return {row["category"]: row["places"].split() for row in csv.DictReader(file)}


def known_places(category: str, classes: Sequence[str]) -> list[int]:
    """Indices of the Places365 classes that a picture category stands for; empty where only the teacher can say.

    MiniPlaces categories are places themselves (`miniplaces/bakery-shop` is `bakery/shop`), others may be listed.
    """
    collection, _, name = category.rpartition("/")
    names = listed_places().get(category, [])
    if not names and collection.startswith("miniplaces"):
        names = [SAME.get(name, name.replace("-", "/"))]
    return [classes.index(place) for place in names if place in classes]


def eye_targets(pictures: Sequence[Picture], teacher: Tensor, classes: Sequence[str], trust: float = TRUST) -> Tensor:
    """Distributions [N,365] to distil, from the teacher's probabilities [N,365].

    `trust` of a target is knowledge of the category, the rest the teacher's opinion of the photograph (Hinton et al.
    2015, "Distilling the knowledge in a neural network"). The knowledge is the category's places where there are any,
    else its signature: what the teacher says of its training photographs on the whole, squared and divided by what it
    says of any, so that the places that tell this category from others count most. The teacher is not asked about
    listed categories.
    """
    members: dict[str, list[int]] = {}
    for i, picture in enumerate(pictures):
        members.setdefault(picture.category, []).append(i)
    means = {
        category: teacher[[i for i in indices if not pictures[i].held_out] or indices].mean(0)
        for category, indices in members.items()
    }
    overall = torch.stack(list(means.values())).mean(0)
    listed = listed_places()
    known = torch.zeros_like(teacher)
    opinion = teacher.clone()
    for category, indices in members.items():
        places = known_places(category, classes)
        if places:
            known[indices] = torch.eye(len(classes))[places].mean(0)
        else:
            signature = means[category] ** 2 / overall.clamp_min(1e-6)
            known[indices] = signature / signature.sum()
        if category in listed:
            opinion[indices] = known[indices]
    return trust * known + (1 - trust) * opinion
