"""Tells the mixer the beat: clock time becomes output frames, by the account that the audio callback keeps.

A block begins when the driver asks for it, never early but often late, so the blocks that came least late tell when
the frames are due, as in the callback's own account of missed blocks (engine.sound.callback). Output latency is
compensated: a beat is heard at its time, not computed at it.
"""

from collections import deque
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.atomics import fence
from engine.sound.callback import FRAMES, LAST, PLAYED
from engine.tempo.timeline import Tempo, glide

_WINDOW = 0.25
_WINDOWS = 8
"""Windows of which each keeps its smallest lag; the smallest of all counts."""
_TELL_EVERY = 0.25
_GLIDE = 0.25
_MOVED = 1 / 64
"""Beats from which a change of the line is a move to another place; the keeper's own corrections have no step."""


class Beaten(Protocol):
    """The mixer, as far as the beat goes."""

    def tempo(self, beat: float, bpm: float, frame: int) -> bool:
        """Take that `beat` is reached at `frame` and goes on at `bpm`; False if there is no room for it now."""


class Pulse:
    """Call step() at every control step.

    rate: Hz. latency: seconds from the moment a frame is computed until it is heard: the device's and the mixer's own.
    The frames given to the mixer count what it has computed. Their line follows the beat's without steps, save where
    the beat itself has one.
    """

    def __init__(self, mixer: Beaten, rate: int, latency: float) -> None:
        self._mixer, self._rate, self._latency = mixer, rate, latency
        self._least: deque[float] = deque(maxlen=_WINDOWS)
        self._until = -np.inf
        self._heard: Tempo | None = None     # by the clock
        self._told: Tempo | None = None      # by the mixer's seconds
        self._told_at = 0.0

    def step(self, record: NDArray[Any] | None, counters: NDArray[np.float64]) -> None:
        """Tell the mixer how the beat of `record` (of TEMPO) goes on; `counters`: of the output's callback."""
        # In this order: the callback writes them the other way round, so the pair can only seem late, not early.
        frames = float(counters[PLAYED])
        fence()
        begun = float(counters[LAST])
        if record is None or frames == 0:
            return
        mixed = frames / self._rate
        self._keep_lag(begun - (frames - float(counters[FRAMES])) / self._rate, mixed)
        tempo = Tempo.of(record)
        lag = min(self._least) + self._latency
        target = Tempo(tempo.time - lag, tempo.beat, tempo.bpm)
        before, self._heard = self._heard, tempo
        if self._told is None or before is None or abs(tempo.beat_at(begun) - before.beat_at(begun)) > _MOVED:
            told = target.at(mixed, target.bpm)
        else:
            told = glide(self._told, target, mixed, _GLIDE)
        if ((told != self._told or mixed - self._told_at >= _TELL_EVERY)
                and self._mixer.tempo(told.beat_at(mixed), told.bpm, int(frames))):
            self._told, self._told_at = told, mixed

    def _keep_lag(self, lag: float, mixed: float) -> None:
        if mixed >= self._until:
            self._until = mixed + _WINDOW
            self._least.append(lag)
        self._least[-1] = min(self._least[-1], lag)
