"""Who may see the page, and the headers that keep strangers' scripts off it."""

import contextlib
import hmac
import math
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, quote

from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.page.guesses import Guesses
from bridge.webguard import crossing
from engine.clock import Clock

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; "
          "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
_HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-cache",
}
_COOKIE = "phonoscope"
_LONGEST_PATH = 1000
"""Bytes; in longer ones nothing is looked for, such as a number of ten thousand digits."""


class Door:
    """Lets in who knows the token, by cookie or, the first time, in the address; who guesses is slowed. Keeps out what
    other sites embed. Adds the security headers, where an answer doesn't have its own.

    token: "" lets everybody in. refused: told the reason of each refusal. clock: for the guesses.
    """

    def __init__(self, app: ASGIApp, token: str, refused: Callable[[str], None], clock: Clock) -> None:
        self._app, self._token, self._refused = app, token, refused
        self._guesses = Guesses(clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as ASGI says."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        send = _with_headers(send)
        status, reason = 403, crossing(scope.get("method", "WEBSOCKET"), scope["headers"])
        if reason is None and len(scope["raw_path"]) > _LONGEST_PATH:
            status, reason = 414, f"a path of more than {_LONGEST_PATH} bytes"
        if reason is None and self._may_enter(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            self._refused(reason or "a browser without the token")
            await send({"type": "websocket.close"})  # before it is accepted: status 403
        elif reason is None:
            await self._met(scope)(scope, receive, send)
        else:
            self._refused(reason)
            await JSONResponse({"error": reason}, status)(scope, receive, send)

    def _may_enter(self, scope: Scope) -> bool:
        return not self._token or self._knows(self._shown(scope), _address(scope))

    def _met(self, scope: Scope) -> Response:
        """Return the answer for one who doesn't show the token by cookie: take it from the address, or ask for it."""
        given = quote(parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0], safe="")
        if self._knows(given, _address(scope)):
            response: Response = RedirectResponse("/", 303)
            response.set_cookie(_COOKIE, self._token, httponly=True, samesite="strict")
            return response
        self._refused("a browser without the token")
        if wait := self._guesses.wait(_address(scope)):
            return PlainTextResponse(f"Too many wrong tokens; wait {wait:.0f} s before you try another one.\n", 429,
                                     {"retry-after": str(math.ceil(wait))})
        return PlainTextResponse("Open the whole address that Phonoscope shows when it starts, with its token.\n", 403)

    def _knows(self, given: str, address: str) -> bool:
        """Whether that is the token; it isn't looked at if too much else was tried before."""
        if not given or self._guesses.wait(address):
            return False
        knows = hmac.compare_digest(given.encode(), self._token.encode())
        if knows:
            self._guesses.right(address)
        else:
            self._guesses.wrong(address, given)
        return knows

    @staticmethod
    def _shown(scope: Scope) -> str:
        cookies: SimpleCookie = SimpleCookie()
        with contextlib.suppress(CookieError):
            for name, value in scope["headers"]:
                if name == b"cookie":
                    cookies.load(value.decode("latin-1"))
        return cookies[_COOKIE].value if _COOKIE in cookies else ""


def _address(scope: Scope) -> str:
    return scope["client"][0] if scope["client"] else ""


def _with_headers(send: Send) -> Send:
    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *((n, v) for n, v in _HEADERS.items() if n not in own)]
        await send(message)
    return sending
