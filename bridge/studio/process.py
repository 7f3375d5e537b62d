"""The studio's process: `python -m bridge.studio.process` works on what comes by standard input until that ends.

It yields to the players, ends with the instrument however that ends, and its memory is bounded: a task that wants more
fails.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import IO

_NICER = 5
MOST_MEMORY = 3 << 30
"""Bytes that the process may have for itself."""
_LOOK = 1.0


def main() -> None:
    """Answer what comes by standard input."""
    requests, answers = _taken_aside()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the conductor's to handle
    _be_modest()
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    for library in ("OMP", "OPENBLAS"):  # torch and numpy: the other cores are the players'
        os.environ[f"{library}_NUM_THREADS"] = "1"
    from bridge.studio.answering import answer  # what it imports must find all that as it is now

    with contextlib.suppress(BrokenPipeError):  # the instrument has ended
        answer(requests, answers)
    os._exit(0)  # at once, also while a thread compiles


def _taken_aside() -> tuple[IO[bytes], IO[bytes]]:
    """Return standard input and output, and let what a library prints or reads not come between the messages."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


def _be_modest() -> None:
    if os.name != "posix":
        return
    import resource

    os.nice(_NICER)
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # where memory runs out, rather this than a player
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500")


def _end_with(parent: int) -> None:
    """End the process when its parent does, whatever it works on; an end of standard input it reads only at leisure."""
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)


if __name__ == "__main__":
    main()
