"""The faces of the beat: a thread around MIDI clock, Ableton Link and the keeper of the tempo."""

import threading
import time
from collections.abc import Callable

from bridge.link import LinkPeer
from bridge.midi import MidiPorts
from engine.clock import MonotonicClock
from engine.shared import Session
from engine.show import TempoConfig
from engine.tempo.keeper import LINK, MIDI, Source, TempoKeeper

_TICK = 0.005


class TempoFace:
    """Keeps time for `session` and listens and sends as `config` says.

    say: told what a person should know. midi: where MIDI clock comes from; this face keeps it running.
    Raises UserError if Link is asked for and not installed.
    """

    def __init__(self, session: Session, config: TempoConfig, say: Callable[[str], None],
                 midi: MidiPorts | None = None) -> None:
        self._clock = MonotonicClock()
        self._midi = midi
        self._link = LinkPeer(session, self._clock) if config.link else None
        sources: dict[int, Source] = {}
        if self._midi and config.midi_in:
            sources[MIDI] = self._midi.follower
        if self._link:
            sources[LINK] = self._link
        self._keeper = TempoKeeper(session, self._clock, say, sources)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tempo", daemon=True)

    def start(self) -> None:
        """Begin to keep time."""
        self._keeper.step()
        self._thread.start()

    def tap(self) -> None:
        """Take a tap of a performer, now; from any thread."""
        self._keeper.tap(self._clock.now())

    def close(self) -> None:
        """Keep time no longer, and leave the Link session."""
        self._stop.set()
        if self._thread.ident:
            self._thread.join(1.0)
        if self._link:
            self._link.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            now = self._clock.now()
            if self._midi:
                self._midi.poll(now)
            self._keeper.step()
            time.sleep(_TICK)
