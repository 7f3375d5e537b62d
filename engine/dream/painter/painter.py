"""PAINTER as one pure stage: newest sound, time and beat in, a picture out. Live and offline run the same."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import soxr
from numpy.typing import NDArray

from engine.dream.painter.canvas import Canvas
from engine.dream.painter.condition import Condition
from engine.dream.painter.palette import Palette
from engine.dream.painter.walk import Walk
from engine.tempo.timeline import Tempo

_LONGEST_S = 1.0
"""A longer pause between pictures counts as this long."""


def prepared(samples: NDArray[np.float32], rate: int, to_rate: int) -> NDArray[np.float32]:
    """Return samples, float32 [n, channels] at `rate` Hz, as the mono sound at `to_rate` Hz that a generator hears.

    Channels are averaged; what is not a finite number counts as 0.
    """
    mono = np.mean(np.where(np.isfinite(samples), samples, 0), axis=1, dtype=np.float32)
    return np.ascontiguousarray(mono if rate == to_rate else soxr.resample(mono, rate, to_rate), np.float32)


class Dreamer(Protocol):
    """What the painter asks of a generator: see engine.dream.painter.generator.Generator."""

    rate: int
    window: int
    latent: int

    def listen(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the condition, float32 [C], of a sound, float32 [n]."""
        ...

    def paint(self, condition: NDArray[np.float32], latent: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the picture, float32 [side, side, 3] in 0..1, of a condition and a latent."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What a picture is painted of.

    time: s, never less than before. sound: the newest, mono at the generator's rate, float32 [window].
    tempo: the beat. onset: sum of the strengths of the onsets since the last picture. camera: the camera's newest
    picture where that is another than before, uint8 [height, width, 3].
    """

    time: float
    sound: NDArray[np.float32]
    tempo: Tempo
    onset: float = 0.0
    camera: NDArray[np.uint8] | None = None


class Painter:
    """Paints pictures uint8 [height, width, 3]; the same moments, knobs and seed give the same pictures.

    get: returns the present value of a parameter by its path, as Session.get does.
    """

    def __init__(self, generator: Dreamer, width: int, height: int, seed: int, get: Callable[[str], float]) -> None:
        self._generator, self._get = generator, get
        self._condition = Condition()
        self._walk = Walk(generator.latent, seed)
        self._palette = Palette()
        self._canvas = Canvas(width, height)
        self._time: float | None = None
        self._seen = 0.0

    def paint(self, moment: Moment) -> NDArray[np.uint8]:
        """Return the picture of a moment."""
        get, t = self._get, moment.time
        passed = 0.0 if self._time is None else min(t - self._time, _LONGEST_S)
        self._time = t
        heard = self._generator.listen(moment.sound)
        condition = self._condition.follow(heard, passed, get("dream/smoothing"))
        self._walk.move(t, get("dream/speed"), get("dream/step"), get("dream/jump") * moment.onset, moment.tempo)
        picture = self._generator.paint(condition, self._walk.latent(get("dream/chaos"), get("dream/truncation")))
        if moment.camera is not None:
            self._palette.see(moment.camera, t - self._seen)
            self._seen = t
        if amount := get("dream/palette"):
            picture = self._palette.colour(picture, amount)
        loudness = float(np.clip(condition[-1], 0, 1))
        return self._canvas.show(picture, passed, get("dream/feedback"), 1 + get("dream/scale") * loudness)
