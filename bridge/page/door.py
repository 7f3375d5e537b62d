"""Who may see the page, and the headers that keep strangers' scripts off it."""

import contextlib
import hmac
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, quote

from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; "
          "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
_COOKIE = "phonoscope"


class Door:
    """Lets in who knows the token, by cookie or, the first time, in the address; adds the security headers."""

    def __init__(self, app: ASGIApp, token: str, refused: Callable[[str], None]) -> None:
        self._app, self._token, self._refused = app, token, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as ASGI says."""
        if scope["type"] == "lifespan" or not self._token or self._knows(self._shown(scope)):
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            self._refused("a browser without the token")
            await send({"type": "websocket.close"})  # before it is accepted: status 403
        elif self._knows(quote(parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0], safe="")):
            response = RedirectResponse("/", 303)
            response.set_cookie(_COOKIE, self._token, httponly=True, samesite="strict")
            await response(scope, receive, send)
        else:
            self._refused("a browser without the token")
            await PlainTextResponse("Open the whole address that Phonoscope shows when it starts, with its token.\n",
                                    403)(scope, receive, send)

    def _knows(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())

    @staticmethod
    def _shown(scope: Scope) -> str:
        cookies: SimpleCookie = SimpleCookie()
        with contextlib.suppress(CookieError):
            for name, value in scope["headers"]:
                if name == b"cookie":
                    cookies.load(value.decode("latin-1"))
        return cookies[_COOKIE].value if _COOKIE in cookies else ""


def _with_headers(send: Send) -> Send:
    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            lasts = any(name == b"cache-control" for name, _ in message["headers"])
            message["headers"] = [*message["headers"], (b"content-security-policy", POLICY.encode()),
                                  (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"),
                                  *(() if lasts else ((b"cache-control", b"no-cache"),))]
        await send(message)
    return sending
