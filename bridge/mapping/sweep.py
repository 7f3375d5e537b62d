"""How a range is swept: from a position, 0 to 1, to a value and back."""

import math
from dataclasses import dataclass

from engine.parameters import Parameter


@dataclass(frozen=True, slots=True)
class Sweep:
    """From `low` at 0 to `high` at 1, another one and maybe smaller; log: by equal ratios (both must be above 0)."""

    low: float
    high: float
    log: bool = False

    def at(self, position: float) -> float:
        """Return the value at `position`, which counts as 0 below 0 and as 1 above 1."""
        if position <= 0:
            return self.low
        if position >= 1:
            return self.high
        return self.low * (self.high / self.low) ** position if self.log else (
            self.low + (self.high - self.low) * position)

    def position(self, value: float) -> float:
        """Return where `value` lies, held between 0 and 1."""
        value = min(max(value, min(self.low, self.high)), max(self.low, self.high))
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def whole(parameter: Parameter) -> Sweep:
    """Return the sweep of a parameter's own range along its own curve."""
    return Sweep(parameter.low, parameter.high, parameter.curve == "log")
