"""The page's side of the studio: starts it, asks it, ends it. All of it runs on the web server's event loop."""

import asyncio
import contextlib
import itertools
import json
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from bridge.studio.shelf import Outdated
from bridge.studio.wire import HEAD, LARGEST_BODY, Header, Result, packed
from engine.errors import UserError

MODULE = "bridge.studio.process"
MOST_OPEN = 16
"""Tasks at once."""
MOST_BYTES = 128 << 20
"""Of all bodies together that wait to be taken by the studio."""
PATIENCE = 240.0
"""Seconds that one result may take, the first with all that has to be loaded and compiled; then it is hung."""
IDLE = 600.0
"""Seconds after which a studio that nobody asks is ended."""
_ENDS_WITHIN = 1.0
"""Seconds that a studio has for that when its input ends."""
_T = TypeVar("_T")


class Busy(UserError):
    """Too many ask at once."""


class Broken(Exception):
    """The studio failed or ended at this task; the next one finds it anew."""


@dataclass(eq=False)
class _Task:
    """process: where it was begun and goes on."""

    number: int
    process: asyncio.subprocess.Process | None = None


class Studio:
    """One studio. say: told what a person should know.

    It works on one result at a time; those who ask take turns.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._numbers = itertools.count(1)
        self._open: set[_Task] = set()
        self._bytes = 0
        self._turn = asyncio.Lock()
        self._helpers: set[asyncio.Task[Any]] = set()
        self._idle: asyncio.TimerHandle | None = None
        self._closed = False

    async def ask(self, name: str, told: Header | None = None,
                  body: bytes = b"") -> AsyncGenerator[Result]:
        """Yield the results of a task as they come.

        Raises UserError if what is asked for can't be done, Outdated if it is of what plays no more, Busy if too many
        ask, Broken if the studio is at fault.
        Close the iterator (contextlib.aclosing) where not all results are taken.
        """
        if len(self._open) >= MOST_OPEN:
            raise Busy("too many ask at once; try again in a moment")
        if self._bytes + len(body) > MOST_BYTES:
            raise Busy("too many files are worked on at once; try again in a moment")
        task = _Task(next(self._numbers))
        self._open.add(task)
        self._rest_no_more()
        try:
            message: Header = {**(told or {}), "id": task.number, "task": name}
            while True:
                header, result = await self._in_turn(task, message, body)
                body = b""
                if not header.keys().isdisjoint({"end", "error", "failed"}):
                    task.process = None
                    if "error" in header:
                        raise (Outdated if header.get("outdated") else UserError)(header["error"])
                    if "failed" in header:
                        raise Broken
                    return
                yield header, result
                message = {"id": task.number, "next": True}
        finally:
            self._leave(task)
            if not self._open:
                self._rest()

    def wake(self) -> None:
        """Start the studio if it isn't there, without waiting for it."""
        self.finish(self.ask("wake"))

    def finish(self, results: AsyncGenerator[Result]) -> None:
        """Let the rest of a task be done without waiting for it; what comes of it is for the studio's own use."""
        self._help(_finished(results))

    async def close(self) -> None:
        """End the studio; nothing can be asked of it any more."""
        self._closed = True
        self._rest_no_more()
        process, self._process = self._process, None
        if process is not None:
            await _ended(process)
        async with self._turn:  # a studio that is only being started is ended by then, too
            if process is not None:
                await process.communicate()
        await asyncio.gather(*self._helpers, return_exceptions=True)  # they find it closed

    async def _in_turn(self, task: _Task, message: Header, body: bytes) -> Result:
        self._bytes += len(body)
        try:
            await self._turn.acquire()
        finally:
            self._bytes -= len(body)
        # Whoever leaves now must not leave half a message behind: the exchange goes on without them.
        exchange = self._help(self._exchange(task, message, body))
        exchange.add_done_callback(self._turn_over)
        return await asyncio.shield(exchange)

    def _turn_over(self, exchange: asyncio.Task[Result]) -> None:
        self._turn.release()
        if not exchange.cancelled():
            exchange.exception()  # if nobody waits for it any more, it shall not be reported as lost

    async def _exchange(self, task: _Task, message: Header, body: bytes) -> Result:
        if "task" in message:
            process = await self._started()
            if task not in self._open:
                raise Broken  # who asked has left meanwhile
            task.process = process
        elif task.process is None or task.process is not self._process:
            raise Broken
        process = task.process
        assert process.stdin is not None and process.stdout is not None
        try:
            async with asyncio.timeout(PATIENCE):
                process.stdin.write(packed(message, len(body)))
                process.stdin.write(body)
                await process.stdin.drain()
                return await _answer(process.stdout, task.number)
        except TimeoutError:
            reason = f"the studio gave no answer for {PATIENCE:.0f} s"
        except (OSError, EOFError):
            reason = "the studio ended"
        except ValueError:
            reason = "the studio spoke gibberish"
        if self._process is process:
            self._process = None
            status = await _ended(process)
            await process.communicate()
            self._say(f"{reason} (status {status}); it is started anew when it is needed")
        raise Broken

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is not None:
            self._say(f"the studio ended (status {self._process.returncode}) while nobody asked; it is started anew")
            self._process = None
        if self._process is None and not self._closed:
            pipe = asyncio.subprocess.PIPE
            try:
                # In a session of its own Ctrl-C doesn't reach it: ending it is for the one who started it.
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", MODULE, stdin=pipe, stdout=pipe, start_new_session=True)
            except OSError as error:
                self._say(f"the studio can't be started: {error.strerror or error}")
                raise Broken from None
        if self._process is None:
            raise Broken
        if self._closed:
            process, self._process = self._process, None
            await _retired(process)
            raise Broken
        return self._process

    def _leave(self, task: _Task) -> None:
        self._open.discard(task)
        process, task.process = task.process, None
        if process is not None and process is self._process:
            assert process.stdin is not None
            if not process.stdin.is_closing():
                process.stdin.write(packed({"id": task.number, "close": True}))

    def _rest(self) -> None:
        if self._process is not None:
            self._idle = asyncio.get_running_loop().call_later(IDLE, self._retire)

    def _retire(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            self._help(_retired(process))

    def _rest_no_more(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _help(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        helper = asyncio.get_running_loop().create_task(work)
        self._helpers.add(helper)
        helper.add_done_callback(self._helpers.discard)
        return helper


async def _finished(results: AsyncGenerator[Result]) -> None:
    with contextlib.suppress(UserError, Broken):
        async for _ in results:
            pass  # they are of use to the studio alone


async def _ended(process: asyncio.subprocess.Process) -> int:
    """End a process by the end of its input, so that tasks clear up after themselves, or else by force; return its
    status. What is left in its pipes is for communicate() to drop."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(_ENDS_WITHIN):
            return await process.wait()
    except TimeoutError:
        if process.returncode is None:
            process.kill()
    return await process.wait()


async def _retired(process: asyncio.subprocess.Process) -> None:
    await _ended(process)
    await process.communicate()


async def _answer(stream: asyncio.StreamReader, number: int) -> Result:
    """Return the answer to the message of a task. Raises EOFError if there is none, ValueError if it is another."""
    told_size, body_size = HEAD.unpack(await stream.readexactly(HEAD.size))
    if max(told_size, body_size) > LARGEST_BODY:
        raise ValueError
    header: Header = json.loads(await stream.readexactly(told_size))
    if header.pop("id", None) != number:
        raise ValueError
    return header, await stream.readexactly(body_size)
