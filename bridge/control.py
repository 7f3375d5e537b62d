"""What a performer moves on a MIDI controller, as mappings name it."""

from dataclasses import dataclass
from typing import Literal

ControlKind = Literal["cc", "cc14", "note", "bend", "pressure"]


@dataclass(frozen=True, slots=True)
class Control:
    """One control.

    port: the controller, as the show file names it (part of its port's name). channel: 1 to 16. kind: "cc" (7 bit),
    "cc14" (14 bit, number 0 to 31), "note" (its velocity, 0 when released), "bend" or "pressure" (number 0).
    """

    port: str
    channel: int
    kind: ControlKind
    number: int = 0
