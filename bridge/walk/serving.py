"""Serves a walk's site: by itself, or below /walk of an instrument's page."""

from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.page.door import Door
from bridge.walk.folder import WALK
from bridge.webserver import WebServer
from engine.clock import MonotonicClock


def serve(site: Path, port: int, refused: Callable[[str], None]) -> WebServer:
    """Return a server of this machine only for a site. port: 0 for any that is free; refused: told what is turned down.

    Raises UserError if the port is taken.
    """
    app = Starlette(routes=[Mount("/", StaticFiles(directory=site, html=True))])
    return WebServer(Door(app, "", refused, MonotonicClock()), "127.0.0.1", port, f"--port {port}", refused)


def walk_below(site: str, without: Path, say: Callable[[str], None]) -> Mount:
    """Return what answers below /walk: the files in the folder `site`, and as long as that is none the page `without`.

    site: "" for no folder. say: told if it is no site.
    """
    async def page(request: Request) -> Response:
        return FileResponse(without)

    instead = Router([Route("/", page)])
    if not site:
        return Mount("/walk", instead)
    whole = Path(site, WALK)
    files = StaticFiles(directory=site, html=True, check_dir=False)
    if not whole.is_file():
        say(f"page.walk: {site} is no walk (there is no {WALK} in it); make one with: "
            f"phonoscope walk PANORAMAS --export {site}")

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        shown: ASGIApp = files if whole.is_file() else instead
        await shown(scope, receive, send)

    return Mount("/walk", answer)
