"""What browsers are told beyond the name space of OSC: what each layer plays and why, and latencies of late.

    /phono/playing          of each layer the number of its clip in the library, NO_CLIP for none, and its level
    /phono/why/N            class, p of the picture, q of the clip, for up to three classes that both have in common
    /phono/latency/NAME     median and 99th percentile of the last half minute, ms
"""

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bridge.namespace import ROOT
from bridge.osc_out import Message
from engine.parameters import LAYERS
from engine.shared import Histogram, Session

OF_LATE = 30
"""Seconds that latencies are told of."""


class Insight:
    """Of one session; `messages` gives each as it is now, whether or not it was different before."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._frames = -1
        self._why: list[Message] = []
        self._latencies = [_OfLate(name, histogram) for name, histogram in session.latency.items()]

    def messages(self, now: float) -> Iterator[Message]:
        """Return the messages for `now`, clock seconds."""
        if (match := self._session.match.read()) is not None:
            levels = zip(match["clip"].tolist(), match["weight"].tolist(), strict=True)
            yield f"{ROOT}/playing", tuple(part for clip, weight in levels for part in (clip, round(weight, 2)))
            if int(match["frames"]) != self._frames:
                self._frames = int(match["frames"])
                self._why = [(f"{ROOT}/why/{layer + 1}", _reasons(match["why"][layer].tolist(),
                                                                 match["why_p"][layer].tolist(),
                                                                 match["why_q"][layer].tolist()))
                             for layer in range(LAYERS)]
            yield from self._why
        for latency in self._latencies:
            yield from latency.message(now)


def _reasons(names: list[bytes], p: list[float], q: list[float]) -> tuple[float | int | str, ...]:
    found: list[float | int | str] = []
    for name, of_picture, of_clip in zip(names, p, q, strict=True):
        if name:
            found += [name.decode(), round(of_picture, 2), round(of_clip, 2)]
    return tuple(found)


class _OfLate:
    """Looks at a histogram once a second, as long as anybody asks."""

    def __init__(self, name: str, histogram: Histogram) -> None:
        self._address, self._histogram = f"{ROOT}/latency/{name}", histogram
        self._before: deque[tuple[float, NDArray[np.uint64]]] = deque()
        self._due = -np.inf

    def message(self, now: float) -> Iterator[Message]:
        """Return the message if a second has passed since the last look and there were any latencies of late."""
        if now < self._due:
            return
        self._due = now + 1
        while self._before and self._before[0][0] < now - OF_LATE:
            self._before.popleft()
        self._before.append((now, self._histogram.counts))
        median, worst = (self._histogram.percentile_ms(percent, self._before[0][1]) for percent in (50, 99))
        if median is not None and worst is not None:
            yield self._address, (median, worst)
