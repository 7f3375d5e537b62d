"""The picture outputs of a playing instrument: starts, watches and restarts a process for each."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge.outputs import RESPITE
from bridge.outputs.shown import shown
from engine.clock import MonotonicClock
from engine.errors import UserError
from engine.shared import Session
from engine.show import OutputConfig

_TICK = 0.05
_HUNG = 2 * RESPITE
_FIRST_SIGN = 60.0
_STEADY = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0
_GRACE = 2.0
"""Seconds that an output has to end in, a film file its last pictures."""


@dataclass(slots=True)
class _Output:
    """One output: what it is called in telemetry, and how things stand."""

    number: int
    title: str
    wanted: bool = True
    restart: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    pause: float = 0.0
    killed_at: float | None = None
    relay: threading.Thread | None = None
    last_words: str = ""
    said: str = ""

    @property
    def name(self) -> str:
        return f"output/{self.number}"


class OutputsFace:
    """The outputs of `session`, as its show's `outputs` want them; `say`: told what a person should know."""

    def __init__(self, session: Session, outputs: Sequence[OutputConfig], say: Callable[[str], None]) -> None:
        self._session, self._say = session, say
        self._clock = MonotonicClock()
        self._outputs = [_Output(number, f"{config.kind} {shown(config.kind, config.target)}".rstrip())
                         for number, config in enumerate(outputs, 1)]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outputs", daemon=True)

    def start(self) -> None:
        """Start all outputs."""
        if self._outputs:
            self._thread.start()

    def restart(self, number: int) -> None:
        """End output `number`, from 1, and start it again; UserError if there is none. From any thread."""
        self._output(number).restart = True

    def switch(self, number: int, on: bool) -> None:
        """Start or end output `number`, from 1; UserError if there is none. From any thread."""
        self._output(number).wanted = on

    def close(self) -> None:
        """End all outputs."""
        self._stop.set()
        if self._thread.ident:
            self._thread.join()
        for output in self._outputs:
            output.wanted = False
            self._end(output)
        deadline = self._clock.now() + 2 * _GRACE  # a driver can keep even a killed process
        while any(output.process for output in self._outputs) and self._clock.now() < deadline:
            for output in self._outputs:
                self._poll(output, self._clock.now())
            time.sleep(_TICK / 5)

    def _output(self, number: int) -> _Output:
        if not 1 <= number <= len(self._outputs):
            raise UserError(f"there is no output {number}; the show has {len(self._outputs) or 'none'}")
        return self._outputs[number - 1]

    def _run(self) -> None:
        while not self._stop.is_set():
            for output in self._outputs:
                self._poll(output, self._clock.now())
            self._stop.wait(_TICK)

    def _poll(self, output: _Output, now: float) -> None:
        self._session.tell(f"{output.name}/active", output.wanted)
        if output.process is None:
            if output.wanted and (output.restart or now >= output.due):
                self._start(output, now)
            return
        if (status := output.process.poll()) is not None:
            self._ended(output, status, now)
        elif output.killed_at is not None:
            if now >= output.killed_at:
                output.process.kill()
        elif not output.wanted or output.restart:
            self._end(output)
        elif self._hangs(output, now):
            output.last_words = f"it gave no sign of life for {_HUNG:.0f} s"
            output.process.kill()

    def _start(self, output: _Output, now: float) -> None:
        command = [sys.executable, "-m", "bridge.outputs.process", str(self._session.folder), str(output.number)]
        try:
            output.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                              stderr=subprocess.PIPE)
        except OSError as error:  # no memory or no processes left: the others must be watched all the same
            output.due, output.restart = now + _LONGEST_PAUSE, False
            self._say_once(output, f"{output.name}: {output.title} can't be started: {error.strerror}")
            return
        output.started, output.killed_at, output.restart, output.last_words = now, None, False, ""
        output.relay = threading.Thread(target=self._listen, args=(output, output.process),
                                        name=f"{output.name}-says", daemon=True)
        output.relay.start()

    def _end(self, output: _Output) -> None:
        if output.process and output.killed_at is None:
            output.process.terminate()
            output.killed_at = self._clock.now() + _GRACE

    def _ended(self, output: _Output, status: int, now: float) -> None:
        assert output.relay is not None
        output.relay.join(_TICK)
        output.process = None
        for name in ("pid", "receivers", "fps", "arrival_ms"):
            self._session.tell(f"{output.name}/{name}", 0)
        if output.killed_at is not None:
            output.pause, output.due = 0.0, now
        else:
            steady = now - output.started > _STEADY
            output.pause = _FIRST_PAUSE if steady else min(_LONGEST_PAUSE, 2 * output.pause + _FIRST_PAUSE)
            output.due = now + output.pause
            why = f" ({output.last_words})" if output.last_words else ""
            self._say_once(output, f"{output.name}: {output.title} ended with status {status}{why}; it is started anew")
        if output.wanted:
            self._session.count(f"{output.name}/restarts")

    def _hangs(self, output: _Output, now: float) -> bool:
        alive = self._session.told(f"{output.name}/alive")
        if alive < output.started:
            return now - output.started > _FIRST_SIGN
        return now - alive > _HUNG

    def _listen(self, output: _Output, process: subprocess.Popen[bytes]) -> None:
        """Say what the output has to say; what libraries write is kept for the case that it dies of it."""
        assert process.stderr is not None
        for line in process.stderr:
            text = line.decode(errors="replace").strip()
            if text.startswith(f"{output.name}: "):
                self._say_once(output, text)
            elif text:
                output.last_words = text

    def _say_once(self, output: _Output, text: str) -> None:
        if text != output.said:
            output.said = text
            self._say(text)
