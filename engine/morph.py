"""Moves many knobs at once: recalls snapshots over a time, on the beat if wanted, and blends two by a controller."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.clock import Clock
from engine.errors import UserError
from engine.parameters import INDEX, PARAMETERS
from engine.shared import Session
from engine.snapshots import Snapshot, Snapshots, blend, present
from engine.tempo.moment import Moment

LONGEST = 3600.0
"""Seconds that a recall can take at most."""

Quantise = Literal["beat", "bar"]
QUANTISE: Sequence[Quantise] = ("beat", "bar")

_POSITION = INDEX["morph/position"]


@dataclass(slots=True)
class _Waiting:
    """A recall that waits for its moment."""

    snapshot: Snapshot
    seconds: float
    moment: Moment


class Morpher:
    """Recalls and blends the snapshots of one session; any thread of the conductor's process may ask for it.

    The hand wins: a knob that is turned while a recall moves it, is left where it was put, and the others go on.
    """

    def __init__(self, session: Session, clock: Clock, snapshots: Snapshots) -> None:
        self._session, self._clock, self._snapshots = session, clock, snapshots
        self._lock = threading.Lock()
        self._ends: tuple[str, str] | None = None
        self._position = session.parameters[_POSITION]
        self._waiting: _Waiting | None = None
        self._moving = np.zeros(len(PARAMETERS), bool)
        # Of each parameter that moves: whence, whither, since when, for how long, and what was written last.
        self._from, self._to, self._began, self._seconds, self._written = np.full((5, len(PARAMETERS)), np.nan)

    @property
    def ends(self) -> tuple[str, str] | None:
        """The names of the two snapshots between which `morph/position` blends."""
        return self._ends

    def names(self) -> tuple[str, ...]:
        """Return the names of all snapshots."""
        return self._snapshots.names()

    def store(self, name: str) -> None:
        """Keep the present values as `name`; UserError for a bad name or if there are too many."""
        self._snapshots.store(name, present(self._session.parameters))

    def delete(self, name: str) -> None:
        """Forget the snapshot `name`; UserError if there is none."""
        with self._lock:
            self._snapshots.delete(name)
            if self._ends and name in self._ends:
                self._ends = None

    def recall(self, name: str, seconds: float = 0.0, quantise: Quantise | None = None) -> None:
        """Move all knobs of the snapshot `name` there in `seconds`, from where they stand when it begins.

        quantise: begin on the next beat or bar (within one poll); at once while there is no tempo. A recall that still
        waits is given up for the newest. UserError if there is no such snapshot or the time is beyond LONGEST.
        """
        snapshot = self._snapshots.get(name)
        if not 0 <= seconds <= LONGEST:
            raise UserError(f"recall over {seconds:g} s: expected 0 to {LONGEST:g} s")
        with self._lock:
            self._waiting = None
            now = self._clock.now()
            if quantise and (moment := Moment.next(self._session, quantise, now)):
                self._waiting = _Waiting(snapshot, seconds, moment)
            else:
                self._begin(snapshot, seconds, now)

    def morph(self, a: str, b: str) -> None:
        """Let `morph/position` blend from `a` (0) to `b` (1) from its next movement on; UserError if one is not there.

        Only what both snapshots hold moves.
        """
        for name in (a, b):
            self._snapshots.get(name)
        with self._lock:
            self._ends = a, b
            self._position = self._session.parameters[_POSITION]

    def poll(self) -> None:
        """Move what moves to where it should be now; the conductor calls it at its own rate."""
        with self._lock:
            now = self._clock.now()
            if self._waiting and self._waiting.moment.has_come(self._session, now):
                self._begin(self._waiting.snapshot, self._waiting.seconds, now)
                self._waiting = None
            if self._moving.any():
                self._move(now)
            if self._session.parameters[_POSITION] != self._position:
                self._position = self._session.parameters[_POSITION]
                self._follow_position()

    def _begin(self, snapshot: Snapshot, seconds: float, now: float) -> None:
        held = ~np.isnan(snapshot)
        with self._session.turning:
            self._from[held] = self._written[held] = self._session.parameters[held]
        self._to[held] = snapshot[held]
        self._began[held], self._seconds[held] = now, seconds
        self._moving |= held

    def _move(self, now: float) -> None:
        parameters = self._session.parameters
        passed = now - self._began
        x = np.where(passed < self._seconds, passed / np.maximum(self._seconds, 1e-9), 1.0)
        values = blend(self._from, self._to, x)
        with self._session.turning:
            self._moving &= parameters == self._written
            parameters[self._moving] = self._written[self._moving] = values[self._moving]
        self._moving &= x < 1

    def _follow_position(self) -> None:
        if self._ends is None:
            return
        a, b = map(self._snapshots.get, self._ends)
        values = blend(a, b, self._position)
        held = ~np.isnan(values)
        self._moving &= ~held
        with self._session.turning:
            self._session.parameters[held] = values[held]
