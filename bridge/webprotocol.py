"""uvicorn's protocols with the limits that it lacks: how many connections, how long a request may take to arrive and
an answer to be read, of how many fragments a message is; and with what is refused told instead of logged.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

MOST_CONNECTIONS = 64
LARGEST_MESSAGE = 65536
"""Bytes of a WebSocket message."""
REQUEST_WITHIN = 10
"""Seconds in which a request must have arrived, counted from the connection or the answer before."""
READ_WITHIN = 60
"""Seconds in which a receiver has to take something of an answer that waits for it."""
MOST_FRAGMENTS = 256

_log = logging.getLogger("phonoscope.web")
_log.setLevel(logging.ERROR)  # the protocols warn of each malformed request; those are counted
_log.addFilter(lambda record: "without completing" not in record.msg)  # who gives up an answer has told why
_log.addFilter(lambda record: not (record.exc_info and record.exc_info[0] is asyncio.CancelledError))  # the server ends
_peers_faults = logging.getLogger("phonoscope.web.frames")
_peers_faults.setLevel(logging.CRITICAL)  # likewise of frames, with tracebacks


@dataclass(frozen=True)
class Limits:
    """refused: told the reason of each refusal."""

    refused: Callable[[str], None]


def limited_http(limits: Limits) -> type[asyncio.Protocol]:
    """Return the HTTP protocol with these limits."""
    return type("LimitedHttp", (_Http,), {"limits": limits})


def limited_websocket(limits: Limits) -> type[asyncio.Protocol]:
    """Return the WebSocket protocol with these limits."""
    return type("LimitedWebSocket", (_WebSocket,), {"limits": limits})


class _Http(H11Protocol):
    limits: Limits
    _waiting: asyncio.TimerHandle | None = None
    _reading: asyncio.TimerHandle | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.logger = _log

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self.limits.refused(f"more than {MOST_CONNECTIONS} connections")
            transport.abort()
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        if self._reading:
            self._reading.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        self._reading = self.loop.call_later(READ_WITHIN, self._unread)
        super().pause_writing()

    def resume_writing(self) -> None:
        if self._reading:
            self._reading.cancel()
        super().resume_writing()

    def on_response_complete(self) -> None:
        self._wait()
        super().on_response_complete()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._wait_no_more()
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        self.limits.refused(msg)
        if self.cycle and not self.cycle.response_complete:
            self.cycle.disconnected = True
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def _wait(self) -> None:
        self._wait_no_more()
        self._waiting = self.loop.call_later(REQUEST_WITHIN, self._waited)

    def _wait_no_more(self) -> None:
        if self._waiting:
            self._waiting.cancel()
            self._waiting = None

    def _unread(self) -> None:
        self.limits.refused(f"an answer that nobody reads for {READ_WITHIN} s")
        self.transport.abort()

    def _waited(self) -> None:
        if self.cycle and not self.cycle.response_complete:
            return  # it is being answered
        if self.conn.trailing_data[0]:
            self.limits.refused(f"no whole request within {REQUEST_WITHIN} s")
        self.transport.abort()


class _WebSocket(WebSocketsSansIOProtocol):
    limits: Limits

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.logger = _log
        self.conn.logger = _peers_faults

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.limits.refused("no WebSocket handshake")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    async def send(self, message: ASGISendEvent) -> None:
        if self.handshake_complete and self.transport.is_closing():  # asyncio would warn of each further write
            raise ClientDisconnected
        await super().send(message)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code != 101:
            self.limits.refused("no WebSocket handshake")

    def handle_cont(self, event: Frame) -> None:
        super().handle_cont(event)
        if len(self.frames) > MOST_FRAGMENTS:
            self.conn.fail(1008, f"more than {MOST_FRAGMENTS} fragments")
            self.handle_parser_exception()

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_text(self.frames):
            self.frames = []
            self.conn.fail(1007, "not UTF-8")
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        self.limits.refused("a broken WebSocket frame")
        if self.conn.close_sent is None:  # it came before the handshake was answered
            self.transport.abort()
        else:
            super().handle_parser_exception()


def _is_text(fragments: list[bytes]) -> bool:
    try:
        b"".join(fragments).decode()
    except UnicodeDecodeError:
        return False
    return True
