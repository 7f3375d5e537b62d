"""The least that brings a picture to another process by TCP, both sides of it: a yardstick, no output.

Each picture is height and width, u64, then RGBA.
"""

import contextlib
import socket
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_CHANNELS = 4
_LOOK = 0.01


class Sender:
    """Sends pictures of `height` x `width` to who listens at `target`, "host:port"."""

    def __init__(self, target: str, height: int, width: int) -> None:
        host, _, port = target.rpartition(":")
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                self._link = socket.create_connection((host, int(port)))
                break
            time.sleep(_LOOK)
        self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = np.array([height, width], np.uint64).tobytes()

    def send(self, pixels: NDArray[np.uint8]) -> None:
        """Send `pixels`, RGBA uint8 [height, width, 4], as fast as they are taken."""
        self._link.sendall(self._head)
        self._link.sendall(pixels.data.cast("B"))


def pictures(target: str) -> Iterator[NDArray[np.uint8]]:
    """Listen on `target` and yield the pictures that are sent there."""
    host, _, port = target.rpartition(":")
    with socket.create_server((host, int(port))) as server:
        link, _ = server.accept()
    with link, link.makefile("rb") as stream:
        while head := stream.read(16):
            height, width = np.frombuffer(head, np.uint64).tolist()
            pixels = np.empty((height, width, _CHANNELS), np.uint8)
            if stream.readinto(pixels.data.cast("B")) < pixels.nbytes:
                return
            yield pixels
