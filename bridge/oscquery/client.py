"""One program that is connected by WebSocket: what it listens to, and what waits to be sent to it."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from bridge.oscquery.tree import Change

MOST_EVENTS = 1024
MOST_CHANGES = 1024
TURN = 32
"""Frames that are sent before others get their turn: sending doesn't wait while there is room in the socket."""


class Client:
    """Nothing here waits for the client, and nothing grows: of a state only the newest message waits, the oldest events
    make room for newer ones, and too many changes of the tree become one of all of it.

    lose: called for each event that is never sent.
    """

    def __init__(self, lose: Callable[[], None]) -> None:
        self.listens: set[str] = set()
        self._lose = lose
        self._states: dict[str, bytes] = {}
        self._events: deque[bytes] = deque()
        self._changes: deque[Change] = deque()
        self._waiting = asyncio.Event()

    def state(self, path: str, packet: bytes) -> None:
        """Send the newest message of `path`."""
        self._states[path] = packet
        self._waiting.set()

    def event(self, packet: bytes) -> None:
        """Send a message that newer ones don't replace."""
        if len(self._events) >= MOST_EVENTS:
            self._events.popleft()
            self._lose()
        self._events.append(packet)
        self._waiting.set()

    def change(self, change: Change) -> None:
        """Tell how the tree has changed; it listens no more to what is gone."""
        command, path = change
        if len(self._changes) >= MOST_CHANGES:
            self._changes.clear()
            change = ("PATH_CHANGED", "/")
        if command == "PATH_REMOVED":
            self.listens.discard(path)
            self._states.pop(path, None)
        self._changes.append(change)
        self._waiting.set()

    def ignore(self, path: str) -> None:
        """Listen to `path` no more."""
        self.listens.discard(path)
        self._states.pop(path, None)

    async def send(self, websocket: WebSocket) -> None:
        """Send what waits, as fast as it is read, until the connection ends."""
        try:
            while True:
                await self._waiting.wait()
                self._waiting.clear()
                for number, frame in enumerate(self._next(), 1):
                    if number % TURN == 0:
                        await asyncio.sleep(0)
                    await (websocket.send_text(frame) if isinstance(frame, str) else websocket.send_bytes(frame))
        except WebSocketDisconnect:
            return

    def _next(self) -> Iterator[str | bytes]:
        """One OSC message to a frame: there are clients that read no bundles."""
        while self._changes or self._events or self._states:
            if self._changes:
                command, path = self._changes.popleft()
                yield orjson.dumps({"COMMAND": command, "DATA": path}).decode()
            elif self._events:
                yield self._events.popleft()
            else:
                yield self._states.pop(next(iter(self._states)))
