"""Answers the page's messages one after the other (see bridge.studio.wire), so those who wait take turns."""

import json
import traceback
from collections.abc import Iterator
from typing import IO

from bridge.studio.shelf import Outdated, Shelf
from bridge.studio.tasks import TASKS
from bridge.studio.wire import HEAD, Header, Result, packed
from engine.errors import UserError


def answer(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more."""
    shelf, open_tasks = Shelf(), dict[int, Iterator[Result]]()
    while len(head := requests.read(HEAD.size)) == HEAD.size:
        told_size, body_size = HEAD.unpack(head)
        told: Header = json.loads(requests.read(told_size))
        body = requests.read(body_size)
        number = told.pop("id")
        if "close" in told:
            open_tasks.pop(number, None)
            continue
        try:
            if (task := told.pop("task", None)) is not None:
                open_tasks[number] = TASKS[task](shelf, told, body)
            del body
            header, result = next(open_tasks[number])
            begin = packed({**header, "id": number}, len(result))
        # Whatever is wrong with one task, the studio works on the others.
        except Exception as error:
            open_tasks.pop(number, None)
            result = b""
            begin = packed({**_end(error), "id": number})
        answers.write(begin)
        answers.write(result)
        answers.flush()
        del result  # it may be large, and the next message may be long in coming


def _end(error: Exception) -> Header:
    if isinstance(error, StopIteration):
        return {"end": True}
    if _wants_memory(error):
        return {"error": "this is too large to work on; make it smaller"}
    if isinstance(error, UserError):
        return {"error": str(error), "outdated": isinstance(error, Outdated)}
    traceback.print_exception(error)
    return {"failed": True}


def _wants_memory(error: BaseException | None) -> bool:
    """Whether too little memory is behind an error, for which torch and OpenCV have no type of their own."""
    while error is not None:
        if isinstance(error, MemoryError) or "allocate memory" in str(error) or "Insufficient memory" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
