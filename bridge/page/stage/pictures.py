"""Pictures for browsers: the newest one as JPEG, as often as a browser is ready for another."""

import asyncio
import contextlib

import cv2
from starlette.websockets import WebSocket, WebSocketDisconnect

from engine.shared import FrameSlot

QUALITY = 80
_LOOK = 0.004


class Pictures:
    """Of one frame slot; each picture is encoded once, however many watch it, and not at all if nobody does."""

    def __init__(self, slot: FrameSlot) -> None:
        self._slot = slot
        self._number = 0
        self._jpeg = b""

    async def talk(self, websocket: WebSocket) -> None:
        """Send a browser a picture for each message that it sends: it asks for the next when it has drawn the last."""
        await websocket.accept()
        asked = asyncio.Event()
        sending = asyncio.create_task(self._send(websocket, asked))
        try:
            while (await websocket.receive())["type"] == "websocket.receive":
                asked.set()
        finally:
            sending.cancel()

    async def _send(self, websocket: WebSocket, asked: asyncio.Event) -> None:
        shown = 0
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                await asked.wait()
                asked.clear()
                while (number := self._encode()) == shown:
                    await asyncio.sleep(_LOOK)
                shown = number
                await websocket.send_bytes(self._jpeg)

    def _encode(self) -> int:
        """Encode the newest picture unless it is already, and return its number; 0 before the first."""
        if self._slot.number != self._number and (picture := self._slot.read()) is not None:
            frame, _, self._number = picture
            self._jpeg = cv2.imencode(".jpg", frame[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
        return self._number
