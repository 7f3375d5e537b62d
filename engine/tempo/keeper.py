"""The one who keeps time: follows the source that the knob tempo/source names and publishes the beat."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from engine.clock import Clock
from engine.shared import TEMPO, Session
from engine.tempo.heard import HeardBeat
from engine.tempo.tap import Taps
from engine.tempo.timeline import Tempo, glide

INTERNAL, MIDI, HEARD, LINK = range(4)
"""Values of tempo/source."""
_NOT_THERE = {MIDI: "the show file names no MIDI input for the clock ([tempo] midi_in)",
              LINK: "the show file doesn't ask for Ableton Link ([tempo] link)"}
_PATIENCE = 2.0
"""Seconds that a source may be absent before it is said."""
_OWN_GLIDE = 0.25
_RELOCATED = 0.75
"""Beats from which a difference is another place in the song and not a matter of phase."""
_AGAIN = 1.0
_MOST_TAPS = 16


class Source(Protocol):
    """Somebody else who keeps time."""

    @property
    def absent(self) -> str:
        """What to say while it gives no tempo."""

    @property
    def jumps(self) -> int:
        """How often the beat went to another place at once, as a sequencer's start does."""

    @property
    def peers(self) -> int:
        """Others who keep time together with it."""

    @property
    def glide(self) -> float:
        """Seconds within which its beat is approached."""

    def tempo(self, now: float, present: Tempo) -> Tempo | None:
        """Return the beat, or None while it can't tell; `now`: clock s, `present`: the beat so far."""


class TempoKeeper:
    """Writes `session.tempo` when the beat changes its course and at least once a second; call step() often.

    The published beat is continuous, and never goes back, except where the source itself goes to another place (see
    Source.jumps) or is further away than three quarters of a beat. While the chosen source is absent the beat goes on
    at its last tempo, or at tempo/bpm once that is turned, and `say` is told so once.
    sources: those that the engine doesn't have itself, by their value of tempo/source.
    """

    def __init__(self, session: Session, clock: Clock, say: Callable[[str], None],
                 sources: Mapping[int, Source] | None = None) -> None:
        self._session, self._clock, self._say = session, clock, say
        self._sources: dict[int, Source] = {HEARD: HeardBeat(session.features.read), **(sources or {})}
        self._taps = Taps()
        self._tapped: deque[float] = deque(maxlen=_MOST_TAPS)
        self._bpm = session.get("tempo/bpm")
        self._chosen = -1
        self._jumps = 0
        self._absent_since: float | None = None
        self._said = False
        self._own = self.present = Tempo(clock.now(), 0.0, self._bpm)
        self._written: tuple[Tempo, int, int] | None = None
        self._written_at = 0.0

    def tap(self, time: float) -> None:
        """Take a tap of a performer at `time`; from any thread."""
        self._tapped.append(time)

    def step(self) -> None:
        """Follow the source and publish the beat."""
        now = self._clock.now()
        self._hear_taps()
        bpm, chosen = self._session.get("tempo/bpm"), int(self._session.get("tempo/source"))
        source = self._sources.get(chosen)
        if bpm != self._bpm or chosen == INTERNAL != self._chosen:
            self._own = self._own.at(now, bpm)
        if chosen != self._chosen:
            self._said, self._absent_since = False, None
            self._jumps = source.jumps if source else 0
        self._bpm, self._chosen = bpm, chosen
        told = source.tempo(now, self.present) if source else None
        if told is not None and source is not None:
            self._absent_since = None
            self._own = told
            self._follow(told, now, source.glide, source.jumps)
            self._publish(now, chosen, source.peers)
        else:
            if chosen != INTERNAL:
                self._miss(now, source.absent if source else _NOT_THERE[chosen])
            self._follow(self._own, now, _OWN_GLIDE, self._jumps)
            self._publish(now, INTERNAL, 0)

    def _hear_taps(self) -> None:
        while self._tapped:
            time = self._tapped.popleft()
            if (bpm := self._taps.tap(time)) is not None:
                self._session.set("tempo/bpm", bpm)
                self._own = Tempo(time, round(self.present.beat_at(time)), bpm)

    def _follow(self, target: Tempo, now: float, seconds: float, jumps: int) -> None:
        if jumps != self._jumps or abs(target.beat_at(now) - self.present.beat_at(now)) > _RELOCATED:
            self._jumps = jumps
            self.present = target
        else:
            self.present = glide(self.present, target, now, seconds)

    def _miss(self, now: float, why: str) -> None:
        if self._absent_since is None:
            self._absent_since = now
        if not self._said and now - self._absent_since >= _PATIENCE:
            self._said = True
            self._say(f"tempo: {why}; going on at {self._own.bpm:.4g} BPM")

    def _publish(self, now: float, source: int, peers: int) -> None:
        if self._written != (self.present, source, peers) or now - self._written_at >= _AGAIN:
            self._written, self._written_at = (self.present, source, peers), now
            present = self.present
            self._session.tempo.write(np.array((present.time, present.beat, present.bpm, source, peers), TEMPO))
