"""How the clips of a library lie on a plane: by their principal components at once, as well as can be a little later.

Good places of ten thousand clips take minutes to find; the studio has other things to do in that time.
"""

import threading
import traceback

import numpy as np
from numpy.typing import NDArray

from engine.mapping import Layout, lay_out, rough_layout

_ONE_AT_A_TIME = threading.Lock()


class Arrangement:
    """Looks for good places from when it is made, on a thread of its own, in turn with others.

    embedding: float32 [n, D], unit vectors. `layout` is the best so far, and the best of all once `settled` is true.
    Cleared, `wanted` spares what has not begun.
    """

    def __init__(self, embedding: NDArray[np.float32]) -> None:
        self.layout: Layout = rough_layout(embedding)
        self.settled, self.wanted = False, True
        threading.Thread(target=self._settle, args=(embedding,), name="arrangement", daemon=True).start()

    def _settle(self, embedding: NDArray[np.float32]) -> None:
        with _ONE_AT_A_TIME:
            try:
                if self.wanted:
                    self.layout = lay_out(embedding)
            except Exception:  # whatever it fails at, the rough layout serves on; what it was is said
                traceback.print_exc()
            self.settled = True
