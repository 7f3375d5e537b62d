"""The faces of the beat: a thread around MIDI clock, Ableton Link and the keeper of the tempo."""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from bridge.link import LinkPeer
from bridge.midi_clock import ClockIn, ClockOut
from engine.clock import MonotonicClock
from engine.errors import UserError
from engine.shared import Session
from engine.show import TempoConfig
from engine.tempo.keeper import LINK, MIDI, Source, TempoKeeper

if TYPE_CHECKING:
    from bridge.midi_ports import Watch

_TICK = 0.005


class TempoFace:
    """Keeps time for `session` and listens and sends as `config` says; `say`: told what a person should know.

    Raises UserError if MIDI or Link is asked for and can't be loaded.
    """

    def __init__(self, session: Session, config: TempoConfig, say: Callable[[str], None]) -> None:
        self._clock = MonotonicClock()
        self._in: ClockIn | None = None
        self._out: ClockOut | None = None
        self._watch: Watch | None = None
        if config.midi_in or config.midi_out:
            self._open_midi(session, config, say)
        self._link = LinkPeer(session, self._clock) if config.link else None
        sources: dict[int, Source] = {}
        if self._in:
            sources[MIDI] = self._in.follower
        if self._link:
            sources[LINK] = self._link
        self._keeper = TempoKeeper(session, self._clock, say, sources)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tempo", daemon=True)

    def start(self) -> None:
        """Begin to keep time."""
        self._keeper.step()
        self._thread.start()
        if self._out:
            self._out.start()

    def tap(self) -> None:
        """Take a tap of a performer, now; from any thread."""
        self._keeper.tap(self._clock.now())

    def close(self) -> None:
        """End the threads, stop what follows our clock, and give ports and network back."""
        self._stop.set()
        self._thread.join(1.0)
        if self._out:
            self._out.close()
        if self._watch:
            self._watch.close()
        if self._link:
            self._link.close()

    def _open_midi(self, session: Session, config: TempoConfig, say: Callable[[str], None]) -> None:
        try:
            from bridge.midi_ports import Connection, Watch
        except ImportError as error:
            raise UserError(f"[tempo] midi_in, midi_out: there is no MIDI here ({error}); leave both out") from None
        if config.midi_in:
            self._in = ClockIn(Connection("input", config.midi_in))
        if config.midi_out:
            self._out = ClockOut(session, Connection("output", config.midi_out), self._clock)
        self._watch = Watch([face.connection for face in (self._in, self._out) if face], say)

    def _run(self) -> None:
        while not self._stop.is_set():
            now = self._clock.now()
            if self._watch:
                self._watch.poll(now)
            if self._in:
                self._in.poll(now)
            self._keeper.step()
            time.sleep(_TICK)
