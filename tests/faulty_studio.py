"""A studio with tasks that do what no task should: `python -m tests.faulty_studio`."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bridge.studio.shelf import Shelf
from bridge.studio.tasks import TASKS
from bridge.studio.wire import Header, Result
from engine.errors import UserError


def count(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Yield numbers without end; leave a file when that is ended all the same."""
    try:
        for number in range(1_000_000):
            yield {"number": number, "pid": os.getpid()}, bytes(told.get("size", 0))
    finally:
        if "left" in told:
            Path(told["left"]).touch()


def measure(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Tell the size of the body and what may come of it."""
    yield {"size": len(body), "nice": os.nice(0), "torch": "torch" in sys.modules}, body[:10]


def hang(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Give no answer; tell of the beginning by a file."""
    Path(told["began"]).write_text(str(os.getpid()))
    time.sleep(1000)
    yield {}, b""


def die(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Crash, after so many results."""
    for _ in range(told["after"]):
        yield {}, b""
    os.kill(os.getpid(), signal.SIGKILL)


def gibber(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Print, as libraries do, and read."""
    print("loaded 3 plugins", flush=True)
    os.write(1, b"\xff" * 5000)
    yield {"read": len(sys.stdin.read()) + len(os.read(0, 100))}, b""


def gorge(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Want more memory than there is."""
    if told["by"] == "numpy":
        yield {"sum": float(np.ones(1 << 33, np.uint8).sum())}, b""
    if told["by"] == "bytes":
        yield {"size": len(bytearray(told["size"]))}, b""
    if told["by"] == "opencv":
        import cv2
        yield {"size": cv2.resize(np.zeros((9, 9, 3), np.uint8), (60_000, 60_000)).size}, b""
    try:
        yield {"size": len(b"x" * (8 << 30))}, b""
    except MemoryError:
        raise UserError("damaged: ") from None


def fail(shelf: Shelf, told: Header, body: bytes) -> Iterator[Result]:
    """Raise what nobody expects, or what a person should know."""
    if told["how"] == "said":
        raise UserError("no sound in it")
    if told["how"] == "nothing":
        return
    yield {"set": {1, 2}} if told["how"] == "no JSON" else {"zero": 1 // 0}, b""


TASKS.update(count=count, measure=measure, hang=hang, die=die, gibber=gibber, gorge=gorge, fail=fail)

if __name__ == "__main__":
    from bridge.studio.process import main

    main()
