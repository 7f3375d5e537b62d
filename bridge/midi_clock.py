"""MIDI clock in and out as bytes and times; the ports are bridge.midi_process.

Bytes as in the MIDI 1.0 detailed specification, System Common and System Real Time Messages.
"""

import math

from engine.tempo.pulses import PER_POSITION, PULSES, PulseFollower
from engine.tempo.timeline import Tempo

SONG_POSITION, CLOCK, START, CONTINUE, STOP = 0xF2, 0xF8, 0xFA, 0xFB, 0xFC
_POSITIONS = 1 << 14
_DRIFT = 2e-4
"""Largest difference in pace of a MIDI driver's clock and ours."""
_SET_ANEW = 0.5
_JUMP = PULSES // 2
"""Pulses that may be late; more are not made up for."""


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


def take(message: list[int], time: float, follower: PulseFollower) -> None:
    """Give a message that came at `time` to `follower`; what isn't about the clock, or isn't whole, is passed over."""
    status = message[0] if message else 0
    if status == CLOCK:
        follower.pulse(time)
    elif status == START:
        follower.start()
    elif status == CONTINUE:
        follower.resume()
    elif status == STOP:
        follower.stop()
    elif status == SONG_POSITION and len(message) == 3 and max(message[1:]) < 128:
        follower.locate(message[1] | message[2] << 7)


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
