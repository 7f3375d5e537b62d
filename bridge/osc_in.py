"""What comes in over OSC: parameters, panic, taps, ping, wishes. Garbage is counted and said, and changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_message import OscMessage
from pythonosc.osc_packet import OscPacket

from bridge.osc_out import ROOT, Message
from engine.errors import UserError
from engine.parameters import PARAMETERS
from engine.shared import Session

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
    not waited for: a message counts when it arrives. tap: told of each tap of the tempo; without it nobody keeps time.
    """

    def __init__(self, session: Session, tap: Callable[[], None] | None = None) -> None:
        self._session = session
        # Only the address matching of the dispatcher is used; strict timing would sleep on a foreign clock's time tags.
        self._dispatcher = Dispatcher(strict_timing=False)
        for parameter in PARAMETERS:
            self._dispatcher.map(f"{ROOT}/param/{parameter.path}", self._move, parameter.path)
        self._dispatcher.map(f"{ROOT}/panic", self._panic)
        self._dispatcher.map(f"{ROOT}/ping", self._ping)
        if tap:
            self._dispatcher.map(f"{ROOT}/tempo/tap", self._tapped, tap)
        self._dispatcher.map(f"{ROOT}/model/eye", self._ask_for_eye)

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
        handlers = list(self._dispatcher.handlers_for_address(message.address))
        if not handlers:
            received.rejected.append(f"{message.address}: there is no such address")
        for handler in handlers:
            try:
                handler.callback(received, message.params, *handler.args)
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

    def _tapped(self, received: Received, arguments: list[Any], tap: Callable[[], None]) -> None:
        if _pressed(arguments):
            tap()

    def _ask_for_eye(self, received: Received, arguments: list[Any]) -> None:
        if len(arguments) != 1 or not isinstance(arguments[0], str):
            raise UserError(f"got {arguments!r}, expected the path of a model file, empty for the shipped one")
        self._session.ask_for_eye(arguments[0])

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
