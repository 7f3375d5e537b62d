"""Takes what the output `jitter` sends, as [jit.net.recv] does: listens, reads matrices whole and answers each."""

import socket
import struct
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_CHUNK, _HEADER = 8, 288


def pictures(target: str) -> Iterator[NDArray[np.uint8]]:
    """Listen on "host:port" and yield the pictures that are sent there."""
    host, _, port = target.rpartition(":")
    with socket.create_server((host, int(port))) as server:
        link, _ = server.accept()
    with link, link.makefile("rb") as stream:
        while head := stream.read(_CHUNK + _HEADER):
            began = 1e3 * time.time()
            planes, _, _, width, height = struct.unpack_from(">5i", head, _CHUNK + 8)
            cells = np.empty((height, width, planes), np.uint8)
            if stream.readinto(cells.data.cast("B")) < cells.nbytes:
                return
            yield cells[..., 1:]
            link.sendall(b"JMLP" + head[-8:] + struct.pack(">dd", began, 1e3 * time.time()))
