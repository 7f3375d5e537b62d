"""Ways by which pictures leave the instrument. Each output is a process of its own (bridge.outputs.process), so that
neither a driver nor a receiver that stops reading can slow anything else.

A kind of output is the module bridge.outputs.KIND with `open_output(target: str, rate: float) -> FrameOutput`, which
raises UserError if it can't be opened here, saying what is missing and what to do.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class FrameOutput(Protocol):
    """An open way out. Its methods are called from one thread."""

    def send(self, frame: NDArray[np.uint8], time: float) -> None:
        """Send a picture, RGB uint8 [height, width, 3], that appeared at clock time `time` (s).

        Never waits for a receiver: who is slow misses pictures. The size may change from one picture to the next.
        Raises OSError if the way is broken; it is opened again then.
        """

    def receivers(self) -> int:
        """Return how many receive now; 1 where that can't be known."""

    def close(self) -> None:
        """Give everything back."""
