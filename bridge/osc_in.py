"""What comes in over OSC: every parameter, panic, taps, ping, wishes, snapshots.

Garbage is counted and said, and changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_message import OscMessage
from pythonosc.osc_packet import OscPacket

from bridge.desk import NOBODY, Desk
from bridge.namespace import ROOT
from bridge.osc_out import Message
from engine.errors import UserError
from engine.morph import QUANTISE, Quantise
from engine.parameters import PARAMETERS
from engine.shared import LIVE_MODELS, Session, Wish

_NUMBER_BYTES = {"i": 4, "f": 4, "h": 8, "d": 8}


@dataclass(slots=True)
class Received:
    """What one datagram led to."""

    accepted: int = 0
    rejected: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    replies: list[Message] = field(default_factory=list)


class Inbox:
    """Applies datagrams to the session.

    Addresses may hold OSC wildcards, so `/phono/param/layer/*/density` moves that knob of every layer. Time tags are
    not waited for: a message counts when it arrives.

    desk: what answers to all that isn't a knob; there are no addresses for what it lacks.
    """

    def __init__(self, session: Session, desk: Desk = NOBODY) -> None:
        self._session = session
        # The dispatcher compares an address with all patterns there are; most messages name one address as it is.
        self._handlers: dict[str, tuple[Callable[..., None], tuple[Any, ...]]] = {}
        # Only the address matching of the dispatcher is used; strict timing would sleep on a foreign clock's time tags.
        self._dispatcher = Dispatcher(strict_timing=False)
        for parameter in PARAMETERS:
            self._map(f"param/{parameter.path}", self._move, parameter.path)
        self._map("panic", self._panic)
        self._map("ping", self._ping)
        self._map("voice", self._ask_for_voice)
        if desk.tap:
            self._map("tempo/tap", self._tapped, desk.tap)
        for kind in LIVE_MODELS:
            self._map(f"model/{kind}", self._ask_for, kind)
        self._map("library", self._ask_for, "library")
        if morpher := desk.morpher:
            self._map("snapshot/store", self._name, morpher.store, 1)
            self._map("snapshot/delete", self._name, morpher.delete, 1)
            self._map("morph", self._name, morpher.morph, 2)
            self._map("snapshot/recall", self._recall, morpher.recall)

    def _map(self, address: str, callback: Callable[..., None], *arguments: Any) -> None:
        self._handlers[f"{ROOT}/{address}"] = callback, arguments
        self._dispatcher.map(f"{ROOT}/{address}", callback, *arguments)

    def receive(self, datagram: bytes) -> Received:
        """Apply one datagram; never raises."""
        received = Received()
        try:
            messages = [timed.message for timed in OscPacket(datagram).messages]
        # Anything may arrive on a port; the parser raises more than its own error on bytes that aren't OSC.
        except Exception as error:
            received.rejected.append(f"{len(datagram)} bytes that aren't OSC ({type(error).__name__}: {error})")
            return received
        for message in messages:
            self._apply(message, received)
        return received

    def _apply(self, message: OscMessage, received: Received) -> None:
        if _truncated(message.dgram):
            received.rejected.append(f"{message.address}: the message is cut short")
            return
        handlers = [self._handlers[message.address]] if message.address in self._handlers else [
            (handler.callback, handler.args) for handler in self._dispatcher.handlers_for_address(message.address)]
        if not handlers:
            received.rejected.append(f"{message.address}: there is no such address")
        for callback, arguments in handlers:
            try:
                callback(received, message.params, *arguments)
                received.accepted += 1
            except UserError as error:
                received.rejected.append(f"{message.address}: {error}")

    def _move(self, received: Received, arguments: list[Any], path: str) -> None:
        if len(arguments) != 1 or not isinstance(arguments[0], int | float):
            raise UserError(f"got {arguments!r}, expected one number")
        self._session.set(path, float(arguments[0]))
        received.changed.append(path)

    def _panic(self, received: Received, arguments: list[Any]) -> None:
        if _pressed(arguments):
            self._session.set("master/panic", 1)
            received.changed.append("master/panic")

    def _ask_for_voice(self, received: Received, arguments: list[Any]) -> None:
        if _pressed(arguments):
            self._session.count("faces/voices_asked")

    def _tapped(self, received: Received, arguments: list[Any], tap: Callable[[], None]) -> None:
        if _pressed(arguments):
            tap()

    def _ask_for(self, received: Received, arguments: list[Any], wish: Wish) -> None:
        if len(arguments) != 1 or not isinstance(arguments[0], str):
            raise UserError(f"got {arguments!r}, expected the path of a {wish}, empty for the usual one")
        self._session.ask_for(wish, arguments[0])

    def _name(self, received: Received, arguments: list[Any], do: Callable[..., None], names: int) -> None:
        *given, pressed = arguments if len(arguments) > names else (*arguments, True)
        if len(given) != names or not all(isinstance(name, str) for name in given) or isinstance(pressed, str):
            raise UserError(f"got {arguments!r}, expected {'the name of a snapshot' if names == 1 else 'two names'}")
        if pressed:  # a button's release, a last argument of 0, does nothing
            do(*given)

    def _recall(self, received: Received, arguments: list[Any], recall: Callable[..., None]) -> None:
        name, rest = (arguments or [None])[0], arguments[1:]
        if rest and isinstance(rest[-1], bool) and not rest.pop():
            return  # a button's release
        seconds: float = rest.pop(0) if rest and isinstance(rest[0], int | float) else 0.0
        quantise: Quantise | None = rest.pop(0) if rest and rest[0] in QUANTISE else None
        if not isinstance(name, str) or rest:
            raise UserError(f"got {arguments!r}, expected the name of a snapshot, then seconds, \"beat\" or \"bar\" if "
                            "wanted")
        recall(name, float(seconds), quantise)

    def _ping(self, received: Received, arguments: list[Any]) -> None:
        received.replies.append((f"{ROOT}/pong", tuple(a for a in arguments if isinstance(a, int | float | str))))


def _pressed(arguments: list[Any]) -> bool:
    """Tell a press from a release: buttons send 1 and 0, or nothing."""
    return not arguments or bool(arguments[0])


def _truncated(message: bytes) -> bool:
    """Tell whether `message` lacks bytes of its numbers; the parser would read those as zeros and move a knob."""
    tags = (message.index(b"\0") // 4 + 1) * 4
    if tags >= len(message):
        return False
    end = message.index(b"\0", tags)
    needed = sum(_NUMBER_BYTES.get(tag, 0) for tag in message[tags + 1:end].decode())
    return len(message) - (end // 4 + 1) * 4 < needed
