"""The page's view of the library as a map."""

import contextlib
import gzip
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from bridge.page.view import Asked, View
from bridge.studio.wire import Header, Result

_FOR_GOOD = "private, max-age=31536000, immutable"
"""What belongs to a fingerprint stays as it is."""


def routes(view: View) -> list[Asked]:
    """Return what browsers can ask for."""
    async def ask(task: str, told: Header) -> Result:
        async with contextlib.aclosing(view.studio.ask(task, {"library": view.library, **told})) as results:
            return await anext(results)

    async def overview(request: Request) -> Response:
        header, packed = await ask("map/overview", {"known": request.headers.get("if-none-match", "")})
        headers = {"etag": header["tag"], "vary": "accept-encoding"}
        if not packed:
            return Response(None, 304, headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(packed, headers={**headers, "content-encoding": "gzip"}, media_type="application/json")
        return Response(gzip.decompress(packed), headers=headers, media_type="application/json")

    async def places(request: Request) -> Response:
        _, content = await ask("map/places", {"fp": request.query_params.get("library", "")})
        return Response(content, media_type="application/json")

    def of_clip(task: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            told = {"fp": request.query_params.get("library", ""), "clip": request.path_params["clip"]}
            _, content = await ask(task, told)
            return Response(content, headers={"cache-control": _FOR_GOOD}, media_type=kind)
        return answer

    return [("GET", "/library.json", overview), ("GET", "/library/places.json", places),
            ("GET", "/library/clip/{clip:int}.json", of_clip("map/detail", "application/json")),
            ("GET", "/library/clip/{clip:int}.mp3", of_clip("map/preview", "audio/mpeg"))]
