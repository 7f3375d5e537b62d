"""How often something happens each second, told once a second."""


class Rate:
    """Counts from the time `now` on, seconds."""

    def __init__(self, now: float) -> None:
        self._began, self._counted = now, 0

    def count(self) -> None:
        """It happened once more."""
        self._counted += 1

    def measured(self, now: float) -> float | None:
        """Return how often a second it happened since the last answer; None if that was less than a second ago."""
        past = now - self._began
        if past < 1:
            return None
        rate = self._counted / past
        self._began, self._counted = now, 0
        return rate
