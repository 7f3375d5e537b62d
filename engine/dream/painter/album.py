"""A whole recording as an album of pictures or as a film."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from engine.dream.listen import HOP, Listener
from engine.dream.painter.generator import Generator
from engine.dream.painter.recorded import Sitting
from engine.parameters import INDEX, PARAMETERS
from engine.shared import Event

_STILL = {"dream/smoothing": 0.0, "dream/feedback": 0.0, "dream/scale": 0.0, "dream/jump": 0.0}
"""What an album leaves out: each picture is of its own half second alone, as the generator paints it."""
_UNTOUCHED: Mapping[str, float] = MappingProxyType({})


def album(generator: Generator, samples: NDArray[np.float32], rate: int, seed: int,
          every: float) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """Yield pictures, uint8 [side, side, 3], each of the generator's window of sound that begins at its time, s.

    samples: float32 [n, channels] at `rate` Hz. every: seconds from picture to picture.
    """
    parameters = {p.path: p.default for p in PARAMETERS} | _STILL
    sitting = Sitting(generator, samples, rate, 1 / every, (generator.side, generator.side), seed,
                      parameters.__getitem__, parameters["tempo/bpm"], generator.window / generator.rate)
    while sitting.due * rate < len(samples):
        yield sitting.paint()


def film(generator: Generator, samples: NDArray[np.float32], rate: int, seed: int, fps: float,
         size: tuple[int, int], knobs: Mapping[str, float] = _UNTOUCHED) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """Yield pictures, uint8 [height, width, 3], and their times, as the instrument paints; but each is of the sound
    around its time, since here it can be.

    samples: float32 [n, channels] at `rate` Hz. size: width and height. knobs: values of parameters by path, within
    their ranges; those that are missing are untouched.
    """
    parameters = np.array([knobs.get(p.path, p.default) for p in PARAMETERS])
    listener = Listener(rate, parameters)
    sitting = Sitting(generator, samples, rate, fps, size, seed, lambda path: float(parameters[INDEX[path]]),
                      float(parameters[INDEX["tempo/bpm"]]), generator.window / generator.rate / 2)
    for begin in range(0, len(samples), HOP):
        block = samples[begin:begin + HOP]
        end = (begin + len(block)) / rate
        for hop in listener.push(block, end):
            for kind, _, strength in hop.events:
                if kind is Event.ONSET:
                    sitting.hear_onset(strength)
        while sitting.due < end:
            yield sitting.paint()
