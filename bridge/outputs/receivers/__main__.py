"""The process of one receiver; see the package."""

import contextlib
import importlib
import signal
import sys
from types import FrameType

from bridge.outputs.receivers.stamp import number_in
from engine.clock import MonotonicClock


def _run(kind: str, target: str) -> None:
    clock = MonotonicClock()
    with contextlib.closing(importlib.import_module(f"bridge.outputs.receivers.{kind}").pictures(target)) as pictures:
        for picture in pictures:
            now = clock.now()
            if (number := number_in(picture)) is not None:
                print(number, now, flush=True)


def _end(signum: int, frame: FrameType | None) -> None:
    raise SystemExit  # so that a receiver ends what it started


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    _run(*sys.argv[1:])
