"""What comes in over OSC: every parameter, panic, taps, ping, wishes, snapshots, cues, and what mappings listen to.

Garbage is counted and said, and changes nothing.
"""

import functools
import logging
import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.desk import NOBODY, Cues, Desk, Learner, Listener, Outputs
from bridge.failures import Failures
from bridge.namespace import ROOT
from bridge.osc_out import MAX_DATAGRAM, Message, before_float, encode
from bridge.osc_parse import Malformed, parse
from bridge.osc_pattern import Addresses, Pattern, is_pattern
from engine.errors import UserError
from engine.morph import QUANTISE, Morpher, Quantise
from engine.parameters import PARAMETERS
from engine.shared import LIVE_MODELS, Session, Wish
from engine.telemetry import MOST_OUTPUTS

ERROR, PONG = f"{ROOT}/error", f"{ROOT}/pong"
MOST_REACHED = 4096
"""Addresses that the wildcards of one packet reach at most."""
MOST_PATTERNS = 32
"""Patterns in one packet."""
LONGEST_SAID = 150
"""Characters of an address, or of a reason, that are told."""
_OURS = (ERROR, PONG, f"{ROOT}/heartbeat")
"""Never answered with an error: another instrument may be at the other end."""
_FLOAT = struct.Struct(">f")
_log = logging.getLogger("phonoscope.osc")


@dataclass(slots=True)
class Received:
    """What one packet led to.

    rejected: a line for each message that was. changed: paths of the parameters that were set. replies: for the sender;
    each rejection has one, to ERROR. listens: the port on which the sender says that it listens. address: the last
    address of the packet.
    """

    accepted: int = 0
    rejected: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    replies: list[Message] = field(default_factory=list)
    listens: int | None = None
    address: str = ""

    def reject(self, address: str, reason: str) -> None:
        """Note that what came to `address` was not taken."""
        address, reason = _cut(address), _cut(reason)
        self.rejected.append(f"{address}: {reason}" if address else reason)
        if address not in _OURS:
            self.replies.append((ERROR, (address, reason)))


@dataclass(slots=True)
class _Budget:
    """What wildcards of a packet may still cost."""

    patterns: int = MOST_PATTERNS
    reached: int = MOST_REACHED


Handler = Callable[[Received, Sequence[Any]], None]


class Inbox:
    """Applies packets to the session.

    Addresses may hold OSC wildcards, so `/phono/param/layer/*/density` moves that knob of every layer. A packet that
    isn't OSC to its last byte changes nothing, else its messages are applied in their order; time tags are not waited
    for.

    desk: what answers to all that isn't a knob; there are no addresses for what it lacks.
    """

    def __init__(self, session: Session, desk: Desk = NOBODY) -> None:
        self._session = session
        self._listener = desk.listener
        self._failures = Failures(_log)
        self._handlers: dict[str, Handler] = {
            f"{ROOT}/param/{p.path}": functools.partial(self._move, p.path) for p in PARAMETERS}
        self._handlers |= {f"{ROOT}/{name}": handler for name, handler in (
            *self._instrument(), *_tap(desk.tap), *_morpher(desk.morpher), *_cues(desk.cues), *_learner(desk.learner),
            *_outputs(desk.outputs))}
        self._before_float = {before_float(f"{ROOT}/param/{p.path}") for p in PARAMETERS}
        self._addresses = Addresses(self._handlers)
        self._found = functools.lru_cache(256)(lambda address: self._addresses.matching(Pattern(address)))

    def _instrument(self) -> list[tuple[str, Handler]]:
        return [
            ("panic", _trigger(self._panic)), ("voice", _trigger(self._ask_for_voice)), ("ping", _ping), ("ack", _ack),
            *((f"model/{kind}", functools.partial(self._ask_for, kind)) for kind in LIVE_MODELS),
            ("library", functools.partial(self._ask_for, "library"))]

    def turns_a_knob(self, packet: bytes) -> bool:
        """Tell whether `packet` is a knob's address and one float, the last 4 bytes, that can be its value."""
        return packet[:-4] in self._before_float and math.isfinite(_FLOAT.unpack_from(packet, len(packet) - 4)[0])

    def receive(self, packet: bytes) -> Received:
        """Apply one packet; never raises."""
        received = Received()
        try:
            messages = parse(packet)
        except Malformed as error:
            received.reject("", f"{len(packet)} bytes that aren't OSC: {error}")
            return received
        budget = _Budget()
        for address, arguments in messages:
            received.address = address
            for handler in self._handlers_of(address, received, budget):
                self._apply(handler, address, arguments, received)
        return received

    def _handlers_of(self, address: str, received: Received, budget: _Budget) -> list[Handler]:
        if handler := self._handlers.get(address):
            return [handler]
        if self._listener and self._listener.wants(address):
            return [functools.partial(_pass_on, self._listener, address)]
        if not is_pattern(address):
            received.reject(address, "there is no such address")
            return []
        budget.patterns -= 1
        if budget.patterns < 0:
            received.reject(address, f"more than {MOST_PATTERNS} patterns in one packet")
            return []
        try:
            found = self._found(address)
        except UserError as error:
            received.reject(address, str(error))
            return []
        budget.reached -= len(found)
        if budget.reached < 0:
            received.reject(address, f"the wildcards of one packet reach more than {MOST_REACHED} addresses")
            return []
        if not found:
            received.reject(address, "there is no such address")
        return [self._handlers[one] for one in found]

    def _apply(self, handler: Handler, address: str, arguments: Sequence[Any], received: Received) -> None:
        try:
            handler(received, arguments)
            received.accepted += 1
        except UserError as error:
            received.reject(address, str(error))
        # One wish that goes wrong must not end the face, by which all others come.
        except Exception as error:
            self._failures.note("OSC", error)
            received.reject(address, f"failed ({type(error).__name__}: {error})")

    def _move(self, path: str, received: Received, arguments: Sequence[Any]) -> None:
        given = _useful(arguments)
        if len(given) != 1 or not isinstance(given[0], int | float):
            raise UserError(f"got {_shown(arguments)}, expected one number")
        self._session.set(path, float(given[0]))
        received.changed.append(path)

    def _panic(self, received: Received) -> None:
        self._session.set("master/panic", 1)
        received.changed.append("master/panic")

    def _ask_for_voice(self, received: Received) -> None:
        with self._session.turning:  # other faces ask, too
            self._session.count("faces/voices_asked")

    def _ask_for(self, wish: Wish, received: Received, arguments: Sequence[Any]) -> None:
        given = _useful(arguments)
        if len(given) != 1 or not isinstance(given[0], str):
            raise UserError(f"got {_shown(arguments)}, expected the path of a {wish}, empty for the usual one")
        self._session.ask_for(wish, given[0])


def _pass_on(listener: Listener, address: str, received: Received, arguments: Sequence[Any]) -> None:
    listener.hear(address, arguments)


def _tap(tap: Callable[[], None] | None) -> list[tuple[str, Handler]]:
    return [] if tap is None else [("tempo/tap", _trigger(lambda received: tap()))]


def _morpher(morpher: Morpher | None) -> list[tuple[str, Handler]]:
    if morpher is None:
        return []
    return [("snapshot/store", _names(morpher.store, "the name of a snapshot")),
            ("snapshot/delete", _names(morpher.delete, "the name of a snapshot")),
            ("morph", _names(morpher.morph, "the names of two snapshots", 2)),
            ("snapshot/recall", functools.partial(_recall, morpher.recall))]


def _cues(cues: Cues | None) -> list[tuple[str, Handler]]:
    if cues is None:
        return []
    return [("cue/launch", _names(cues.launch, "the name of a cue")),
            ("cue/next", _trigger(lambda received: cues.next())),
            ("cue/previous", _trigger(lambda received: cues.previous())),
            ("cue/program", functools.partial(_program, cues.launch_program))]


def _learner(learner: Learner | None) -> list[tuple[str, Handler]]:
    if learner is None:
        return []
    return [("midi/learn", _names(learner.learn, "the path of a parameter")),
            ("midi/unlearn", _names(learner.unlearn, "the path of a parameter")),
            ("midi/cancel", _trigger(lambda received: learner.cancel()))]


def _outputs(outputs: Outputs | None) -> list[tuple[str, Handler]]:
    if outputs is None:
        return []
    return [(f"output/{number}/{name}", handler) for number in range(1, MOST_OUTPUTS + 1) for name, handler in (
        ("restart", _trigger(functools.partial(_restart, outputs, number))),
        ("active", functools.partial(_switch, outputs, number)))]


def _restart(outputs: Outputs, number: int, received: Received) -> None:
    outputs.restart(number)


def _switch(outputs: Outputs, number: int, received: Received, arguments: Sequence[Any]) -> None:
    given = _useful(arguments)
    if len(given) != 1 or not isinstance(given[0], int | float):
        raise UserError(f"got {_shown(arguments)}, expected 1 for on or 0 for off")
    outputs.switch(number, bool(given[0]))


def _trigger(do: Callable[[Received], None]) -> Handler:
    """Do it on a press, not on a release."""
    def handle(received: Received, arguments: Sequence[Any]) -> None:
        if pressed(arguments):
            do(received)
    return handle


def pressed(arguments: Sequence[Any]) -> bool:
    """Tell a press from a release by the first argument: buttons send 1 and 0, or nothing.

    0, false, nil and text that reads as 0 are releases; no argument, an impulse, other numbers and text are presses.
    UserError for what is neither (not a number, a list, a blob).
    """
    given = _useful(arguments)
    first: Any = given[0] if given else not arguments or None
    if isinstance(first, str):
        try:
            first = float(first)
        except ValueError:
            return True
    if isinstance(first, list) or first != first or (first is None and not given):
        raise UserError(f"got {_shown(arguments)}, expected 1 for a press, 0 for a release, or nothing")
    return bool(first)


def _names(do: Callable[..., None], what: str, count: int = 1) -> Handler:
    """Do it with so many texts, unless a last argument is a button's release."""
    def handle(received: Received, arguments: Sequence[Any]) -> None:
        given = _useful(arguments)
        names, state = given[:count], given[count:]
        if len(names) != count or not all(isinstance(name, str) for name in names) or len(state) > 1 or (
                state and isinstance(state[0], str | list)):
            raise UserError(f"got {_shown(arguments)}, expected {what}")
        if pressed(state):
            do(*names)
    return handle


def _recall(recall: Callable[..., None], received: Received, arguments: Sequence[Any]) -> None:
    name, *rest = _useful(arguments) or [None]
    if rest and isinstance(rest[-1], bool) and not rest.pop():
        return  # a button's release
    seconds: float = rest.pop(0) if rest and isinstance(rest[0], int | float) else 0.0
    quantise: Quantise | None = rest.pop(0) if rest and rest[0] in QUANTISE else None
    if not isinstance(name, str) or rest:
        raise UserError(f"got {_shown(arguments)}, expected the name of a snapshot, then seconds, \"beat\" or \"bar\" "
                        "if wanted")
    recall(name, float(seconds), quantise)


def _program(launch: Callable[[int], None], received: Received, arguments: Sequence[Any]) -> None:
    given = _useful(arguments)
    if len(given) != 1 or not isinstance(given[0], int | float) or not 0 <= given[0] < 128:
        raise UserError(f"got {_shown(arguments)}, expected a number from 0 to 127")
    launch(int(given[0]))


def _ping(received: Received, arguments: Sequence[Any]) -> None:
    reply: Message = PONG, tuple(a for a in arguments if isinstance(a, int | float | str))
    if len(encode(reply)) > MAX_DATAGRAM:
        raise UserError(f"got {len(arguments)} arguments, expected less than {MAX_DATAGRAM} bytes of them")
    received.replies.append(reply)


def _ack(received: Received, arguments: Sequence[Any]) -> None:
    given = _useful(arguments)
    if len(given) > 2 or not all(isinstance(one, int | float) for one in given):
        raise UserError(f"got {_shown(arguments)}, expected the heartbeat's number, then the port that you listen on")
    if len(given) == 2:
        received.listens = int(given[1]) if 0 < given[1] < 65536 else None


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SAID else f"{text[:LONGEST_SAID]}…"


def _useful(arguments: Sequence[Any]) -> list[Any]:
    """Return the arguments without blobs and the like, which nothing here is made of."""
    return [argument for argument in arguments if not isinstance(argument, bytes)]


def _shown(arguments: Sequence[Any]) -> str:
    shown = [f"{len(one)} bytes" if isinstance(one, bytes) else repr(one) for one in arguments[:4]]
    return ", ".join(shown + ["…"] * (len(arguments) > 4)) or "nothing"
