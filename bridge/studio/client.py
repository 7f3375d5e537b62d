"""The page's side of the studio: starts it, asks it, ends it. All of it runs on the web server's event loop."""

import asyncio
import contextlib
import itertools
import sys
from collections.abc import AsyncGenerator, Callable

import orjson

from bridge.studio.shelf import Outdated
from bridge.studio.wire import HEAD, Header, Result, packed
from engine.errors import UserError

MOST_OPEN = 16
"""Tasks at once."""
PATIENCE = 120.0
"""Seconds that one result may take, the first with all that has to be loaded and compiled; then it is hung."""
IDLE = 600.0
"""Seconds after which a studio that nobody asks is ended."""


class Busy(UserError):
    """Too many ask at once."""


class Broken(Exception):
    """The studio failed or ended at this task; the next one finds it anew."""


class Studio:
    """One studio. say: told what a person should know."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Result]] = {}
        self._open: set[int] = set()
        self._helpers: set[asyncio.Task[None]] = set()
        self._idle: asyncio.TimerHandle | None = None

    async def ask(self, task: str, told: Header | None = None,
                  body: bytes = b"") -> AsyncGenerator[Result]:
        """Yield the results of a task as they come.

        Raises UserError if what is asked for can't be done, Outdated if it is of what plays no more, Busy if too many
        ask, Broken if the studio is at fault.
        Close the iterator (contextlib.aclosing) where not all results are taken.
        """
        if len(self._open) >= MOST_OPEN:
            raise Busy("too many ask at once; try again in a moment")
        number = next(self._numbers)
        self._open.add(number)
        self._rest_no_more()
        ended = False
        try:
            message: Header = {**(told or {}), "id": number, "task": task}
            while True:
                header, result = await self._exchange(number, message, body)
                body = b""
                ended = not header.keys().isdisjoint({"end", "error", "failed"})
                if "error" in header:
                    raise (Outdated if header.get("outdated") else UserError)(header["error"])
                if "failed" in header:
                    raise Broken
                if ended:
                    return
                yield header, result
                message = {"id": number, "next": True}
        finally:
            self._open.discard(number)
            if not ended:
                self._leave(number)
            if not self._open:
                self._rest()

    def wake(self) -> None:
        """Start the studio if it isn't there, without waiting for it."""
        self.finish(self.ask("wake"))

    def finish(self, results: AsyncGenerator[Result]) -> None:
        """Let the rest of a task be done without waiting for it; what comes of it is for the studio's own use."""
        self._help(_finished(results))

    async def close(self) -> None:
        """End the studio."""
        self._rest_no_more()
        for helper in self._helpers:
            helper.cancel()
        if (process := self._process) is not None:
            self._end(process)
            await process.wait()

    async def _exchange(self, number: int, message: Header, body: bytes) -> Result:
        process = await self._started()
        assert process.stdin is not None
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            process.stdin.write(packed(message, body))
            await process.stdin.drain()
            return await asyncio.wait_for(answer, PATIENCE)
        except TimeoutError:
            self._say(f"the studio gave no answer for {PATIENCE:.0f} s and is started anew")
            self._end(process)
            raise Broken from None
        except OSError:
            raise Broken from None
        finally:
            self._waiting.pop(number, None)

    async def _started(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is None:
                pipe = asyncio.subprocess.PIPE
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "bridge.studio.process", stdin=pipe, stdout=pipe)
                self._help(self._hear(self._process))
            return self._process

    async def _hear(self, process: asyncio.subprocess.Process) -> None:
        """Hand answers to those who wait for them, until the process ends."""
        assert process.stdout is not None
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                told_size, body_size = HEAD.unpack(await process.stdout.readexactly(HEAD.size))
                header: Header = orjson.loads(await process.stdout.readexactly(told_size))
                body = await process.stdout.readexactly(body_size)
                answer = self._waiting.get(header["id"])
                if answer is not None and not answer.done():
                    answer.set_result((header, body))
        status = await process.wait()
        if self._process is process:
            self._process = None
            if self._open:
                self._say(f"the studio ended with status {status}; it is started anew when it is needed")
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Broken())

    def _leave(self, number: int) -> None:
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(packed({"id": number, "close": True}))

    def _end(self, process: asyncio.subprocess.Process) -> None:
        if self._process is process:
            self._process = None
        with contextlib.suppress(ProcessLookupError):
            process.kill()

    def _rest(self) -> None:
        if self._process is not None:
            self._idle = asyncio.get_running_loop().call_later(IDLE, self._end, self._process)

    def _rest_no_more(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _help(self, work: "asyncio._CoroutineLike[None]") -> None:
        helper = asyncio.get_running_loop().create_task(work)
        self._helpers.add(helper)
        helper.add_done_callback(self._helpers.discard)


async def _finished(results: AsyncGenerator[Result]) -> None:
    with contextlib.suppress(UserError, Broken):
        async for _ in results:
            pass
