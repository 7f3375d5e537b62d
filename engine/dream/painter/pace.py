"""When the next picture is due: on a grid that doesn't drift, and never one after the other to catch up."""


class Pace:
    """The grid begins at `now`, s. `late` counts the pictures that were left out because their time had passed."""

    def __init__(self, now: float) -> None:
        self._due = now
        self.late = 0

    def next(self, now: float, period: float) -> float:
        """Return when the next picture is due, one `period` (s) after the last or as many as have passed by `now`."""
        self._due += period
        missed = max(0, int((now - self._due) / period))
        self.late += missed
        self._due += missed * period
        return self._due
