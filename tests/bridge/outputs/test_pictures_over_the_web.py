"""MJPEG and WebSocket: seen by real programs and a browser, encoded once, and no viewer is another's burden."""

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator
from types import ModuleType

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from bridge.outputs import mjpeg, viewers, websocket
from bridge.outputs.receivers.mjpeg import decoded
from bridge.outputs.web import WebOutput
from engine.errors import UserError
from tests.browser import opened, until
from tests.video import ffmpeg, film, plain, wait

RED, GREEN, BLUE = plain(230, 30, 20), plain(20, 200, 40), plain(30, 40, 220)
NOISE = np.random.default_rng(0).integers(0, 256, (360, 640, 3), dtype=np.uint8)


@contextlib.contextmanager
def serving(kind: ModuleType, port: int = 0) -> Iterator[WebOutput]:
    output = kind.open_output(f"127.0.0.1:{port}", 30)
    try:
        yield output
    finally:
        output.close()


def get(port: int, path: str, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    got = answer.status, answer.read()
    connection.close()
    return got


def looks_like(picture: NDArray[np.uint8], expected: NDArray[np.uint8]) -> bool:
    return picture.shape == expected.shape and bool(np.abs(picture.astype(int) - expected).mean() < 4)


def test_opencv_sees_a_network_camera() -> None:
    with serving(mjpeg) as output:
        output.send(RED, 0.0)
        capture = cv2.VideoCapture(f"http://127.0.0.1:{output.port}/", cv2.CAP_FFMPEG)
        for colour in (RED, GREEN):
            output.send(colour, 0.0)
            wait(lambda colour=colour: looks_like(capture.read()[1][..., ::-1], colour), "a colour")
        assert output.receivers() == 1
        capture.release()
        wait(lambda: output.receivers() == 0, "it to be noticed that the viewer left", film(output, RED))


def test_ffmpeg_sees_them_too() -> None:
    with serving(mjpeg) as output:
        output.send(RED, 0.0)
        with ffmpeg(f"http://127.0.0.1:{output.port}/") as receiver:
            for colour in (GREEN, BLUE):
                wait(lambda colour=colour: receiver.sees(colour), "a colour", film(output, colour))


def test_one_picture_can_be_had_alone() -> None:
    with serving(mjpeg) as output:
        assert get(output.port, "/frame.jpg") == (503, b"There is no picture yet.\n")
        output.send(GREEN, 0.0)
        status, body = get(output.port, "/frame.jpg")
        assert status == 200 and looks_like(decoded(body), GREEN)
        assert output.receivers() == 0


def test_a_browser_shows_them_and_finds_them_again_after_a_restart() -> None:
    seen = """(() => { const shown = document.querySelector("img, canvas");
        if (!shown || shown.tagName === "IMG" && !shown.naturalWidth) return "";
        const canvas = document.createElement("canvas"); canvas.width = canvas.height = 1;
        const context = canvas.getContext("2d"); context.drawImage(shown, 0, 0, 1, 1);
        const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
        return r > 150 && g < 90 ? "red" : g > 150 && r < 90 ? "green" : "?"; })()"""
    with opened("about:blank") as page:
        for kind, path in ((mjpeg, "/view"), (websocket, "/")):
            with serving(kind) as output:
                output.send(RED, 0.0)
                page.goto(f"http://127.0.0.1:{output.port}{path}")
                until(page, f"{seen} === 'red'")
                output.send(GREEN, 0.0)
                until(page, f"{seen} === 'green'")
            with serving(kind, output.port) as again:
                again.send(RED, 0.0)
                until(page, f"{seen} === 'red'")


def test_each_message_of_the_socket_is_one_whole_picture() -> None:
    with serving(websocket) as output:
        output.send(RED, 0.0)
        with connect(f"ws://127.0.0.1:{output.port}/") as viewer:
            for colour in (RED, GREEN, BLUE):
                output.send(colour, 0.0)
                wait(lambda colour=colour: looks_like(decoded(viewer.recv(60)), colour), "a colour")
            viewer.send("what a viewer says means nothing")
            assert output.receivers() == 1
        wait(lambda: output.receivers() == 0, "it to be noticed that the viewer left")


def test_nothing_is_encoded_for_nobody_and_once_for_many(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []

    def counted(picture: NDArray[np.uint8]) -> bytes:
        made.append(encode(picture))
        return made[-1]

    encode = viewers.jpeg
    monkeypatch.setattr(viewers, "jpeg", counted)
    with serving(websocket) as output, contextlib.ExitStack() as stack:
        for _ in range(20):
            output.send(NOISE, 0.0)
        assert made == []
        many = [stack.enter_context(connect(f"ws://127.0.0.1:{output.port}/")) for _ in range(4)]
        assert {viewer.recv(60) for viewer in many} == {made[0]}
        for picture in (RED, GREEN):
            output.send(picture, 0.0)
            wait(lambda picture=picture: all([looks_like(decoded(viewer.recv(60)), picture) for viewer in many]), "it")
        assert len(made) == 3


@pytest.mark.parametrize("kind", [mjpeg, websocket])
def test_who_stops_reading_misses_pictures_and_gets_new_ones_when_he_goes_on(kind: ModuleType) -> None:
    with serving(kind) as output, socket.socket() as slow, connected(kind, output) as fast:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        slow.settimeout(60)
        slow.connect(("127.0.0.1", output.port))
        slow.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + (
            b"" if kind is mjpeg else b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") + b"\r\n")
        wait(lambda: output.receivers() == 2, "both")
        longest = 0.0
        for number in range(60):
            picture = np.roll(NOISE, number, 1)
            begun = time.perf_counter()
            output.send(picture, 0.0)
            longest = max(longest, time.perf_counter() - begun)
            compressed = decoded(viewers.jpeg(picture))
            wait(lambda compressed=compressed: looks_like(next(fast), compressed), "the other viewer to get each")
        assert longest < 0.5  # as long as a busy machine may take for nothing
        assert output.missed() > 30
        output.send(RED, 0.0)
        on_the_way = 0
        while RED_JPEG[-200:] not in (data := slow.recv(1 << 20)):
            on_the_way += len(data)
        assert on_the_way < 8 * len(viewers.jpeg(NOISE))


RED_JPEG = viewers.jpeg(RED)


@contextlib.contextmanager
def connected(kind: ModuleType, output: WebOutput) -> Iterator[Iterator[NDArray[np.uint8]]]:
    """Yield the pictures that a viewer gets who takes all."""
    if kind is websocket:
        with connect(f"ws://127.0.0.1:{output.port}/") as viewer:
            yield (decoded(body) for body in iter(lambda: viewer.recv(60), None))
    else:
        connection = http.client.HTTPConnection("127.0.0.1", output.port, timeout=60)
        connection.request("GET", "/")
        answer = connection.getresponse()
        yield parts(answer)
        connection.close()


def parts(answer: http.client.HTTPResponse) -> Iterator[NDArray[np.uint8]]:
    while True:
        assert answer.readline() == b"--picture\r\n"
        headers = http.client.parse_headers(answer)
        yield decoded(answer.read(int(headers["Content-Length"])))
        assert answer.readline() == b"\r\n"


@pytest.mark.parametrize("kind", [mjpeg, websocket])
def test_who_stands_still_is_let_go(kind: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind, "PATIENCE", 0.3)
    with serving(kind) as output, socket.socket() as dead:
        dead.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        dead.connect(("127.0.0.1", output.port))
        dead.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                     if kind is websocket else b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        wait(output.receivers, "the viewer")
        wait(lambda: output.receivers() == 0, "him to be let go", film(output, NOISE))


def test_there_are_so_many_viewers_and_no_more() -> None:
    with serving(mjpeg) as output, contextlib.ExitStack() as stack:
        output.send(RED, 0.0)
        for _ in range(viewers.MOST_VIEWERS):
            stack.enter_context(connected(mjpeg, output))
        wait(lambda: output.receivers() == viewers.MOST_VIEWERS, "all")
        status, body = get(output.port, "/")
        assert status == 503 and b"16 viewers already" in body
    with serving(websocket) as output, contextlib.ExitStack() as stack:
        for _ in range(viewers.MOST_VIEWERS):
            stack.enter_context(connect(f"ws://127.0.0.1:{output.port}/"))
        wait(lambda: output.receivers() == viewers.MOST_VIEWERS, "all")
        with connect(f"ws://127.0.0.1:{output.port}/") as late, pytest.raises(ConnectionClosed, match="16 viewers"):
            late.recv(60)


def test_pages_of_strangers_see_nothing() -> None:
    with serving(websocket) as output:
        output.send(RED, 0.0)
        with pytest.raises(InvalidStatus, match="403"), connect(f"ws://127.0.0.1:{output.port}/", origin="http://evil.example"):  # type: ignore[arg-type]
            pass
    with serving(mjpeg) as output:
        output.send(RED, 0.0)
        assert get(output.port, "/frame.jpg", Host="evil.example")[0] == 403
        assert get(output.port, "/", Origin="http://evil.example")[0] == 403
        for path in ("/", "/frame.jpg"):  # a page asks for an image without saying whose it is
            connection = http.client.HTTPConnection("127.0.0.1", output.port, timeout=60)
            connection.request("GET", path)
            assert connection.getresponse().headers["Cross-Origin-Resource-Policy"] == "same-origin"
            connection.close()


def test_a_taken_port_and_a_senseless_target_are_said() -> None:
    with serving(mjpeg) as output, pytest.raises(UserError, match=f"mjpeg: can't listen on 127.0.0.1:{output.port}"):
        mjpeg.open_output(f"127.0.0.1:{output.port}", 30)
    for target in ("8081", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999"):
        with pytest.raises(UserError, match="expected HOST:PORT"):
            websocket.open_output(target, 30)
