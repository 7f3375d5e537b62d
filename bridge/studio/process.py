"""The studio's process: `python -m bridge.studio.process` works on what comes by standard input until that ends.

Messages are answered one after the other (see bridge.studio.wire), so those who wait take turns, result by result. It
yields to the players, and its memory is bounded: a task that wants more fails.
"""

import os
import sys
import traceback
from collections.abc import Iterator
from typing import IO

import orjson

from bridge.studio.shelf import Shelf
from bridge.studio.tasks import TASKS
from bridge.studio.wire import HEAD, Header, Result, packed
from engine.errors import UserError

_NICER = 5
MOST_MEMORY = 3 << 30
"""Bytes that the process may have for itself."""


def answer(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more."""
    shelf, open_tasks = Shelf(), dict[int, Iterator[Result]]()
    while len(head := requests.read(HEAD.size)) == HEAD.size:
        told_size, body_size = HEAD.unpack(head)
        told: Header = orjson.loads(requests.read(told_size))
        body = requests.read(body_size)
        number = told.pop("id")
        if "close" in told:
            open_tasks.pop(number, None)
            continue
        if (task := told.pop("task", None)) is not None:
            open_tasks[number] = TASKS[task](shelf, told, body)
        del body
        header, result = _next(open_tasks, number)
        answers.write(packed({**header, "id": number}, result))
        answers.flush()


def _next(open_tasks: dict[int, Iterator[Result]], number: int) -> Result:
    try:
        return next(open_tasks[number])
    except StopIteration:
        header: Header = {"end": True}
    except UserError as error:
        header = {"error": str(error)}
    except MemoryError:
        header = {"error": "this is too large to work on; make it smaller"}
    # Whatever is wrong with one task, the studio works on the others.
    except Exception:
        traceback.print_exc()
        header = {"failed": True}
    del open_tasks[number]
    return header, b""


def _be_modest() -> None:
    if os.name != "posix":
        return
    import resource

    os.nice(_NICER)
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, most))


if __name__ == "__main__":
    import signal

    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the conductor's to handle; then its pipe ends
    _be_modest()
    torch.set_num_threads(1)
    says = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not come between the messages
    answer(sys.stdin.buffer, says)
