"""MIDI clock as a source of the tempo: starts and watches the process that holds the ports."""

import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable

from bridge.midi_clock import take
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


class MidiClock:
    """Clock in and out over the ports that `config` names; `say`: told what a person should know."""

    def __init__(self, session: Session, config: TempoConfig, say: Callable[[str], None]) -> None:
        self.follower = PulseFollower(f"no MIDI clock comes from '{config.midi_in}'")
        self._command = [sys.executable, "-m", "bridge.midi_process", str(session.folder), config.midi_in,
                         config.midi_out]
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._told: deque[bytes] = deque(maxlen=_MOST_WAITING)
        self._due = 0.0
        self._patient_until = 0.0
        self._said = False

    def poll(self, now: float) -> None:
        """Take what came in, and keep the process running; `now`: clock s."""
        while self._told:
            line = self._told.popleft()
            if not line.endswith(b"\n"):  # the last words of one that was killed
                continue
            self._patient_until = now + _HUNG
            kind, *values = json.loads(line)
            if kind == "in":
                take(values[1], values[0], self.follower)
            elif kind == "say":
                self._say(values[0])
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
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL)
        threading.Thread(target=self._read, args=(self._process,), name="midi-reads", daemon=True).start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self._told.extend(process.stdout)
