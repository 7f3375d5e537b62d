"""Ways by which pictures leave the instrument. Each output is a process of its own (bridge.outputs.process), so that
neither a driver nor a receiver that stops reading can slow anything else.

A kind of output is the module bridge.outputs.KIND with `open_output(target: str, rate: float) -> FrameOutput`, which
raises UserError if it can't be opened here, saying what is missing and what to do; it is tried again then, slowly. That
nobody receives yet is no reason not to open. rate: pictures a second at most.
"""

import importlib
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

RESPITE = 5.0
"""Seconds within which each method has to return: an output that is silent for much longer is started anew."""
OPENING = 30.0
"""Seconds within which opening has to, imports of libraries included."""


class FrameOutput(Protocol):
    """An open way out; a base class for such. Its methods are called from one thread."""

    def send(self, frame: NDArray[np.uint8], time: float) -> None:
        """Send a picture, RGB uint8 [height, width, 3], that appeared at clock time `time` (s).

        Never waits for a receiver: who is slow misses pictures. The size may change from one picture to the next.
        Raises OSError or UserError if the way is broken; it is opened again then.
        """

    def receivers(self) -> int:
        """Return how many receive now; 1 where that can't be known.

        Asked a few times a second, also while no picture comes; raises OSError as `send` does.
        """
        return 1

    def missed(self) -> int:
        """Return how many pictures receivers missed so far because they were slow, all receivers together."""
        return 0

    def arrival(self) -> float:
        """Return the time from `send` to arrival, s, smoothed, as receivers tell it; 0 where they don't."""
        return 0.0

    def close(self) -> None:
        """Give everything back."""


def open_output(kind: str, target: str, rate: float) -> FrameOutput:
    """Open an output of a kind (engine.show.OUTPUT_KINDS); UserError as above."""
    output: FrameOutput = importlib.import_module(f"bridge.outputs.{kind}").open_output(target, rate)
    return output
