"""A receiver of Jitter's network protocol, written from the layout of its packets and not from our sender.

A chunk begins with four letters and a 32-bit size. JMTX: 288 bytes of header follow, then datasize bytes of cells. The
header: 0 id, 4 size, 8 planecount, 12 type (0 char), 16 dimcount, 20 dim[32], 148 dimstride[32], 276 datasize, 280 time
(double, ms). Integers in it are big-endian; programs differ about the order of the chunk's size, of the id and of the
time, so both are read.
"""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass
class Matrix:
    """A matrix as it came: cells uint8 [dim 1, dim 0, planes]; the header's bytes; its time in both orders, ms."""

    cells: NDArray[np.uint8]
    header: bytes
    times: tuple[float, float]


def read_matrix(read: Callable[[int], bytes]) -> Matrix:
    """Read one chunk by `read`, which returns so many bytes."""
    letters, size = read(4), read(4)
    assert letters == b"JMTX"
    assert 288 in (int.from_bytes(size, "little"), int.from_bytes(size, "big"))
    header = read(288)
    assert header[:4] in (b"JMTX", b"XTMJ")
    planes, kind, dims = (int.from_bytes(header[at:at + 4], "big") for at in (8, 12, 16))
    dim = [int.from_bytes(header[at:at + 4], "big") for at in range(20, 148, 4)]
    stride = [int.from_bytes(header[at:at + 4], "big") for at in range(148, 276, 4)]
    datasize = int.from_bytes(header[276:280], "big")
    assert (int.from_bytes(header[4:8], "big"), kind, dims) == (288, 0, 2)
    data = read(datasize)
    cells = np.zeros((dim[1], dim[0], planes), np.uint8)
    for y in range(dim[1]):
        row = data[y * stride[1]:y * stride[1] + dim[0] * stride[0]]
        cells[y] = np.frombuffer(row, np.uint8).reshape(dim[0], stride[0])[:, :planes]
    return Matrix(cells, header, (struct.unpack(">d", header[280:])[0], struct.unpack("<d", header[280:])[0]))


def latency_reply(sent: float, began: float, done: float, order: Literal[">", "<"] = ">") -> bytes:
    """Return the answer to a matrix."""
    return b"JMLP" + struct.pack(f"{order}3d", sent, began, done)


def message(order: Literal[">", "<"], number: int = 7) -> bytes:
    """Return a Max message, which may come in between."""
    body = struct.pack(">ii", 20, 2) + b"slevel\0" + b"l" + struct.pack(">i", number)
    return b"JMMP" + struct.pack(f"{order}i", len(body)) + body


class Receiver:
    """jit.net.recv: listens on `port`, reads matrices into `newest` and answers each in the byte order `answers`.

    Not while `reading` is cleared. busy: seconds that each matrix takes.
    """

    def __init__(self, port: int = 0, answers: Literal[">", "<", ""] = ">", busy: float = 0.0) -> None:
        self._server = socket.create_server(("127.0.0.1", port))
        self.port: int = self._server.getsockname()[1]
        self.answers, self.busy = answers, busy
        self.newest: Matrix | None = None
        self.received = 0
        self.connections = 0
        self.reading = threading.Event()
        self.reading.set()
        self._link: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def disconnect(self) -> None:
        """Close the present connection."""
        if self._link:
            self._link.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Be gone."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.reading.set()
        with contextlib.suppress(OSError):
            self.disconnect()
        self._thread.join(5)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._link, _ = self._server.accept()
                self.connections += 1
                with contextlib.suppress(OSError, EOFError), self._link as link:
                    while True:
                        self._take(link)

    def _take(self, link: socket.socket) -> None:
        def read(count: int) -> bytes:
            data = bytearray()
            while len(data) < count:
                self.reading.wait()
                if not (piece := link.recv(min(count - len(data), 65536))):
                    raise EOFError
                data += piece
            return bytes(data)

        began = time.time()
        self.newest = read_matrix(read)
        self.received += 1
        time.sleep(self.busy)
        if self.answers:
            link.sendall(message(self.answers))
            link.sendall(latency_reply(self.newest.times[0], 1e3 * began, 1e3 * time.time(), self.answers))
