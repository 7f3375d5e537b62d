"""PAINTER live: pictures of the newest sound, at a steady rate, in the session's frame slot `dream`."""

import gc
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.clock import Clock
from engine.dream.painter.generator import Generator
from engine.dream.painter.pace import Pace
from engine.dream.painter.painter import Painter
from engine.dream.painter.senses import Senses
from engine.errors import UserError
from engine.player import Life
from engine.rate import Rate
from engine.shared import Session

_PATIENCE_S = 0.05
"""Longest time between two signs of life."""
_SMOOTHING = 0.05
"""Weight of the newest picture in the times that are told."""


class _TimedGenerator:
    """A generator that knows how long it listened last, s."""

    def __init__(self, generator: Generator, clock: Clock) -> None:
        self.rate, self.window, self.latent = generator.rate, generator.window, generator.latent
        self.listened = 0.0
        self._generator, self._clock = generator, clock

    def listen(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        begun = self._clock.now()
        condition = self._generator.listen(wave)
        self.listened = self._clock.now() - begun
        return condition

    def paint(self, condition: NDArray[np.float32], latent: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._generator.paint(condition, latent)


class Studio:
    """Paints what the session hears into its frame slot, and tells how long that took."""

    def __init__(self, session: Session, generator: Generator, clock: Clock) -> None:
        config = session.config
        seed = config["seed"] if config["dream"]["seed"] is None else config["dream"]["seed"]
        self._session, self._clock = session, clock
        self._generator = _TimedGenerator(generator, clock)
        self._senses = Senses(session, clock, generator.rate, generator.window)
        self._painter = Painter(self._generator, config["dream"]["width"], config["dream"]["height"], seed, session.get)
        self._rate = Rate(clock.now())

    def paint(self, due: float) -> None:
        """Paint the picture that is due at that time, s, and publish it."""
        session, begun = self._session, self._clock.now()
        moment, heard = self._senses.perceive(due)
        picture = self._painter.paint(moment)
        session.dream.write(picture, due if heard is None else heard)
        done = self._clock.now()
        if heard is not None:
            session.latency["sound_to_frame"].add(done - heard)
            self._tell("painter/sound_to_frame_ms", done - heard)
        session.count("painter/frames")
        self._tell("painter/listen_ms", self._generator.listened)
        self._tell("painter/paint_ms", done - begun)
        self._rate.count()
        if (fps := self._rate.measured(done)) is not None:
            session.tell("painter/fps", fps)

    def _tell(self, name: str, seconds: float) -> None:
        before = self._session.told(name)
        self._session.tell(name, 1e3 * seconds if not before else before + _SMOOTHING * (1e3 * seconds - before))


def load(config: dict[str, Any], model: str | None = None) -> Generator:
    """Return the generator that `config` asks for; model: its file instead ("" is the shipped one); UserError."""
    wanted = config["dream"]
    return Generator.load(wanted["model"] if model is None else model, wanted["side"], live=True)


def play(folder: Path, loaded: Generator | None = None) -> int:
    """Run the player on the session in `folder` until it is told to stop or its parent is gone; its exit status.

    loaded: what it paints with, if that was loaded beforehand. Without a generator that can be used it says so and
    paints nothing, and waits for another one to take over.
    """
    cv2.setNumThreads(1)  # the cores are for everyone
    life = Life("painter", folder)
    session, clock = life.session, life.clock
    try:
        generator = loaded or load(session.config)
    except UserError as error:
        life.say(f"nothing is painted: {error}")
        while life.goes_on():
            time.sleep(_PATIENCE_S)
        return 0
    studio = Studio(session, generator, clock)
    session.tell_model("dream", generator.model.name, generator.model.sha256, generator.model.path)
    gc.freeze()  # what is here now stays: no collection has to look at it again
    gc.enable()
    pace = Pace(clock.now())
    late = session.told("painter/late")
    while life.goes_on():
        due = pace.next(clock.now(), 1 / session.get("dream/rate"))
        session.tell("painter/late", late + pace.late)
        while (left := due - clock.now()) > 0 and life.goes_on():
            time.sleep(min(left, _PATIENCE_S))
        studio.paint(due)
    return 0
