"""One mapping at work: from what its expression is worth to where its knobs stand."""

import math
from dataclasses import dataclass

from bridge.control import Control
from bridge.mapping.entry import Entry, expression_of, takes_over, targets
from bridge.mapping.expression import Expression
from bridge.mapping.functions import approach
from bridge.mapping.moment import Moment
from bridge.mapping.sources import SOURCES, control
from bridge.mapping.sweep import Sweep, whole
from bridge.mapping.takeover import Takeover
from engine.parameters import Parameter, parameter
from engine.shared import Session

_COARSE, _FINE = 127, 16383
"""Steps of a control."""
_SETTLED = 1e-5
"""Part of its way at which a smoothed knob has arrived: less than a step of 14 bit."""


@dataclass(slots=True, eq=False)
class _Knob:
    """A parameter that a mapping moves.

    way: how it is swept; None where the expression's value is the parameter's. takeover: None where the control needs
    not pick it up. goal, place: where it goes and is, as a position on its way (without one, as a value). wrote: what
    was written last. since: the time of `place`.
    """

    parameter: Parameter
    way: Sweep | None
    takeover: Takeover | None
    goal: float | None = None
    place: float = 0.0
    wrote: float | None = None
    since: float = 0.0

    def aim(self, session: Session, goal: float, now: float, seconds: float) -> None:
        """Go to `goal` from now on; where that is nothing new, a hand may have moved the knob, and it stays there."""
        if self.way is None:  # what lies beyond the end would hold up the way back
            goal = min(max(goal, self.parameter.low), self.parameter.high)
        if goal == self.goal == self.place:
            return
        self.follow(session, now, seconds)
        self.goal, self.since = goal, now
        present = session.get(self.parameter.path)
        if not seconds:
            self.place = goal
            self._write(session)
        elif present != self.wrote:  # go on from where it stands
            self.place = present if self.way is None else self.way.position(present)

    def follow(self, session: Session, now: float, seconds: float) -> None:
        """Be where it is at `now`, on the way to its goal with the time constant `seconds`."""
        if self.goal is None or self.place == self.goal:
            return
        passed, self.since = now - self.since, now
        self.place = approach(self.place, self.goal, passed, seconds)
        length = 1.0 if self.way else self.parameter.high - self.parameter.low
        if abs(self.place - self.goal) < _SETTLED * length:
            self.place = self.goal
        self._write(session)

    def stands(self, session: Session) -> float:
        """Return where on its way it stands; where the mapping sent it, it counts as there already."""
        assert self.way is not None
        present = session.get(self.parameter.path)
        if self.goal is not None and present == self.wrote:
            return self.goal
        return self.way.position(present)

    def holds(self, session: Session) -> bool:
        """Tell whether nobody else moved it since the mapping did; who did keeps it, even if it is put back there."""
        if session.get(self.parameter.path) != self.wrote:
            self.wrote = None
        return self.wrote is not None

    def _write(self, session: Session) -> None:
        self.wrote = session.set(self.parameter.path, self.place if self.way is None else self.way.at(self.place))


class Live:
    """The mapping `entry` of a session; its knobs keep where they are while it lives.

    places: where controls were moved to last.
    """

    def __init__(self, entry: Entry, session: Session, places: dict[Control, float]) -> None:
        self.entry = entry
        self.expression: Expression = expression_of(entry)
        bare = self.expression.bare
        self.control = control(bare.name, bare.arguments) if bare else None
        self._session = session
        self._failing = False
        self._before = 0.0
        self._input = self._natural()
        self._knobs = [_Knob(p, self._way(p), self._takeover(p, places)) for p in targets(entry.to)]
        self._toggles = (self.control is not None and self.control.kind == "note" and entry.input is entry.range is None
                         and all(knob.parameter.curve == "switch" for knob in self._knobs))

    def engage(self) -> None:
        """Let the control move the knobs from where it is: the hand that it was learnt from is on it."""
        for knob in self._knobs:
            knob.wrote = self._session.get(knob.parameter.path)

    def heard(self, moment: Moment) -> bool:
        """Evaluate the expression and send the knobs there; False if it just became impossible to compute."""
        moment.failed = False
        value = self.expression.value(moment)
        if value is None:
            begins = moment.failed and not self._failing
            self._failing = self._failing or moment.failed
            return not begins
        self._failing = False
        if self._toggles:
            self._toggle(value, moment.now)
            return True
        position = value if self._input is None else self._input.position(value)
        if not math.isfinite(position):  # a feature of a broken sound
            return True
        for knob in self._knobs:
            if knob.takeover is None or knob.takeover.moved(position, knob.stands(self._session),
                                                            knob.holds(self._session)):
                knob.aim(self._session, position, moment.now, self.entry.smoothing)
        return True

    def follow(self, now: float) -> None:
        """Move the knobs that are on their way to where they are at `now` (clock s)."""
        if self.entry.smoothing:
            for knob in self._knobs:
                knob.follow(self._session, now, self.entry.smoothing)

    def position(self) -> float:
        """Return where the control would stand, 0 to 1, if it were the first knob."""
        assert self._input is not None
        return min(max(self._input.at(self._knobs[0].stands(self._session)), 0.0), 1.0)

    def _natural(self) -> Sweep | None:
        """The range of the source, laid out over 0 to 1."""
        bare = self.expression.bare
        kind = SOURCES[bare.name] if bare else None
        if self.entry.input:
            return Sweep(*self.entry.input, kind is not None and kind.log and min(self.entry.input) > 0)
        if bare and bare.name == "param":
            return whole(parameter(str(bare.arguments[0])))
        return Sweep(kind.low, kind.high, kind.log) if kind and kind.low is not None and kind.high is not None else None

    def _way(self, knob: Parameter) -> Sweep | None:
        if self._input is None:
            return None
        low, high = self.entry.range or (knob.low, knob.high)
        curve = self.entry.curve or knob.curve
        return Sweep(low, high, curve == "log" and min(low, high) > 0)

    def _takeover(self, knob: Parameter, places: dict[Control, float]) -> Takeover | None:
        bare = self.expression.bare
        if bare is None or not SOURCES[bare.name].entry or not takes_over(self.entry, bare.name, knob):
            return None
        assert self._input is not None
        step = 1 / _FINE if bare.name in ("cc14", "bend") else 1 / _COARSE
        if self.control:
            step /= abs(self._input.high - self._input.low)
        if knob.curve == "integer":
            step = max(step, 0.5 / (knob.high - knob.low))
        last = places.get(self.control) if self.control else None
        return Takeover(step, None if last is None else self._input.position(last))

    def _toggle(self, value: float, now: float) -> None:
        if value and not self._before:
            for knob in self._knobs:
                knob.goal = None
                knob.aim(self._session, 1 - self._session.get(knob.parameter.path), now, self.entry.smoothing)
        self._before = value
