"""A web server for a face: an ASGI app on a thread and event loop of its own, behind limits.

Bound when it is made, so that a taken port is known before anything starts. What is limited here is limited for every
app: connections, size and duration of requests, size of WebSocket messages (bridge.webprotocol), and who may ask
(bridge.webguard).
"""

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Iterable

import uvicorn
from starlette.types import ASGIApp

from bridge.webguard import Guard
from bridge.webprotocol import LARGEST_MESSAGE, REQUEST_WITHIN, Limits, limited_http, limited_websocket
from engine.errors import UserError

LITTLE_WAITS = ((socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16),)
"""Options for connections on which newer replaces older: what waits in the system can't be replaced any more."""
_WAITING = 64
_POLITE = 0.3
"""Seconds that connections have to end by themselves when the server closes, and then what answers them."""


class WebServer:
    """Serves `app` on `host`:`port`.

    app: its lifespan runs on the server's event loop. port: 0 for any that is free; the attribute `port` says which.
    name: what a person calls this server, for instance the key of the show file. refused: told the reason, on the
    server's thread, of each request or frame that is refused before `app` sees it. options: (level,
    name, value) of socket options for its connections. Raises UserError if the port is taken or the host isn't this
    machine.
    """

    def __init__(self, app: ASGIApp, host: str, port: int, name: str,
                 refused: Callable[[str], None] = lambda reason: None,
                 options: Iterable[tuple[int, int, int]] = ()) -> None:
        self._socket = _bound(host, port, name)
        for option in options:
            self._socket.setsockopt(*option)  # connections inherit them
        self.port: int = self._socket.getsockname()[1]
        limits = Limits(refused)
        config = uvicorn.Config(
            Guard(app, host, refused), http=limited_http(limits), ws=limited_websocket(limits), loop="asyncio",
            lifespan="on", log_config=None, access_log=False, proxy_headers=False, server_header=False,
            ws_max_size=LARGEST_MESSAGE, ws_per_message_deflate=False, timeout_keep_alive=REQUEST_WITHIN,
            timeout_graceful_shutdown=2, backlog=_WAITING)
        self._server = uvicorn.Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name=name, daemon=True)

    def start(self) -> None:
        """Begin to answer; who has connected since the server was made is answered, too."""
        self._thread.start()

    def close(self) -> None:
        """End all connections and give the port back."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(5.0)
        self._socket.close()

    async def _serve(self) -> None:
        ending = asyncio.create_task(self._end_the_rest())
        try:
            await self._server.serve([self._socket])
        finally:
            ending.cancel()

    async def _end_the_rest(self) -> None:
        """When the server ends, cut off who doesn't: a stream without an end, a receiver that reads no more, an answer
        that is long in coming."""
        while not self._server.should_exit:
            await asyncio.sleep(0.1)
        await asyncio.sleep(_POLITE)
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(_POLITE)
        for answering in list(self._server.server_state.tasks):
            answering.cancel()


def _bound(host: str, port: int, name: str) -> socket.socket:
    """Return a socket that listens, so that connections wait until the server starts."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM,
                                                                flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(family, kind, protocol)
        try:
            if os.name == "posix":  # elsewhere it would let two programs share the port
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(_WAITING)
        except OSError:
            listening.close()
            raise
    except UnicodeError as error:
        raise UserError(f"{name}: '{host}' can't be the name of a machine") from error
    except OSError as error:
        raise UserError(f"{name}: can't listen on {host}:{port}: {error.strerror or error}; is another Phonoscope "
                        "running? Choose another port in the show file") from error
    return listening
