"""How a training goes, for people and for programs."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..cache import whole

DRAW_S = 10.0
Epochs = list[dict[str, Any]]


def losses_by_epoch(epochs: Epochs, title: str) -> Figure:
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


class Curves:
    """What `draw` makes of all epochs in `picture` (PNG), now and then, and the epochs as JSON lines in `metrics`."""

    def __init__(self, title: str, picture: Path, metrics: Path,
                 draw: Callable[[Epochs, str], Figure] = losses_by_epoch) -> None:
        self.title = title
        self.draw = draw
        self.picture = picture
        self.metrics = metrics
        self.drawn = time.monotonic()

    def write(self, epochs: Epochs, last: bool) -> None:
        """Tell what the epochs were so far; the last one is always drawn."""
        with whole(self.metrics) as part:
            part.write_text("".join(json.dumps(epoch) + "\n" for epoch in epochs), encoding="utf-8")
        if last or time.monotonic() - self.drawn > DRAW_S:
            with whole(self.picture) as part:
                FigureCanvasAgg(self.draw(epochs, self.title)).print_png(part)
            self.drawn = time.monotonic()

