"""Output `mjpeg`: pictures over HTTP as an endless row of JPEGs, as network cameras send them.

target: "host:port" to listen on; "" is 127.0.0.1:8081. `/` is the row (multipart/x-mixed-replace), `/frame.jpg` the
newest picture alone, `/view` a page that shows it.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Send

from bridge.outputs.viewers import MOST_VIEWERS, PATIENCE, Viewers
from bridge.outputs.web import WebOutput, page

_DEFAULT = "127.0.0.1:8081"
_BOUNDARY = "picture"
_TYPE = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
_HEADERS = {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"}
"""For an image a browser says no Origin, so it is told to keep pages of other sites from showing ours."""
_POLICY = "img-src 'self'; connect-src 'self'"


class _Film(StreamingResponse):
    """Pictures until the viewer leaves, or takes nothing any more: the connection is closed then."""

    def __init__(self, viewers: Viewers) -> None:
        super().__init__(iter(()), headers=_HEADERS, media_type=_TYPE)
        self._viewers = viewers

    async def stream_response(self, send: Send) -> None:
        """Send them."""
        with self._viewers.viewer() as viewer, contextlib.suppress(TimeoutError):
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            part = f"--{_BOUNDARY}\r\n".encode()
            while True:
                async with asyncio.timeout(PATIENCE):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                body = await viewer.next()
                # A picture is followed by the next one's boundary at once: browsers show it only then.
                part = b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n--%b\r\n" % (
                    len(body), body, _BOUNDARY.encode())


def open_output(target: str, rate: float) -> WebOutput:
    """Listen on `target`."""
    return WebOutput("mjpeg", target or _DEFAULT, _routes)


def _routes(viewers: Viewers) -> Sequence[BaseRoute]:
    tag = f'"{secrets.token_hex(8)}"'

    async def film(request: Request) -> Response:
        if request.method == "HEAD":
            return Response(headers={**_HEADERS, "ETag": tag}, media_type=_TYPE)
        if viewers.full:
            return PlainTextResponse(f"There are {MOST_VIEWERS} viewers already.\n", 503)
        return _Film(viewers)

    async def newest(request: Request) -> Response:
        if (got := viewers.newest()) is None:
            return PlainTextResponse("There is no picture yet.\n", 503, {"Retry-After": "1"})
        return Response(got[1], media_type="image/jpeg", headers=_HEADERS)

    async def view(request: Request) -> Response:
        return page("mjpeg", _POLICY)

    return [Route("/", film), Route("/frame.jpg", newest), Route("/view", view)]
