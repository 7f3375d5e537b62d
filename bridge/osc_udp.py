"""The UDP socket of the OSC face, which never blocks."""

import contextlib
import logging
import socket
import struct
from collections.abc import Iterator

_LARGEST = 65536
_KERNEL_BUFFER = 4 << 20
"""Bytes that may wait to be read: at 20,000 messages a second those of a third of a second."""
_DROPS = getattr(socket, "SO_RXQ_OVFL", 40)  # Linux; Python has no name for it
_log = logging.getLogger("phonoscope.osc")

Address = tuple[str, int]


class UdpSocket:
    """Receives at `address` and sends. UserError if the port is taken."""

    def __init__(self, address: Address) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.socket.bind(address)
        except OSError:
            self.socket.close()
            raise
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KERNEL_BUFFER)
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, _DROPS, 1)
        self.port: int = self.socket.getsockname()[1]
        self.lost_in = 0
        """Datagrams that the system threw away because too many came, as far as it says."""
        self.sent = self.lost_out = 0

    def received(self, most: int) -> Iterator[tuple[bytes, Address]]:
        """Yield up to `most` datagrams that have come, each with who sent it."""
        for number in range(most):
            try:
                if number:
                    yield self.socket.recvfrom(_LARGEST)
                else:
                    datagram, ancillary, _, sender = self.socket.recvmsg(_LARGEST, 64)
                    self._note(ancillary)
                    yield datagram, sender
            except BlockingIOError:
                return
            except OSError as error:
                # Windows reports a target's closed port here; the next datagram may be fine.
                _log.debug("receive: %s", error)

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

    def _note(self, ancillary: list[tuple[int, int, bytes]]) -> None:
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, _DROPS):
                self.lost_in = struct.unpack("I", content[:4])[0]
