"""How fast somebody may ask: who comes faster waits, and so does what it sends."""

import asyncio

from engine.clock import Clock


class Pace:
    """Lets so many a second pass, after a rest so many at once."""

    def __init__(self, per_second: float, at_once: float, clock: Clock) -> None:
        self._apart, self._rest = 1 / per_second, at_once / per_second
        self._clock = clock
        self._next = clock.now() - self._rest

    async def turn(self, weight: float = 1.0) -> None:
        """Wait until this one's turn has come, and in any case let others have theirs; it counts as `weight`."""
        now = self._clock.now()
        wait = self._next - now
        self._next = max(self._next, now - self._rest) + weight * self._apart
        await asyncio.sleep(max(wait, 0))
