"""How often one address may guess a secret: the first few times at once, then ever so slowly."""

import ipaddress
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from engine.clock import Clock

AT_ONCE = 10
APART = 10.0
"""Seconds from one guess to the next when those are used up."""
MOST_ADDRESSES = 1024
"""Remembered; beyond that the one that has guessed least recently is forgotten."""


@dataclass
class _Guesser:
    """paid_at: when all that it has guessed has been waited for. tried: the newest of it, hashed."""

    paid_at: float = 0.0
    tried: deque[int] = field(default_factory=lambda: deque(maxlen=8))


class Guesses:
    """Counts wrong guesses by address (by network for IPv6, of which everybody has as many addresses as they like).

    The same again is no new guess: a browser that was left open with yesterday's secret shows it for ever.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._guessers: OrderedDict[str, _Guesser] = OrderedDict()

    def wait(self, address: str) -> float:
        """Return the seconds until this address may guess again, 0 if it may now."""
        guesser = self._guessers.get(_network(address))
        return max(guesser.paid_at - self._clock.now() - APART * (AT_ONCE - 1), 0.0) if guesser else 0.0

    def wrong(self, address: str, guess: str) -> None:
        """Note a wrong guess."""
        network = _network(address)
        guesser = self._guessers.setdefault(network, _Guesser())
        if hash(guess) in guesser.tried:
            return
        guesser.tried.append(hash(guess))
        guesser.paid_at = max(guesser.paid_at, self._clock.now()) + APART
        self._guessers.move_to_end(network)
        if len(self._guessers) > MOST_ADDRESSES:
            self._guessers.popitem(last=False)

    def right(self, address: str) -> None:
        """Note a right one: what was wrong before is forgiven."""
        if (guesser := self._guessers.get(_network(address))) is not None:
            guesser.paid_at = 0.0


def _network(address: str) -> str:
    try:
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    except ValueError:
        return address
