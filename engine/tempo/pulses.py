"""Follows a clock that sends pulses, as MIDI clock does: 24 a beat, with start, stop and song position.

Time and period of the pulses are tracked by a Kalman filter whose period wanders (Bar-Shalom, Li, Kirubarajan,
"Estimation with Applications to Tracking and Navigation", 2001, chapter 5): it settles as fast as a straight line
through all pulses would, and ends as a phase-locked loop of second order. The jitter of the pulses is estimated from
what they differ from the prediction; where they keep differing to one side, the tempo is changing, and the filter
follows faster until they don't.

A pulse that comes far too early is dropped as a duplicate; one that comes whole periods late tells of pulses that were
lost. Either is taken for a new tempo if it goes on.
"""

import math
from typing import ClassVar

from engine.tempo.timeline import FASTEST, SLOWEST, Tempo

PULSES = 24
"""Pulses in a beat (MIDI 1.0 detailed specification, System Real Time Messages)."""
PER_POSITION = 6
"""Pulses in a unit of the song position, a sixteenth (the same, Song Position Pointer)."""
LOST_AFTER = 0.5
"""Seconds without a pulse after which the clock counts as gone."""

_LONGEST, _SHORTEST = 60 / PULSES / (0.9 * SLOWEST), 60 / PULSES / (1.1 * FASTEST)
_JITTER = 0.0015
_LEAST_JITTER, _MOST_JITTER = 0.0001, 0.01
_JITTER_MEMORY = 32
_CALM = 0.03
"""Inverse of the pulses over which the filter averages while the tempo is steady."""
_LIVELY = 0.25
"""Part of an error that the period may have moved by in a pulse, while the tempo changes."""
_LEAN_MEMORY = 8
_LEANING, _FORESEEN = 0.9, 0.7
"""Mean of the latest errors, in standard deviations, from which the tempo is changing, and from which an error to the
same side is no stray."""
_KNOWN = 0.05
"""Relative uncertainty of the period below which there is a tempo."""
_TRUSTED = 24
"""Pulses after which a single one that comes far too early or late is an error of the line, not a new tempo."""
_FAR, _OFF = 0.7, 0.25
"""Parts of a period from which a pulse is far from where it should be, and from which a start begins a new row."""


class PulseFollower:
    """What a pulse clock says about the beat. Times are clock seconds of the pulses themselves, in order.

    Stop doesn't stop the beat, which nothing else in the instrument could follow; it goes on with the pulses or without
    them, and start or continue set it anew. Pulses that begin in the middle of a song fall on the nearest 24th of the
    present beat.
    """

    peers = 0
    glide: ClassVar[float] = 0.25

    def __init__(self, absent: str) -> None:
        self.absent = absent
        self.jumps = 0
        self._position: int | None = None   # of the newest pulse, counted from the song's beginning
        self._next: int | None = None       # what the next pulse is, if start or song position said so
        self._resume: int | None = None     # where continue goes on
        self._plays = True
        self._last = -math.inf
        self._time = 0.0
        self._period = 60 / PULSES / 120
        self._begin(0.0)

    def start(self) -> None:
        """Take the next pulse for the song's beginning."""
        self._next, self._plays = 0, True

    def stop(self) -> None:
        """Remember where continue goes on."""
        if self._plays and self._position is not None:
            self._resume = self._position + 1
        self._plays = False

    def resume(self) -> None:
        """Go on, with the next pulse, where stop or a song position said: MIDI's continue."""
        self._next, self._plays = self._resume, True

    def locate(self, position: int) -> None:
        """Set the song position, in sixteenths, for continue; while playing, for the next pulse."""
        self._resume = PER_POSITION * position
        if self._plays:
            self._next = self._resume

    def pulse(self, time: float) -> None:
        """Take one pulse that came at `time`."""
        if time - self._last > LOST_AFTER:
            self._position = None
            self._begin(time)
        elif self._next is not None and self._is_off(time):  # a sequencer that starts its clock anew
            self._begin(time)
        else:
            self._measure(max(time, self._last))
        self._last = max(time, self._last)
        if self._next is not None:
            if self._position != self._next:
                self._position = self._next
                self.jumps += 1
            self._next = None

    def tempo(self, now: float, present: Tempo) -> Tempo | None:
        """Return the beat that the pulses give, or None if there are none; `present`: the beat so far."""
        if now - self._last > LOST_AFTER:
            return None
        known = self._seen > 2 and math.sqrt(self._pp) < _KNOWN * self._period
        if self._position is None:
            if not known:
                return None
            self._position = round(present.beat_at(self._time) * PULSES)
        return Tempo(self._time, self._position / PULSES, 60 / PULSES / self._period if known else present.bpm)

    def _begin(self, time: float) -> None:
        """Know nothing but one pulse."""
        self._time = time
        self._seen = 1
        self._jitter = _JITTER ** 2
        self._tt, self._tp, self._pp = self._jitter, 0.0, 0.0  # covariance of time and period
        self._lean = 0.0
        self._early = self._skipped = 0

    def _measure(self, time: float) -> None:
        """Correct time and period by the pulse that came at `time`."""
        if self._seen == 1:
            self._period = _clamp(time - self._time)
            self._time, self._seen = time, 2
            self._tp, self._pp = self._jitter, 2 * self._jitter
            self._count(1)
            return
        error = time - self._time - self._period
        if (self._early and error < -_OFF * self._period) or (self._skipped and error > _OFF * self._period):
            self._count(self._early - self._skipped)  # it goes on like that: a new tempo
            self._begin(self._last)
            self._measure(time)
            return
        leans = abs(self._lean) > _LEANING
        far = max(_FAR * self._period, 5 * math.sqrt(self._tt + self._jitter))
        foreseen = math.copysign(self._lean, self._lean * error) > _FORESEEN
        if self._seen > _TRUSTED and abs(error) > far and not foreseen:
            if error < 0:
                if self._skipped:
                    self._skipped -= 1  # not lost but late, and counted already
                else:
                    self._early = 1
                return
            self._skipped = round(error / self._period)
            self._count(self._skipped)
            self._time += self._skipped * self._period
        else:
            self._early = self._skipped = 0
        self._count(1)
        self._time += self._period
        self._tt += 2 * self._tp + self._pp
        self._tp += self._pp
        error = time - self._time
        self._pp += self._jitter * _CALM ** 4 + leans * (_LIVELY * error) ** 2
        variance = self._tt + self._jitter
        self._lean += (min(max(error / math.sqrt(variance), -6.0), 6.0) - self._lean) / _LEAN_MEMORY
        if not leans:
            self._jitter += (min(error ** 2, 9 * variance) - variance) / _JITTER_MEMORY
            self._jitter = min(max(self._jitter, _LEAST_JITTER ** 2), _MOST_JITTER ** 2)
        self._time += self._tt / variance * error
        self._period = _clamp(self._period + self._tp / variance * error)
        self._pp -= self._tp ** 2 / variance
        self._tp -= self._tt * self._tp / variance
        self._tt -= self._tt ** 2 / variance
        self._seen += 1

    def _is_off(self, time: float) -> bool:
        error = abs(time - self._time - self._period)
        return error > max(_OFF * self._period, 3 * math.sqrt(self._tt + self._jitter))

    def _count(self, pulses: int) -> None:
        if self._position is not None:
            self._position += pulses


def _clamp(period: float) -> float:
    return min(max(period, _SHORTEST), _LONGEST)
