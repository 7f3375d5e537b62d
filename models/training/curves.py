"""How a training went, for people and for programs."""

import json
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..cache import whole


def write_curves(epochs: list[dict[str, Any]], title: str, picture: Path, metrics: Path) -> None:
    """Draw the losses of all epochs into `picture` (PNG), and write them as lines of JSON to `metrics`."""
    with whole(metrics) as part:
        part.write_text("".join(json.dumps(epoch) + "\n" for epoch in epochs), encoding="utf-8")
    figure = draw(epochs, title)
    with whole(picture) as part:
        FigureCanvasAgg(figure).print_png(part)


def draw(epochs: list[dict[str, Any]], title: str) -> Figure:
    """One panel for each loss: training and validation over the epochs."""
    names = [name for name in epochs[-1]["train"] if name != "loss"]
    panels = names if len(names) == 1 else ["loss", *names]
    figure = Figure(figsize=(4.8 * len(panels), 3.6), dpi=120, layout="constrained")
    figure.suptitle(title)
    numbers = [epoch["epoch"] for epoch in epochs]
    for i, name in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), i + 1, title=name, xlabel="epoch")
        for part, label in (("train", "training"), ("validation", "validation, averaged weights")):
            if name in epochs[-1][part]:
                axes.plot(numbers, [epoch[part][name] for epoch in epochs], label=label, marker=".")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    return figure
