"""Soft takeover: a control that stands elsewhere than its knob leaves the knob alone until it comes by."""


class Takeover:
    """Follows one control that moves one knob; places are positions on the knob's way, 0 to 1.

    step: how near counts as being there. at: where the control was moved to last, if that is known.
    """

    def __init__(self, step: float, at: float | None = None) -> None:
        self._step = step
        self._at = at

    def moved(self, at: float, stands: float, ours: bool) -> bool:
        """Take a move of the control to `at` and tell whether it moves the knob.

        stands: where the knob stands. ours: whether the control put it there. Otherwise the control has to cross that
        place, or to come within a step of it.
        """
        last, self._at = self._at, at
        crosses = last is not None and min(last, at) <= stands <= max(last, at)
        return ours or crosses or abs(at - stands) <= self._step
