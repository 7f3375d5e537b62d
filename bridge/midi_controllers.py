"""MIDI controllers: what their messages move, and what they are told; the ports are bridge.midi's."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from bridge.control import Control
from bridge.midi_feedback import Feedback
from bridge.midi_messages import Decoder, Program
from engine.errors import UserError
from engine.shared import Session


class Mapper(Protocol):
    """Leads controls to parameters."""

    def moved(self, control: Control, value: float) -> None:
        """Take a movement: where a control stands now, 0 to 1."""

    def positions(self) -> Mapping[Control, float]:
        """Return where each control belongs that is to be told, 0 to 1: where its parameter stands or, while a smooth
        mapping still takes it there, will stand."""


class MidiControllers:
    """The controllers called `names`, which count from 0 in this order.

    launch: takes the number of a program change, 0 to 127; UserError if that can't be done.
    say: told what a person should know.
    """

    def __init__(self, session: Session, names: Sequence[str], mapper: Mapper, launch: Callable[[int], None] | None,
                 say: Callable[[str], None]) -> None:
        self.names = tuple(names)
        self._session, self._mapper, self._launch, self._say = session, mapper, launch, say
        self._decoders = [Decoder(name) for name in names]
        self._feedback = [Feedback() for _ in names]
        self._told: set[int] = set()
        self._garbled: set[int] = set()
        self._lock = threading.Lock()

    def heard(self, controller: int, time: float, messages: Iterable[list[int]]) -> None:
        """Take messages that came in at `time` (clock s); any bytes will do."""
        for data in messages:
            try:
                with self._lock:
                    moves = [move for move in self._decoders[controller].decode(data, time)
                             if isinstance(move, Program) or self._feedback[controller].is_hand(move, time)]
            except ValueError:
                self._reject(controller, data)
                continue
            self._session.count("faces/midi_received")
            for move in moves:
                if isinstance(move, Program):
                    self._program(move)
                else:
                    self._mapper.moved(move.control, move.value)

    def plugged(self, controller: int, listens: bool) -> None:
        """Know that a controller is there anew or is gone; listens: whether it has an input that can be told."""
        with self._lock:
            self._feedback[controller].forget()
            (self._told.add if listens else self._told.discard)(controller)

    def due(self, now: float) -> list[tuple[int, list[int]]]:
        """Return what is to be sent now, each message with its controller's number; call it each 20 ms."""
        if not self._told:
            return []
        positions = self._mapper.positions()
        with self._lock:
            return [(i, message) for i in sorted(self._told) for message in self._feedback[i].messages(
                {control: at for control, at in positions.items() if control.port == self.names[i]}, now)]

    def _program(self, program: Program) -> None:
        if self._launch is None:
            return
        try:
            self._launch(program.number)
        except UserError as error:
            self._say(f"MIDI program {program.number}: {error}")

    def _reject(self, controller: int, data: object) -> None:
        self._session.count("faces/midi_rejected")
        if controller not in self._garbled:
            self._garbled.add(controller)
            self._say(f"'{self.names[controller]}' sends what is no MIDI message, such as {data}; "
                      "such bytes are passed over and counted in state/faces/midi_rejected")
