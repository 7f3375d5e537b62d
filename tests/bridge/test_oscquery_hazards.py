"""What the OSCQuery server withstands: pages of other sites, clients that don't read or don't finish, and garbage."""

import json
import os
import socket
import struct
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from bridge import webprotocol
from bridge.oscquery.client import MOST_CHANGES, MOST_EVENTS, Client
from bridge.webguard import refusal
from engine.errors import UserError
from engine.parameters import PARAMETERS
from engine.shared import Session
from tests.oscquery import Served, exchange, faults, serving
from tests.oscquery_client import Listening, OscQueryClient, packet, until

GAIN = "/phono/param/master/gain"
UPGRADE = (b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One server for all that is thrown at it."""
    session = Session.create({})
    with serving(session) as served:
        yield served
    session.close()


def test_a_failure_while_it_tells_ends_nothing(session: Session, monkeypatch: pytest.MonkeyPatch,
                                               caplog: pytest.LogCaptureFixture) -> None:
    with serving(session) as served:
        listening = Listening(served.port, [GAIN])
        try:
            until(lambda: listening.newest(GAIN) == (0.0,), "the present value")
            with monkeypatch.context() as broken:
                broken.setattr(session.features, "read", lambda: {})
                until(lambda: faults(caplog), "the failure")
            session.set("master/gain", -6)
            until(lambda: listening.newest(GAIN) == (-6.0,), "the knob, all the same")
        finally:
            listening.close()
    assert len(faults(caplog)) == len(set(faults(caplog)))  # each face says it once


def test_it_listens_by_ipv6_where_that_is_asked_for(session: Session) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    with serving(session, "[::1]:0") as served:
        client = OscQueryClient(served.port, "::1")
        assert client.ask(GAIN, "VALUE") == (200, {"VALUE": [0.0]})
        client.close()


def get(*headers: bytes) -> bytes:
    return b"\r\n".join((b"GET / HTTP/1.1", *headers, b"Connection: close", b"\r\n"))


def frame(opcode: int, content: bytes, last: bool = True) -> bytes:
    """Return a WebSocket frame as clients send it, masked with zeros."""
    size = struct.pack(">BH", 0xFE, len(content)) if len(content) > 125 else bytes([0x80 | len(content)])
    return bytes([opcode | 0x80 * last]) + size + bytes(4) + content


@pytest.mark.parametrize(("headers", "refused"), [
    ({"host": "127.0.0.1:9002"}, False), ({"host": "localhost:9002"}, False), ({"host": "[::1]:9002"}, False),
    ({"host": "192.168.1.20"}, False), ({"host": "stage.local:9002"}, False), ({}, False),
    ({"host": "evil.example:9002"}, True), ({"host": "127.0.0.1.evil.example"}, True), ({"host": "[oops"}, True),
    ({"host": "localhost:9002", "origin": "http://localhost:9002"}, False),
    ({"host": "localhost:9002", "origin": "http://evil.example"}, True),
    ({"host": "localhost:9002", "origin": "http://localhost:8000"}, True),
    ({"host": "localhost:9002", "origin": "null"}, True), ({"origin": "http://evil.example"}, True)])
def test_only_programs_and_own_pages_may_ask(headers: dict[str, str], refused: bool) -> None:
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert (refusal(encoded, frozenset({"localhost", "stage.local"})) is not None) == refused


def test_a_page_of_another_site_neither_reads_nor_steers(served: Served) -> None:
    rejected = served.session.told("faces/oscquery_rejected")
    assert exchange(served.port, get(b"Host: evil.example")).startswith(b"HTTP/1.1 403 ")
    assert exchange(served.port, get(b"Host: localhost", b"Origin: http://evil.example")).startswith(b"HTTP/1.1 403 ")
    with pytest.raises(InvalidStatus) as refused, connect(f"ws://127.0.0.1:{served.port}/", origin="http://evil.example"):
        pass
    assert refused.value.response.status_code == 403
    assert served.session.told("faces/oscquery_rejected") == rejected + 3


def test_a_taken_port_is_said_before_anything_starts(served: Served, session: Session) -> None:
    with pytest.raises(UserError, match=rf"oscquery\.listen: can't listen on 127\.0\.0\.1:{served.port}.* another p"):
        serving(session, f"127.0.0.1:{served.port}").__enter__()


def test_a_client_that_does_not_read_slows_nobody(served: Served) -> None:
    heard = Listening(served.port, [GAIN])
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", served.port))
        deaf.sendall(UPGRADE)
        deaf.recv(4096)
        for path in (GAIN, "/phono/event/onset"):
            deaf.sendall(frame(1, json.dumps({"COMMAND": "LISTEN", "DATA": path}).encode()))
        try:
            until(lambda: heard.newest(GAIN), "the present value")
            # Answers that nobody reads fill the sockets' buffers, then the queue; from then on they are lost.
            ping = frame(2, packet("/phono/ping", "x" * 1000)) * 200
            for n in range(1, 60):
                deaf.sendall(ping)
                served.session.set("master/gain", -n)
                until(lambda n=n: heard.newest(GAIN) == (-n,), "the knob")
                if served.session.told("faces/oscquery_lost"):
                    break
            assert served.session.told("faces/oscquery_lost") > 0
        finally:
            heard.close()
    served.session.set("master/gain", 0)


def test_a_client_that_dies_while_all_knobs_move_leaves_no_trace(served: Served,
                                                                 caplog: pytest.LogCaptureFixture) -> None:
    before = served.session.parameters.copy()
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", served.port)) as dying:
            dying.sendall(UPGRADE)
            dying.recv(4096)
            for p in PARAMETERS:
                dying.sendall(frame(1, json.dumps({"COMMAND": "LISTEN", "DATA": f"/phono/param/{p.path}"}).encode()))
            for _ in range(3):
                served.session.parameters[:] = before + 1e-3
                dying.recv(65536)
                served.session.parameters[:] = before
            dying.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, as from a crash
    until(lambda: served.session.told("faces/oscquery_clients") == 0, "their end")
    assert faults(caplog) == []


def test_what_waits_for_a_client_is_bounded_newest_wins_and_losses_are_counted() -> None:
    lost: list[None] = []
    client = Client(lambda: lost.append(None))
    for n in range(5000):
        client.state(GAIN, packet(GAIN, n))
        client.event(packet("/phono/event/beat", n))
        client.change(("PATH_ADDED", f"/phono/snapshot/{n}"))
    waiting = list(client._next())
    events = [one for one in waiting if isinstance(one, bytes) and b"beat" in one]
    assert events == [packet("/phono/event/beat", n) for n in range(5000 - MOST_EVENTS, 5000)]
    assert len(lost) == 5000 - MOST_EVENTS
    assert [one for one in waiting if isinstance(one, bytes) and b"gain" in one] == [packet(GAIN, 4999)]
    changes = [one for one in waiting if isinstance(one, str)]
    assert len(changes) <= MOST_CHANGES
    assert json.loads(changes[0]) == {"COMMAND": "PATH_CHANGED", "DATA": "/"}


def test_a_request_that_never_ends_is_cut_off(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webprotocol, "REQUEST_WITHIN", 0.3)
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        end = b"x"
        while end and time.monotonic() - begun < 30:  # it sends a header now and then
            try:
                slow.sendall(b"X-More: 1\r\n")
                slow.settimeout(0.05)
                end = slow.recv(100)
            except TimeoutError:
                continue
            except ConnectionError:
                break
    assert time.monotonic() - begun < 30


def test_there_are_only_so_many_connections(served: Served) -> None:
    rejected = served.session.told("faces/oscquery_rejected")
    streams = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(webprotocol.MOST_CONNECTIONS + 8)]
    try:
        until(lambda: served.session.told("faces/oscquery_rejected") >= rejected + 8, "the refusals")
        streams[-1].settimeout(5)
        with pytest.raises(ConnectionError):
            streams[-1].sendall(b"GET / HTTP/1.0\r\n\r\n")
            if not streams[-1].recv(100):
                raise ConnectionResetError
    finally:
        for stream in streams:
            stream.close()
    client = OscQueryClient(served.port)
    until(lambda: _answers(client), "room")


def _answers(client: OscQueryClient) -> bool:
    try:
        return client.ask(GAIN)[0] == 200
    except OSError:
        return False


BROKEN = {
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "giant header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "endless headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: 1\r\n" * 20_000,
    "giant address": b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "broken chunks after the answer": b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "negative length": b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "upgrade without a key": UPGRADE.replace(b"Sec-WebSocket-Key", b"X-Key"),
    "upgrade with many headers": UPGRADE.replace(b"\r\n\r\n", b"\r\n" + b"X-A: 1\r\n" * 200 + b"\r\n"),
    "upgrade with a long header": UPGRADE.replace(b"\r\n\r\n", b"\r\nX-A: " + b"1" * 9000 + b"\r\n\r\n"),
    "upgrade by POST": UPGRADE.replace(b"GET", b"POST"),
}
"""Requests that are none."""

BROKEN_FRAMES = {
    "frame without mask": b"\x82\x04abcd",
    "reserved bits": b"\xf2\x84" + bytes(8),
    "unknown opcode": b"\x83\x84" + bytes(8),
    "too large a frame": b"\x82\xff" + struct.pack(">Q", 2**40) + bytes(4),
    "fragment without beginning": frame(0, b"x"),
    "endless fragments": frame(2, b"", last=False) + frame(0, b"", last=False) * 5000,
    "text that isn't UTF-8": frame(1, b"\xff\xfe"),
    "close with half a code": frame(8, b"\x03"),
    "ping that is too long": b"\x89\xfe\x00\xff" + bytes(4 + 255),
    "text that isn't JSON": frame(1, b"{"),
    "JSON without a command": frame(1, b"[1, 2]"),
    "JSON too deep": frame(1, b"[" * 60_000),
    "unknown command": frame(1, b'{"COMMAND": "PATH_CHANGED", "DATA": "/"}'),
    "LISTEN to nothing": frame(1, b'{"COMMAND": "LISTEN", "DATA": "/phono/nobody"}'),
    "LISTEN to a container": frame(1, b'{"COMMAND": "LISTEN", "DATA": "/phono"}'),
    "LISTEN to a number": frame(1, b'{"COMMAND": "LISTEN", "DATA": 1}'),
    "not OSC": frame(2, b"GET / HTTP/1.1"),
    "OSC to nobody": frame(2, packet("/phono/nobody", 1.0)),
    "a knob without a number": frame(2, packet(GAIN, "loud")),
}
"""Frames that are none, or that ask for what there isn't."""


def test_garbage_is_counted_and_changes_nothing(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    before = served.session.parameters.copy()
    for name, content in (BROKEN | BROKEN_FRAMES).items():
        rejected = served.session.told("faces/oscquery_rejected")
        answer = exchange(served.port, *((UPGRADE, content) if name in BROKEN_FRAMES else (content,)), seconds=1)
        assert not answer.startswith(b"HTTP/1.1 5"), name
        until(lambda: served.session.told("faces/oscquery_rejected") > rejected, f"{name} to be counted")  # noqa: B023
    assert faults(caplog) == []
    assert np.array_equal(served.session.parameters, before)
    assert OscQueryClient(served.port).ask(GAIN, "VALUE") == (200, {"VALUE": [0.0]})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.just(UPGRADE),
        st.binary(max_size=400).map(lambda head: head + b"\r\n\r\n"),
        st.binary(max_size=200).map(lambda path: b"GET /" + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")),
    st.one_of(
        st.binary(max_size=200),
        st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=140)), max_size=6).map(
            lambda frames: b"".join(bytes([head, size]) + rest for head, size, rest in frames)),
        st.lists(st.tuples(st.sampled_from([0, 1, 2, 8, 9, 10]), st.binary(max_size=120), st.booleans()),
                 max_size=6).map(lambda frames: b"".join(frame(*one) for one in frames))))
def test_no_bytes_make_an_exception_escape(served: Served, caplog: pytest.LogCaptureFixture, content: bytes,
                                           frames: bytes) -> None:
    before = served.session.parameters.copy()
    assert not exchange(served.port, content, frames, 0.2).startswith(b"HTTP/1.1 5")
    assert faults(caplog) == []
    assert np.array_equal(served.session.parameters, before)
    assert os.path.exists(served.session.folder)
