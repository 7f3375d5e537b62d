"""How many OSC messages go in and out each second over UDP within this machine, and how soon a ping is answered.

in: datagrams that each move a knob, sent, received, parsed and applied; out: the whole state gathered, packed into
datagrams, sent and received. raw: the very same bytes without OSC, the limit; _part: how much of it is reached. All
happens in one thread, so sending counts too. ping_ goes to the whole OSC face, its threads and back, raw_ping_ to a
thread that returns what it gets.
"""

import argparse
import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket

    from engine.shared import Session

HELP = "OSC messages per second in and out, and the round trip of a ping"
_HERE = "127.0.0.1"
_BURST = 64
"""Datagrams that wait in a socket at once: few enough that none is lost."""
_LARGEST = 65536
_PATIENCE_S = 5.0
_END = b""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope bench osc`."""
    parser.add_argument("--seconds", type=float, default=2, metavar="S", help="how long to measure each; default 2")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Return the figures."""
    import contextlib

    from bridge.namespace import ROOT
    from bridge.osc_out import encode
    from bridge.turns import take_turns
    from engine.shared import Session

    take_turns()
    figures: dict[str, Any] = {}
    with contextlib.closing(Session.create({})) as session, _socket() as sender, _socket() as receiver:
        link = _Link(sender, receiver)
        for name, (ours, raw) in (("in", _in(session, link, args.seconds)),
                                  ("out", _out(session, link, args.seconds))):
            figures |= {f"{name}_messages_per_s": round(ours), f"{name}_raw_messages_per_s": round(raw),
                        f"{name}_part": round(ours / raw, 3)}
        ping = encode((f"{ROOT}/ping", (1,)))
        with _face(session) as port:
            figures |= {f"ping_{name}": value for name, value in _round_trips(sender, port, ping, args.seconds).items()}
        with _echo() as port:
            figures |= {f"raw_ping_{name}": value
                        for name, value in _round_trips(sender, port, ping, args.seconds).items()}
    return figures | {"ping_times_raw": round(figures["ping_p50_ms"] / figures["raw_ping_p50_ms"], 2)}


class _Link:
    """Two sockets of one thread: what is sent arrives at once."""

    def __init__(self, sender: "socket.socket", receiver: "socket.socket") -> None:
        self._sender, self._receiver = sender, receiver
        self._address = receiver.getsockname()

    def carry(self, datagrams: Sequence[bytes]) -> Iterator[bytes]:
        """Send the datagrams, a few at a time, and yield each as it arrives."""
        for begin in range(0, len(datagrams), _BURST):
            burst = datagrams[begin:begin + _BURST]
            for datagram in burst:
                self._sender.sendto(datagram, self._address)
            for _ in burst:
                yield self._receiver.recv(_LARGEST)


def _in(session: "Session", link: _Link, seconds: float) -> tuple[float, float]:
    """Return how many messages a second are applied, and how many bare datagrams go the same way."""
    from bridge.namespace import ROOT
    from bridge.osc_in import Inbox
    from bridge.osc_out import encode
    from engine.parameters import matching

    inbox = Inbox(session)
    datagrams = [encode((f"{ROOT}/param/{knob.path}", (knob.high,))) for knob in matching("layer/*/*")]

    def apply() -> int:
        return sum(inbox.receive(datagram).accepted for datagram in link.carry(datagrams))

    return _per_second(apply, seconds), _per_second(lambda: len(list(link.carry(datagrams))), seconds)


def _out(session: "Session", link: _Link, seconds: float) -> tuple[float, float]:
    """Return how many messages of state are sent a second, and how many if their datagrams are there already."""
    import itertools

    from bridge.osc_out import FULL_STATE_EVERY, State, datagrams

    state = State(session)
    later = itertools.count(0, FULL_STATE_EVERY)

    def send() -> int:
        messages = state.changes(next(later))
        list(link.carry(list(datagrams(messages))))
        return len(messages)

    messages = state.changes(next(later))
    packed = list(datagrams(messages))

    def send_raw() -> int:
        list(link.carry(packed))
        return len(messages)

    return _per_second(send, seconds), _per_second(send_raw, seconds)


def _per_second(call: Callable[[], int], seconds: float) -> float:
    """Return how many messages a second `call` moves, which returns how many it moved; of its median time."""
    from bridge.timing import timed

    return call() * 1e3 / timed(call, seconds)["p50_ms"]


def _round_trips(sender: "socket.socket", port: int, datagram: bytes, seconds: float) -> dict[str, float]:
    """Return the times until `port` answers, one question after the other."""
    from bridge.timing import timed

    def ask() -> None:
        sender.sendto(datagram, (_HERE, port))
        sender.recv(_LARGEST)

    times = timed(ask, seconds)
    return {"p50_ms": times["p50_ms"], "p95_ms": times["p95_ms"]}


@contextlib.contextmanager
def _face(session: "Session") -> Iterator[int]:
    """The instrument's OSC face; yields its port."""
    from bridge.osc import OscFace
    from engine.show import OscConfig

    face = OscFace(session, OscConfig(listen=f"{_HERE}:0", targets=()))
    face.start()
    try:
        yield face.port
    finally:
        face.close()


@contextlib.contextmanager
def _echo() -> Iterator[int]:
    """A thread that sends back what it receives; yields its port."""
    import threading

    with _socket() as own:
        def answer() -> None:
            while (received := own.recvfrom(_LARGEST))[0] != _END:
                own.sendto(*received)

        thread = threading.Thread(target=answer, name="echo", daemon=True)
        thread.start()
        try:
            yield own.getsockname()[1]
        finally:
            own.sendto(_END, own.getsockname())
            thread.join()


@contextlib.contextmanager
def _socket() -> Iterator["socket.socket"]:
    """A UDP socket on a free port of this machine."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind((_HERE, 0))
        own.settimeout(_PATIENCE_S)
        yield own
