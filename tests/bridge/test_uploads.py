"""Bodies that are too large, never end, come drop by drop or not at all get an answer, and the next one is read."""

import asyncio
import contextlib
import hashlib
import http.client
import os
import socket
import threading
import urllib.request
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bridge import webprotocol
from bridge.page import uploads
from bridge.page.answers import answered
from bridge.page.uploads import MOST_AT_ONCE, Uploads
from bridge.studio.client import Broken
from bridge.webserver import WebServer
from engine.errors import UserError
from tests.servers import until

MOST = 4 << 20


class Served:
    """A route that takes uploads of at most MOST bytes."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.uploads = Uploads()

        async def take(request: Request) -> Response:
            body = await self.uploads.read(request, MOST)
            return JSONResponse({"size": len(body), "sha256": hashlib.sha256(body).hexdigest()})
        app = Starlette(routes=[Route("/take", answered(take, self.refused.append), methods=["POST"])])
        self._server = WebServer(app, "127.0.0.1", 0, "uploads", self.refused.append)
        self._server.start()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._server.port), timeout=30)

    def send(self, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        """Upload; return status and answer, which may come before all was sent."""
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=30)
        try:
            connection.request("POST", "/take", body, {name.replace("_", "-"): v for name, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, orjson.loads(answer.read())
        finally:
            connection.close()

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.close()


def begun(served: Served, *heads: bytes) -> socket.socket:
    """A connection on which an upload has begun."""
    stream = served.connect()
    stream.sendall(b"\r\n".join([b"POST /take HTTP/1.1", b"Host: localhost", *heads, b"", b""]))
    return stream


def answer(stream: socket.socket) -> tuple[int, dict[str, Any]]:
    with contextlib.closing(http.client.HTTPResponse(stream)) as response:
        response.begin()
        return response.status, orjson.loads(response.read())


def test_the_body_arrives_whole(served: Served) -> None:
    body = os.urandom(MOST)
    expected = {"size": MOST, "sha256": hashlib.sha256(body).hexdigest()}
    assert served.send(body) == (200, expected)
    assert served.send(iter([body[:10], body[10:]])) == (200, expected)  # in chunks, without a length


def test_what_is_too_large_is_answered_and_not_kept(served: Served) -> None:
    before = resident()
    for heads in ([b"Content-Length: 1073741824"], [b"Transfer-Encoding: chunked"],
                  [b"Content-Length: 99999999999999999999"]):
        with begun(served, *heads) as stream:
            megabyte = bytes(1 << 20) if b"Length" in heads[0] else b"100000\r\n" + bytes(1 << 20) + b"\r\n"
            with ThreadPoolExecutor() as listening:
                told = listening.submit(answer, stream)
                with contextlib.suppress(OSError):  # it may be cut off
                    for _ in range(200):
                        stream.sendall(megabyte)
            assert told.result() == (413, {"error": "the file is too large; expected at most 4 MB"}), heads
        assert resident() - before < 40e6
    assert served.send(b"honest")[0] == 200


def resident() -> float:
    """Bytes of memory that this process, and with it the server, has in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_nothing_and_forms_are_said_to_be_none(served: Served) -> None:
    assert served.send(b"") == (400, {"error": "nothing was uploaded; expected the file as the body of the request"})
    form = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'
    status, told = served.send(form, Content_Type="Multipart/form-data; boundary=x")
    assert (status, "a form was uploaded" in told["error"]) == (415, True)
    assert len(served.refused) == 2


def test_who_leaves_in_the_middle_leaves_nothing(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3 * MOST_AT_ONCE):
        with begun(served, b"Content-Length: 1000") as stream:
            stream.sendall(b"x" * 10)
    until(lambda: served.send(b"honest")[0] == 200, 30, "they are gone")
    assert [record for record in caplog.records if record.exc_info] == []


def test_drop_by_drop_makes_room_for_who_comes_faster(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LOOKED_AT_AFTER", 1e6)
    with contextlib.ExitStack() as streams:
        slow = [streams.enter_context(begun(served, b"Content-Length: 1000")) for _ in range(MOST_AT_ONCE)]
        for stream in slow[1:]:
            stream.sendall(b"x")
        until(lambda: [len(one.body) for one in served.uploads._coming].count(1) == 3, 30, "the drops arrive")
        assert served.send(b"honest") == (429, {"error": "too many files are uploaded at once; try again in a moment"})
        monkeypatch.setattr(uploads, "LOOKED_AT_AFTER", 0.0)
        assert served.send(b"honest")[0] == 200
        status, told = answer(slow[0])
        assert (status, told["error"].startswith("the file didn't arrive within")) == (408, True)
        for stream in slow[1:]:
            stream.sendall(b"x" * 999)
            assert answer(stream)[0] == 200


def test_what_does_not_arrive_in_time_is_given_up(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "WITHIN", 0.2)
    with begun(served, b"Content-Length: 1000") as stream:
        assert answer(stream)[0] == 408
    assert not served.uploads._coming


def test_an_answer_that_nobody_reads_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webprotocol, "READ_WITHIN", 0.2)
    refused, ended = list[str](), threading.Event()

    async def pieces() -> AsyncIterator[bytes]:
        try:
            while True:
                await asyncio.sleep(0)
                yield bytes(65536)
        finally:
            ended.set()

    async def endless(request: Request) -> Response:
        return StreamingResponse(pieces())
    server = WebServer(Starlette(routes=[Route("/", endless)]), "127.0.0.1", 0, "endless", refused.append)
    server.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port)) as deaf:
            deaf.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert ended.wait(30)
        assert "nobody reads" in refused[0]
    finally:
        server.close()


def test_an_answer_that_fails_midway_is_not_taken_for_whole(caplog: pytest.LogCaptureFixture) -> None:
    refused = list[str]()

    async def pieces(error: Exception) -> AsyncIterator[bytes]:
        yield b"some"
        raise error

    async def failing(request: Request) -> Response:
        return StreamingResponse(pieces(Broken() if request.url.path == "/broken" else UserError("a clip is gone")))
    routes = [Route(path, answered(failing, refused.append)) for path in ("/broken", "/gone")]
    server = WebServer(Starlette(routes=routes), "127.0.0.1", 0, "failing")
    server.start()
    try:
        for path in ("/broken", "/gone"):
            with pytest.raises(http.client.IncompleteRead):
                urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}").read()
        assert refused == ["the studio ended in the middle of an answer", "a clip is gone"]
        assert caplog.records == []
    finally:
        server.close()
