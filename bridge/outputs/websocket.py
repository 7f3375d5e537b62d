"""Output `websocket`: pictures for web pages, each a binary message that is one JPEG.

target: "host:port" to listen on; "" is 127.0.0.1:8082. ws://host:port/ sends them, http://host:port/ is a page that
shows them.
"""

import asyncio
import contextlib
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from bridge.outputs.viewers import MOST_VIEWERS, PATIENCE, Viewer, Viewers
from bridge.outputs.web import WebOutput, page

_DEFAULT = "127.0.0.1:8082"
_TRY_AGAIN_LATER = 1013
_POLICY = "connect-src 'self'; img-src blob:"


def open_output(target: str, rate: float) -> WebOutput:
    """Listen on `target`."""
    return WebOutput("websocket", target or _DEFAULT, _routes)


def _routes(viewers: Viewers) -> Sequence[BaseRoute]:
    async def film(socket: WebSocket) -> None:
        await socket.accept()
        if viewers.full:
            await socket.close(_TRY_AGAIN_LATER, f"there are {MOST_VIEWERS} viewers already")
            return
        with viewers.viewer() as viewer:
            tasks = [asyncio.create_task(_send(socket, viewer)), asyncio.create_task(_left(socket))]
            _, unfinished = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def view(request: Request) -> Response:
        return page("websocket", _POLICY)

    return [Route("/", view), WebSocketRoute("/", film)]


async def _send(socket: WebSocket, viewer: Viewer) -> None:
    """Send pictures until the viewer takes none for long, or is gone."""
    with contextlib.suppress(TimeoutError, WebSocketDisconnect):
        while True:
            body = await viewer.next()
            async with asyncio.timeout(PATIENCE):
                await socket.send_bytes(body)


async def _left(socket: WebSocket) -> None:
    """Return when the viewer has left; what he says means nothing."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
