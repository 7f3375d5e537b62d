"""The moment when the present beat or bar is over, whoever keeps time."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.shared import Session
from engine.tempo.timeline import Tempo

if TYPE_CHECKING:
    from engine.morph import Quantise


@dataclass(frozen=True, slots=True)
class Moment:
    """When the beat, counted in steps of `beats`, leaves `step`."""

    beats: float
    step: int

    @classmethod
    def next(cls, session: Session, quantise: "Quantise", now: float) -> "Moment | None":
        """Return the beginning of the next beat or bar after clock time `now`; None while there is no tempo."""
        beat = _beat(session, now)
        beats = session.get("tempo/bar") if quantise == "bar" else 1.0
        return None if beat is None else cls(beats, math.floor(beat / beats))

    def has_come(self, session: Session, now: float) -> bool:
        """Tell whether it is over at clock time `now`; it is, too, once there is no tempo any more."""
        beat = _beat(session, now)
        # Any other step counts, an earlier one too: a new source of tempo may count from its own beginning.
        return beat is None or math.floor(beat / self.beats) != self.step


def _beat(session: Session, now: float) -> float | None:
    """Return the beat at clock time `now`, None while there is no tempo."""
    tempo = session.tempo.read()
    if tempo is None or not tempo["bpm"] > 0:
        return None
    return Tempo.of(tempo).beat_at(now)
