"""The OSC face: UDP sockets and threads around osc_in and osc_out."""

import logging
import socket
import threading
import time

from bridge.desk import NOBODY, Desk
from bridge.osc_in import Inbox
from bridge.osc_out import Events, Message, State, datagrams, encode
from engine.clock import MonotonicClock
from engine.errors import UserError
from engine.shared import Event, Session
from engine.show import OscConfig

_POLL = 0.002
_LARGEST = 65536
_SAID_REJECTIONS = 20
_log = logging.getLogger("phonoscope.osc")

Address = tuple[str, int]


class OscFace:
    """Sends state and events to every target and applies what arrives on the listening port.

    Events leave within 2 ms of being written; state leaves at `config.rate_hz`. desk: see Inbox.
    Raises UserError if the listening port is taken or a host has no address.
    """

    def __init__(self, session: Session, config: OscConfig, desk: Desk = NOBODY) -> None:
        self._session = session
        self._clock = MonotonicClock()
        self._targets = [_address(target.address) for target in config.targets]
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind(_address(config.listen))
        except OSError as error:
            self._socket.close()
            raise UserError(f"osc.listen = \"{config.listen}\": {error.strerror or error}; is another Phonoscope "
                            "running? Choose another port in the show file") from error
        self.port: int = self._socket.getsockname()[1]
        self._socket.settimeout(0.2)
        self._state = State(session, desk.morpher)
        self._events = Events(session)
        self._inbox = Inbox(session, desk)
        self._period = 1 / config.rate_hz
        self._echo: set[str] = set()
        self._echo_lock = threading.Lock()
        self._stop = threading.Event()
        self._said = 0
        self._threads = [threading.Thread(target=self._send_loop, name="osc-send", daemon=True),
                         threading.Thread(target=self._receive_loop, name="osc-receive", daemon=True)]

    def start(self) -> None:
        """Begin to send and to listen."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End both threads and release the port."""
        self._stop.set()
        for thread in self._threads:
            thread.join(1.0)
        self._socket.close()

    def _send_loop(self) -> None:
        due = self._clock.now()
        while not self._stop.is_set():
            now = self._clock.now()
            for message, kind, happened in self._events.new(now):
                self._send(encode(message), self._targets)
                if kind is Event.ONSET:
                    self._session.latency["onset_to_osc"].add(self._clock.now() - happened)
            if now >= due:
                due = max(due + self._period, now)
                with self._echo_lock:
                    echo, self._echo = self._echo, set()
                for datagram in datagrams(self._state.changes(now, echo)):
                    self._send(datagram, self._targets)
            time.sleep(_POLL)

    def _receive_loop(self) -> None:
        while not self._stop.is_set():
            try:
                datagram, sender = self._socket.recvfrom(_LARGEST)
            except TimeoutError:
                continue
            except OSError as error:
                # Windows reports a target's closed port here; the next datagram may be fine.
                _log.debug("receive: %s", error)
                continue
            received = self._inbox.receive(datagram)
            self._session.count("faces/osc_received", received.accepted)
            self._session.count("faces/osc_rejected", len(received.rejected))
            self._say(received.rejected, sender)
            with self._echo_lock:
                self._echo.update(received.changed)
            for reply in received.replies:
                self._reply(reply, sender)

    def _reply(self, message: Message, sender: Address) -> None:
        # Programs such as Pure Data send from a port on which they don't listen, so the targets get the answer too.
        self._send(encode(message), [*self._targets, *([] if sender in self._targets else [sender])])

    def _send(self, datagram: bytes, targets: list[Address]) -> None:
        for target in targets:
            try:
                self._socket.sendto(datagram, target)
                self._session.count("faces/osc_sent")
            except OSError as error:
                _log.debug("send to %s: %s", target, error)  # nobody there now; the state is repeated every second

    def _say(self, rejected: list[str], sender: Address) -> None:
        for reason in rejected:
            if self._said < _SAID_REJECTIONS:
                _log.warning("from %s:%d rejected %s", *sender, reason)
            elif self._said == _SAID_REJECTIONS:
                _log.warning("more rejected messages follow; they are counted in state/faces/osc_rejected")
            self._said += 1


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    try:
        return socket.gethostbyname(host), int(port)
    except (OSError, ValueError) as error:
        raise UserError(f"osc: '{text}' can't be reached ({error}); expected HOST:PORT, for instance "
                        "127.0.0.1:9001") from error
