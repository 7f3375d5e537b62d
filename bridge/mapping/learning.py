"""Which control a hand moves, when one is to be learnt."""

from bridge.control import Control

PAIR = 0.2
"""Seconds that the other half of a 14-bit controller may take."""
PATIENCE = 60.0
"""Seconds after which it is given up: the next fader that is touched would be learnt by mistake."""


class Learning:
    """Waits for a control for the parameter `path`, from clock time `now` on.

    A 14-bit controller shows itself as one of 7 bit first: that one is learnt only if no 14-bit one with its number
    follows within PAIR.
    """

    def __init__(self, path: str, now: float) -> None:
        self.path = path
        self._began = now
        self._candidate: tuple[Control, float] | None = None

    def moved(self, control: Control, value: float, now: float) -> Control | None:
        """Take a move at clock time `now` and return the control if it is the one."""
        if control.kind == "cc":
            self._candidate = self._candidate or (control, now)
            return None
        if control.kind == "note" and value == 0:
            return None  # the release of a key that was held
        if self._candidate and not self._is_half_of(control):
            return None  # what another hand moves meanwhile
        return control

    def is_over(self, now: float) -> bool:
        """Tell whether nothing was moved for PATIENCE."""
        return self._candidate is None and now - self._began >= PATIENCE

    def waited(self, now: float) -> Control | None:
        """Return the control of 7 bit that was moved, if its time is over at `now`."""
        return self._candidate[0] if self._candidate and now - self._candidate[1] >= PAIR else None

    def _is_half_of(self, control: Control) -> bool:
        assert self._candidate
        half = self._candidate[0]
        return (control.kind == "cc14" and (control.port, control.channel) == (half.port, half.channel)
                and half.number in (control.number, control.number + 32))
