"""PAINTER on a session: the newest sound becomes the newest picture, and whatever is missing, it paints on."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.clock import VirtualClock
from engine.dream.painter.player import Studio, load
from engine.errors import UserError
from engine.shared import DREAM_SHAPE, INPUT_FRAMES, Event, Session
from engine.show import DreamConfig, Show
from tests.dreams import write_dream

RATE = 48_000


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dream(tmp_path_factory.mktemp("models") / "tiny.ts")


@pytest.fixture
def session(model: Path) -> Any:
    session = Session.create(Show(dream=DreamConfig(model=str(model), width=96, height=64)).to_dict())
    yield session
    session.close()


def hear(session: Session, sound: np.ndarray, heard: float) -> None:
    """Write mono `sound`, the last sample of which was heard at that time, as SOUND does."""
    session.tell("sound/sample_rate", RATE)
    ring, written = session.input, session.input.written
    ring.frames[(written + np.arange(len(sound))) % INPUT_FRAMES] = sound[:, None]
    ring.header[1] = round(heard * 1e9)
    ring.header[0] = written + len(sound)


def tone(frequency: float, seconds: float = 0.5, gain: float = 0.3) -> np.ndarray:
    return gain * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


class Painting:
    """A studio with a clock of its own; the dream stands still."""

    def __init__(self, session: Session) -> None:
        self.session, self.clock = session, VirtualClock(100.0)
        for knob in ("speed", "smoothing", "feedback", "scale"):
            session.set(f"dream/{knob}", 0)
        self.studio = Studio(session, load(session.config), self.clock)

    def paint(self) -> np.ndarray:
        self.clock.advance(0.04)
        self.studio.paint(self.clock.now())
        newest = self.session.dream.read()
        assert newest is not None
        return newest[0].astype(float)


def test_a_picture_shows_the_newest_half_second_and_tells_when_that_was_heard(session: Session) -> None:
    painting = Painting(session)
    hear(session, np.concatenate([tone(300, 3), tone(5000)]), 100.03)
    high = painting.paint()
    newest = session.dream.read()
    assert newest is not None and newest[1] == pytest.approx(100.03) and high.shape == (64, 96, 3)
    assert session.latency["sound_to_frame"].count == 1
    assert session.latency["sound_to_frame"].percentile_ms(50) == pytest.approx(10, rel=0.03)
    hear(session, tone(300), 100.07)
    assert np.abs(painting.paint() - high).mean() > 3
    hear(session, tone(5000), 100.11)
    np.testing.assert_allclose(painting.paint(), high, atol=4)
    assert session.told("painter/frames") == 3


def test_without_input_and_while_sound_is_down_it_paints_silence(session: Session) -> None:
    painting = Painting(session)
    nothing = painting.paint()
    assert session.latency["sound_to_frame"].count == 0
    hear(session, tone(500), 100.07)
    painting.paint()
    counted = session.latency["sound_to_frame"].count
    painting.clock.advance(5)  # nobody writes any more
    painting.paint()
    assert session.latency["sound_to_frame"].count == counted == 1
    session.input.header[:] = 0
    assert np.isfinite(nothing).all() and painting.paint().shape == nothing.shape


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_any_sample_rate_and_a_ring_that_has_just_begun_will_do(session: Session, rate: int) -> None:
    painting = Painting(session)
    hear(session, tone(500, 0.001), 100.03)
    session.tell("sound/sample_rate", rate)
    assert painting.paint().std() > 1


def test_an_onset_throws_the_dream_elsewhere_once(session: Session) -> None:
    painting = Painting(session)
    session.events["dream"].write(Event.ONSET, 99.0, 1.0)  # before it began to perceive
    session.set("dream/jump", 2)
    painting = Painting(session)
    still = [painting.paint() for _ in range(3)]
    np.testing.assert_array_equal(still[1], still[2])
    session.events["dream"].write(Event.BEAT, 100.1, 120.0)
    np.testing.assert_array_equal(painting.paint(), still[2])
    session.events["dream"].write(Event.ONSET, 100.1, 1.0)
    thrown = [painting.paint() for _ in range(20)]
    assert np.abs(thrown[0] - still[2]).mean() > 2
    np.testing.assert_allclose(thrown[-1], thrown[-2], atol=1)


def test_the_colours_are_those_of_the_cameras_newest_frame(session: Session) -> None:
    painting = Painting(session)
    session.set("dream/palette", 1)
    red = np.zeros((90, 160, 3), np.uint8)
    red[:, :, 0] = 180
    session.frame.write(red, 100.0)
    assert painting.paint().mean(axis=(0, 1)) == pytest.approx([180, 0, 0], abs=12)


def test_the_largest_picture_fits_its_slot(model: Path) -> None:
    height, width, _ = DREAM_SHAPE
    session = Session.create(Show(dream=DreamConfig(model=str(model), width=width, height=height)).to_dict())
    try:
        assert Painting(session).paint().shape == DREAM_SHAPE
    finally:
        session.close()


def test_a_side_that_the_model_does_not_paint_is_refused(model: Path) -> None:
    with pytest.raises(UserError, match="dream side 128"):
        load(Show(dream=DreamConfig(model=str(model), side=128)).to_dict())


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.005)


def test_a_model_that_can_not_be_loaded_is_said_and_the_process_stays(tmp_path: Path) -> None:
    session = Session.create(Show(dream=DreamConfig(model=str(tmp_path / "none.ts"))).to_dict())
    process = subprocess.Popen([sys.executable, "-m", "engine.dream.painter", str(session.folder)],
                               stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: session.told("painter/alive") > 0, "a sign of life")
        assert process.stderr is not None
        assert "painter: nothing is painted" in (said := process.stderr.readline()) and "No such file" in said
        alive = session.told("painter/alive")
        until(lambda: session.told("painter/alive") > alive, "another one")
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        session.close()
