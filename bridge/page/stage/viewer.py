"""One browser that watches: what waits to be sent to it."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from bridge.osc_out import Message

MOST_EVENTS = 256


def packed(messages: Iterable[Message]) -> bytes:
    """Return messages as the browser reads them: a list of [address, argument, ...]."""
    return orjson.dumps([[address, *arguments] for address, arguments in messages])


class Viewer:
    """Gets what all get while it keeps up. For one that doesn't, of each state the newest message waits, and the oldest
    events make room for newer ones: nothing here waits for it, and nothing grows."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._frame: bytes | None = None
        self._state: dict[str, Message] = {}
        self._events: deque[Message] = deque(maxlen=MOST_EVENTS)
        self._waiting = asyncio.Event()
        self._busy = False

    def give(self, state: Mapping[str, Message], events: Iterable[Message], frame: bytes) -> None:
        """Send messages; `frame`: the same, packed for all."""
        if self._busy or self._frame is not None or self._state or self._events:
            self._state.update(state)
            self._events.extend(events)
        else:
            self._frame = frame
        self._waiting.set()

    def tell(self, message: Message) -> None:
        """Send a message to this one alone."""
        self._events.append(message)
        self._waiting.set()

    async def send(self) -> None:
        """Send what waits, as fast as it is read, until the connection ends."""
        try:
            while True:
                await self._waiting.wait()
                self._waiting.clear()
                while (frame := self._next()) is not None:
                    self._busy = True
                    await self._websocket.send_text(frame.decode())
                    self._busy = False
        except WebSocketDisconnect:
            return

    def _next(self) -> bytes | None:
        if self._frame is not None:
            frame, self._frame = self._frame, None
            return frame
        if not self._state and not self._events:
            return None
        frame = packed([*self._state.values(), *self._events])
        self._state.clear()
        self._events.clear()
        return frame
