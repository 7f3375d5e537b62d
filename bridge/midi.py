"""The MIDI ports of the clock and of controllers: starts and watches the process that holds them."""

import json
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

from bridge.midi_clock import take
from bridge.midi_controllers import MidiControllers
from engine.clock import MonotonicClock
from engine.player import TRY_AGAIN
from engine.shared import Session
from engine.show import TempoConfig
from engine.tempo.pulses import PulseFollower

_AGAIN, _LATER = 0.5, 5.0
"""Seconds until it is started again: after a server died, after anything else."""
_HUNG = 5.0
_FIRST_SIGN = 30.0
_MOST_WAITING = 4096
_GRACE = 0.5
_TELL_EVERY = 0.02


class MidiPorts:
    """Clock in and out over the ports that `config` names, and the ports of controllers.

    What controllers say is theirs at once, in a thread of its own; the clock waits for poll().
    say: told what a person should know.
    """

    def __init__(self, session: Session, config: TempoConfig, say: Callable[[str], None],
                 controllers: MidiControllers | None = None) -> None:
        self.follower = PulseFollower(f"no MIDI clock comes from '{config.midi_in}'")
        self._session = session
        self._controllers = controllers
        self._command = [sys.executable, "-m", "bridge.midi_process", str(session.folder), config.midi_in,
                         config.midi_out, *(controllers.names if controllers else ())]
        self._say = say
        self._clock = MonotonicClock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pulses: deque[tuple[float, list[int]]] = deque(maxlen=_MOST_WAITING)
        self._lives = False
        self._due = 0.0
        self._patient_until = 0.0
        self._said = False

    def poll(self, now: float) -> None:
        """Let the follower have what came in, and keep the process running; `now`: clock s."""
        while self._pulses:
            came, message = self._pulses.popleft()
            take(message, came, self.follower)
        if self._lives:
            self._lives = False
            self._patient_until = now + _HUNG
        if self._process is None:
            if now >= self._due:
                self._patient_until = now + _FIRST_SIGN
                self._start()
        elif self._process.poll() is not None:
            died = self._process.returncode != TRY_AGAIN
            self._due = now + (_LATER if died else _AGAIN)
            if died and not self._said:
                self._said = True
                self._say(f"MIDI ended with status {self._process.returncode} and is started again every {_LATER:g} s; "
                          "is RtMidi's library (ALSA's, on Linux) installed?")
            self._process = None
        elif now > self._patient_until:
            self._process.kill()

    def close(self) -> None:
        """Send stop and give the ports back."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL)
        threading.Thread(target=self._read, args=(self._process,), name="midi-reads", daemon=True).start()
        if self._controllers:
            threading.Thread(target=self._write, args=(self._process, self._controllers), name="midi-writes",
                             daemon=True).start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if not line.endswith(b"\n"):  # the last words of one that was killed
                break
            self._lives = True
            kind, *values = json.loads(line)
            if kind == "clock":
                self._pulses.append((values[0], values[1]))
            elif kind == "say":
                self._say(values[0])
            elif kind == "heard" and self._controllers:
                self._controllers.heard(*values)
            elif kind == "plugged" and self._controllers:
                self._controllers.plugged(*values)

    def _write(self, process: subprocess.Popen[bytes], controllers: MidiControllers) -> None:
        """Tell the controllers where they belong; a process that doesn't read makes nobody else wait."""
        assert process.stdin is not None
        while process.poll() is None:
            due = controllers.due(self._clock.now())
            try:
                process.stdin.write(b"".join(json.dumps(entry).encode() + b"\n" for entry in due))
                process.stdin.flush()
            except OSError:
                break
            self._session.count("faces/midi_sent", len(due))
            time.sleep(_TELL_EVERY)
