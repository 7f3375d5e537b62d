"""How well pictures find the sounds that fit: pictures ask, sounds answer, and one is right if it fits the theme."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from models.data import Picture, Sound, Theme

from . import rankings
from .examples import Outputs, perceive
from .metrics import FIGURES, figures
from .pairs import picture_themes, sound_themes
from .rankings import Perceived

SHIPPED = "mixture"
"""The ranking by which the instrument chooses; its figures stand for all."""
Figures = dict[str, Any]


def evaluate(
    pictures: Sequence[Picture],
    sounds: Sequence[Sound],
    themes: Sequence[Theme],
    see: Callable[[Path], Outputs],
    hear: Callable[[Path], Outputs],
    balance: float,
) -> Figures:
    """All figures of files, as nested dicts that JSON can hold: those of `retrieval`, and what was left out.

    Where some sounds come from the sole recording of their category, which was trained on (models.data.Sound), the
    figures are of the others; `with_sole_recordings` has those of all.
    see, hear: give (log_p [C], embedding [D]) of a file, or raise UserError. balance: see rankings.mixture.
    Raises UserError if no theme has both pictures and sounds.
    """
    shows = {category: picture_themes(category, themes) for category in {picture.category for picture in pictures}}
    fits = {category: sound_themes(category, themes) for category in {sound.category for sound in sounds}}
    answered = frozenset().union(*fits.values())
    asking = [picture for picture in pictures if shows[picture.category] & answered]
    answering = [sound for sound in sounds if fits[sound.category]]
    if not asking:
        raise UserError(f"no theme has both pictures and sounds: the pictures are in the folders {_listed(shows)}, the "
                        f"sounds in {_listed(fits)}; expected folders of the same names, or a table --pairs that says "
                        "which fit")
    seen, (log_p, embedding), unseen = perceive(asking, see, "picture")
    shown = Perceived(log_p, embedding, tuple(shows[picture.category] for picture in seen))
    heard, (log_q, embedding), unheard = perceive(answering, hear, "sound")
    played = Perceived(log_q, embedding, tuple(fits[sound.category] for sound in heard))
    strict = played[[i for i, sound in enumerate(heard) if not sound.sole]]
    names = [theme.name for theme in themes]
    result = retrieval(shown, strict, names, balance)
    if len(strict) < len(played):
        everything = retrieval(shown, played, names, balance)
        kept = (*FIGURES, "rankings", "themes", "pictures", "sounds")
        result["with_sole_recordings"] = {key: everything[key] for key in kept}
    return result | {
        "not_judged": {
            "themes": [theme.name for theme in themes if theme.name not in result["per_category"]],
            "picture_categories": sorted(category for category, of in shows.items() if not of & answered),
            "sound_categories": sorted(category for category, of in fits.items() if not of),
        },
        "skipped": [{"file": file, "why": why} for file, why in (unseen | unheard).items()],
    }


def retrieval(pictures: Perceived, sounds: Perceived, themes: Sequence[str], balance: float) -> Figures:
    """The FIGURES overall, by ranking and by theme, when pictures ask and every sound answers; themes: their names.

    Overall figures are means over the themes, each of which counts the same, of means over its pictures; `micro` are
    means over all pictures. A picture of several themes asks once for each. Equal distances go by the order of the
    sounds. `confusion`: of each theme's pictures (rows) the share whose first sound is of a theme (columns).
    Raises UserError if no theme has both pictures and sounds.
    """
    members = [[i for i, of in enumerate(pictures.themes) if theme in of] for theme in range(len(themes))]
    relevant = np.array([[theme in of for of in sounds.themes] for theme in range(len(themes))], bool)
    judged = [theme for theme in range(len(themes)) if members[theme] and relevant[theme].any()]
    if not judged:
        raise UserError("no theme has both pictures and sounds that can be used")
    distances: dict[str, Callable[[Perceived, Perceived], NDArray[np.float64]]] = {
        "kl": rankings.kl,
        "cosine": rankings.cosine,
        "label": rankings.label,
        SHIPPED: partial(rankings.mixture, balance=balance),
    }
    by_ranking: dict[str, list[dict[str, NDArray[np.float64]]]] = {name: [] for name in distances}
    confusion = np.zeros((len(judged), len(judged)))
    for row, theme in enumerate(judged):
        asked = pictures[members[theme]]
        for name, distance in distances.items():
            # a matrix product gives equal sounds unequal last digits
            order = distance(asked, sounds).round(9).argsort(axis=1, kind="stable")
            by_ranking[name].append(figures(order, relevant[theme]))
            if name == SHIPPED:
                confusion[row] = _themes_of_first(relevant[judged][:, order[:, 0]], row)
    shipped = by_ranking[SHIPPED]
    return {
        **_over_themes(shipped),
        "ranking": SHIPPED,
        "balance": balance,
        "rankings": {name: _over_themes(results) for name, results in by_ranking.items()},
        "micro": {key: _mean(np.concatenate([result[key] for result in shipped])) for key in FIGURES},
        "per_category": {
            themes[theme]: {key: _mean(result[key]) for key in FIGURES}
            | {"pictures": len(members[theme]), "sounds": int(relevant[theme].sum())}
            for theme, result in zip(judged, shipped, strict=True)
        },
        "confusion": {"themes": [themes[theme] for theme in judged], "rows": confusion.round(4).tolist()},
        "themes": len(judged),
        "pictures": len(set().union(*(members[theme] for theme in judged))),
        "sounds": len(sounds),
    }


def _themes_of_first(relevant: NDArray[np.bool_], right: int) -> NDArray[np.float64]:
    """Share of Q first sounds that are of each of T themes [T]. relevant: bool [T,Q]; right: the theme that asks.

    A sound of several themes counts for the right one, else in equal parts for each.
    """
    counted = relevant & (~relevant[right] | (np.arange(len(relevant)) == right)[:, None])
    return (counted / np.maximum(1, counted.sum(0))).mean(1)


def _over_themes(results: list[dict[str, NDArray[np.float64]]]) -> dict[str, float]:
    return {key: _mean([result[key].mean() for result in results]) for key in FIGURES}


def _mean(values: Sequence[float] | NDArray[np.float64]) -> float:
    return round(float(np.mean(values)), 4)


def _listed(categories: Iterable[str], most: int = 6) -> str:
    names = sorted(set(categories))
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
