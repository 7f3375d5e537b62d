"""Output `jitter`: pictures for Max, without any external: [jit.net.recv @port 7474] listens and we connect.

target: "host:port" of the receiver; "" is 127.0.0.1:7474. It is connected to when it is there, and again when it comes
back.
"""

import contextlib
import selectors
import socket
import threading

import numpy as np
from numpy.typing import NDArray

from bridge.outputs import FrameOutput
from bridge.outputs.jitter_protocol import Replies, Reply, matrix
from engine.clock import MonotonicClock
from engine.errors import UserError

_DEFAULT = "127.0.0.1:7474"
_CONNECT_S = 3.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0
_STEP = 0.1
_STALLED = 30.0
"""Seconds without a byte taken after which the receiver may be a machine that is gone: it is connected to again."""
_AHEAD = 2
"""Pictures that a receiver may still have to answer when it is sent another."""
_NO_ANSWER = 2.0
"""Seconds after which a receiver that answered before is taken for one that doesn't."""
_SMOOTHING = 0.05


class JitterOutput(FrameOutput):
    """Sends pictures to host:port from a thread of its own; one that can't be sent yet is replaced by the next."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._clock = MonotonicClock()
        self._lock = threading.Lock()
        self._waiting: NDArray[np.uint8] | None = None
        self._missed = 0
        self._arrival = 0.0
        self._connected = False
        self._fault = ""
        self._stop = threading.Event()
        self._bell, self._ringer = socket.socketpair()
        self._bell.setblocking(False)
        self._ringer.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="jitter", daemon=True)
        self._thread.start()

    def send(self, frame: NDArray[np.uint8], time: float) -> None:
        """Let `frame` be the next that is sent, in place of one that still waits."""
        if self._connected:
            with self._lock:
                self._missed += self._waiting is not None
                self._waiting = frame
            self._ring()

    def receivers(self) -> int:
        """Return 1 while connected; OSError if something else than jit.net.recv listens there."""
        if self._fault:
            raise OSError(self._fault)
        return int(self._connected)

    def missed(self) -> int:
        """Return how many pictures were replaced while they waited for the receiver."""
        return self._missed

    def arrival(self) -> float:
        """Return the time from sending to arrival, s, as its replies tell it."""
        return self._arrival

    def close(self) -> None:
        """Disconnect."""
        self._stop.set()
        self._ring()
        self._thread.join(1.0)
        if not self._thread.is_alive():  # else it waits for a machine that doesn't answer
            self._bell.close()
            self._ringer.close()

    def _ring(self) -> None:
        with contextlib.suppress(BlockingIOError):  # it has rung already
            self._ringer.send(b"!")

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stop.is_set() and not self._fault:
            begun = self._clock.now()
            try:
                with socket.create_connection(self._address, _CONNECT_S) as link:
                    self._talk(link)
            except (socket.gaierror, UnicodeError):
                self._fault = f"jitter: no machine is called {self._address[0]}"
            except ValueError as error:
                self._fault = f"jitter: what listens at {self._address[0]}:{self._address[1]} isn't Max: {error}"
            except OSError:
                pass  # not there, or gone
            self._connected, self._arrival = False, 0.0
            self._stop.wait(pause)
            pause = _FIRST_PAUSE if self._clock.now() - begun > _LONGEST_PAUSE else min(2 * pause, _LONGEST_PAUSE)

    def _talk(self, link: socket.socket) -> None:
        """Send and listen until it is time to end; OSError if the connection is lost, ValueError for a stranger."""
        link.setblocking(False)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        replies, window = Replies(), _Window()
        rest, moved = memoryview(b""), self._clock.now()
        with selectors.DefaultSelector() as selector:
            selector.register(self._bell, selectors.EVENT_READ)
            selector.register(link, selectors.EVENT_READ)
            self._take()  # what was left while the last connection ended is old
            self._connected = True
            while not self._stop.is_set():
                selector.modify(link, selectors.EVENT_READ | (selectors.EVENT_WRITE if rest else 0))
                selector.select(_STEP)
                now = self._clock.now()
                with contextlib.suppress(BlockingIOError):
                    self._bell.recv(4096)
                with contextlib.suppress(BlockingIOError):
                    if not (data := link.recv(4096)):
                        raise ConnectionResetError
                    for reply in replies.feed(data, 1e3 * now):
                        window.answered(now)
                        self._hear(reply, now)
                if not rest and window.open(now) and (frame := self._take()) is not None:
                    rest, moved = memoryview(matrix(frame, 1e3 * now)), now
                    window.sent(now)
                if rest:
                    with contextlib.suppress(BlockingIOError):
                        rest, moved = rest[link.send(rest):], now
                    if now - moved > _STALLED:
                        raise TimeoutError

    def _take(self) -> NDArray[np.uint8] | None:
        with self._lock:
            frame, self._waiting = self._waiting, None
        return frame

    def _hear(self, reply: Reply, now: float) -> None:
        took = reply.arrival(1e3 * now) / 1e3
        self._arrival += (took - self._arrival) * (_SMOOTHING if self._arrival else 1)


class _Window:
    """How many pictures are on their way to a receiver that answers each, so that none waits there in a queue."""

    def __init__(self) -> None:
        self._answers = False
        self._on_the_way = 0
        self._newest = 0.0  # when something last was sent or answered

    def sent(self, now: float) -> None:
        self._on_the_way += 1
        self._newest = now

    def answered(self, now: float) -> None:
        self._answers = True
        self._on_the_way = max(0, self._on_the_way - 1)
        self._newest = now

    def open(self, now: float) -> bool:
        """Tell whether another may be sent."""
        if self._answers and now - self._newest > _NO_ANSWER:
            self._answers, self._on_the_way = False, 0
        return not self._answers or self._on_the_way < _AHEAD


def open_output(target: str, rate: float) -> JitterOutput:
    """Send to `target`."""
    host, _, port = (target or _DEFAULT).rpartition(":")
    if not (host and port.isdecimal() and 0 < int(port) < 65536):
        raise UserError(f"jitter: target = \"{target}\": expected HOST:PORT of a jit.net.recv, such as {_DEFAULT}")
    return JitterOutput(host.strip("[]"), int(port))
