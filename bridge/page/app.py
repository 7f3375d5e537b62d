"""The page's app: its files, what the instrument is made of, the WebSockets that the stage lives on, and the views."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from bridge.page import dreaming, imagining, mapped
from bridge.page.answers import answered, turned_down
from bridge.page.door import Door
from bridge.page.openapi import document
from bridge.page.stage.hub import Hub
from bridge.page.stage.pictures import Pictures
from bridge.page.uploads import Uploads
from bridge.page.view import View, described
from bridge.studio.client import Studio
from bridge.walk.serving import walk_below
from engine.clock import MonotonicClock
from engine.parameters import LAYERS, PARAMETERS
from engine.shared import Session

STATIC = Path(__file__).parent / "static"
VIEWS = {"/imagine": "imagine.html", "/library": "library.html", "/dream": "dream.html"}
"""Addresses of the views that need the studio, and their files."""


def page_app(session: Session, hub: Hub, title: str, token: str, walk: str, say: Callable[[str], None],
             refused: Callable[[str], None]) -> ASGIApp:
    """Return the app. token: what a browser must know, percent-encoded so that a cookie can hold it, "" for nothing;
    walk: folder of the walk's site, "" for none; say: told what a person should know; refused: told of those who don't
    know the token, and of what else is turned down."""
    description = {"title": title, "layers": LAYERS, "dream": session.config["dream"]["on"],
                   "parameters": [described(p) for p in PARAMETERS]}
    files = StaticFiles(directory=STATIC)
    studio = Studio(say)
    view = View(session, studio, Uploads())

    async def instrument(request: Request) -> Response:
        return JSONResponse(description)

    async def openapi(request: Request) -> Response:
        return JSONResponse(document(title))

    async def page(request: Request) -> Response:
        if request.url.path == "/imagine":
            imagining.prepare(view)
        elif request.url.path == "/dream":
            dreaming.prepare(view)
        elif request.url.path in VIEWS:
            studio.wake()
        return await files.get_response(VIEWS.get(request.url.path, "stage.html"), request.scope)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        following = asyncio.create_task(hub.follow())
        yield
        following.cancel()
        await studio.close()

    asked = [route for part in (imagining, mapped, dreaming) for route in part.routes(view)]
    app = Starlette(lifespan=lifespan, exception_handlers={HTTPException: turned_down}, routes=[
        *(Route(path, page) for path in ("/", *VIEWS)), Route("/instrument.json", instrument),
        Route("/openapi.json", openapi),
        WebSocketRoute("/live", hub.talk), WebSocketRoute("/picture/camera", Pictures(session.frame).talk),
        WebSocketRoute("/picture/dream", Pictures(session.dream).talk),
        *(Route(path, answered(handler, refused), methods=[method]) for method, path, handler in asked)])
    app.mount("/static", files)
    app.routes.append(walk_below(walk, STATIC / "walk.html", say))
    return Door(app, token, refused, MonotonicClock())
