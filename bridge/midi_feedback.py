"""What is sent to controllers so that motor faders and LEDs show where their parameters stand: pure.

A loop can't arise: a control is told a position only if that differs, by a step of its own, from what it was told or
told us last; while a hand moves it, it is told nothing; and what a motor says on its way is no movement of a hand.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.control import Control, ControlKind
from bridge.midi_messages import LSB, STEPS, Move, encode, step_of

MESSAGES_AT_ONCE = 10
"""To each port; with a step each 20 ms that is half of what a MIDI cable carries."""
HELD = 0.3
"""Seconds after its newest movement for which a hand is thought to be on a control."""
TRAVEL = 0.25
"""Seconds that a motor is on its way at most."""
_MISSES: dict[ControlKind, int] = {"cc": 1, "cc14": 16, "bend": 16}
"""Steps by which a motor may miss; faders of 14 bits have 10 in truth."""
_FIRST_TOUCH, _FADERS = 104, 9


@dataclass(slots=True)
class _Trace:
    """What is known of one control: its newest step, told or heard, and what it was told lately."""

    known: int | None = None
    moved: float = -math.inf
    confirm: bool = False
    turn: int = 0
    start: int | None = None
    way: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=64))

    def tell(self, step: int, now: float, turn: int) -> None:
        if not self.travels(now):
            self.start = self.known
        self.way.append((now, step))
        self.known, self.confirm, self.turn = step, False, turn

    def take(self, step: int, now: float, confirm: bool) -> None:
        self.known, self.moved, self.confirm = step, now, confirm
        self.way.clear()  # a hand is stronger than a motor

    def travels(self, now: float) -> bool:
        """Whether a motor may be on its way."""
        while self.way and now - self.way[0][0] > TRAVEL:
            self.start = self.way.popleft()[1]
        return bool(self.way)

    def passes(self, step: int, misses: int, now: float) -> bool:
        """Whether a motor on its way may be at `step`; it may come from anywhere if nobody knew where it stood."""
        if not self.travels(now):
            return False
        if self.start is not None:
            steps = [self.start, *(told for _, told in self.way)]
            if not min(steps) - misses <= step <= max(steps) + misses:
                return False
        self.start = step
        return True


class Feedback:
    """The feedback to one port; it also tells a hand's movements from what is no movement.

    Mackie's faders (pitch bend) want to be told where they were left, or they go back to where they were; and their
    touch is a note, which says exactly how long a hand is on them.
    """

    def __init__(self) -> None:
        self._traces: dict[Control, _Trace] = {}
        self._touched: set[int] = set()
        self._turn = 0

    def is_hand(self, move: Move, now: float) -> bool:
        """Take what came in at `now` (clock s) and tell whether a hand moved a control."""
        control, step = move
        if self._is_touch(move):
            return False
        if control.kind == "cc" and self._is_half(control, now):
            return False
        trace = self._trace(control)
        # A button knows the ends only, and each press counts.
        button = control.kind not in _MISSES or (control.kind == "cc" and step in (0, STEPS["cc"]))
        if not button and trace.passes(step, _MISSES[control.kind], now):
            return False
        trace.take(step, now, control.kind == "bend")
        return True

    def messages(self, positions: Mapping[Control, float], now: float) -> list[list[int]]:
        """Return what is to be sent at `now`, MESSAGES_AT_ONCE at most; what waited longest comes first.

        positions: where each control belongs, 0 to 1; they are all of this port.
        """
        due = [(trace.turn, move) for control, value in positions.items() if self._is_due(
            move := Move(control, step_of(control.kind, value)), trace := self._trace(control), now)]
        found: list[list[int]] = []
        for _, move in sorted(due, key=lambda entry: entry[0]):
            message = encode(move)
            if len(found) + len(message) > MESSAGES_AT_ONCE:
                break
            found += message
            self._turn += 1
            self._trace(move.control).tell(move.step, now, self._turn)
        return found

    def forget(self) -> None:
        """Know nothing of where the controls stand, as when the controller was plugged in again."""
        self._traces.clear()
        self._touched.clear()

    def _is_due(self, move: Move, trace: _Trace, now: float) -> bool:
        kind = move.control.kind
        if kind == "pressure" or (move.step == trace.known and not trace.confirm):
            return False
        return kind == "note" or not (now - trace.moved <= HELD or (
            kind == "bend" and move.control.channel in self._touched))

    def _is_touch(self, move: Move) -> bool:
        """Whether it says that a fader is touched or left; a fader is known as soon as it has moved once."""
        control, fader = move.control, move.control.number - _FIRST_TOUCH + 1
        if control.kind != "note" or control.channel != 1 or not 1 <= fader <= _FADERS:
            return False
        trace = self._traces.get(Control(control.port, fader, "bend"))
        if trace is None:
            return False
        if move.step:
            self._touched.add(fader)
        else:
            self._touched.discard(fader)
            trace.moved = -math.inf
        return True

    def _is_half(self, control: Control, now: float) -> bool:
        """Whether it is half of what a 14-bit fader says on its way."""
        whole = self._traces.get(Control(control.port, control.channel, "cc14", control.number % LSB))
        return control.number < 2 * LSB and whole is not None and whole.travels(now)

    def _trace(self, control: Control) -> _Trace:
        return self._traces.setdefault(control, _Trace())
