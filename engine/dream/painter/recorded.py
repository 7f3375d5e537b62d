"""Pictures of a recording: the painter on a time of its own."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.dream.painter.painter import Dreamer, Moment, Painter, prepared
from engine.tempo.timeline import Tempo


class Sitting:
    """Paints a recording, float32 [n, channels] at `rate` Hz, picture by picture, the first at 0 s.

    fps: pictures a second. size: width and height of the pictures. get: values of the dream's parameters by path.
    bpm: tempo of the beat, which begins at 0 s. ahead: how far into the recording, s, a picture hears beyond its own
    time; live there is nothing beyond it. Before and after the recording there is silence.
    """

    def __init__(self, dreamer: Dreamer, samples: NDArray[np.float32], rate: int, fps: float, size: tuple[int, int],
                 seed: int, get: Callable[[str], float], bpm: float, ahead: float = 0.0) -> None:
        self._rate, self._window = dreamer.rate, dreamer.window
        self._sound = prepared(samples, rate, dreamer.rate)
        self._painter = Painter(dreamer, *size, seed, get)
        self._fps, self._tempo, self._ahead = fps, Tempo(0.0, 0.0, bpm), ahead
        self._painted = 0
        self._onset = 0.0
        self._camera: NDArray[np.uint8] | None = None

    @property
    def due(self) -> float:
        """Time of the next picture, s."""
        return self._painted / self._fps

    def hear_onset(self, strength: float) -> None:
        """An onset was heard just before the next picture."""
        self._onset += strength

    def see(self, camera: NDArray[np.uint8]) -> None:
        """The camera's newest picture, uint8 [height, width, 3], before the next painted one."""
        self._camera = camera

    def paint(self) -> tuple[NDArray[np.uint8], float]:
        """Return the next picture, uint8 [height, width, 3], and its time."""
        t = self.due
        sound = np.zeros(self._window, np.float32)
        begin = round((t + self._ahead) * self._rate) - self._window
        there = self._sound[max(0, begin):max(0, begin + self._window)]
        at = max(0, -begin)
        sound[at:at + len(there)] = there
        picture = self._painter.paint(Moment(t, sound, self._tempo, self._onset, self._camera))
        self._onset, self._camera = 0.0, None
        self._painted += 1
        return picture, t
