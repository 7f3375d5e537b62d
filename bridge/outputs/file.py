"""Output `file`: a film, H.264 without sound, that can be played whatever interrupts its being written.

target: a name that ends in .mp4 or .mkv. A file that is there already is never overwritten: the film gets -2, -3 ...
added to its name, as it does when it goes on in a next file before 4 GB. It has `rate` pictures a second, constantly: a
picture stays until the next, so the film lasts as long as the evening did. It begins with the first picture.
"""

import contextlib
import errno
import os
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from bridge.outputs import FrameOutput
from bridge.recording import Pictures
from engine.clock import Clock, MonotonicClock
from engine.errors import UserError
from engine.files import fresh, sync
from engine.sound.track import LIMIT

_FORMATS = {
    ".mp4": ("mp4", {"movflags": "frag_keyframe+empty_moov+default_base_moof"}),
    ".mkv": ("matroska", {"cluster_time_limit": "1000"}),
}
_ENCODER = {"preset": "veryfast", "tune": "zerolatency", "crf": "20"}
_LONGEST_GAP_S = 2.0
"""A longer time, of a machine that slept or is too slow, is left out of the film and counted as missed."""


class FilmFile(FrameOutput):
    """The film at `path`, with `rate` pictures a second; `limit`: bytes after which it goes on in another file."""

    def __init__(self, path: Path, rate: float, clock: Clock | None = None, limit: int = LIMIT) -> None:
        self._path, self._rate, self._limit = path, rate, limit
        self._clock = clock or MonotonicClock()
        self._reel: _Reel | None = None
        self._newest: NDArray[np.uint8] | None = None
        self._missed = 0

    def send(self, frame: NDArray[np.uint8], time: float) -> None:
        """Show `frame` from now on; OSError if the disk refuses."""
        self._go_on()
        if self._reel is None:
            self._reel = _Reel(self._path, self._rate, self._clock.now())
        self._newest = frame

    def receivers(self) -> int:
        """Write what is due of a picture that stays, and return 1; OSError if the disk refuses."""
        self._go_on()
        return 1

    def missed(self) -> int:
        """Return how many pictures the film should have more, for the time that it took."""
        return self._missed + (self._reel.missed if self._reel else 0)

    def close(self) -> None:
        """End the film."""
        if self._reel:
            with contextlib.suppress(OSError):  # a full disk keeps what it took
                self._go_on()
                self._reel.finish()
            self._end_reel()

    def _go_on(self) -> None:
        """Write the newest picture as often as was due since the last time."""
        if self._reel is None or self._newest is None:
            return
        try:
            self._reel.show(self._newest, self._clock.now())
            if self._reel.size >= self._limit:
                self._reel.finish()
                self._end_reel()
                self._reel = _Reel(self._path, self._rate, self._clock.now())
        except OSError as error:
            self._end_reel()
            raise OSError(f"file: {self._path} can't be written: {error.strerror or error}") from None

    def _end_reel(self) -> None:
        if self._reel:
            reel, self._reel = self._reel, None
            self._missed += reel.missed
            reel.close()


class _Reel:
    """One file, begun at clock time `now`. Every method may raise OSError; then it is to be closed."""

    def __init__(self, path: Path, rate: float, now: float) -> None:
        kind, options = _FORMATS[path.suffix.lower()]
        self._disk, self._path = fresh(path)
        try:
            self._container = av.open(self._disk, "w", format=kind, options={**options, "flush_packets": "1"})
            # A second of pictures is what interruptions cost: so often there is a key, and with it a fragment.
            self._pictures = Pictures(self._container, rate, {**_ENCODER, "g": str(max(1, round(rate)))})
        except BaseException:  # it is tried again, and must not leave an empty file each time
            self._disk.close()
            self._path.unlink()
            raise
        self._begun, self._shown, self._synced = now, 0, 0
        self._whole = 0  # bytes that can be played
        self.missed = 0

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return os.fstat(self._disk.fileno()).st_size

    def show(self, picture: NDArray[np.uint8], now: float) -> None:
        """Let the film show `picture` until clock time `now`."""
        fps = float(self._pictures.fps)
        due = round((now - self._begun) * fps)
        if due - self._shown > _LONGEST_GAP_S * fps:
            left_out = due - self._shown - 1
            self.missed += left_out
            self._begun += left_out / fps
            due -= left_out
        while self._shown < due:
            self._pictures.write(picture, self._shown)
            self._shown += 1
        if self._shown - self._synced >= fps:
            self._synced = self._shown
            if not self._path.exists():  # a removed file can be written to for ever
                raise FileNotFoundError(errno.ENOENT, "the file was removed")
            sync(self._disk)
            self._whole = self.size

    def finish(self) -> None:
        """Write what the encoder holds and what the format has at its end."""
        if self._shown:
            self._pictures.finish()
        self._container.close()
        self._whole = self.size if self._shown else 0

    def close(self) -> None:
        """Leave the file with what can be played of it; it goes if there is nothing."""
        with contextlib.suppress(OSError, ValueError):  # the disk refused, or FFmpeg gave up for that
            self._container.close()
        self._disk.truncate(self._whole)
        self._disk.close()
        if not self._whole:
            self._path.unlink(missing_ok=True)


def open_output(target: str, rate: float) -> FilmFile:
    """Film to `target`, as soon as there is a picture."""
    path = Path(target).expanduser()
    if path.suffix.lower() not in _FORMATS:
        raise UserError(f"file: target = \"{target}\": expected a name that ends in {' or '.join(_FORMATS)}")
    if not path.parent.is_dir():
        raise UserError(f"file: {path}: there is no folder {path.parent}")
    return FilmFile(path, rate)
