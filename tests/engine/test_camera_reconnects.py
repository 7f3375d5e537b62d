"""A camera that goes away comes back: what was lost is said once, the newest frame wins, and nothing spins."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.clock import MonotonicClock
from engine.errors import UserError
from engine.sight.camera import CameraThread, Change, camera_opener
from engine.sight.pictures import Picture
from engine.sight.sources import Frame, Source
from tests.mjpeg import MjpegServer

CLOCK = MonotonicClock()
PATIENCE = 30.0


def grey(value: int) -> Picture:
    return np.full((48, 64, 3), value, np.uint8)


def until(what: Callable[[], object]) -> None:
    """Wait until it is so; fail if it takes too long even for a busy machine."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


class Watched:
    """A camera thread whose changes are gathered."""

    def __init__(self, opener: Callable[[], Source]) -> None:
        self.thread = CameraThread(opener, CLOCK)
        self.changes: list[Change] = []

    def states(self) -> list[bool]:
        self.changes += self.thread.changes()
        return [change.connected for change in self.changes]


@pytest.fixture
def watch() -> Iterator[Callable[..., Watched]]:
    watched: list[Watched] = []

    def start(opener: Callable[[], Source]) -> Watched:
        watched.append(Watched(opener))
        return watched[-1]

    yield start
    for one in watched:
        one.thread.stop()


def test_a_server_that_stops_and_starts_again_is_lost_and_back_once(watch: Callable[..., Watched]) -> None:
    with MjpegServer([grey(50)]) as server:
        camera = watch(camera_opener(server.url, CLOCK))
        assert camera.thread.newest(PATIENCE) is not None
        assert camera.thread.connected and camera.states() == []
        server.stop()
        until(lambda: camera.states() == [False])
        time.sleep(0.5)  # several attempts fail
        assert camera.states() == [False] and not camera.thread.connected
        while camera.thread.newest(0) is not None:
            pass
        server.start()
        frame = camera.thread.newest(PATIENCE)
        assert frame is not None and frame.time > camera.changes[0].time
        until(lambda: camera.states() == [False, True])
        assert camera.thread.reconnects == 1 and camera.thread.connected
        assert "trying again" in camera.changes[0].message and "back" in camera.changes[1].message


def test_a_stalled_stream_is_lost_and_comes_back(watch: Callable[..., Watched]) -> None:
    with MjpegServer([grey(50)]) as server:
        camera = watch(camera_opener(server.url, CLOCK))
        assert camera.thread.newest(PATIENCE) is not None
        server.stall()
        until(lambda: camera.states() == [False])
        server.resume()
        until(lambda: camera.states() == [False, True])


def test_a_camera_that_is_not_there_yet_is_waited_for(watch: Callable[..., Watched], tmp_path: Path) -> None:
    picture = tmp_path / "late.png"
    camera = watch(camera_opener(str(picture), CLOCK))
    until(lambda: camera.states() == [False])
    cv2.imwrite(str(tmp_path / "new.png"), grey(90))
    (tmp_path / "new.png").rename(picture)
    until(lambda: camera.states() == [False, True])
    assert camera.thread.newest(PATIENCE) is not None


def test_a_video_that_loops_was_never_lost(watch: Callable[..., Watched], tmp_path: Path) -> None:
    path = tmp_path / "short.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 50, (64, 48))
    for value in (50, 150, 250):
        writer.write(grey(value))
    writer.release()
    camera = watch(camera_opener(str(path), CLOCK))
    for _ in range(12):
        assert camera.thread.newest(PATIENCE) is not None
    assert camera.states() == [] and camera.thread.reconnects == 0


class Script:
    """A source that hands out frames one by one as the test lets it, then is lost."""

    name = "script"

    def __init__(self, frames: int) -> None:
        self.allowed = threading.Semaphore(0)
        self.left = frames

    def read(self) -> Frame | None:
        self.allowed.acquire()
        self.left -= 1
        return Frame(grey(self.left), CLOCK.now()) if self.left >= 0 else None

    def close(self) -> None:
        pass


def test_only_the_newest_frame_is_kept_and_the_others_are_counted(watch: Callable[..., Watched]) -> None:
    source = Script(5)
    camera = watch(lambda: source)
    source.allowed.release(5)
    until(lambda: camera.thread.dropped == 4)
    frame = camera.thread.newest(0)
    assert frame is not None and frame.picture[0, 0, 0] == 0
    assert camera.thread.newest(0) is None, "each frame is given out once"
    source.allowed.release(100)


def test_attempts_to_reconnect_back_off(watch: Callable[..., Watched]) -> None:
    attempts: list[float] = []

    def refuse() -> Source:
        attempts.append(CLOCK.now())
        raise UserError("not here")

    camera = watch(refuse)
    until(lambda: len(attempts) >= 4)
    gaps = np.diff(attempts[:4])
    assert (gaps >= [0.1, 0.2, 0.4]).all()
    assert camera.states() == [False]


def test_a_defect_in_a_source_reaches_whoever_waits_for_frames(watch: Callable[..., Watched]) -> None:
    def broken() -> Source:
        raise ZeroDivisionError("a defect")

    camera = watch(broken)
    with pytest.raises(ZeroDivisionError):
        until(lambda: camera.thread.newest(0.01))
