"""Who may ask a web server of ours: programs, and pages that came from that server; not pages of other sites.

A browser runs pages of strangers, and those may send requests to this machine, too. A page of another site is known by
its Origin. One whose name was made to point to this machine (DNS rebinding) is of our origin, but asks for a Host that
isn't ours.
"""

import contextlib
import ipaddress
import socket
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

LARGEST_HEAD = 16384
"""Bytes of a request's address and headers."""
STRICT = {"content-security-policy": "default-src 'none'; frame-ancestors 'none'", "x-content-type-options": "nosniff"}
"""Headers of an answer that is only to be read."""


class Guard:
    """Passes requests and WebSockets on to `app` unless they come from pages of other sites or have giant heads.

    host: what the server listens on, a name of ours. refused: told the reason of each refusal.
    """

    def __init__(self, app: ASGIApp, host: str, refused: Callable[[str], None]) -> None:
        self._app, self._refused = app, refused
        machine = socket.gethostname().lower()
        self._names = frozenset({"localhost", machine, f"{machine.removesuffix('.local')}.local", host.lower()})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as ASGI says."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        status, reason = 403, refusal(scope["headers"], self._names)
        head = len(scope["raw_path"]) + len(scope["query_string"])
        if head + sum(len(name) + len(value) for name, value in scope["headers"]) > LARGEST_HEAD:
            status, reason = 431, f"a request whose head is larger than {LARGEST_HEAD} bytes"
        if reason is None:
            with contextlib.suppress(WebSocketDisconnect):  # how a WebSocket ends
                await self._app(scope, receive, send)
            return
        self._refused(reason)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})  # before it is accepted: status 403
        else:
            await PlainTextResponse(f"{reason}\n", status, STRICT)(scope, receive, send)


def refusal(headers: Iterable[tuple[bytes, bytes]], names: frozenset[str]) -> str | None:
    """Return why a request with these headers is refused, None if it isn't.

    names: those of this machine, in lower case; numeric addresses are always taken for it.
    """
    hosts = [value.decode("latin-1").lower() for name, value in headers if name == b"host"]
    origins = [value.decode("latin-1").lower() for name, value in headers if name == b"origin"]
    if not all(_is_ours(host, names) for host in hosts):
        return f"'{hosts[0][:100]}' is not this machine; ask for its address or for localhost"
    if origins and not (hosts and all(origin in (f"http://{hosts[0]}", f"https://{hosts[0]}") for origin in origins)):
        return f"pages of '{origins[0][:100]}' may not ask here"
    return None


def crossing(method: str, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return why a request that a browser marks as another site's is refused, None if it isn't marked or is no more
    than a link to a page that somebody follows.

    That catches what carries no Origin: images, sounds, scripts, frames. Browsers mark requests to this machine and
    encrypted ones (Fetch Metadata Request Headers, W3C).
    """
    told = {name: value for name, value in headers if name.startswith(b"sec-fetch-")}
    if told.get(b"sec-fetch-site", b"none") in (b"none", b"same-origin"):
        return None
    if method == "GET" and (told.get(b"sec-fetch-mode"), told.get(b"sec-fetch-dest")) == (b"navigate", b"document"):
        return None
    return "other sites may link to this page, but neither embed nor ask for what is here"


def _is_ours(host: str, names: frozenset[str]) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        if name in names:
            return True
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
