"""Jitter's network protocol as bytes: matrices to Max's jit.net.recv, and what it answers. Pure.

The specification of Cycling '74 ("Jitter Networking Specification", Max SDK) says little-endian; what programs really
send, and what is written here, is: the size in a chunk's header little-endian, everything in a matrix's header
big-endian. What comes back is understood in either order.
"""

import math
import struct
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

_MATRIX, _LATENCY, _MESSAGE = b"JMTX", b"JMLP", b"JMMP"
_HEADER = struct.Struct(">4siiii32i32iid")
_CHAR, _PLANES = 0, 4
_REPLY = 28
_LONGEST_MESSAGE = 1 << 20


def matrix(frame: NDArray[np.uint8], milliseconds: float) -> bytearray:
    """Return RGB `frame` [height, width, 3] as a matrix of 4 planes of type char, ARGB, that was sent at that time."""
    height, width, _ = frame.shape
    dims = [width, height, *[1] * 30]
    strides = [_PLANES, _PLANES * width, *[_PLANES * width * height] * 30]
    size = _PLANES * width * height
    head = struct.pack("<4sI", _MATRIX, _HEADER.size) + _HEADER.pack(
        _MATRIX, _HEADER.size, _PLANES, _CHAR, 2, *dims, *strides, size, milliseconds)
    chunk = bytearray(len(head) + size)
    chunk[:len(head)] = head
    cells = np.frombuffer(chunk, np.uint8, size, len(head)).reshape(height, width, _PLANES)
    cells[:] = 255
    cv2.mixChannels([frame], [cells], [0, 1, 1, 2, 2, 3])
    return chunk


class Reply(NamedTuple):
    """The receiver's answer to a matrix, ms: when it was sent, by the sender's clock; when its data began to arrive and
    when it was there, by the receiver's."""

    sent: float
    began: float
    done: float

    def arrival(self, now: float) -> float:
        """Return how long the matrix took to be there, ms, if the way back is as long as the way there; `now`: ms."""
        return (now - self.sent + self.done - self.began) / 2


class Replies:
    """Reads what comes back from a receiver, however it is cut into pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes, now: float) -> Iterator[Reply]:
        """Yield the replies that `data` completes, messages are passed over; `now`: ms, by the sender's clock.

        Raises ValueError if it is something else.
        """
        self._rest += data
        while len(self._rest) >= 8:
            kind = self._rest[:4]
            if kind == _LATENCY:
                length = _REPLY
            elif kind == _MESSAGE:
                length = 8 + min(struct.unpack_from("<I", self._rest, 4) + struct.unpack_from(">I", self._rest, 4))
            else:
                raise ValueError(f"{self._rest[:8]!r} is no reply of jit.net.recv")
            if length > _LONGEST_MESSAGE:
                raise ValueError(f"a message of {length} bytes")
            if len(self._rest) < length:
                return
            chunk, self._rest = self._rest[:length], self._rest[length:]
            if kind == _LATENCY:
                yield _reply(chunk, now)


def _reply(chunk: bytes, now: float) -> Reply:
    big, little = (Reply(*struct.unpack_from(f"{order}3d", chunk, 4)) for order in "><")
    return little if abs(now - little.sent) < abs(now - big.sent) or math.isnan(big.sent) else big
