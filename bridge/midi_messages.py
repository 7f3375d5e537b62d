"""MIDI messages of controllers, as bytes and as controls with positions from 0 to 1: pure, both ways.

Bytes as in the MIDI 1.0 detailed specification, Channel Voice Messages.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from mido import Message

from bridge.control import Control, ControlKind

PAIR_WITHIN = 0.025
"""Seconds within which both halves of a 14-bit value come."""
LSB = 32
"""What the number of a 14-bit controller's lower half is above the upper one's."""
STEPS: dict[ControlKind, int] = {"cc": 127, "cc14": 16383, "note": 127, "bend": 16383, "pressure": 127}
"""The highest value of each kind; the lowest is 0."""
_CENTRE = 8192


class Move(NamedTuple):
    """A control stands at `step`, from 0 to STEPS of its kind."""

    control: Control
    step: int

    @property
    def value(self) -> float:
        """Where that is, from 0 to 1; a pitch bend's centre is exactly 0.5."""
        if self.control.kind == "bend":
            return self.step / (2 * _CENTRE) if self.step <= _CENTRE else 1 - (STEPS["bend"] - self.step) / (
                2 * (STEPS["bend"] - _CENTRE))
        return self.step / STEPS[self.control.kind]


class Program(NamedTuple):
    """A program change; number: 0 to 127."""

    number: int


def step_of(kind: ControlKind, value: float) -> int:
    """Return the step of a control that is nearest to `value`, 0 to 1."""
    if kind == "bend":
        return round(value * 2 * _CENTRE if value <= 0.5 else _CENTRE + (2 * value - 1) * (STEPS[kind] - _CENTRE))
    return round(value * STEPS[kind])


def encode(move: Move) -> list[list[int]]:
    """Return the messages that put a control there: of 14 bits the upper half first, a note as one that is pressed.

    There is none for the pressure of a hand.
    """
    kind, channel, number, step = move.control.kind, move.control.channel - 1, move.control.number, move.step
    if kind == "cc":
        found = [Message("control_change", channel=channel, control=number, value=step)]
    elif kind == "cc14":
        found = [Message("control_change", channel=channel, control=number, value=step >> 7),
                 Message("control_change", channel=channel, control=number + LSB, value=step & 127)]
    elif kind == "note":
        found = [Message("note_on", channel=channel, note=number, velocity=step)]
    elif kind == "bend":
        found = [Message("pitchwheel", channel=channel, pitch=step - _CENTRE)]
    else:
        found = []
    return [message.bytes() for message in found]


@dataclass(slots=True)
class _Halves:
    """The newest halves of a 14-bit value, and which of them comes first, once that is known."""

    upper: int = 0
    lower: int = 0
    came: float = -math.inf
    opened: bool | None = None
    upper_first: bool | None = None

    def take(self, is_upper: bool, value: int, time: float) -> int | None:
        """Take one half and return the whole value if it is complete now.

        The first pair after a pause tells the order. From then on the second half completes a value even alone, for
        some controllers leave out an upper half that didn't change.
        """
        paused = time - self.came > PAIR_WITHIN
        if not paused and self.opened is not None and self.opened is not is_upper:
            self.upper_first = self.opened
        self.came, self.opened = time, is_upper if paused else None
        if is_upper:
            self.upper = value
        else:
            self.lower = value
        return None if self.upper_first in (None, is_upper) else self.upper << 7 | self.lower


class Decoder:
    """Turns the messages of one port into moves of controls; `port`: the controls' name for it.

    Every controller message is a move of a "cc". Where the two halves of a 14-bit value come together, number 0 to 31
    and the one 32 above in either order, that is a move of a "cc14" as well. What else a controller can send (pressure
    of single keys, system messages) moves nothing.
    """

    def __init__(self, port: str) -> None:
        self._port = port
        self._halves: dict[tuple[int, int], _Halves] = {}

    def decode(self, data: list[int], time: float) -> Iterator[Move | Program]:
        """Yield what one whole message that came at `time` (clock s) says; ValueError if it is none."""
        try:
            message = Message.from_bytes(data)
        except IndexError as error:  # what mido raises where only some of the data bytes are there
            raise ValueError(f"{data} is cut short") from error
        if message.type == "control_change":
            yield self._move(message, "cc", message.value, message.control)
            if message.control < 2 * LSB:
                number = message.control % LSB
                halves = self._halves.setdefault((message.channel, number), _Halves())
                whole = halves.take(message.control < LSB, message.value, time)
                if whole is not None:
                    yield self._move(message, "cc14", whole, number)
        elif message.type == "note_on":
            yield self._move(message, "note", message.velocity, message.note)
        elif message.type == "note_off":
            yield self._move(message, "note", 0, message.note)
        elif message.type == "pitchwheel":
            yield self._move(message, "bend", message.pitch + _CENTRE)
        elif message.type == "aftertouch":
            yield self._move(message, "pressure", message.value)
        elif message.type == "program_change":
            yield Program(message.program)

    def _move(self, message: Message, kind: ControlKind, step: int, number: int = 0) -> Move:
        return Move(Control(self._port, message.channel + 1, kind, number), step)
