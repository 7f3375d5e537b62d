"""Records what is played, all channels, to files: a thread of SOUND that empties the kernel's tape.

While master/record is 1 it writes, second by second, to a file that can be played at any moment (engine.sound.track).
If the disk is too slow the tape is written over; what is lost so is counted, and silence takes its place, so that the
recording stays in time. If the disk refuses, a new file is tried until it works, from what the tape still holds. A full
disk ends the recording.
"""

import contextlib
import errno
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

from engine.clock import Clock, MonotonicClock
from engine.errors import UserError
from engine.sound.tape import Tape
from engine.sound.track import FLAC_CHANNELS, SUFFIXES, Track

_STEP = 0.05
_PIECE = 8192
_TRY_AGAIN = 2.0
_FULL = (errno.ENOSPC, errno.EDQUOT)
_UNFIT = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_LONGEST_TITLE = 50


class Recorder:
    """Writes `tape`, of `rate` Hz, while `wanted` says so.

    destination: a file that ends in .wav or .flac, or a folder, made if its parent is there, for files named after the
    `title` and local time. A file that is there already is never overwritten: the new one gets a number.
    say: receives what a person should know. Raises UserError if FLAC can't hold the tape's channels.
    """

    def __init__(self, tape: Tape, rate: int, destination: Path, title: str, wanted: Callable[[], bool],
                 say: Callable[[str], None], clock: Clock | None = None) -> None:
        suffix = destination.suffix.lower()
        if suffix == ".flac" and tape.channels > FLAC_CHANNELS:
            raise UserError(f"record = \"{destination}\": a FLAC file holds up to {FLAC_CHANNELS} channels, and the "
                            f"output has {tape.channels}; expected a name that ends in .wav")
        self._tape, self._rate = tape, rate
        self._destination, self._is_file = destination, suffix in SUFFIXES
        self._title = _UNFIT.sub("_", title)[:_LONGEST_TITLE].strip(" .") or "Phonoscope"
        self._wanted, self._say, self._clock = wanted, say, clock or MonotonicClock()
        self.recorded = 0
        """Frames of the present recording, 0 without one."""
        self.dropped = 0
        """Frames that recordings lost so far."""
        self._running = self._full = False
        self._track: Track | None = None
        self._place = 0  # in the tape, of the next frame
        self._whole_from = 0  # place after the newest gap
        self._due = 0.0
        self._complaint = ""
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        """Record from now on, in a thread of its own."""
        self._thread.start()

    def close(self, seconds: float) -> None:
        """End the recording, if there is one, and the thread; what takes longer than `seconds` is left undone."""
        self._closed.set()
        self._thread.join(seconds)

    def step(self) -> None:
        """Do what there is to do now: begin, write what was played, or end."""
        wanted = self._wanted() and not self._closed.is_set()
        if not wanted:
            self._full = False
        if not self._running:
            if wanted and not self._full:
                self._begin()
            return
        if not wanted:
            self._tape.stop()
        self._write()
        if self._running and not wanted:
            self._end()

    def _run(self) -> None:
        while not self._closed.wait(_STEP):
            self.step()
        self.step()

    def _begin(self) -> None:
        self._place, self.recorded, self._due, self._complaint = self._tape.written, 0, 0.0, ""
        self._running = True
        self._tape.run()
        self._open()

    def _open(self) -> None:
        """Begin a file if it is time to try; it begins with what the tape still holds."""
        lost = self._tape.read(self._place, 0)[0] - self._place
        self._place += lost
        self._whole_from = self._place
        self.dropped += lost
        if self._clock.now() < self._due:
            return
        path = self._destination
        try:
            if not self._is_file:
                path.mkdir(exist_ok=True)
                path /= f"{self._title} {time.strftime('%Y-%m-%d %H-%M-%S')}.wav"
            self._track = Track(path, self._rate, self._tape.channels)
        except OSError as error:
            self._fail(path, error)
        else:
            self._complaint = ""
            self._say(f"recording to {self._track.path}")

    def _write(self) -> None:
        """Write what was played until now."""
        if self._track is None:
            self._open()
        if self._track is None:
            return
        try:
            until = self._tape.written
            while self._place < until:
                first, sound = self._tape.read(self._place, _PIECE)
                lost = first - self._place
                if lost:
                    self._track.skip(lost)
                    self._place = self._whole_from = first
                    self.recorded += lost
                    self.dropped += lost
                self._track.write(sound)
                self._place += len(sound)
                self.recorded += len(sound)
        except OSError as error:
            self._fail(self._track.path, error)

    def _fail(self, path: Path, error: OSError) -> None:
        """Leave the file; go on in a new one from what may not be on the disk, or end if there is no room."""
        if self._track is not None:
            back = min(self._track.unsettled, self._place - self._whole_from)
            self._place -= back
            self.recorded -= back
            with contextlib.suppress(OSError):
                self._track.close()
            self._track = None
        if error.errno in _FULL:
            self._full = True
            self._end()
            self._say(f"{path}: the disk is full and the recording has ended; make room, then set master/record to 0 "
                      "and to 1")
            return
        self._due = self._clock.now() + _TRY_AGAIN
        if str(error) != self._complaint:
            self._complaint = str(error)
            self._say(f"{path}: can't be recorded to: {error.strerror}; trying again every "
                      f"{_TRY_AGAIN:g} s, music and all else go on")

    def _end(self) -> None:
        self._tape.stop()
        if self._track is None:
            self.dropped += self._tape.written - self._place
        else:
            try:
                self._track.close()
            except OSError as error:
                self._say(f"{self._track.path}: its last second may be lost: {error.strerror}")
            self._track = None
        self._running = False
        self.recorded = 0
