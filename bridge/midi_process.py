"""The process that holds the MIDI ports, so that a MIDI driver can neither hang nor end the instrument.

    python -m bridge.midi_process SESSION IN OUT [CONTROLLER...]    parts of port names; IN, OUT: "" for none

It sends the session's beat to OUT and tells its parent on stdout, as lines of JSON, what of the clock comes in from IN
(["clock", clock time, [bytes]]), what controllers say (["heard", number, clock time, [[bytes], ...]]), that one was
plugged in or pulled out (["plugged", number, whether it can be told something]), what a person should know
(["say", text]) and that it lives (["alive"]). Each line on stdin, [number, [bytes]], is sent to a controller. It ends
with its parent, on SIGTERM, and with 75 when a JACK server died under it: then it is to be started again.
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

from bridge.midi_clock import SONG_POSITION, STOP, PulseTrain, Stamps
from bridge.midi_ports import Connection, ServerDied, Watch, own_stdout
from engine.clock import MonotonicClock
from engine.player import TRY_AGAIN
from engine.shared import Session
from engine.tempo.timeline import Tempo

_TICK = 0.002
_ALIVE_EVERY = 1.0
_LOOK = 0.02
_SYSTEM = 0xF0
"""From this status on, messages are no controller's."""


class _Controller:
    """The ports of one controller; it need not have an output. Those of the same name that the clock uses are its own,
    too, since some systems open a port but once."""

    def __init__(self, name: str, clock_in: Connection | None, clock_out: Connection | None) -> None:
        self.input = clock_in if clock_in and clock_in.name == name else Connection("input", name, "controller")
        self.output = clock_out if clock_out and clock_out.name == name else Connection("output", name, "feedback",
                                                                                        wanted=False)
        self.known = (False, False)

    def changed(self) -> bool:
        """Whether one of its ports came or went since the last call."""
        before, self.known = self.known, (self.input.open, self.output.open)
        return self.known != before


class _Ports:
    """The process's life."""

    def __init__(self, folder: Path, source: str, target: str, controllers: list[str], out: TextIO) -> None:
        self._stdout = out
        self._session = Session.attach(folder)
        self._clock = MonotonicClock()
        self._in = Connection("input", source, "clock", timing=True) if source else None
        self._out = Connection("output", target, "clock") if target else None
        self._controllers = [_Controller(name, self._in, self._out) for name in controllers]
        used = dict.fromkeys(port for port in (self._in, self._out, *(
            port for controller in self._controllers for port in (controller.input, controller.output))) if port)
        self._watch = Watch(used, lambda line: self._tell("say", line))
        self._inputs = [port for port in used if port.direction == "input"]
        self._parent = os.getppid()
        self._ends = threading.Event()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._on_term)

    def run(self) -> int:
        """Pass messages on until asked to stop; return the exit status."""
        sender = threading.Thread(target=self._send, name="midi-clock-out", daemon=True)
        if self._out:
            sender.start()
        if self._controllers:
            threading.Thread(target=self._send_feedback, name="midi-feedback", daemon=True).start()
        stamps, alive = Stamps(), 0.0
        while not self._ends.is_set() and os.getppid() == self._parent:
            now = self._clock.now()
            try:
                self._watch.poll(now)
            except ServerDied:
                return TRY_AGAIN
            if self._in and not self._in.open:
                stamps = Stamps()
            for number, controller in enumerate(self._controllers):
                if controller.changed():
                    self._tell("plugged", number, controller.output.open)
            for port in self._inputs:
                self._pass_on(port, stamps)
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

    def _pass_on(self, port: Connection, stamps: Stamps) -> None:
        heard = []
        while (got := port.receive()) is not None:
            message, since = got
            now = self._clock.now()  # not before: nothing may seem to come in later than it is read
            if port is self._in:
                came = stamps.stamp(since, now)
                if message and message[0] >= SONG_POSITION:
                    self._tell("clock", came, message)
            if message and message[0] < _SYSTEM:
                heard.append(message)
        for number, controller in enumerate(self._controllers if heard else ()):
            if controller.input is port:
                self._tell("heard", number, now, heard)

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

    def _send_feedback(self) -> None:
        for line in sys.stdin:
            number, message = json.loads(line)
            self._controllers[number].output.send(message)

    def _on_term(self, signum: int, frame: FrameType | None) -> None:
        self._ends.set()

    def _tell(self, *line: Any) -> None:
        print(json.dumps(line), file=self._stdout, flush=True)


if __name__ == "__main__":
    try:
        _, folder, source, target, *controllers = sys.argv
        status = _Ports(Path(folder), source, target, controllers, own_stdout()).run()
    except BrokenPipeError:  # the parent is gone
        status = 1
    os._exit(status)  # without the exit handlers, which the remains of a dead server may crash
