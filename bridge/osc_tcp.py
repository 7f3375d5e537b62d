"""OSC over TCP: a server whose clients are told what UDP targets are, and whose messages are heard like theirs.

Its owner waits on the selector and calls what it finds there; nothing here ever blocks.
"""

import functools
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable

from bridge.osc_framing import BadStream, Framing, framing_of

MOST_CLIENTS = 32
MOST_WAITING = 1 << 18
"""Bytes that wait for a client to read them; of more, the oldest packets are lost."""
SILENT_FOR = 10.0
"""Seconds after which a client is sent away that has said nothing yet."""
STUCK_FOR = 5.0
"""Seconds after which a client is sent away that reads nothing of what waits for it."""
_KERNEL_BUFFER = 1 << 16  # small, since what waits there can't be replaced by what is newer
_READ = 1 << 14
_BREATH = 0.002
_SAID_EVERY = 10.0

Address = tuple[str, int]


class Client:
    """One connection."""

    def __init__(self, connection: socket.socket, address: Address, now: float) -> None:
        self.address = address
        self.connection = connection
        self.framing: Framing | None = None
        self.lost = 0
        self._queue: deque[memoryview] = deque()
        self._bytes = 0
        self._deaf = False
        self._began = self._moved_at = now

    @property
    def waiting(self) -> int:
        """How many packets wait to be read."""
        return len(self._queue)

    def put(self, packet: bytes) -> None:
        """Send a packet when the connection takes it; lost if nothing has come yet, for its framing is unknown."""
        if self.framing is None or self._deaf:
            return
        frame = self.framing.frame(packet)
        self._queue.append(memoryview(frame))
        self._bytes += len(frame)
        while self._bytes > MOST_WAITING and len(self._queue) > 2:
            self._bytes -= len(self._queue[1])  # the first may be half on its way
            del self._queue[1]
            self.lost += 1

    def flush(self, now: float) -> None:
        """Give the connection what it takes now."""
        if not self._queue:
            self._moved_at = now
        try:
            while self._queue:
                sent = self.connection.send(self._queue[0])
                self._moved_at = now
                self._bytes -= sent
                self._queue[0] = self._queue[0][sent:]
                if not self._queue[0]:
                    self._queue.popleft()
        except BlockingIOError:
            return
        except OSError:
            # It has closed its end. What it said before is still to be read, and so is that it went.
            self._deaf = True
            self._queue.clear()

    def complaint(self, now: float) -> str | None:
        """Return why the client should be sent away, if it should."""
        if self.framing is None and now - self._began > SILENT_FOR:
            return "it says nothing"
        if self._queue and now - self._moved_at > STUCK_FOR:
            return "it doesn't read what it is sent"
        return None


class TcpServer:
    """Listens on `address`; OSError if it can't.

    hear: is told of each packet and the client from which it came; refuse: of what came and can't be a packet. say: is
    told of who is sent away, once in ten seconds at most. now: clock seconds.
    """

    def __init__(self, address: Address, selector: selectors.BaseSelector, now: Callable[[], float],
                 hear: Callable[[bytes, Client], None], refuse: Callable[[Address, str], None],
                 say: Callable[[str], None]) -> None:
        self._selector, self._now, self._hear, self._refuse, self._say = selector, now, hear, refuse, say
        self._listener = socket.create_server(address)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._clients: list[Client] = []
        self._lost = 0
        self._said_at = -_SAID_EVERY
        selector.register(self._listener, selectors.EVENT_READ, self._accept)

    @property
    def clients(self) -> int:
        """How many are connected."""
        return len(self._clients)

    @property
    def lost(self) -> int:
        """How many packets were replaced by newer ones because their client didn't read."""
        return self._lost + sum(client.lost for client in self._clients)

    def send(self, packet: bytes) -> None:
        """Send a packet to every client."""
        for client in self._clients:
            client.put(packet)

    def flush(self) -> None:
        """Let all that waits go as far as it can, and send away whoever must be."""
        now = self._now()
        for client in list(self._clients):
            client.flush(now)
            if complaint := client.complaint(now):
                self._leave(client, complaint)

    def close(self) -> None:
        """Disconnect all and release the port."""
        for client in list(self._clients):
            self._leave(client, None)
        self._selector.unregister(self._listener)
        self._listener.close()

    def _accept(self) -> None:
        try:
            connection, address = self._listener.accept()
        except BlockingIOError:
            return  # it has gone already
        except OSError:
            time.sleep(_BREATH)  # no more files can be open: it asks again at once
            return
        if len(self._clients) >= MOST_CLIENTS:
            connection.close()
            self._complain(address, f"is sent away: {MOST_CLIENTS} programs are connected already")
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BUFFER)
        client = Client(connection, address, self._now())
        self._clients.append(client)
        self._selector.register(connection, selectors.EVENT_READ, functools.partial(self._read, client))

    def _read(self, client: Client) -> None:
        try:
            received = client.connection.recv(_READ)
        except BlockingIOError:
            return
        except OSError as error:
            self._leave(client, error.strerror or str(error))
            return
        if not received:
            self._leave(client, None)
            return
        try:
            if client.framing is None:
                client.framing = framing_of(received[:1])
            packets, wrong = client.framing.feed(received)
        except BadStream as error:
            self._refuse(client.address, f"{error}; it is disconnected")
            self._leave(client, None)
            return
        for packet in packets:
            self._hear(packet, client)
        for reason in wrong:
            self._refuse(client.address, reason)

    def _leave(self, client: Client, why: str | None) -> None:
        self._clients.remove(client)
        self._lost += client.lost + client.waiting
        self._selector.unregister(client.connection)
        client.connection.close()
        if why:
            self._complain(client.address, f"is disconnected: {why}")

    def _complain(self, address: Address, what: str) -> None:
        """Say it unless something was said just now: a program that comes again and again needs no flood."""
        now = self._now()
        if now - self._said_at >= _SAID_EVERY:
            self._said_at = now
            self._say(f"OSC: {address[0]}:{address[1]} {what}")


