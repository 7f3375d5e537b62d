"""Ableton Link: the beat that programs on one network share (an optional extra; Link itself is GPL-2.0 or later)."""

from typing import Any, ClassVar

from engine.clock import Clock
from engine.errors import UserError
from engine.shared import Session
from engine.tempo.timeline import Tempo

_FORGOTTEN = 1.0
_SAME_BEAT, _SAME_BPM = 0.005, 0.005
_QUICK = 1e-4
_TRIES = 5


class LinkPeer:
    """This instrument as a peer of a Link session.

    With others there, their tempo and phase count; turning tempo/bpm while Link is chosen sets the tempo of all, and
    nothing else does. Alone, it keeps Link at the instrument's own beat, so that who joins finds that one.
    A bar is Link's quantum. Raises UserError if the extra is not installed.
    """

    jumps = 0
    glide: ClassVar[float] = 0.25
    absent = "no other Ableton Link program is there"

    def __init__(self, session: Session, clock: Clock) -> None:
        try:
            import link
        except ImportError:
            raise UserError("[tempo] link = true: Ableton Link is not installed; "
                            "pip install 'phonoscope[link]', or link = false") from None
        self._session, self._clock = session, clock
        self._bpm = session.get("tempo/bpm")
        self._asked = clock.now()
        self._link = link.Link(self._bpm)
        self._link.enabled = True

    @property
    def peers(self) -> int:
        """Other programs in the Link session."""
        return int(self._link.numPeers())

    def tempo(self, now: float, present: Tempo) -> Tempo | None:
        """Return the beat of the Link session, None while nobody else is in it; `present`: the beat so far."""
        bpm, bar = self._session.get("tempo/bpm"), self._session.get("tempo/bar")
        # What was turned while another kept time is no wish to change everybody's tempo.
        turned = bpm != self._bpm and now - self._asked < _FORGOTTEN
        self._bpm, self._asked = bpm, now
        micros = round((now + self._ahead()) * 1e6)
        state = self._link.captureAppSessionState()
        if not self.peers:
            self._align(state, present, micros, now, bar)
            return None
        if turned:
            state.setTempo(bpm, micros)
            self._link.commitAppSessionState(state)
        return Tempo(now, state.beatAtTime(micros, bar), state.tempo())

    def close(self) -> None:
        """Leave the session."""
        self._link.enabled = False

    def _align(self, state: Any, present: Tempo, micros: int, now: float, bar: float) -> None:
        beat = present.beat_at(now)
        if abs(state.beatAtTime(micros, bar) - beat) > _SAME_BEAT or abs(state.tempo() - present.bpm) > _SAME_BPM:
            state.setTempo(present.bpm, micros)
            state.requestBeatAtTime(beat, micros, bar)
            self._link.commitAppSessionState(state)

    def _ahead(self) -> float:
        """Return by how many seconds Link's clock is ahead of ours, read between two readings of ours."""
        ahead, took = 0.0, float("inf")
        for _ in range(_TRIES):
            before = self._clock.now()
            theirs = self._link.clock().micros() * 1e-6
            after = self._clock.now()
            if after - before < took:
                ahead, took = theirs - (before + after) / 2, after - before
            if took < _QUICK:
                break
        return ahead
