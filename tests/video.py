"""Another program that receives video: ffmpeg, which decodes what comes to raw pictures."""

import contextlib
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge.outputs import FrameOutput

PATIENCE = 60.0
AT_ONCE = ("-fflags", "nobuffer", "-probesize", "32768", "-analyzeduration", "200000")


def plain(red: int, green: int, blue: int, height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """Return a picture of one colour."""
    return np.full((height, width, 3), (red, green, blue), np.uint8)


class Receiver:
    """Pictures that a program writes to stdout, RGB uint8 [height, width, 3]; `newest` is the last one that came."""

    def __init__(self, command: list[str], height: int = 48, width: int = 64) -> None:
        self.newest: NDArray[np.uint8] | None = None
        self.received = 0
        self._shape = height, width, 3
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def sees(self, picture: NDArray[np.uint8]) -> bool:
        """Whether the newest picture is this one, as far as compression lets it."""
        newest = self.newest
        return newest is not None and np.abs(newest.astype(int) - picture[0, 0]).mean() < 4

    def close(self) -> None:
        """End the program in its own way, or without asking if it doesn't soon."""
        self.process.terminate()
        try:
            self.process.wait(0.5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._thread.join()

    def _read(self) -> None:
        assert self.process.stdout is not None
        size = int(np.prod(self._shape))
        while len(data := self.process.stdout.read(size)) == size:
            self.newest = np.frombuffer(data, np.uint8).reshape(self._shape)
            self.received += 1


@contextlib.contextmanager
def ffmpeg(url: str, *options: str, height: int = 48, width: int = 64) -> Iterator[Receiver]:
    """Receive from `url`; skips the test where ffmpeg is not installed."""
    if not shutil.which("ffmpeg"):
        pytest.skip("ffmpeg is not installed")
    receiver = Receiver(["ffmpeg", "-loglevel", "quiet", *AT_ONCE, *options, "-i", url, "-f", "rawvideo", "-pix_fmt",
                         "rgb24", "-s", f"{width}x{height}", "-"], height, width)
    try:
        yield receiver
    finally:
        receiver.close()


def wait(condition: Callable[[], object], what: str, between: Callable[[], object] = lambda: None) -> None:
    """Return as soon as `condition` holds, calling `between` meanwhile; fails the test if it never does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s in vain for {what}"
        between()
        time.sleep(0.02)


def film(output: FrameOutput, picture: NDArray[np.uint8]) -> Callable[[], None]:
    """Return what sends `picture` once more."""
    return lambda: output.send(picture, time.monotonic())
