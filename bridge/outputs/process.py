"""The process of one picture output.

    python -m bridge.outputs.process SESSION NUMBER        NUMBER: its place in the show's [[outputs]], from 1

It hands the newest picture to the output as soon as it appears, tells how that went (telemetry output/NUMBER/...), says
on stderr what a person should know, and ends with its parent or on SIGTERM. A way that can't be opened, or breaks, is
opened again and again, ever more slowly.
"""

import sys
import time
from pathlib import Path

import cv2

from bridge.outputs import OPENING, FrameOutput, open_output
from bridge.outputs.newest import Newest
from engine.errors import UserError
from engine.player import Life
from engine.rate import Rate
from engine.shared import FrameSlot, Session
from engine.show import OutputConfig

_LOOK, _LOOKS = 0.001, 20
"""Seconds between two looks for a picture, so the delay at most, and how many of them until anything else is done."""
_WAIT = 0.05
_TELL = 0.2
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_STEADY = 2.0
"""Seconds that a way has to be received for until it is taken for mended: a full disk takes a little, then no more."""
_SMOOTHING = 0.05
"""Weight of the newest picture in the latency that is told."""


class _Outlet:
    """The process's life."""

    def __init__(self, folder: Path, number: int) -> None:
        self._name = f"output/{number}"
        self._life = Life(self._name, folder)
        self._session = self._life.session
        self._config = OutputConfig(**self._session.config["outputs"][number - 1])
        self._complaint = ""

    def run(self) -> None:
        """Send pictures until it is time to end."""
        pause = _FIRST_PAUSE
        while self._life.goes_on():
            begun = self._life.clock.now()
            self._session.tell(f"{self._name}/alive", begun + OPENING)
            try:
                output = open_output(self._config.kind, self._config.target, self._config.rate)
                try:
                    self._send(output)
                finally:
                    output.close()
                    self._session.tell(f"{self._name}/receivers", 0)
            except (UserError, OSError) as error:
                self._complain(error)
            pause = _FIRST_PAUSE if self._life.clock.now() - begun > _LONGEST_PAUSE else min(2 * pause, _LONGEST_PAUSE)
            self._rest(pause)

    def _send(self, output: FrameOutput) -> None:
        """Hand pictures to `output` while it takes them; OSError if it doesn't any more."""
        clock, tell = self._life.clock, self._session.tell
        slot = picture_slot(self._session, self._config.picture)
        newest, rate = Newest(slot, self._config.rate), Rate(clock.now())
        dropped, missed = (self._session.told(f"{self._name}/{name}") for name in ("dropped", "missed"))
        told, received_since = -_TELL, float("inf")
        while self._life.goes_on():
            now = clock.now()
            if now - told >= _TELL:
                told = now
                tell(f"{self._name}/receivers", receivers := output.receivers())
                tell(f"{self._name}/missed", missed + output.missed())
                tell(f"{self._name}/arrival_ms", 1e3 * output.arrival())
                if (fps := rate.measured(now)) is not None:
                    tell(f"{self._name}/fps", fps)
                received_since = min(received_since, now) if receivers else float("inf")
                if now - received_since > _STEADY:
                    self._recover()
            if (picture := newest.take(now)) is None:
                _look(newest)
                continue
            output.send(picture.frame, picture.time)
            tell(f"{self._name}/dropped", dropped + newest.dropped)
            if output.receivers():
                rate.count()
                self._session.count(f"{self._name}/frames")
                self._tell_latency(clock.now() - picture.appeared)

    def _tell_latency(self, seconds: float) -> None:
        name = f"{self._name}/latency_ms"
        before = self._session.told(name)
        self._session.tell(name, 1e3 * seconds if not before else before + _SMOOTHING * (1e3 * seconds - before))

    def _complain(self, error: Exception) -> None:
        complaint = " ".join(str(error).split())  # one line, whatever a library has to say
        if complaint != self._complaint:
            self._complaint = complaint
            self._life.say(f"{complaint}; it is tried again")

    def _recover(self) -> None:
        if self._complaint:
            self._complaint = ""
            self._life.say(f"{self._config.kind} is there now")

    def _rest(self, seconds: float) -> None:
        end = self._life.clock.now() + seconds
        while self._life.clock.now() < end and self._life.goes_on():
            time.sleep(_WAIT)


def _look(newest: Newest) -> None:
    """Wait a while for a picture."""
    for _ in range(_LOOKS):
        time.sleep(_LOOK)
        if newest.waits:
            return


def picture_slot(session: Session, picture: str) -> FrameSlot:
    """Return the frame slot of a picture (engine.show.PICTURES)."""
    return session.dream if picture == "dream" else session.frame


if __name__ == "__main__":
    cv2.setNumThreads(1)  # the cores are for everyone
    _Outlet(Path(sys.argv[1]), int(sys.argv[2])).run()
