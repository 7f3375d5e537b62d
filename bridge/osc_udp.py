"""The UDP socket of the OSC face, which never blocks."""

import contextlib
import logging
import socket
import struct
import sys
from collections.abc import Iterator

_LARGEST = 65536
_KERNEL_BUFFER = 4 << 20
"""Bytes that may wait to be read: at 20,000 messages a second those of a third of a second."""
_DROPS = 40  # SO_RXQ_OVFL of Linux, for which Python has no name
_log = logging.getLogger("phonoscope.osc")

Address = tuple[str, int]


class UdpSocket:
    """Receives at `address` and sends. OSError if the port is taken."""

    def __init__(self, address: Address) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.socket.bind(address)
        except OSError:
            self.socket.close()
            raise
        self.socket.setblocking(False)
        with contextlib.suppress(OSError):  # Linux gives what it may; macOS refuses what is more
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KERNEL_BUFFER)
        if sys.platform == "linux":
            self.socket.setsockopt(socket.SOL_SOCKET, _DROPS, 1)
        self.host: str
        self.port: int
        self.host, self.port = self.socket.getsockname()
        self.lost_in = 0
        """Datagrams that the system threw away because too many came, as far as it says."""
        self.sent = self.lost_out = 0

    def received(self) -> Iterator[tuple[bytes, Address]]:
        """Yield the datagrams that have come, each with who sent it, as long as there are any."""
        receive = self._first
        while True:
            try:
                yield receive()
            except BlockingIOError:
                return
            except OSError as error:
                # Windows reports a target's closed port here; what came after it is there to be asked for again.
                _log.debug("receive: %s", error)
                return
            receive = self._next

    def send(self, datagram: bytes, target: Address) -> None:
        """Send, or count as lost what can't be sent now."""
        try:
            self.socket.sendto(datagram, target)
            self.sent += 1
        except OSError as error:
            self.lost_out += 1
            _log.debug("send to %s: %s", target, error)  # nobody there now; the state is repeated every second

    def close(self) -> None:
        """Release the port."""
        self.socket.close()

    def _next(self) -> tuple[bytes, Address]:
        datagram, sender = self.socket.recvfrom(_LARGEST)
        return datagram, sender

    def _first(self) -> tuple[bytes, Address]:
        if not hasattr(self.socket, "recvmsg"):
            return self._next()
        datagram, ancillary, _, sender = self.socket.recvmsg(_LARGEST, 64)
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, _DROPS):
                self.lost_in = struct.unpack("I", content[:4])[0]
        return datagram, sender
