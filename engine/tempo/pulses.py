"""Follows a clock that sends pulses, as MIDI clock does: 24 a beat, with start, stop and song position.

Time and period of the pulses are tracked by a Kalman filter whose period wanders (Bar-Shalom, Li, Kirubarajan,
"Estimation with Applications to Tracking and Navigation", 2001, chapter 5): it settles as fast as a straight line
through all pulses would, and ends as a phase-locked loop of second order. The jitter of the pulses is estimated from
what they differ from the prediction; where they keep differing to one side, the tempo is changing, and the filter
follows faster until they don't.

Pulses that are far from where they should be are counted, and otherwise not believed, until it is clear what happened:
a sender that was held up sends what is missing at once; pulses that were lost leave the next ones whole periods late;
anything else is a new tempo.
"""

import math
from itertools import pairwise
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
_LEANING = 0.9
"""Mean of the latest errors, in standard deviations, from which the tempo is changing."""
_KNOWN = 0.05
"""Relative uncertainty of the period below which there is a tempo."""
_TRUSTED = 24
"""Pulses after which one that is far from where it should be is doubted."""
_GATE = 0.35
"""Part of a period from which a pulse is far from where it should be."""
_DUPLICATE = 0.25
"""Part of a period in which no second pulse is expected."""
_STRAYS, _MOST_STRAYS = 4, 16
"""Strays in a row after which it is judged what happened, and after which it is judged in any case."""
_UNEVEN, _SAME, _WHOLE = 0.3, 0.1, 0.25
"""Parts of a period by which pulses are unevenly spaced, spaced as before, and whole periods late."""


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
        self._doubled = False
        self._astray: list[float] = []  # times of pulses that were far from where they should be, in a row

    def _measure(self, time: float) -> None:
        """Correct time and period by the pulse that came at `time`."""
        if self._seen == 1:
            self._period = _clamp(time - self._time)
            self._time, self._seen = time, 2
            self._tp, self._pp = self._jitter, 2 * self._jitter
            self._count(1)
            return
        error = time - self._time - self._period
        if self._seen > _TRUSTED and self._is_off(time):
            if error < 0 and not self._doubled and time - self._last < _DUPLICATE * self._period:
                self._doubled = True
            else:
                self._stray(error, time)
            return
        self._doubled = False
        self._astray.clear()
        self._count(1)
        self._time += self._period
        self._tt += 2 * self._tp + self._pp
        self._tp += self._pp
        error = time - self._time
        leans = abs(self._lean) > _LEANING
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
        return abs(time - self._time - self._period) > max(_GATE * self._period, 5 * math.sqrt(self._tt + self._jitter))

    def _stray(self, error: float, time: float) -> None:
        """Take a pulse that is far from where it should be: the beat goes on as before, until it is clear why."""
        pulses = 1 + self._doubled  # no duplicate then
        self._doubled = False
        self._count(pulses)
        self._time += pulses * self._period
        self._astray.append(time)
        if len(self._astray) < _STRAYS:
            return
        newest = self._astray[-_STRAYS:]
        spacing = (time - newest[0]) / (_STRAYS - 1)
        uneven = max(abs(b - a - spacing) for a, b in pairwise(newest)) > _UNEVEN * max(spacing, self._period)
        held_up = error > 0 and spacing < self._period / 2
        if (uneven or held_up) and len(self._astray) < _MOST_STRAYS:
            return
        lost = round(error / self._period)
        if not uneven and abs(spacing / self._period - 1) < _SAME and abs(error / self._period - lost) < _WHOLE:
            self._count(lost)
            self._time += lost * self._period
        else:
            self._time, self._period = time, _clamp(spacing)
            self._tt, self._tp = self._jitter, self._jitter / (_STRAYS - 1)
            self._pp = 2 * self._jitter / (_STRAYS - 1) ** 2
        self._lean = 0.0
        self._astray.clear()

    def _count(self, pulses: int) -> None:
        if self._position is not None:
            self._position += pulses


def _clamp(period: float) -> float:
    return min(max(period, _SHORTEST), _LONGEST)
