"""The mixer's compiled code, loaded beside other work: it takes a second or two, and minutes the very first time."""

import threading


class Kernels:
    """Loads them once, on a thread of its own."""

    def __init__(self) -> None:
        self._loading: threading.Thread | None = None

    def begin(self) -> None:
        """Load them from now on, if nobody has begun yet."""
        if self._loading is None:
            self._loading = threading.Thread(target=_load, name="kernels", daemon=True)
            self._loading.start()

    def there(self, within: float) -> bool:
        """Wait until they are loaded, so many seconds at most; returns whether they are, or can't be."""
        self.begin()
        assert self._loading is not None
        self._loading.join(within)
        return not self._loading.is_alive()


def _load() -> None:
    import numpy as np

    from engine.pcm import RATE
    from engine.soundscape import soundscape

    next(soundscape([np.zeros((RATE, 2), np.float32)], [1], 1, RATE))
