"""The OSC face: one thread that waits for UDP and TCP, applies what comes (osc_in), and tells (osc_out)."""

import contextlib
import logging
import selectors
import socket
import threading
from collections.abc import Callable, Iterable, Iterator

from bridge.desk import NOBODY, Desk
from bridge.failures import Failures
from bridge.namespace import NAMESPACE, ROOT
from bridge.osc_activity import Activity
from bridge.osc_in import Inbox, Received
from bridge.osc_out import Events, Message, State, bundles, encode
from bridge.osc_pattern import Filter
from bridge.osc_tcp import Client, TcpServer
from bridge.osc_udp import UdpSocket
from bridge.rejections import Answers, Rejections
from bridge.wekinator import Wekinator
from engine.clock import MonotonicClock
from engine.errors import UserError, to_stderr
from engine.shared import Event, Session
from engine.show import OscConfig, OscTarget

_POLL = 0.002
_REST = 0.1
"""Seconds that pass after a failure that should never happen."""
_DYNAMIC = tuple(f"{ROOT}/{kind}/1" for kind in ("snapshot", "cue", "osc/target"))
_log = logging.getLogger("phonoscope.osc")

Address = tuple[str, int]


class OscFace:
    """Sends state and events to every target and TCP client, and applies what arrives.

    Events leave within 2 ms of being written; state leaves at `config.rate_hz`. desk: see Inbox. say: is told who
    comes, goes or falls silent, and the first rejected messages.
    Raises UserError if a listening port is taken, a host has no address, or a target's filter lets nothing pass.
    """

    def __init__(self, session: Session, config: OscConfig, desk: Desk = NOBODY,
                 say: Callable[[str], None] = to_stderr) -> None:
        self._session, self._say = session, say
        self._clock = MonotonicClock()
        self._audiences = _audiences(config.targets)
        targets = {address: f"{address[0]}:{address[1]}" for audience in self._audiences
                   for address in audience.addresses}
        self.activity = Activity(targets, say)
        self._selector = selectors.DefaultSelector()
        with _naming("listen", config.listen):
            self._udp = UdpSocket(_address(config.listen))
        self.host, self.port = self._udp.host, self._udp.port
        self._selector.register(self._udp.socket, selectors.EVENT_READ, self._hear_udp)
        self._tcp: TcpServer | None = None
        if config.tcp:
            try:
                with _naming("tcp", config.tcp):
                    self._tcp = TcpServer(_address(config.tcp), self._selector, self._clock.now, self._hear_tcp,
                                          self._refuse, say)
            except UserError:
                self._udp.close()
                raise
        self.tcp_port = self._tcp.port if self._tcp else None
        self._state = State(session, desk.morpher, desk.cues, self.activity.messages)
        self._events = Events(session)
        self._wekinator = Wekinator(session)
        self._inbox = Inbox(session, desk)
        self._period = 1 / config.rate_hz
        self._due = self._looked = self._clock.now()
        self._echo: set[str] = set()
        self._rejections = Rejections("OSC", "faces/osc_rejected", say)
        self._answers = Answers()
        self._accepted = self._rejected = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="osc", daemon=True)

    def start(self) -> None:
        """Begin to send and to listen."""
        self._thread.start()

    def close(self) -> None:
        """End the thread and release the ports."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        if self._tcp:
            self._tcp.close()
        self._selector.close()
        self._udp.close()

    def _loop(self) -> None:
        failures = Failures(_log)
        while not self._stop.is_set():
            try:
                self._turn()
            # Whatever is wrong with what it tells, an instrument must not become deaf by it.
            except Exception as error:
                failures.note("OSC", error)
                self._stop.wait(_REST)

    def _turn(self) -> None:
        """Hear what has come, and tell what is due."""
        for key, _ in self._selector.select(_POLL):
            key.data()
        now = self._clock.now()
        if now - self._looked >= _POLL:
            self._looked = now
            self._tell_events(now)
            self._count()
            if now >= self._due:
                self._due = max(self._due + self._period, now)
                self._tell_state(now)
        if self._tcp:
            self._tcp.flush()

    def _tell_events(self, now: float) -> None:
        for message, kind, happened in self._events.new(now):
            self._send(message)
            if self._tcp:
                self._tcp.send(encode(message))
            if kind is Event.ONSET:
                self._session.latency["onset_to_osc"].add(self._clock.now() - happened)

    def _tell_state(self, now: float) -> None:
        self.activity.look(now)
        echo, self._echo = self._echo, set()
        contents = [(address, encode((address, arguments))) for address, arguments in self._state.changes(now, echo)]
        for audience in self._audiences:
            for datagram in bundles(content for address, content in contents if audience.wants(address)):
                for target in audience.addresses:
                    self._udp.send(datagram, target)
        if self._tcp and self._tcp.clients:
            for datagram in bundles(content for _, content in contents):
                self._tcp.send(datagram)
        if message := self._wekinator.message():
            self._send(message)

    def _send(self, message: Message, but: Address | None = None) -> None:
        """Send a message to the targets that want it."""
        content = encode(message)
        for audience in self._audiences:
            if audience.wants(message[0]):
                for target in audience.addresses:
                    if target != but:
                        self._udp.send(content, target)

    def _hear_udp(self) -> None:
        """Take what has come, and of several floats for one knob only the newest: taking is quick, applying isn't."""
        turned: dict[bytes, tuple[bytes, Address]] = {}
        begun = self._clock.now()
        for datagram, sender in self._udp.received():
            if self._inbox.turns_a_knob(datagram):
                self._accepted += datagram[:-4] in turned
                turned[datagram[:-4]] = datagram, sender
            else:
                self._apply(turned)
                self._apply({datagram: (datagram, sender)})
            if self._clock.now() - begun >= _POLL:
                break  # others have their turn, and what is due is told
        self._apply(turned)

    def _apply(self, datagrams: dict[bytes, tuple[bytes, Address]]) -> None:
        """Apply datagrams, answer them, and empty the dictionary."""
        for datagram, sender in datagrams.values():
            received = self._inbox.receive(datagram)
            self._note(received, sender)
            for reply in self._answers.pass_on(received.replies, self._clock.now()):
                # Programs such as Pure Data send from a port on which they don't listen: targets get the answer too.
                self._udp.send(encode(reply), sender)
                self._send(reply, but=sender)
        datagrams.clear()

    def _hear_tcp(self, packet: bytes, client: Client) -> None:
        received = self._inbox.receive(packet)
        self._note(received, client.address)
        for reply in self._answers.pass_on(received.replies, self._clock.now()):
            client.put(encode(reply))

    def _note(self, received: Received, sender: Address) -> None:
        self._accepted += received.accepted
        self._echo.update(received.changed)
        self.activity.hear(sender, received.address, received.listens, self._clock.now())
        for reason in received.rejected:
            self._refuse(sender, reason)

    def _refuse(self, sender: Address, reason: str) -> None:
        self._rejected += 1
        self.activity.refuse(sender, reason)
        self._rejections.add(f"{sender[0]}:{sender[1]}", reason)

    def _count(self) -> None:
        tell = self._session.tell
        tell("faces/osc_received", self._accepted)
        tell("faces/osc_rejected", self._rejected)
        tell("faces/osc_sent", self._udp.sent)
        tell("faces/osc_lost_in", self._udp.lost_in)
        tell("faces/osc_lost_out", self._udp.lost_out + (self._tcp.lost if self._tcp else 0))
        tell("faces/osc_clients", self._tcp.clients if self._tcp else 0)


class _Audience:
    """Targets to which the same is sent."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        try:
            self.wants = Filter(patterns).passes
        except UserError as error:
            raise UserError(f"osc.targets: {error}") from None
        for pattern in patterns:
            if not any(map(Filter([pattern]).passes, _sent())):
                raise UserError(f"osc.targets: nothing is sent from \"{pattern}\"; docs/osc.md lists all addresses")
        self.addresses: list[Address] = []


def _audiences(targets: Iterable[OscTarget]) -> list[_Audience]:
    found: dict[tuple[str, ...], _Audience] = {}
    for target in targets:
        if target.send not in found:
            found[target.send] = _Audience(target.send)
        found[target.send].addresses.append(_address(target.address))
    return list(found.values())


def _sent() -> list[str]:
    return [path for path, address in NAMESPACE.items() if address.sends is not None] + list(_DYNAMIC)


@contextlib.contextmanager
def _naming(key: str, text: str) -> Iterator[None]:
    """Let what can't be opened be named as the show file does."""
    try:
        yield
    except OSError as error:
        raise UserError(f"osc.{key} = \"{text}\": {error.strerror or error}; is another Phonoscope running? Choose "
                        "another port in the show file") from error


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    try:
        return socket.gethostbyname(host), int(port)
    except (OSError, ValueError) as error:
        raise UserError(f"osc: '{text}' can't be reached ({error}); expected HOST:PORT, the host by "
                        "name or IPv4 address, for instance 127.0.0.1:9001") from error
