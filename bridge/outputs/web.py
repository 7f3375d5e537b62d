"""What the outputs `mjpeg` and `websocket` share: a web server that shows pictures."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute

from bridge.onefile import filled
from bridge.outputs import FrameOutput
from bridge.outputs.viewers import PATIENCE, Viewers
from bridge.webserver import WebServer
from engine.errors import UserError

_SEND_BUFFER = 131_072
"""Bytes on their way to a viewer at most: what waits there is old when it arrives."""
_OPTIONS = [(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)]
if sys.platform == "linux":  # elsewhere a connection whose other end stands still goes when that ends
    _OPTIONS.append((socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(1e3 * PATIENCE)))
_PAGE = Path(__file__).parent / "page"


class WebOutput(FrameOutput):
    """Serves what `routes` makes of the viewers. kind: of the output. target: "host:port"."""

    def __init__(self, kind: str, target: str, routes: Callable[[Viewers], Sequence[BaseRoute]]) -> None:
        host, port = _address(kind, target)
        self._viewers = Viewers()
        app = Starlette(routes=routes(self._viewers), lifespan=self._lifespan)
        self._server = WebServer(app, host, port, kind, options=_OPTIONS)
        self._server.start()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._server.port

    def send(self, frame: NDArray[np.uint8], time: float) -> None:
        """Let `frame` be the newest; it is encoded when the first viewer takes it."""
        self._viewers.show(frame)

    def receivers(self) -> int:
        """How many look."""
        return len(self._viewers)

    def missed(self) -> int:
        """Pictures that slow viewers didn't get."""
        return self._viewers.missed

    def close(self) -> None:
        """End all connections."""
        self._server.close()

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        self._viewers.attach(asyncio.get_running_loop())
        yield


def page(kind: str, sources: str) -> HTMLResponse:
    """Return the page that shows the pictures of an output of this kind. sources: where from, as a policy says it."""
    return HTMLResponse(filled(_PAGE, "Phonoscope", sources, {"kind": kind}))


def _address(kind: str, target: str) -> tuple[str, int]:
    host, _, port = target.rpartition(":")
    if not (host and port.isdecimal() and int(port) < 65536):
        raise UserError(f'{kind}: target = "{target}": expected HOST:PORT to listen on, such as 127.0.0.1:8081, or '
                        "0.0.0.0:8081 for the whole network")
    return host.strip("[]"), int(port)
