"""What browsers upload: the body of a request, bare, with limits on its size, its time, and how many come at once.

A name comes with it only to be shown; nothing that is uploaded gets a file of that name.
"""

import asyncio
import time
from dataclasses import dataclass, field

from starlette.requests import Request

from engine.errors import UserError

MOST_AT_ONCE = 4
WITHIN = 60.0
"""Seconds in which a body must have arrived."""
SLOW = 65536
"""Bytes a second; one that comes slower makes room for another if there are too many."""
LOOKED_AT_AFTER = 2.0
"""Seconds that a body has to become faster than that."""


class Refused(UserError):
    """A request that can't be answered, with the HTTP status that says so."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(eq=False)
class _Coming:
    until: asyncio.Timeout
    body: bytearray = field(default_factory=bytearray)
    since: float = field(default_factory=time.monotonic)

    def rate(self) -> float:
        """Bytes a second so far."""
        seconds = time.monotonic() - self.since
        return len(self.body) / seconds if seconds > LOOKED_AT_AFTER else float("inf")


class Uploads:
    """Reads bodies, few at a time, so that memory stays bounded."""

    def __init__(self) -> None:
        self._coming: set[_Coming] = set()

    async def read(self, request: Request, most: int) -> bytes:
        """Return the body of a request, `most` bytes at most. Raises Refused with status 400, 408, 413, 415 or 429."""
        if request.headers.get("content-type", "").lower().startswith("multipart/"):
            raise Refused(415, "a form was uploaded; expected the file as the body of the request")
        announced = request.headers.get("content-length", "0")
        if len(announced) > len(str(most)) or int(announced) > most:
            raise Refused(413, _too_large(most))
        self._make_room()
        try:
            async with asyncio.timeout(WITHIN) as until:
                coming = _Coming(until)
                self._coming.add(coming)
                try:
                    async for piece in request.stream():
                        coming.body += piece
                        if len(coming.body) > most:
                            raise Refused(413, _too_large(most))
                finally:
                    self._coming.discard(coming)
        except TimeoutError:
            raise Refused(408, f"the file didn't arrive within {time.monotonic() - coming.since:.0f} s") from None
        if not coming.body:
            raise Refused(400, "nothing was uploaded; expected the file as the body of the request")
        return bytes(coming.body)

    def _make_room(self) -> None:
        if len(self._coming) < MOST_AT_ONCE:
            return
        slowest = min(self._coming, key=_Coming.rate)
        if slowest.rate() >= SLOW:
            raise Refused(429, "too many files are uploaded at once; try again in a moment")
        self._coming.discard(slowest)
        slowest.until.reschedule(asyncio.get_running_loop().time())


def _too_large(most: int) -> str:
    return f"the file is too large; expected at most {most >> 20} MB"
