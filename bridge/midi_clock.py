"""MIDI clock in and out: the shell of bytes and ports around engine.tempo.

Bytes as in the MIDI 1.0 detailed specification, System Common and System Real Time Messages.
"""

import math
import threading
import time
from typing import TYPE_CHECKING

from engine.clock import Clock
from engine.shared import Session
from engine.tempo.pulses import PER_POSITION, PULSES, PulseFollower
from engine.tempo.timeline import Tempo

if TYPE_CHECKING:
    from bridge.midi_ports import Connection

SONG_POSITION, CLOCK, START, CONTINUE, STOP = 0xF2, 0xF8, 0xFA, 0xFB, 0xFC
_POSITIONS = 1 << 14
_DRIFT = 2e-4
"""Largest difference in pace of a MIDI driver's clock and ours."""
_SET_ANEW = 0.5
_JUMP = PULSES // 2
"""Pulses that may be late; more are not made up for."""
_LOOK = 0.02


class Stamps:
    """Turns the times between messages, as a driver took them, into clock times.

    What a driver stamped doesn't tremble with the load of this process. Messages wait before they are read, never the
    other way round, so the one that waited least tells how the two clocks differ.
    """

    def __init__(self) -> None:
        self._driver = 0.0
        self._ahead = math.inf

    def stamp(self, since: float, now: float) -> float:
        """Return when a message came in: `since` seconds after the one before, and read at `now`."""
        self._driver += since
        self._ahead = min(self._ahead + _DRIFT * since, now - self._driver)
        if now - self._driver - self._ahead > _SET_ANEW:
            self._ahead = now - self._driver
        return self._driver + self._ahead


class ClockIn:
    """Feeds what comes in over a connection to a follower of pulses."""

    def __init__(self, connection: "Connection") -> None:
        self.follower = PulseFollower("")
        self.connection = connection
        self._stamps = Stamps()
        self._was_open = False

    def poll(self, now: float) -> None:
        """Take what came in; `now`: clock s."""
        if self.connection.open and not self._was_open:
            self._stamps = Stamps()
        self._was_open = self.connection.open
        self.follower.absent = (f"no MIDI clock comes from '{self.connection.name}'" if self._was_open else
                                f"the MIDI input '{self.connection.name}' is not there")
        while (got := self.connection.receive()) is not None:
            self.take(got[0], self._stamps.stamp(got[1], now))

    def take(self, message: list[int], time: float) -> None:
        """Take one message that came at `time`; what isn't about the clock, or isn't whole, is passed over."""
        status = message[0] if message else 0
        if status == CLOCK:
            self.follower.pulse(time)
        elif status == START:
            self.follower.start()
        elif status == CONTINUE:
            self.follower.resume()
        elif status == STOP:
            self.follower.stop()
        elif status == SONG_POSITION and len(message) == 3 and max(message[1:]) < 128:
            self.follower.locate(message[1] | message[2] << 7)


class PulseTrain:
    """Decides which clock messages are due: pure, for the sender below.

    The clock runs at once; start comes with the first beat of the next bar. When the beat goes to another place, stop,
    song position and continue follow it at the next sixteenth. The position counts whole bars round, since MIDI's ends
    after 4,096 beats.
    """

    def __init__(self) -> None:
        self._sent: int | None = None       # pulses of the beat that are out
        self._begin = 0                     # the pulse that start or continue goes ahead of
        self._opening: int | None = START

    def due(self, tempo: Tempo) -> float:
        """Return when the next message is due."""
        return -math.inf if self._sent is None else tempo.time_of((self._sent + 1) / PULSES)

    def step(self, now: float, tempo: Tempo, bar: float) -> list[list[int]]:
        """Return the messages that are due at `now`; `bar`: beats."""
        reached = math.floor(tempo.beat_at(now) * PULSES + 1e-6)
        messages: list[list[int]] = []
        if self._sent is None:
            self._begin = round(tempo.next_multiple(now, bar) * PULSES)
            self._sent = min(reached, self._begin - 1)
        elif not -1 <= reached - self._sent <= _JUMP:
            if self._opening is None:
                messages.append([STOP])
                self._opening = CONTINUE
            quantum = bar if self._opening == START else PER_POSITION / PULSES
            self._begin = round(tempo.next_multiple(now, quantum) * PULSES)
            self._sent = min(reached, self._begin - 1)
        for pulse in range(self._sent + 1, reached + 1):
            if self._opening is not None and pulse >= self._begin:
                if self._opening == CONTINUE:
                    position = pulse // PER_POSITION % (_POSITIONS - _POSITIONS % round(4 * bar))
                    messages.append([SONG_POSITION, position & 127, position >> 7])
                messages.append([self._opening])
                self._opening = None
            messages.append([CLOCK])
        self._sent = max(self._sent, reached)
        return messages


class ClockOut:
    """Sends the session's beat over a connection, each pulse at its own time, from a thread."""

    def __init__(self, session: Session, connection: "Connection", clock: Clock) -> None:
        self.connection = connection
        self._session, self._clock = session, clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="midi-clock-out", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def close(self) -> None:
        """Send stop and end."""
        self._stop.set()
        self._thread.join(1.0)
        self.connection.send([STOP])

    def _run(self) -> None:
        train = PulseTrain()
        while not self._stop.is_set():
            record = self._session.tempo.read()
            if record is None or not self.connection.open:
                train = PulseTrain()
                time.sleep(_LOOK)
                continue
            tempo = Tempo.of(record)
            now = self._clock.now()
            for message in train.step(now, tempo, self._session.get("tempo/bar")):
                self.connection.send(message)
            # The beat may change its course meanwhile, so a far deadline is looked at again.
            time.sleep(min(max(train.due(tempo) - self._clock.now(), 0.0), _LOOK))
