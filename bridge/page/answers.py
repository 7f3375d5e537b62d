"""How the page's requests are answered: JSON, and errors as {"error": why} with the status that fits."""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.page.uploads import Refused
from bridge.studio.client import Broken, Busy
from bridge.studio.shelf import Outdated
from bridge.studio.wire import to_json
from engine.errors import UserError

_STATUS: dict[type, int] = {Busy: 429, Outdated: 409}
Handler = Callable[[Request], Awaitable[Response]]
Answering = Callable[[Request], Awaitable[ASGIApp]]


def answered(handler: Handler, refused: Callable[[str], None]) -> Answering:
    """Return a handler that answers what `handler` raises; refused: told the reason of what was turned down."""
    async def answering(request: Request) -> ASGIApp:
        try:
            if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
                raise Refused(403, "other sites may link to pages here, not to what is made on demand")
            return _Whole(await handler(request), refused)
        except Broken:
            return _error(503, "the studio ended while it worked on this; it is started anew, try again")
        except UserError as error:
            refused(str(error))
            return _error(error.status if isinstance(error, Refused) else _STATUS.get(type(error), 422), str(error))
        except ClientDisconnect:
            raise HTTPException(400) from None  # nobody hears it
    return answering


class _Whole:
    """An answer that is cut off if it can't be made to its end, so that nobody takes it for whole."""

    def __init__(self, answer: Response, refused: Callable[[str], None]) -> None:
        self._answer, self._refused = answer, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._answer(scope, receive, send)
        except (Broken, UserError) as error:
            self._refused(str(error) or "the studio ended in the middle of an answer")


async def turned_down(request: Request, error: Exception) -> Response:
    """Answer what no handler is there for, in the same way."""
    assert isinstance(error, HTTPException)
    answer = _error(error.status_code, f"{request.url.path[:200]}: {error.detail.lower()}")
    answer.headers.update(error.headers or {})
    return answer


def _error(status: int, reason: str) -> Response:
    return Response(to_json({"error": reason}), status, media_type="application/json")
