"""What programs can ask the page's server for over HTTP, as an OpenAPI document (version 3.1)."""

from typing import Any

from bridge.page import dreaming, imagining
from engine.parameters import LAYERS, Parameter

_Schema = dict[str, Any]

_ERRORS = {
    400: "No file came, or no HTTP request.", 403: "A page of another site may not ask, or the token is missing.",
    404: "There is no such address.", 405: "That isn't asked for in this way; see the header Allow.",
    408: "The file didn't arrive in time.", 409: "The library has changed; ask again with what plays now.",
    413: "The file is too large.", 414: "The path is too long.", 415: "A form was uploaded instead of a file.",
    422: "That can't be done; the error says why.", 429: "Too many ask at once; try again in a moment.",
    431: "The address and headers are too long.", 503: "The studio ended while it worked on this; try again."}
_OF_EACH = (403, 404, 405, 414, 431)
_AT_THE_DOOR = (403, 431)
"""Those are told to people in plain words, too."""
_OF_THE_STUDIO = (422, 429, 503)
_OF_UPLOADS = (400, 408, 413, 415)

_NAME = {"name": ("What the file is called; only ever shown.", {"type": "string"}, False)}
_LIBRARY = {"library": ('The "fp" that came with the numbers of clips.', {"type": "string"}, True)}
_PICKS = {**_LIBRARY, "picks": (
    f"Clips and their levels, 1 to {LAYERS} of them: 3:1,17:0.5",
    {"type": "string", "pattern": r"^[0-9]{1,3}:(0|1|0\.[0-9]{1,3})$"}, True)}
_SECONDS = {"seconds": ("How long.", {"type": "number", "minimum": imagining.SECONDS[0],
                                      "maximum": imagining.SECONDS[1]}, False)}
_SEED = {"seed": ("The same gives the same.", {"type": "integer", "minimum": 0,
                                                "maximum": dreaming.LARGEST_SEED}, False)}


def document(title: str) -> dict[str, Any]:
    """Return the document. title: of the show."""
    studio = _OF_THE_STUDIO
    upload = *_OF_UPLOADS, *studio
    knobs = {**_SEED, **{name: (knob.doc, _range(knob), False) for name, knob in dreaming.KNOBS.items()}}
    paths: dict[str, dict[str, Any]] = {
        "/instrument.json": {"get": _asked("What the instrument is made of, and its knobs.", "application/json")},
        "/openapi.json": {"get": _asked("This document.", "application/json")},
        "/imagine/picture": {"post": _asked(
            "What a picture is taken for, which clips fit it and why, and which the instrument would choose.",
            "application/json", upload, _NAME, "a picture")},
        "/imagine/sound.wav": {"get": _asked(
            "What clips sound like together; with a name it is a file to keep.", "audio/wav", (409, *studio),
            {**_PICKS, **_SECONDS, **_NAME})},
        "/imagine/page": {"post": _asked(
            "A page to keep: the picture, what it sounds like, and why.", "text/html", (409, *upload),
            {**_PICKS, **_NAME}, "a picture")},
        "/library.json": {"get": _asked(
            "The clips of the library, their places on the map, and where they come from.", "application/json", studio,
            unchanged=True)},
        "/library/places.json": {"get": _asked(
            "Where the clips are on a map that took longer to make.", "application/json", (409, *studio), _LIBRARY)},
        "/library/clip/{clip}.json": {"get": _asked(
            "More of a clip.", "application/json", (409, *studio), _LIBRARY, clip=True)},
        "/library/clip/{clip}.mp3": {"get": _asked(
            "What a clip sounds like.", "audio/mpeg", (409, *studio), _LIBRARY, clip=True)},
        "/dream/knobs.json": {"get": _asked("What can be turned when a sound is painted.", "application/json")},
        "/dream/heard.wav": {"post": _asked("A sound as it is heard.", "audio/wav", upload, {}, "a sound")},
        "/dream/pictures": {"post": _asked(
            "What is painted of a sound, as records: size of the rest (uint32), time in s (float32), JPEG.",
            "application/octet-stream", upload, knobs, "a sound")},
        "/dream/film.mp4": {"post": _asked("What is painted of a sound, as a film.", "video/mp4", upload, knobs,
                                           "a sound")},
        "/static/{file}": {"get": _file("A file of the pages.")},
    }
    for path, what in (("/", "The stage."), ("/walk/", "A walk through panoramas."),
                       ("/imagine", "What a picture sounds like."), ("/library", "The library as a map."),
                       ("/dream", "What a sound looks like.")):
        paths[path] = {"get": _asked(f"A page for people. {what}", "text/html")}
    return {"openapi": "3.1.0", "paths": paths, "info": {
        "title": f"Phonoscope: {title}", "version": "1",
        "description": "What pages and programs can ask a playing instrument for. Errors are JSON that says why. Knobs "
                       "are turned by OSC, OSCQuery or the WebSocket /live."}}


def _asked(what: str, kind: str, errors: tuple[int, ...] = (),
           query: dict[str, tuple[str, _Schema, bool]] | None = None, upload: str = "", clip: bool = False,
           unchanged: bool = False) -> dict[str, Any]:
    """Return an operation. kind: of the answer. query: description and schema of each, and whether it must be there.
    upload: what the body is. clip: whether the number of a clip is in the path. unchanged: whether 304 is an answer."""
    parameters = [{"name": name, "in": "query", "description": text, "schema": schema, "required": required}
                  for name, (text, schema, required) in (query or {}).items()]
    if clip:
        parameters.append({"name": "clip", "in": "path", "description": "Number of a clip.", "required": True,
                           "schema": {"type": "integer", "minimum": 0}})
    operation: dict[str, Any] = {"summary": what, "parameters": parameters, "responses": {
        "200": {"description": "What was asked for.", "content": {kind: {}}},
        **({"304": {"description": "It is what you have (If-None-Match)."}} if unchanged else {}),
        **{str(status): {"description": _ERRORS[status], "content": {
            "application/json": {"schema": {"type": "object", "required": ["error"],
                                            "properties": {"error": {"type": "string"}}}},
            **({"text/plain": {}} if status in _AT_THE_DOOR else {})}}
           for status in sorted({*errors, *_OF_EACH})}}}
    if upload:
        operation["requestBody"] = {"required": True, "description": f"The file of {upload}, as it is.", "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
    return operation


def _file(what: str) -> dict[str, Any]:
    operation = _asked(what, "*/*")
    operation["parameters"] = [{"name": "file", "in": "path", "required": True, "schema": {"type": "string"},
                                "description": "Its name."}]
    return operation


def _range(knob: Parameter) -> _Schema:
    return {"type": "number", "minimum": knob.low, "maximum": knob.high, "default": knob.default}
