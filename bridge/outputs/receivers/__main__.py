"""The process of one receiver; see the package."""

import importlib
import sys

from bridge.outputs.receivers.stamp import number_in
from engine.clock import MonotonicClock


def _run(kind: str, target: str) -> None:
    clock = MonotonicClock()
    for picture in importlib.import_module(f"bridge.outputs.receivers.{kind}").pictures(target):
        now = clock.now()
        if (number := number_in(picture)) is not None:
            print(number, now, flush=True)


if __name__ == "__main__":
    _run(*sys.argv[1:])
