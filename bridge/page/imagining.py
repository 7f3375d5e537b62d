"""The page's view of what a picture of one's own sounds like."""

import contextlib
import re
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bridge.page.view import Asked, View
from bridge.studio.client import Busy
from bridge.studio.wire import to_json
from engine.errors import UserError
from engine.parameters import LAYERS

LARGEST = 32 << 20
"""Bytes of a picture."""
SECONDS = 1.0, 60.0
"""How long a soundscape can be."""
MOST_SOUNDING = 4
"""Soundscapes that are made at once; each holds its clips until it has been fetched."""
_SECONDS = 20.0
_RULES = ("layers", "hysteresis", "hold", "focus", "diversity")
_PICK = re.compile(r"(\d{1,9}):(\d{1,3}(?:\.\d{0,9})?)", re.ASCII)
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_LONGEST_NAME = 80


def routes(view: View) -> list[Asked]:
    """Return what browsers can ask for."""
    sounding = 0

    async def picture(request: Request) -> Response:
        told = {**_playing(view), "name": _name(request) or "picture", "rules": _rules(view)}
        results = view.studio.ask("imagine/picture", told, await view.uploads.read(request, LARGEST))
        header, _ = await anext(results)
        view.studio.finish(results)
        return Response(to_json(header), media_type="application/json")

    async def pieces(told: dict[str, Any]) -> AsyncGenerator[Any]:
        """Yield how many bytes there are, then the bytes."""
        nonlocal sounding
        if sounding >= MOST_SOUNDING:
            raise Busy("too many soundscapes are fetched at once; try again in a moment")
        sounding += 1
        try:
            async with contextlib.aclosing(view.studio.ask("imagine/sound", told)) as results:
                async for header, piece in results:
                    if "bytes" in header:
                        yield header["bytes"]
                    if piece:
                        yield piece
        finally:
            sounding -= 1

    async def sound(request: Request) -> Response:
        told = {**_playing(view), **_picked(request), "seconds": _seconds(request)}
        sound = pieces(told)
        headers = {"content-length": str(await anext(sound))}
        if name := _name(request):
            headers["content-disposition"] = _attachment(name, "wav")
        return StreamingResponse(sound, headers=headers, media_type="audio/wav")

    async def page(request: Request) -> Response:
        name = _name(request) or "picture"
        told = {**_playing(view), **_picked(request), "name": name, "title": _stem(name)}
        picture = await view.uploads.read(request, LARGEST)
        made = [result async for _, result in view.studio.ask("imagine/page", told, picture)]
        return Response(made[-1], media_type="text/html", headers={"content-disposition": _attachment(name, "html")})

    return [("POST", "/imagine/picture", picture), ("GET", "/imagine/sound.wav", sound),
            ("POST", "/imagine/page", page)]


def prepare(view: View) -> None:
    """Let the studio load what it needs for the first picture, without waiting for it."""
    view.studio.finish(view.studio.ask("imagine/prepare", _playing(view)))


def _playing(view: View) -> dict[str, str]:
    return {"library": view.library, "eye": view.eye}


def _rules(view: View) -> dict[str, Any]:
    """Return the rules by which the instrument chooses now."""
    rules: dict[str, Any] = {name: view.session.get(f"match/{name}") for name in _RULES}
    return rules | {"layers": int(rules["layers"]), "diversity": bool(rules["diversity"])}


def _name(request: Request) -> str:
    """Return what the picture is called, "" if nobody says; only ever shown."""
    last = re.split(r"[/\\]", request.query_params.get("name", ""))[-1]
    return _UNFIT.sub("", last).strip()[:_LONGEST_NAME]


def _seconds(request: Request) -> float:
    text = request.query_params.get("seconds", str(_SECONDS))
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not SECONDS[0] <= seconds <= SECONDS[1]:
        raise UserError(f"seconds={text[:20]}: expected a number from {SECONDS[0]:g} to {SECONDS[1]:g}")
    return seconds


def _picked(request: Request) -> dict[str, Any]:
    text = request.query_params.get("picks", "")
    found = [_PICK.fullmatch(pick) for pick in text.split(",", LAYERS)]
    picks = [(int(pick[1]), float(pick[2])) for pick in found if pick]
    if not all(found) or len(found) > LAYERS or any(level > 1 for _, level in picks):
        raise UserError(f"picks={text[:80]}: expected 1 to {LAYERS} clips with a level from 0 to 1 each, such as "
                        "3:1,17:0.5")
    if len({clip for clip, _ in picks}) < len(picks):
        raise UserError(f"picks={text[:80]}: expected each clip once")
    library = request.query_params.get("library")
    if library is None:
        raise UserError('expected library=, what the answer to the picture calls "fp", so that the numbers mean the '
                        "same clips")
    return {"fp": library, "picks": picks}


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _attachment(name: str, suffix: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(_stem(name), safe='')}.{suffix}"
