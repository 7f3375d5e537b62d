"""Where frames come from: recordings, whose picture is a function of time, and live streams, which set their own pace.

A recording (the demo walk, a video, a folder of pictures) serves live play through `Paced` and offline rendering
directly, by the same code.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.clock import Clock
from engine.errors import UserError
from engine.sight.pictures import SUFFIXES, Picture, fit, read_picture

TIMEOUT_MS = 1500
"""Longest time that the next frame of a stream, or opening one over HTTP, may take."""
OPEN_TIMEOUT_MS = 5000
"""Longest time that opening any other stream may take: RTSP has to wait for a key frame."""
PICTURE_SECONDS = 5.0
"""How long each picture of a folder is shown."""
_STILL_FPS = 10.0
_DEMO_FPS = 30.0
_FILE_FPS = 25.0  # for files that don't say
_LONGEST_LAG = 1.0
_BROKEN_FRAMES = 3  # in a row, that are passed over

Fit = Callable[[NDArray[Any], str], Picture]
"""Brings a picture [height, width, 3] of the source so called to the size that is wanted; UserError if it is unfit."""


def fit_whole(picture: NDArray[Any], name: str) -> Picture:
    """Return what is seen as a whole, small enough for the frame slot."""
    return fit(picture)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture, RGB uint8 of the size that its source's Fit gives, and when it was captured (clock seconds)."""

    picture: Picture
    time: float


class Source(Protocol):
    """A camera that is open. `name` is for people."""

    name: str

    def read(self) -> Frame | None:
        """Wait for the next frame, at most about TIMEOUT_MS; None if the camera is lost. UserError if it is unfit."""
        ...

    def close(self) -> None:
        """Release the device."""
        ...


class Recording(Protocol):
    """Pictures over time. `fps` says how often they change at most."""

    name: str
    fps: float

    def at(self, seconds: float) -> Picture | None:
        """Return the picture at `seconds` (>= 0, never less than before) since the start; None if nothing is left."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...


class Demo:
    """The built-in camera: a slow walk through drawn scenes, the same for the same seed."""

    name = "demo"
    fps = _DEMO_FPS

    def __init__(self, seed: int = 0, fit: Fit = fit_whole) -> None:
        from engine.sight import demo

        self._demo = demo
        self._seed = seed
        self._fit = fit

    def at(self, seconds: float) -> Picture | None:
        """Return the walk's picture at `seconds`."""
        return self._fit(self._demo.walk(seconds, seed=self._seed), self.name)

    def close(self) -> None:
        """Nothing to release."""


class Still:
    """One picture for ever. UserError if it can't be read."""

    fps = _STILL_FPS

    def __init__(self, path: Path, fit: Fit = fit_whole) -> None:
        self.name = path.name
        self._picture = fit(read_picture(path), self.name)

    def at(self, seconds: float) -> Picture | None:
        """Return the picture."""
        return self._picture

    def close(self) -> None:
        """Nothing to release."""


class Folder:
    """The pictures of a folder by name, each for PICTURE_SECONDS, round and round; new files join in the next round.

    Broken ones are skipped, counted in `skipped` and said once. UserError if the folder holds no picture files.
    """

    fps = _STILL_FPS

    def __init__(self, path: Path, say: Callable[[str], None], seconds: float = PICTURE_SECONDS,
                 fit: Fit = fit_whole) -> None:
        self.name = f"{path.name}/"
        self.skipped = 0
        self._path = path
        self._say = say
        self._seconds = seconds
        self._fit = fit
        self._broken: set[Path] = set()
        self._files: list[Path] = []
        self._shown = -1
        self._picture: Picture | None = None
        if not self._list():
            raise UserError(f"folder {path} holds no pictures; expected files ending in "
                            f"{', '.join(sorted(s[1:] for s in SUFFIXES))}")

    def at(self, seconds: float) -> Picture | None:
        """Return the picture whose turn it is; None once no file of the folder can be read."""
        for _ in range(int(seconds / self._seconds) - self._shown):
            self._shown += 1
            self._picture = self._next()
        return self._picture

    def close(self) -> None:
        """Nothing to release."""

    def _list(self) -> list[Path]:
        try:
            return sorted(path for path in self._path.iterdir()
                          if path.suffix.lower() in SUFFIXES and not path.name.startswith("."))
        except OSError:
            return []

    def _next(self) -> Picture | None:
        for _ in range(2):  # what is left of this round, then a whole one
            self._files = self._files or self._list()
            while self._files:
                path = self._files.pop(0)
                try:
                    return self._fit(read_picture(path), f"{self.name}{path.name}")
                except UserError as error:
                    if path not in self._broken:
                        self._broken.add(path)
                        self.skipped += 1
                        self._say(f"{error}; skipped")
        return None


class Video:
    """A video in a loop: the path of a file or the URL of one. UserError if no frame of it can be decoded."""

    def __init__(self, place: str, name: str, fit: Fit = fit_whole) -> None:
        self.name = name
        self._place = place
        self._fit = fit
        self._capture = open_capture(place, cv2.CAP_FFMPEG)
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if math.isfinite(fps) and 0.1 <= fps <= 240 else _FILE_FPS
        self._index = -1        # number of the newest frame read, counted over all rounds
        self._round = -1        # what it was when this round began
        self._picture: Picture | None = None
        if self.at(0) is None:
            raise UserError(f"camera {name}: not a video that can be decoded; expected a video file or a picture")

    def at(self, seconds: float) -> Picture | None:
        """Return the frame at `seconds`; None if the video can't be read any more."""
        target = int(seconds * self.fps + 1e-6)
        if self._index >= target:
            return self._picture
        while self._index < target:
            if _grab(self._capture):
                self._index += 1
            elif self._index == self._round:
                return None
            else:
                self._capture.release()
                self._capture = open_capture(self._place, cv2.CAP_FFMPEG)
                self._round = self._index
        whole, picture = self._capture.retrieve()
        if whole:
            self._picture = _rgb(self._fit(picture, self.name))
        return self._picture

    def close(self) -> None:
        """Close the file."""
        self._capture.release()


class Paced:
    """A recording played in real time. Frames whose time has passed are left out; a long pause is not caught up."""

    def __init__(self, recording: Recording, clock: Clock, sleep: Callable[[float], None] = time.sleep) -> None:
        self.name = recording.name
        self._recording = recording
        self._clock = clock
        self._sleep = sleep
        self._period = 1 / recording.fps
        self._origin = self._due = clock.now()

    def read(self) -> Frame | None:
        """Wait until the next frame is due and return it; None if the recording can't be read any more."""
        late = self._clock.now() - self._due
        if late > _LONGEST_LAG:
            self._origin += late
            self._due += late
        elif late > 0:
            self._due += self._period * int(late / self._period)
        else:
            self._sleep(-late)
        now = self._clock.now()
        picture = self._recording.at(self._due - self._origin)
        self._due += self._period
        return None if picture is None else Frame(picture, now)

    def close(self) -> None:
        """Release the recording."""
        self._recording.close()


class Capture:
    """A device or a network stream, read through OpenCV. UserError if it doesn't open."""

    def __init__(self, place: int | str, api: int, name: str, clock: Clock, fit: Fit = fit_whole) -> None:
        self.name = name
        self._clock = clock
        self._fit = fit
        self._capture = open_capture(place, api)
        if not self._capture.isOpened():
            raise UserError(f"camera {name}: it doesn't open; is it connected, running, and free of other programs?")
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # where the driver heeds it: old frames are worth nothing

    @property
    def finite(self) -> bool:
        """True if what was opened is a recording of known length rather than live."""
        return bool(self._capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0)

    def read(self) -> Frame | None:
        """Wait for the next frame; None if the camera is lost. `isOpened` stays true then, so it must be reopened."""
        if not _grab(self._capture):
            return None
        now = self._clock.now()
        whole, picture = self._capture.retrieve()
        return Frame(_rgb(self._fit(picture, self.name)), now) if whole else None

    def close(self) -> None:
        """Release the device."""
        self._capture.release()


def open_capture(place: int | str, api: int) -> Any:
    """Return cv2's capture of a device or a stream with time-outs set; it may have failed to open."""
    opening = TIMEOUT_MS if str(place).startswith("http") else OPEN_TIMEOUT_MS
    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, opening, cv2.CAP_PROP_READ_TIMEOUT_MSEC, TIMEOUT_MS]
    return cv2.VideoCapture(place, api, timeouts if api in (cv2.CAP_FFMPEG, cv2.CAP_GSTREAMER) else [])


def _grab(capture: Any) -> bool:
    """Take the next frame in; False if there is none. One that can't be decoded fails too, but not the one after it."""
    for _ in range(_BROKEN_FRAMES + 1):
        begun = time.monotonic()
        if capture.grab():
            return True
        if time.monotonic() - begun > TIMEOUT_MS / 2000:
            return False  # it stalls
    return False


def _rgb(picture: Picture) -> Picture:
    """Return what OpenCV captured (BGR) as the house wants it."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
