"""How far an eye agrees with its teacher, and which of them is right where folders are named after places."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data import Picture
from models.targets import SAME

from .examples import Outputs, perceive


def evaluate(
    pictures: Sequence[Picture],
    eye: Callable[[Path], Outputs],
    teacher: Callable[[Path], Outputs],
    classes: Sequence[str],
) -> dict[str, Any]:
    """All figures of pictures, as nested dicts that JSON can hold: those of `agreement` and, for the pictures whose
    folder is one of the classes, of `accuracy`.

    eye, teacher: give (log_p [C] over the classes, ...) of a file, or raise UserError.
    Raises UserError if no picture can be used.
    """

    def both(file: Path) -> Outputs:
        return teacher(file)[0], eye(file)[0]

    seen, (taught, answered), skipped = perceive(pictures, both, "picture")
    places = [place_of(picture.category, classes) for picture in seen]
    rows = [i for i, place in enumerate(places) if place is not None]
    truth = np.array([places[i] for i in rows], int)
    return {
        **agreement(taught, answered),
        "pictures": len(seen),
        "accuracy": {"pictures": len(rows)}
        | ({"eye": accuracy(answered[rows], truth), "teacher": accuracy(taught[rows], truth)} if rows else {}),
        "skipped": [{"file": file, "why": why} for file, why in skipped.items()],
    }


def agreement(teacher: NDArray[np.float64], eye: NDArray[np.float64]) -> dict[str, float]:
    """How often the teacher's likeliest class is the eye's, or one of its five; mean KL(teacher || eye) in nats.

    teacher, eye: log_p float64 [N,C].
    """
    likeliest = accuracy(eye, teacher.argmax(1))
    return {
        "top1_agreement": likeliest["top1"],
        "top5_agreement": likeliest["top5"],
        "kl": round(float((np.exp(teacher) * (teacher - eye)).sum(1).mean()), 4),
    }


def accuracy(log_p: NDArray[np.float64], truth: NDArray[np.intp]) -> dict[str, float]:
    """How often the true class [N] is the likeliest, or one of the five likeliest, of log_p float64 [N,C]."""
    order = (-log_p).argsort(axis=1, kind="stable")
    hits = order == truth[:, None]
    return {"top1": round(float(hits[:, 0].mean()), 4), "top5": round(float(hits[:, :5].any(1).mean()), 4)}


def place_of(category: str, classes: Sequence[str]) -> int | None:
    """Index of the class that a folder is named after, None if there is none.

    `.../bakery/shop` and MiniPlaces' `.../bakery-shop` are the class `bakery/shop`.
    """
    above, _, name = category.rpartition("/")
    names = f"{above.rpartition('/')[2]}/{name}", SAME.get(name, name.replace("-", "/"))
    return next((classes.index(place) for place in names if place in classes), None)
