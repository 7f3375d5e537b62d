"""The page's view of what a sound of one's own looks like.

A sound is the body of each request, and may be of any kind that can be decoded; its first minute counts:

    GET  /dream/knobs.json                 the knobs, which requests give as ?speed=0.5&gain=6, and the limits
    POST /dream/heard.wav                  the sound as it is heard
    POST /dream/pictures?seed=1&speed=0.5  what is painted of it, while it is painted
    POST /dream/film.mp4?seed=1&speed=0.5  the same as a film

Pictures come as records: size of what follows its head (uint32), time in s (float32), both little-endian, then a JPEG.
The first record holds JSON instead: {"seconds", "fps", "model", "remarks": what was wrong with the file}; one of size 0
says that this was all.
"""

import contextlib
import re
import struct
from collections.abc import AsyncGenerator, AsyncIterator

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from bridge.page.view import Asked, View, described
from bridge.studio.client import Broken, Busy
from bridge.studio.wire import Header, Result
from engine.errors import UserError
from engine.parameters import PARAMETERS, Parameter

HEAD = struct.Struct("<If")
LARGEST = 32 << 20
"""Bytes of a sound."""
MOST_PAINTED = 4
"""Sounds that are painted at once."""
LARGEST_SEED = 2 ** 32 - 1
_OF_THE_MOMENT = ("dream/rate", "dream/palette")
"""Knobs of the dream that need a running instrument."""
KNOBS = {p.path.removeprefix("dream/"): p for p in (
    Parameter("gain", 0, -40, 24, "dB", "linear", 0, "Gain of the sound that is painted: the louder, the bigger."),
    *(p for p in PARAMETERS if p.path.startswith("dream/") and p.path not in _OF_THE_MOMENT),
    Parameter("fps", 25, 1, 60, "frames/s", "integer", 0, "Pictures painted for each second."))}
"""What can be turned, by its name in requests."""


def routes(view: View) -> list[Asked]:
    """Return what browsers can ask for."""
    painting = 0

    async def knobs(request: Request) -> Response:
        return JSONResponse({"knobs": [{**described(p), "path": name} for name, p in KNOBS.items()],
                             "bytes": LARGEST, "seed": LARGEST_SEED})

    async def heard(request: Request) -> Response:
        results = view.studio.ask("dream/hear", {}, await view.uploads.read(request, LARGEST))
        async with contextlib.aclosing(results):
            _, wav = await anext(results)
        return Response(wav, media_type="audio/wav")

    async def painted(task: str, request: Request) -> AsyncGenerator[Result]:
        """Yield what the studio paints for a request, one result after the other."""
        nonlocal painting
        told = {"model": view.dream, **wanted(dict(request.query_params))}
        results = view.studio.ask(task, told, await view.uploads.read(request, LARGEST))
        if painting >= MOST_PAINTED:
            raise Busy("too many sounds are painted at once; try again in a moment")
        painting += 1
        try:
            async with contextlib.aclosing(results):
                async for result in results:
                    yield result
        finally:
            painting -= 1

    async def pictures(request: Request) -> Response:
        results = painted("dream/paint", request)
        head, _ = await anext(results)
        return StreamingResponse(_records(head, results), media_type="application/octet-stream")

    async def film(request: Request) -> Response:
        async with contextlib.aclosing(painted("dream/film", request)) as results:
            async for _, film in results:
                if film:
                    return Response(film, media_type="video/mp4",
                                    headers={"content-disposition": 'attachment; filename="dream.mp4"'})
                if await request.is_disconnected():
                    raise ClientDisconnect
        raise Broken

    return [("GET", "/dream/knobs.json", knobs), ("POST", "/dream/heard.wav", heard),
            ("POST", "/dream/pictures", pictures), ("POST", "/dream/film.mp4", film)]


def prepare(view: View) -> None:
    """Let the studio load what paints, without waiting for it."""
    view.studio.finish(view.studio.ask("dream/prepare", {"model": view.dream}))


def wanted(query: dict[str, str]) -> Header:
    """Return what a request asks for, as the studio wants it: "seed", "fps", "gain", and "knobs" by their paths; each
    as it is at first unless the request names it. Raises UserError if a value is none."""
    seed = query.pop("seed", "0")
    if not re.fullmatch("[0-9]{1,10}", seed) or int(seed) > LARGEST_SEED:
        raise UserError(f"seed is '{seed[:40]}'; expected a whole number from 0 to {LARGEST_SEED}")
    values = {name: knob.default for name, knob in KNOBS.items()}
    for name, text in query.items():
        if name not in KNOBS:
            raise UserError(f"'{name[:40]}' is no knob; expected {', '.join(KNOBS)}, or seed")
        values[name] = _within(KNOBS[name], name, text)
    fps, gain = values.pop("fps"), values.pop("gain")
    return {"seed": int(seed), "fps": fps, "gain": gain,
            "knobs": {KNOBS[name].path: value for name, value in values.items()}}


def _within(knob: Parameter, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not knob.low <= value <= knob.high:
        raise UserError(f"{name} is '{text[:40]}'; expected {knob.low:g} to {knob.high:g} {knob.unit}".rstrip())
    return knob.accept(value)


async def _records(head: Header, results: AsyncGenerator[Result]) -> AsyncIterator[bytes]:
    async with contextlib.aclosing(results):
        yield _record(0, orjson.dumps({name: head[name] for name in ("seconds", "fps", "model", "remarks")}))
        with contextlib.suppress(Broken, UserError):  # then no last record comes
            async for header, jpeg in results:
                yield _record(header["time"], jpeg)
            yield _record(head["seconds"], b"")


def _record(time: float, content: bytes) -> bytes:
    return HEAD.pack(len(content), time) + content
