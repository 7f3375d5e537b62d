"""Takes what the output `mjpeg` serves, as a program that shows network cameras does."""

import contextlib
import http.client
import time
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

_LOOK = 0.01
_WAIT_S = 30


def pictures(target: str) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures that are served at "host:port"."""
    while True:
        connection = http.client.HTTPConnection(target, timeout=_WAIT_S)
        with contextlib.suppress(ConnectionRefusedError):
            connection.request("GET", "/")
            break
        time.sleep(_LOOK)
    answer = connection.getresponse()
    while answer.readline():
        length = int(http.client.parse_headers(answer)["Content-Length"])
        yield decoded(answer.read(length))
        answer.readline()


def decoded(body: bytes) -> NDArray[np.uint8]:
    """Return the picture of a JPEG, RGB uint8 [height, width, 3]."""
    picture = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{len(body)} bytes that are no JPEG")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
