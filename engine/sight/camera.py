"""Cameras by name, and the thread that keeps the newest frame of one."""

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

import cv2

from engine.clock import Clock
from engine.errors import UserError
from engine.sight.panorama import fit_panorama
from engine.sight.pictures import SUFFIXES
from engine.sight.sources import (
    Capture,
    Demo,
    Fit,
    Folder,
    Frame,
    Paced,
    Recording,
    Source,
    Still,
    Video,
    fit_whole,
)
from engine.sight.views import written

AUTO = ("", "auto")
_SYSFS = Path("/sys/class/video4linux")
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 1.0
_STABLE = 1.0


class CameraInfo(TypedDict):
    """A camera that the system lists. `index` opens it; `name` (or a part of it) does too where it isn't empty."""

    index: int
    name: str


def list_cameras() -> list[CameraInfo]:
    """Return the cameras of this machine; by name, without opening them, on Linux, else by trying the first four."""
    if sys.platform == "linux":
        return _v4l2_cameras(_SYSFS)
    found = []
    for index in range(4):
        capture = cv2.VideoCapture(index)
        if capture.isOpened():
            found.append(CameraInfo(index=index, name=""))
        capture.release()
    return found


def open_camera(spec: str, clock: Clock, *, seed: int = 0, say: Callable[[str], None] = print) -> Source:
    """Open the camera that `spec` means, in this order:

    "" or "auto"            the first camera that opens, else the demo
    "demo"                  the built-in walk through drawn scenes (the same for the same `seed`)
    "0", "/dev/video0"      a camera by number
    "http://", "rtsp://"... a stream by URL
    "videotestsrc ! ..."    a GStreamer pipeline, where OpenCV was built with it
    a folder, a file        its pictures, each for 5 s; a picture; a video in a loop
    anything else           part of a camera's name, where the system has names

    With "panorama:" before any of these its frames have to be panoramas, and are of at most engine.sight.panorama's
    LARGEST. Where it looks ("@90" after it) is left aside. `say` is told of pictures that are skipped. Raises UserError
    if it can't be opened.
    """
    prefix, spec, _ = written(spec)
    fit = _fit(prefix)
    if spec in AUTO:
        return _first_camera(clock, seed, fit)
    if spec.isdecimal() or spec.startswith("/dev/video"):
        return Capture(int(spec.removeprefix("/dev/video")), cv2.CAP_ANY, spec, clock, fit)
    if "://" in spec:
        return _stream(spec, clock, fit)
    if " ! " in spec:
        if not cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
            raise UserError(f"camera '{spec}': this OpenCV was built without GStreamer; use a URL, a file or a number")
        return Capture(spec, cv2.CAP_GSTREAMER, spec, clock, fit)
    if spec == "demo" or Path(spec).exists():
        return Paced(open_recording(prefix + spec, seed=seed, say=say), clock)
    return _by_name(spec, clock, fit)


def open_recording(spec: str, *, seed: int = 0, say: Callable[[str], None] = print) -> Recording:
    """Open "demo", a folder, a picture or a video as pictures over time, for rendering offline.

    "panorama:" before it and "@90" after it mean what they mean to `open_camera`. The same `spec`, `seed` and times
    give the same pictures. Raises UserError if it can't be opened.
    """
    prefix, spec, _ = written(spec)
    fit = _fit(prefix)
    if spec in (*AUTO, "demo"):
        return Demo(seed, fit)
    path = Path(spec)
    if path.is_dir():
        return Folder(path, say, fit=fit)
    if not path.exists():
        raise UserError(f"camera '{spec}': no such file or folder")
    return Still(path, fit) if path.suffix.lower() in SUFFIXES else Video(str(path), path.name, fit)


def camera_opener(spec: str, clock: Clock, *, seed: int = 0,
                  say: Callable[[str], None] = print) -> Callable[[], Source]:
    """Return what opens the camera `spec` again and again; "auto" means the same camera every time."""

    prefix, spec, _ = written(spec)

    def open_again() -> Source:
        nonlocal spec
        source = open_camera(prefix + spec, clock, seed=seed, say=say)
        if spec in AUTO:
            spec = source.name
        return source

    return open_again


@dataclass(frozen=True, slots=True)
class Change:
    """The camera was lost (`connected` False) or delivers again, since when (clock seconds), and what to say of it."""

    connected: bool
    time: float
    message: str


class CameraThread:
    """Reads a camera on its own thread, keeps only the newest frame, and opens it again whenever it is lost.

    opener: opens the camera, or raises UserError. It is tried again after 0.1 s, doubling to 1 s, for ever.
    `dropped` counts frames that were replaced before anyone took them, `reconnects` the times that a lost camera
    came back, `connected` says whether it delivers. fresh: told of each frame.
    """

    def __init__(self, opener: Callable[[], Source], clock: Clock, fresh: threading.Condition | None = None) -> None:
        self.dropped = 0
        self.reconnects = 0
        self.connected = False
        self._opener = opener
        self._clock = clock
        self._frame: Frame | None = None
        self._fresh = fresh or threading.Condition()
        self._lost = False
        self._failure: Exception | None = None
        self._changes: deque[Change] = deque(maxlen=64)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> bool:
        """Whether there is a frame that nobody took."""
        return self._frame is not None

    def newest(self, timeout: float) -> Frame | None:
        """Return the newest frame once, waiting up to `timeout` seconds for it; None if there is none."""
        with self._fresh:
            self._fresh.wait_for(lambda: self._frame is not None, timeout)
            frame, self._frame = self._frame, None
        if self._failure is not None:
            raise self._failure
        return frame

    def changes(self) -> list[Change]:
        """Return what happened to the camera since the last call, oldest first (the newest 64 if there were more)."""
        taken = []
        while self._changes:
            taken.append(self._changes.popleft())
        return taken

    def stop(self, timeout: float = 0.2) -> None:
        """End the thread. If it still waits for its camera after `timeout` seconds, it is left to end by itself."""
        self._stop.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            self._keep_open()
        except Exception as error:  # a defect of ours: the owner of this thread has to hear of it
            self._failure = error

    def _keep_open(self) -> None:
        wait = _FIRST_WAIT
        while not self._stop.is_set():
            try:
                source = self._opener()
                try:
                    delivered = self._read_all(source)
                finally:
                    source.close()
                self._lose(f"camera {source.name}: no picture comes any more")
                if delivered >= _STABLE:
                    wait = _FIRST_WAIT
            except (UserError, cv2.error) as error:
                self._lose(str(error))
            self._stop.wait(wait)
            wait = min(2 * wait, _LONGEST_WAIT)

    def _read_all(self, source: Source) -> float:
        """Read until the camera is lost; for how long it delivered, in seconds."""
        first: Frame | None = None
        while not self._stop.is_set() and (frame := _read(source)) is not None:
            if first is None:
                first = frame
                self._find(source.name, frame.time)
            with self._fresh:
                self.dropped += self._frame is not None
                self._frame = frame
                self._fresh.notify()
        return 0.0 if first is None else self._clock.now() - first.time

    def _find(self, name: str, time: float) -> None:
        self.connected = True
        if self._lost:
            self._lost = False
            self.reconnects += 1
            self._changes.append(Change(True, time, f"camera {name}: it is back"))

    def _lose(self, message: str) -> None:
        self.connected = False
        if not self._lost and not self._stop.is_set():
            self._lost = True
            self._changes.append(Change(False, self._clock.now(), f"{message}; trying again until it comes"))


class Cameras:
    """Several cameras at once, numbered from 0, each on a thread of its own: one that is lost holds up no other."""

    def __init__(self, openers: Sequence[Callable[[], Source]], clock: Clock) -> None:
        self._fresh = threading.Condition()
        self._threads = [CameraThread(opener, clock, self._fresh) for opener in openers]

    @property
    def connected(self) -> int:
        """How many deliver."""
        return sum(thread.connected for thread in self._threads)

    @property
    def dropped(self) -> int:
        """How many frames were replaced before anyone took them."""
        return sum(thread.dropped for thread in self._threads)

    def newest(self, timeout: float) -> Iterator[tuple[int, Frame]]:
        """Yield the newest frame of each camera that has one with the camera's number, each frame once.

        Waits up to `timeout` seconds for the first. Frames are taken as they are asked for, so that none grows old
        while another is looked at.
        """
        with self._fresh:
            self._fresh.wait_for(lambda: any(thread.waiting for thread in self._threads), timeout)
        for number, thread in enumerate(self._threads):
            if (frame := thread.newest(0)) is not None:
                yield number, frame

    def changes(self) -> list[tuple[int, Change]]:
        """Return what happened to each camera since the last call, with its number."""
        return [(number, change) for number, thread in enumerate(self._threads) for change in thread.changes()]

    def stop(self) -> None:
        """End all threads, as CameraThread.stop does."""
        for thread in self._threads:
            thread.stop(0)
        for thread in self._threads:
            thread.stop(0.2 / len(self._threads))


def _fit(prefix: str) -> Fit:
    return fit_panorama if prefix else fit_whole


def _read(source: Source) -> Frame | None:
    try:
        return source.read()
    except cv2.error:
        return None  # a broken stream


def _v4l2_cameras(folder: Path) -> list[CameraInfo]:
    found = []
    for device in folder.glob("video*"):
        try:
            first = int((device / "index").read_text()) == 0  # further nodes of a camera carry metadata
            if first:
                found.append(CameraInfo(index=int(device.name.removeprefix("video")),
                                        name=(device / "name").read_text().strip()))
        except (OSError, ValueError):
            continue  # unplugged meanwhile
    return sorted(found, key=lambda camera: camera["index"])


def _first_camera(clock: Clock, seed: int, fit: Fit) -> Source:
    for camera in list_cameras():
        try:
            return Capture(camera["index"], cv2.CAP_ANY, camera["name"] or str(camera["index"]), clock, fit)
        except UserError:
            continue
    return Paced(Demo(seed, fit), clock)


def _by_name(spec: str, clock: Clock, fit: Fit) -> Source:
    cameras = list_cameras()
    for camera in cameras:
        if spec.lower() in camera["name"].lower():
            return Capture(camera["index"], cv2.CAP_ANY, camera["name"], clock, fit)
    known = ", ".join(f"{c['index']} {c['name']}".strip() for c in cameras) or "none"
    raise UserError(f"camera '{spec}': there is no such file, folder or camera; cameras here: {known}; expected a "
                    "number, part of a camera's name, a file, a folder, a URL, 'demo' or 'auto'")


def _stream(url: str, clock: Clock, fit: Fit) -> Source:
    parts = urlsplit(url)
    name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"  # people read it: no password in it
    capture = Capture(url, cv2.CAP_FFMPEG, name, clock, fit)
    if not capture.finite:
        return capture
    capture.close()  # a file that comes as fast as we read it
    return Paced(Video(url, name, fit), clock)

