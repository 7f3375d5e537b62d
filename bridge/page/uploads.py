"""What browsers upload: the body of a request, bare, with limits on its size, its time, and how many come at once.

A name comes with it only to be shown; nothing that is uploaded gets a file of that name.
"""

import asyncio

from starlette.requests import Request

from engine.errors import UserError

MOST_AT_ONCE = 4
WITHIN = 60.0
"""Seconds in which a body must have arrived."""


class Refused(UserError):
    """A request that can't be answered, with the HTTP status that says so."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Uploads:
    """Reads bodies, few at a time, so that memory stays bounded."""

    def __init__(self) -> None:
        self._coming = 0

    async def read(self, request: Request, most: int) -> bytes:
        """Return the body of a request, `most` bytes at most. Raises Refused with status 400, 408, 413 or 429."""
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > most:
            raise Refused(413, _too_large(most))
        if self._coming >= MOST_AT_ONCE:
            raise Refused(429, "too many files are uploaded at once; try again in a moment")
        self._coming += 1
        try:
            async with asyncio.timeout(WITHIN):
                body = bytearray()
                async for piece in request.stream():
                    body += piece
                    if len(body) > most:
                        raise Refused(413, _too_large(most))
        except TimeoutError:
            raise Refused(408, f"the file didn't arrive within {WITHIN:.0f} s") from None
        finally:
            self._coming -= 1
        if not body:
            raise Refused(400, "nothing was uploaded; expected the file as the body of the request")
        return bytes(body)


def _too_large(most: int) -> str:
    return f"the file is too large; expected at most {most >> 20} MB"
