"""A walk through the latent space of a generator: smooth, endless, and the same for the same seed and position.

At each whole number of the line there is a place, a standard normal vector. A point between is the sum of the nearest
four, weighted by a cubic B-spline, over the root of the weights' squares: so it is standard normal everywhere, and
neither speed nor direction ever jumps.
"""

import numpy as np
from numpy.typing import NDArray

from engine.tempo.timeline import Tempo

_FAST = 8.0
"""How many times as fast the second wandering is."""
_ARRIVAL_S = 0.04
"""Time constant with which a step or a jump is made: a few pictures, that it be no flash."""


class Line:
    """Standard normal vectors, float32 [length], along a line; seed: any non-negative integers."""

    def __init__(self, length: int, *seed: int) -> None:
        self._length, self._seed = length, seed
        self._places: dict[int, NDArray[np.float32]] = {}

    def at(self, position: float) -> NDArray[np.float32]:
        """Return the vector at `position` (any finite number)."""
        first = int(np.floor(position)) - 1
        u = position - np.floor(position)
        weights = np.array([(1 - u) ** 3, 3 * u ** 3 - 6 * u ** 2 + 4, -3 * u ** 3 + 3 * u ** 2 + 3 * u + 1, u ** 3])
        weights /= np.sqrt(np.sum(weights ** 2))
        self._places = {number: self._place(number) for number in range(first, first + 4)}
        return np.asarray(weights @ np.stack(list(self._places.values())), np.float32)

    def _place(self, number: int) -> NDArray[np.float32]:
        if number in self._places:
            return self._places[number]
        side = (0, number) if number >= 0 else (1, -number)  # a seed's integers can't be negative
        return np.random.default_rng([*self._seed, *side]).standard_normal(self._length, np.float32)


class Walk:
    """Where the dream is, moved by time, beats and onsets.

    It begins where it would be had it wandered at its present speed since time 0: so a painter that is started again
    goes on where the last one was.
    """

    def __init__(self, length: int, seed: int) -> None:
        self._slow, self._fast = Line(length, seed, 0), Line(length, seed, 1)
        self._time: float | None = None
        self._target = self._position = 0.0
        self._step = 0.0
        self._stepped = 0

    def move(self, t: float, speed: float, step: float, throw: float, tempo: Tempo) -> None:
        """Go on to time t (s, never less than before).

        speed: places per second. step: beats between steps to the next place, 0 for gliding at `speed`. throw: places
        that an onset since the last call throws it ahead.
        """
        if self._time is None:
            self._time = t
            self._target = self._position = speed * t
        passed, self._time = t - self._time, t
        if step > 0:
            steps = int(np.floor(tempo.beat_at(t) / step + 1e-6))
            if step != self._step:  # places are at whole numbers
                self._target, self._stepped = float(np.ceil(self._target)), steps
            self._target += max(0, steps - self._stepped)
            self._stepped = steps
        else:
            self._target += speed * passed
        self._step = step
        self._target += throw
        self._position += (self._target - self._position) * -float(np.expm1(-passed / _ARRIVAL_S))

    def latent(self, chaos: float, truncation: float) -> NDArray[np.float32]:
        """Return the vector where it is, normal with the standard deviation `truncation`, float32 [length].

        chaos: 0 to 1, part of the fast wandering.
        """
        turn = chaos * np.pi / 2
        slow = np.cos(turn) * self._slow.at(self._position)
        fast = np.sin(turn) * self._fast.at(_FAST * self._position)
        return np.asarray(truncation * (slow + fast), np.float32)
