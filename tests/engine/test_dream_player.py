"""The DREAM player follows whatever SOUND writes into the input ring, whenever SOUND comes and goes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from engine.clock import MonotonicClock
from engine.dream.player import Ear
from engine.shared import INPUT_FRAMES, Event, Session

BLOCK = 480


class Microphone:
    """Stands in for SOUND: writes blocks of sound into the session's input ring as the audio callback does."""

    def __init__(self, session: Session, rate: int, pid: int = 1) -> None:
        self.session, self.rate, self.time = session, rate, 100.0
        session.tell("sound/sample_rate", rate)
        session.tell("sound/pid", pid)

    def hear(self, sound: np.ndarray, after: Callable[[], None] = lambda: None) -> None:
        """Write mono `sound` block by block and call `after` behind each."""
        ring = self.session.input
        for start in range(0, len(sound), BLOCK):
            block = sound[start:start + BLOCK]
            written = ring.written
            at = (written + np.arange(len(block))) % INPUT_FRAMES
            ring.frames[at] = block[:, None]
            self.time += len(block) / self.rate
            ring.header[1] = round(self.time * 1e9)
            ring.header[0] = written + len(block)
            after()


def tone(frequency: float, seconds: float, rate: int = 48_000) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate)


def test_features_and_onsets_arrive_with_the_time_of_the_sound(session: Session) -> None:
    microphone, ear = Microphone(session, 48_000), Ear(session)
    ear.follow()
    sound = np.random.default_rng(0).normal(0, 0.001, 48_000)
    sound[24_000:] += tone(440, 0.5)
    microphone.hear(sound, ear.follow)
    features = session.features.read()
    assert features is not None
    assert features["hop"] == session.told("dream/hops") == 48_000 // 512
    assert features["time"] == pytest.approx(100 + 48_000 // 512 * 512 / 48_000, abs=1e-6)
    assert features["pitch"] == pytest.approx(440, abs=1)
    events, lost = session.events["dream"].read(0)
    assert [event["kind"] for event in events] == [Event.ONSET] and lost == 0
    assert events[0]["time"] == pytest.approx(100.5, abs=0.003)
    assert session.told("dream/overruns") == 0


def test_it_waits_for_sound_to_have_a_sample_rate(session: Session) -> None:
    ear = Ear(session)
    ear.follow()
    assert session.features.read() is None
    microphone = Microphone(session, 48_000)
    ear.follow()
    microphone.hear(tone(300, 0.2), ear.follow)
    assert session.told("dream/hops") == 18


def test_a_backlog_is_skipped_and_counted(session: Session) -> None:
    microphone, ear = Microphone(session, 48_000), Ear(session)
    ear.follow()
    microphone.hear(tone(300, 1.0))
    ear.follow()
    assert session.told("dream/overruns") == 1 and session.told("dream/hops") == 0
    microphone.hear(tone(300, 0.5), ear.follow)
    assert session.told("dream/overruns") == 1 and session.told("dream/hops") == 46
    assert session.events["dream"].written == 0  # the gap itself is no onset


def test_it_catches_up_after_a_short_stall_without_losing_a_hop(session: Session) -> None:
    microphone, ear = Microphone(session, 48_000), Ear(session)
    ear.follow()
    microphone.hear(tone(300, 0.2))
    ear.follow()
    assert session.told("dream/hops") == 18 and session.told("dream/overruns") == 0


def test_a_new_sample_rate_is_followed(session: Session) -> None:
    ear = Ear(session)
    for pid, rate in ((1, 48_000), (2, 44_100), (3, 96_000)):
        microphone = Microphone(session, rate, pid)
        ear.follow()
        microphone.hear(tone(440, 0.3, rate), ear.follow)
        features = session.features.read()
        assert features is not None and features["pitch"] == pytest.approx(440, abs=1)


def test_a_ring_that_begins_again_is_followed(session: Session) -> None:
    microphone, ear = Microphone(session, 48_000), Ear(session)
    ear.follow()
    microphone.hear(tone(300, 0.5), ear.follow)
    session.input.header[:] = 0
    ear.follow()
    before = session.told("dream/hops")
    microphone.hear(tone(440, 0.3), ear.follow)
    features = session.features.read()
    assert features is not None and features["pitch"] == pytest.approx(440, abs=1)
    assert session.told("dream/hops") == before + 28
    assert session.told("dream/overruns") == 0


@pytest.fixture
def player(session: Session) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts DREAM as a process of its own."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-m", "engine.dream", str(session.folder)]))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.005)


def test_the_process_hears_survives_a_kill_and_ends_when_told(session: Session, player) -> None:  # type: ignore[no-untyped-def]
    microphone = Microphone(session, 48_000)
    hops = 0.0
    for stop in (signal.SIGKILL, signal.SIGTERM):
        before = MonotonicClock().now()
        process = player()
        until(lambda: session.told("dream/alive") > before, "a sign of life")  # noqa: B023
        assert session.told("dream/pid") == process.pid

        def hears() -> bool:
            microphone.hear(tone(440, 0.05))
            return session.told("dream/hops") > hops + 20  # noqa: B023

        until(hears, "hops")
        os.kill(process.pid, stop)
        assert process.wait(10) == (-signal.SIGKILL if stop == signal.SIGKILL else 0)
        hops = session.told("dream/hops")
    features = session.features.read()
    assert features is not None and features["hop"] == hops


def test_nothing_heavy_is_imported_so_that_a_restart_is_quick() -> None:
    out = subprocess.run([sys.executable, "-c", "import engine.dream.player, sys; print(*sys.modules)"],
                         capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "cv2", "sounddevice", "soxr"} & set(out)
