"""The process that holds the MIDI ports of the clock, so that a MIDI driver can neither hang nor end the instrument.

    python -m bridge.midi_process SESSION IN OUT        IN, OUT: parts of port names, "" for none

It sends the session's beat to OUT and tells its parent on stdout, as lines of JSON, what comes in from IN
(["in", clock time, [bytes]]), what a person should know (["say", text]) and that it lives (["alive"]). It ends with
its parent, on SIGTERM, and with 75 when a JACK server died under it: then it is to be started again.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from bridge.midi_clock import STOP, PulseTrain, Stamps
from bridge.midi_ports import Connection, ServerDied, Watch, own_stdout
from engine.clock import MonotonicClock
from engine.player import TRY_AGAIN
from engine.shared import Session
from engine.tempo.timeline import Tempo

_TICK = 0.002
_ALIVE_EVERY = 1.0
_LOOK = 0.02


class _Ports:
    """The process's life."""

    def __init__(self, folder: Path, source: str, target: str, out: TextIO) -> None:
        self._stdout = out
        self._session = Session.attach(folder)
        self._clock = MonotonicClock()
        self._in = Connection("input", source) if source else None
        self._out = Connection("output", target) if target else None
        self._watch = Watch([port for port in (self._in, self._out) if port], lambda line: self._tell("say", line))
        self._parent = os.getppid()
        self._ends = threading.Event()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._on_term)

    def run(self) -> int:
        """Pass messages on until asked to stop; return the exit status."""
        sender = threading.Thread(target=self._send, name="midi-clock-out", daemon=True)
        if self._out:
            sender.start()
        stamps, alive = Stamps(), 0.0
        while not self._ends.is_set() and os.getppid() == self._parent:
            now = self._clock.now()
            try:
                self._watch.poll(now)
            except ServerDied:
                return TRY_AGAIN
            if self._in and not self._in.open:
                stamps = Stamps()
            while self._in and (got := self._in.receive()) is not None:
                self._tell("in", stamps.stamp(got[1], now), got[0])
            if now - alive >= _ALIVE_EVERY:
                alive = now
                self._tell("alive")
            time.sleep(_TICK)
        self._ends.set()
        if self._out:
            sender.join()
            self._out.send([STOP])
        self._watch.close()
        return 0

    def _send(self) -> None:
        """Send each pulse at its own time."""
        assert self._out is not None
        train = PulseTrain()
        while not self._ends.is_set():
            record = self._session.tempo.read()
            if record is None or not self._out.open:
                train = PulseTrain()
                time.sleep(_LOOK)
                continue
            tempo = Tempo.of(record)
            for message in train.step(self._clock.now(), tempo, self._session.get("tempo/bar")):
                self._out.send(message)
            # The beat may change its course meanwhile, so a far deadline is looked at again.
            time.sleep(min(max(train.due(tempo) - self._clock.now(), 0.0), _LOOK))

    def _on_term(self, signum: int, frame: FrameType | None) -> None:
        self._ends.set()

    def _tell(self, *line: Any) -> None:
        print(json.dumps(line), file=self._stdout, flush=True)


if __name__ == "__main__":
    try:
        status = _Ports(Path(sys.argv[1]), sys.argv[2], sys.argv[3], own_stdout()).run()
    except BrokenPipeError:  # the parent is gone
        status = 1
    os._exit(status)  # without the exit handlers, which the remains of a dead server may crash
