"""A confusion matrix as a picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from engine.errors import UserError


def draw_confusion(rows: Sequence[Sequence[float]], names: Sequence[str], axes: tuple[str, str], title: str,
                   file: Path) -> None:
    """Write `rows` as a PNG, each row as shares of its sum; axes: what the rows and the columns are.

    Raises UserError if the file can't be written.
    """
    counts = np.array(rows, float)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1e-9)
    side = 2.5 + 0.3 * len(names)
    figure = Figure(figsize=(side + 1, side), layout="constrained")
    FigureCanvasAgg(figure)
    ax = figure.add_subplot()
    image = ax.imshow(shares, cmap="magma", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        if share >= 0.05:
            ax.text(column, row, f"{share * 100:.0f}", ha="center", va="center", fontsize=7,
                    color="black" if share > 0.6 else "white")
    ax.set_xticks(range(len(names)), names, rotation=90)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylabel(axes[0])
    ax.set_xlabel(axes[1])
    ax.set_title(title)
    figure.colorbar(image, ax=ax, shrink=0.7, label="share of the row (numbers: %)")
    try:
        figure.savefig(file, dpi=120, format="png")
    except OSError as error:
        raise UserError(f"--figure {file}: can't be written: {error.strerror}") from None
