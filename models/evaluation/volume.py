"""The volume experiment of Wan et al. 2018, section 4: the same sound at several levels, and how the picture follows.

The paper shows pictures ("different scales of changes based on the volumes"); the figures are ours.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import spearmanr

from engine.errors import UserError

LEVELS = tuple(range(-50, -9, 5))
"""dBFS (RMS). What then exceeds -1..1 is clipped, as an input does it."""
LATENTS = 4
"""Pictures of each sound, from other random values; these stay the same while the level rises."""
SUBJECT = 0.15
RIM = 8
MEASURES = {
    "change": "mean absolute difference of the colours (0..1) from the quietest picture, which itself is not counted",
    "subject": f"share of the picture whose colour is further than {SUBJECT} from the mean of its rim, the outermost "
               f"{RIM}th",
    "detail": "mean absolute difference of neighbouring pixels",
    "brightness": "mean of the colours",
}  # fmt: skip


class Dream(Protocol):
    """A model of kind "dream", checked and loaded: engine.modelfile.Model."""

    @property
    def manifest(self) -> dict[str, Any]: ...
    def call(self, method: str, *inputs: Any) -> tuple[NDArray[np.float32], ...]: ...


def evaluate(dream: Dream, waves: NDArray[np.float32], names: Sequence[str], seed: int = 0) -> dict[str, Any]:
    """Paint waves [S,T], mono at the dream's rate, at LEVELS; how do the pictures follow?

    Of each of MEASURES: its mean at each level; rank_correlation, Spearman's of level and measure, mean over sounds and
    latents; at_least_0_9, the share of these whose correlation is that high. names [S]: the sounds' classes.
    "pictures", float32 [levels,S,LATENTS,3,side,side], is for the grid and not for JSON.
    """
    pictures = paint(dream, waves, seed)
    measured = measure(pictures)
    told = {}
    for name, values in measured.items():
        first = 1 if name == "change" else 0
        ranks = [_spearman(LEVELS[first:], curve) for curve in values[first:].reshape(len(LEVELS) - first, -1).T]
        told[name] = {
            "measure": MEASURES[name],
            "rank_correlation": round(float(np.mean(ranks)), 4),
            "at_least_0_9": round(float(np.mean(np.array(ranks) >= 0.9)), 4),
            "by_level": [round(float(value), 5) for value in values.mean((1, 2))],
        }
    return {"levels_dbfs": list(LEVELS), "sounds": len(waves), "latents": LATENTS, "classes": list(names),
            "volume": told, "pictures": pictures}  # fmt: skip


def paint(dream: Dream, waves: NDArray[np.float32], seed: int = 0) -> NDArray[np.float32]:
    """waves [S,T] -> pictures [levels,S,LATENTS,3,side,side] at the largest side."""
    if not len(waves):
        raise UserError("there is no sound to paint; expected a data set with sounds in its test split")
    side, length = dream.manifest["sides"][-1], dream.manifest["latent"]
    latent = torch.randn(LATENTS, length, generator=torch.Generator().manual_seed(seed)).numpy()
    rms = np.sqrt(np.square(waves).mean(1, keepdims=True)).clip(1e-6)
    pictures = []
    for level in LEVELS:
        (condition,) = dream.call("listen", np.clip(waves / rms * 10 ** (level / 20), -1, 1).astype(np.float32))
        rows = [dream.call("paint", np.repeat(row[None], LATENTS, 0), latent, side)[0] for row in condition]
        pictures.append(np.stack(rows))
    return np.stack(pictures)


def measure(pictures: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """pictures [levels,S,L,3,side,side], 0..1 -> each of MEASURES [levels,S,L]."""
    side = pictures.shape[-1]
    rim = np.ones((side, side), bool)
    rim[side // RIM : side - side // RIM, side // RIM : side - side // RIM] = False
    ground = pictures[..., rim].mean(-1)[..., None, None]
    away = np.sqrt(np.square(pictures - ground).sum(-3))
    steps = [np.abs(np.diff(pictures, axis=axis)).mean((-3, -2, -1)) for axis in (-2, -1)]
    return {
        "change": np.abs(pictures - pictures[:1]).mean((-3, -2, -1)),
        "subject": (away > SUBJECT).mean((-2, -1)),
        "detail": (steps[0] + steps[1]) / 2,
        "brightness": pictures.mean((-3, -2, -1)),
    }


def draw(figures: dict[str, Any], file: Path) -> None:
    """A PNG: a row for each class with one of its sounds, from quiet to loud, and the curves of the measures.

    Raises UserError if the file can't be written.
    """
    names, pictures, levels = figures["classes"], figures["pictures"], figures["levels_dbfs"]
    shown = [names.index(name) for name in sorted(set(names))]
    tiles = pictures[:, shown, 0].transpose(1, 3, 0, 4, 2)  # [rows,side,levels,side,3]
    rows, side = tiles.shape[:2]
    figure = Figure(figsize=(1.1 * len(levels) + 1.5, 1.1 * rows + 3), layout="constrained")
    FigureCanvasAgg(figure)
    grid, curves = figure.subplots(2, 1, height_ratios=[1.1 * rows, 2.2])
    grid.imshow(tiles.reshape(rows * side, len(levels) * side, 3))
    grid.set_xticks([(i + 0.5) * side for i in range(len(levels))], [f"{level}" for level in levels])
    grid.set_yticks([(i + 0.5) * side for i in range(rows)], [names[i] for i in shown])
    grid.set_title("the same sounds, from quiet to loud (dBFS)")
    for name, told in figures["volume"].items():
        top = max(told["by_level"]) or 1.0
        curves.plot(levels, [value / top for value in told["by_level"]], marker=".",
                    label=f"{name}, rank correlation {told['rank_correlation']:.2f}")  # fmt: skip
    curves.set_xlabel("level (dBFS)")
    curves.set_ylabel("share of its highest")
    curves.grid(alpha=0.3)
    curves.legend(fontsize=8)
    try:
        figure.savefig(file, dpi=100, format="png")
    except OSError as error:
        raise UserError(f"{file}: can't be written: {error.strerror}") from None


def _spearman(levels: Sequence[int], values: NDArray[np.float32]) -> float:
    """0 where nothing changes."""
    return float(spearmanr(levels, values).statistic) if np.ptp(values) > 0 else 0.0
