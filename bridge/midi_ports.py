"""MIDI ports by part of their name, opened when they are there and again when they come back.

RtMidi can be asked what there is, but says neither that a port is gone nor that its server died. So every few seconds
another process looks, to which a dead server's remains are unknown, and what it finds counts.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple, TextIO

import rtmidi

Direction = Literal["input", "output"]
Listing = dict[Direction, list["Port"]]

_LOOK_EVERY = 3.0
_GIVE_UP = 10.0
_WAITING = 8192
"""Messages that may wait to be received. RtMidi loses what comes beyond, without a word."""
_REFUSED = (rtmidi.RtMidiError, OSError)
"""What RtMidi raises: its SystemError, where there is no sequencer or server, is one of the first."""
_CLASSES = {"input": rtmidi.MidiIn, "output": rtmidi.MidiOut}
_FAR_SIDE: dict[Direction, Direction] = {"input": "output", "output": "input"}


class Port(NamedTuple):
    """A port of RtMidi's API number `api`."""

    api: int
    name: str


def list_ports() -> Listing:
    """Return the ports of this machine over all of RtMidi's APIs; those that aren't there have none."""
    found: Listing = {"input": [], "output": []}
    for api in rtmidi.get_compiled_api():
        for direction, ports in found.items():
            try:
                client = _CLASSES[direction](api, name="phonoscope-look")
            except _REFUSED:
                continue
            ports += [Port(api, name) for name in client.get_ports()]
            client.delete()
    return found


def own_stdout() -> TextIO:
    """Return what stdout leads to; from now on drivers, which write there as they please, write nowhere."""
    out = os.fdopen(os.dup(1), "w")
    void = os.open(os.devnull, os.O_WRONLY)
    os.dup2(void, 1)
    os.close(void)
    return out


def find_ports() -> Listing:
    """Return what list_ports() finds, without what the drivers write to the terminal; nothing if they crash."""
    return _found(_look()) or {"input": [], "output": []}


class ServerDied(Exception):
    """The JACK server that a port belonged to is gone, and its remains can't be cleared away within a process."""


class Connection:
    """The first port of a direction whose name contains `name`, in whatever case; closed while there is none.

    label: what others see it is for. timing: whether to receive system messages, too, such as the clock's.
    wanted: whether a person should know when there is none.
    """

    def __init__(self, direction: Direction, name: str, label: str, timing: bool = False, wanted: bool = True) -> None:
        self.direction, self.name, self.wanted = direction, name, wanted
        self._label, self._timing = label, timing
        self._client_name = _client_name(direction)
        self._port: Port | None = None
        self._midi: Any = None
        self._lock = threading.Lock()

    @property
    def open(self) -> bool:
        """Whether there is such a port."""
        return self._port is not None

    def receive(self) -> tuple[list[int], float] | None:
        """Return the next message that came in, with the seconds since the one before, or None."""
        with self._lock:
            got: tuple[list[int], float] | None = self._midi.get_message() if self._midi else None
            return got

    def send(self, message: list[int]) -> None:
        """Send a message, nowhere while the port isn't there."""
        with self._lock:
            if self._midi:
                with contextlib.suppress(*_REFUSED):  # it was pulled out; the next look will find that
                    self._midi.send_message(message)

    def match(self, found: Listing) -> None:
        """Open or close the port according to what there is; ServerDied if this process must end to go on."""
        if self._port and self._port.api == rtmidi.API_UNIX_JACK and not any(
                self._client_name in port.name for port in found[_FAR_SIDE[self.direction]]):
            raise ServerDied
        if self._port and self._port not in found[self.direction]:
            self.close()
        if self._port is None:
            wanted = next((port for port in found[self.direction] if self.name.lower() in port.name.lower()
                           and not _is_own(port)), None)
            if wanted:
                self._open(wanted)

    def close(self) -> None:
        """Give the port back."""
        with self._lock:
            if self._midi:
                self._midi.close_port()
                self._midi.delete()
            self._midi = self._port = None

    def _open(self, port: Port) -> None:
        try:
            if self.direction == "input":
                midi = rtmidi.MidiIn(port.api, self._client_name, _WAITING)
                ignored = not self._timing  # what is ignored takes its time along, so the clock ignores nothing
                midi.ignore_types(sysex=ignored, timing=ignored, active_sense=ignored)
            else:
                midi = rtmidi.MidiOut(port.api, self._client_name)
            midi.open_port(midi.get_ports().index(port.name), name=self._label)
        except (*_REFUSED, ValueError):
            return  # it went away meanwhile
        with self._lock:
            self._midi, self._port = midi, port


class Watch:
    """Keeps connections open as well as it can; call poll() often. `say` is told what is missing and what came back."""

    def __init__(self, connections: Iterable[Connection], say: Callable[[str], None]) -> None:
        self._connections = list(connections)
        self._say = say
        self._look: subprocess.Popen[bytes] | None = None
        self._due = 0.0
        self._missing: set[Connection] = set()

    def poll(self, now: float) -> None:
        """Look at most every few seconds, and act on what was found; `now`: clock s. Raises ServerDied."""
        if self._look is None and now >= self._due and self._connections:
            self._due = now + _LOOK_EVERY
            self._look = _look()
        elif self._look is not None and now >= self._due + _GIVE_UP:
            self._look.kill()  # a server that hangs lets everybody wait who asks it
            self._due = now + _LOOK_EVERY
        if self._look is not None and self._look.poll() is not None:
            found, self._look = _found(self._look), None
            if found is not None:
                self._match(found)

    def close(self) -> None:
        """Close every connection."""
        if self._look is not None:
            self._look.kill()
            self._look.communicate()
            self._look = None
        for connection in self._connections:
            connection.close()

    def _match(self, found: Listing) -> None:
        for connection in self._connections:
            connection.match(found)
            what = f"the MIDI {connection.direction} '{connection.name}'"
            if not connection.wanted:
                continue
            if connection.open and connection in self._missing:
                self._missing.remove(connection)
                self._say(f"{what} is there now")
            elif not connection.open and connection not in self._missing:
                self._missing.add(connection)
                names = ", ".join(f"'{port.name}'" for port in found[connection.direction]) or "none"
                self._say(f"{what} is not there; waiting for it (there are: {names})")


def _is_own(port: Port) -> bool:
    """Whether it is a port of this process, which would only hear itself."""
    return any(_client_name(direction) in port.name for direction in _FAR_SIDE)


def _client_name(direction: Direction) -> str:
    return f"phonoscope-{direction}-{os.getpid()}"


def _look() -> subprocess.Popen[bytes]:
    """Let another process look for ports; it starts no JACK server."""
    return subprocess.Popen([sys.executable, "-m", "bridge.midi_ports"], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            env={**os.environ, "JACK_NO_START_SERVER": "1"})


def _found(look: subprocess.Popen[bytes]) -> Listing | None:
    """Return what a look found, once it has ended; None if it didn't end well."""
    text = look.communicate()[0]
    if look.returncode != 0:
        return None
    found = json.loads(text)
    return {direction: [Port(*port) for port in found[direction]] for direction in _FAR_SIDE}


if __name__ == "__main__":
    print(json.dumps(list_ports()), file=own_stdout(), flush=True)
