"""Everyone who looks at an output's pictures over the web: each gets the newest as soon as he can take it, as JPEG."""

import asyncio
import contextlib
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

MOST_VIEWERS = 16
"""Connections that get pictures at most."""
PATIENCE = 10.0
"""Seconds in which a viewer has to take a picture."""
_REPEAT = 1.0
_QUALITY = 80


def jpeg(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture, RGB uint8 [height, width, 3], as JPEG with colours at half the resolution."""
    _, body = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [
        cv2.IMWRITE_JPEG_QUALITY, _QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420])
    return body.tobytes()


class Viewers:
    """`show` is called from any thread, all else on the event loop that `attach` names."""

    def __init__(self) -> None:
        self._picture: tuple[int, NDArray[np.uint8]] | None = None
        self._jpeg = (0, b"")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._viewers: set[Viewer] = set()
        self._missed = 0

    @property
    def number(self) -> int:
        """Number of the newest picture, 0 before the first."""
        return self._picture[0] if self._picture else 0

    @property
    def missed(self) -> int:
        """Pictures that viewers didn't get because they were slow, all together."""
        return self._missed + sum(viewer.behind for viewer in tuple(self._viewers))

    def __len__(self) -> int:
        return len(self._viewers)

    @property
    def full(self) -> bool:
        """Whether there is no place for another."""
        return len(self._viewers) >= MOST_VIEWERS

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Serve viewers on `loop`."""
        self._loop = loop

    def show(self, picture: NDArray[np.uint8]) -> None:
        """Let `picture`, which nobody changes any more, be the newest."""
        self._picture = (self.number + 1, picture)
        if self._viewers and self._loop:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._wake)

    @contextlib.contextmanager
    def viewer(self) -> Iterator["Viewer"]:
        """Let one more in."""
        viewer = Viewer(self)
        self._viewers.add(viewer)
        try:
            yield viewer
        finally:
            self.miss(viewer.behind)
            self._viewers.discard(viewer)

    def miss(self, pictures: int) -> None:
        """Count pictures that a viewer will not get any more."""
        self._missed += pictures

    def newest(self) -> tuple[int, bytes] | None:
        """Return the number of the newest picture and its JPEG, made once however many want it; None before any."""
        if self._picture is not None and self._picture[0] != self._jpeg[0]:
            number, picture = self._picture
            self._jpeg = (number, jpeg(picture))
        return self._jpeg if self._jpeg[0] else None

    def _wake(self) -> None:
        for viewer in self._viewers:
            viewer.news.set()


class Viewer:
    """One of them."""

    def __init__(self, viewers: Viewers) -> None:
        self._viewers = viewers
        self._seen = max(0, viewers.number - 1)
        self.news = asyncio.Event()

    @property
    def behind(self) -> int:
        """Pictures that were replaced since the one that this viewer has."""
        return max(0, self._viewers.number - self._seen - 1)

    async def next(self) -> bytes:
        """Wait for a picture that this viewer has not had, or for a second, after which he gets the newest again."""
        while True:
            self.news.clear()
            if self._viewers.number == self._seen:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.news.wait(), _REPEAT)
            if (newest := self._viewers.newest()) is not None:
                number, body = newest
                self._viewers.miss(max(0, number - self._seen - 1))
                self._seen = number
                return body
