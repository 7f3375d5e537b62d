"""Other people's MIDI devices, as virtual ports on a JACK server, which needs no hardware."""

import threading
import time
from typing import Any

import rtmidi

from bridge.midi_clock import CLOCK
from engine.tempo.pulses import PULSES


def _client(kind: type, name: str, **options: int) -> Any:
    """Return a client of the JACK server, which refuses one now and then while it is busy."""
    for left in reversed(range(10)):
        try:
            return kind(rtmidi.API_UNIX_JACK, name=name, **options)
        except rtmidi.SystemError:
            if not left:
                raise
            time.sleep(0.3)


class DrumMachine:
    """Sends MIDI clock from a port named "drum machine". Reads the server's name from the environment."""

    def __init__(self) -> None:
        self._midi = _client(rtmidi.MidiOut, "drum machine")
        self._midi.open_virtual_port("clock out")

    def send(self, *message: int) -> None:
        """Send one message."""
        self._midi.send_message(list(message))

    def play(self, bpm: float, beats: float, begin: float | None = None) -> float:
        """Send the pulses of so many beats, each at its own time; return the time of the first."""
        begin = time.monotonic() + 0.01 if begin is None else begin
        for pulse in range(round(beats * PULSES)):
            time.sleep(max(0.0, begin + pulse * 60 / PULSES / bpm - time.monotonic()))
            self.send(CLOCK)
        return begin

    def unplug(self) -> None:
        """Take the port away."""
        if self._midi:
            self._midi.close_port()
            self._midi.delete()
            self._midi = None


class Synthesiser:
    """Receives on a port named "synthesiser"; keeps each message with the seconds since the one before."""

    def __init__(self) -> None:
        self._midi = _client(rtmidi.MidiIn, "synthesiser", queue_size_limit=65536)
        self._midi.ignore_types(sysex=False, timing=False, active_sense=False)
        self._midi.open_virtual_port("clock in")
        self._got: list[tuple[list[int], float]] = []

    @property
    def got(self) -> list[tuple[list[int], float]]:
        """Everything that came in so far."""
        while (message := self._midi.get_message()) is not None:
            self._got.append(message)
        return self._got

    def statuses(self) -> list[int]:
        """The first bytes of everything that came in so far."""
        return [message[0] for message, _ in self.got]

    def unplug(self) -> None:
        """Take the port away."""
        if self._midi:
            self._midi.close_port()
            self._midi.delete()
            self._midi = None


class Surface:
    """A controller named "surface" with faders and lights; keeps what it is told in `told`.

    echoes: its faders have motors and say where they go, as some do.
    """

    def __init__(self, echoes: bool = False) -> None:
        self.told: list[list[int]] = []
        self._echoes = echoes
        self._out = _client(rtmidi.MidiOut, "surface")
        self._out.open_virtual_port("out")
        self._in = _client(rtmidi.MidiIn, "surface", queue_size_limit=65536)
        self._in.ignore_types(timing=False)
        self._in.open_virtual_port("in")
        self._ends = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)  # a callback could wait for who closes the port
        self._reader.start()

    def send(self, *message: int) -> None:
        """Send one message."""
        self._out.send_message(list(message))

    def unplug(self) -> None:
        """Take both ports away."""
        if self._in:
            self._ends.set()
            self._reader.join()
            for midi in (self._in, self._out):
                midi.close_port()
                midi.delete()
            self._in = self._out = None

    def _read(self) -> None:
        while not self._ends.wait(0.001):
            while (got := self._in.get_message()) is not None:
                self.told.append(got[0])
                if self._echoes:
                    self.send(*got[0])


def times(got: list[tuple[list[int], float]], status: int = CLOCK) -> list[float]:
    """Return the times of the messages of a kind, counted from the first message of all."""
    found, at = [], 0.0
    for message, since in got:
        at += since
        if message[0] == status:
            found.append(at)
    return found
