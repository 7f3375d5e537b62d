"""How an adversarial training goes, as a picture: the losses, and the measured shares by step."""

from matplotlib.figure import Figure

from ..training.curves import Epochs


def losses_and_shares(periods: Epochs, title: str) -> Figure:
    """A panel with the losses, and one with all other figures where there are any, 0 to 1 (Chen et al., figure 9).

    periods: rows of generation.course.Course.
    """
    shares = [name for name, value in periods[-1].items() if isinstance(value, float)]
    figure = Figure(figsize=(5.6 * (1 + bool(shares)), 3.8), dpi=120, layout="constrained")
    figure.suptitle(title)
    steps = [period["step"] for period in periods]
    axes = figure.add_subplot(1, 1 + bool(shares), 1, title="losses", xlabel="step")
    for name in periods[-1]["losses"]:
        axes.plot(steps, [period["losses"][name] for period in periods], label=name, marker=".")
    axes.grid(alpha=0.3)
    axes.legend()
    if shares:
        axes = figure.add_subplot(1, 2, 2, title="accuracy of the judge", xlabel="step", ylim=(0, 1))
        for name in shares:
            axes.plot(steps, [period[name] for period in periods], label=name.replace("_", " "), marker=".")
        axes.grid(alpha=0.3)
        axes.legend()
    return figure
