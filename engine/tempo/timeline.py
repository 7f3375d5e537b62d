"""Tempo as a line: a beat that was reached at a time, and the pace at which it goes on."""

import math
from dataclasses import dataclass
from typing import Any

SLOWEST, FASTEST = 20.0, 300.0
"""Tempi in BPM that are kept, those of the knob tempo/bpm."""
_STEADY = 1e-5
"""Relative difference of tempo that isn't followed: it moves a beat by a few microseconds."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """`beat` is reached at `time` (s), and the beats go on at `bpm` (> 0)."""

    time: float
    beat: float
    bpm: float

    @classmethod
    def of(cls, record: Any) -> "Tempo":
        """Return what a record of TEMPO says."""
        return cls(float(record["time"]), float(record["beat"]), float(record["bpm"]))

    def beat_at(self, time: float) -> float:
        """Return the beat, with its fraction, at `time`."""
        return self.beat + (time - self.time) * self.bpm / 60

    def time_of(self, beat: float) -> float:
        """Return the time at which `beat` is reached."""
        return self.time + (beat - self.beat) * 60 / self.bpm

    def next_multiple(self, time: float, quantum: float) -> float:
        """Return the first multiple of `quantum` beats (> 0) at or after `time`; 1e-6 beats ago still counts."""
        return math.ceil((self.beat_at(time) - 1e-6) / quantum) * quantum

    def at(self, time: float, bpm: float) -> "Tempo":
        """Return the same beat at `time`, going on at `bpm` from there."""
        return Tempo(time, self.beat_at(time), bpm)


def glide(present: Tempo, target: Tempo, time: float, seconds: float) -> Tempo:
    """Return `present`, changed at `time` so that it runs into `target` without a step.

    The difference shrinks with the time constant `seconds`, if this is called several times in it. The beat never goes
    back: the pace stays between half and twice the target's.
    """
    behind = target.beat_at(time) - present.beat_at(time)
    bpm = min(max(target.bpm + 60 * behind / seconds, target.bpm / 2), 2 * target.bpm)
    return present if abs(bpm - present.bpm) <= _STEADY * target.bpm else present.at(time, bpm)
