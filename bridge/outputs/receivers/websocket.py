"""Takes what the output `websocket` sends, as a web page does."""

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from bridge.outputs.receivers.mjpeg import decoded

_LOOK = 0.01


def pictures(target: str) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures that are sent at "host:port"."""
    with _connected(target) as socket:
        try:
            for body in socket:
                assert isinstance(body, bytes)
                yield decoded(body)
        except ConnectionClosed:
            return


def _connected(target: str) -> ClientConnection:
    while True:
        try:
            return connect(f"ws://{target}/", compression=None)
        except ConnectionRefusedError:
            time.sleep(_LOOK)
