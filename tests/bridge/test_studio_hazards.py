"""What the page's studio withstands: tasks that crash, hang, gorge or babble, askers that leave, ends of all kinds."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.studio import client
from bridge.studio.client import Broken, Busy, Studio
from bridge.studio.wire import Header
from engine.errors import UserError
from tests.servers import until

Body = Callable[[Studio], Awaitable[None]]


@pytest.fixture(autouse=True)
def faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MODULE", "tests.faulty_studio")


def with_studio(body: Body) -> list[str]:
    """Run `body` with a studio; nothing may be left of it. Return what was said."""
    said: list[str] = []

    async def run() -> None:
        complaints: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
        studio = Studio(said.append)
        try:
            await asyncio.wait_for(body(studio), 120)
        finally:
            await studio.close()
        gc.collect()  # what nobody retrieved complains when it goes
        await asyncio.sleep(0)
        assert complaints == []
    before = children()
    asyncio.run(run())
    assert children() <= before
    return said


def children() -> set[int]:
    """Processes that this one has started and that aren't gone."""
    mine = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            number, rest = status.read_text().split(" (", 1)
            state, parent = rest.rpartition(") ")[2].split()[:2]
            if int(parent) == os.getpid() and state != "Z":
                mine.add(int(number))
    return mine


async def one(studio: Studio, task: str, told: Header | None = None, body: bytes = b"") -> tuple[Header, bytes]:
    """Return the first result of a task."""
    async with contextlib.aclosing(studio.ask(task, told, body)) as results:
        return await anext(results)


@contextlib.asynccontextmanager
async def hanging(studio: Studio, folder: Path) -> AsyncIterator[tuple[int, asyncio.Task[Any]]]:
    """A task that hangs; yields the studio's process and who waits for it."""
    began = folder / "began"
    asking = asyncio.create_task(one(studio, "hang", {"began": str(began)}))
    while not began.exists() or not began.read_text():
        await asyncio.sleep(0.01)
    yield int(began.read_text()), asking
    began.unlink()
    asking.cancel()


def test_it_is_modest_and_takes_large_bodies() -> None:
    async def body(studio: Studio) -> None:
        header, answered = await one(studio, "measure", body=b"picture..." * 3_000_000)
        assert (header["size"], answered) == (30_000_000, b"picture...")
        assert header["nice"] > os.nice(0) and not header["torch"]
    with_studio(body)


def test_what_libraries_print_does_not_come_between_the_messages() -> None:
    async def body(studio: Studio) -> None:
        assert (await one(studio, "gibber"))[0]["read"] == 0
        assert (await one(studio, "measure"))[0]["size"] == 0
    assert with_studio(body) == []


def test_a_task_that_fails_or_gorges_fails_alone() -> None:
    async def body(studio: Studio) -> None:
        counting = studio.ask("count")
        process = (await anext(counting))[0]["pid"]
        for how in ("no JSON", "division"):
            with pytest.raises(Broken):
                await one(studio, "fail", {"how": how})
        with pytest.raises(Broken):
            await one(studio, "no such task")
        with pytest.raises(UserError, match="no sound in it"):
            await one(studio, "fail", {"how": "said"})
        with pytest.raises(StopAsyncIteration):
            await one(studio, "fail", {"how": "nothing"})
        for by in ("numpy", "opencv", "wrapped"):
            with pytest.raises(UserError, match="too large to work on"):
                await one(studio, "gorge", {"by": by})
        assert (await one(studio, "gorge", {"by": "bytes", "size": 1 << 28}))[0] == {"size": 1 << 28}
        assert (await anext(counting))[0] == {"number": 1, "pid": process}
        await counting.aclose()
    assert with_studio(body) == []


def test_killed_while_it_works_it_is_said_and_the_next_task_finds_it_anew(tmp_path: Path) -> None:
    async def body(studio: Studio) -> None:
        counting = studio.ask("count")
        await anext(counting)
        async with hanging(studio, tmp_path) as (process, asking):
            os.kill(process, signal.SIGKILL)
            with pytest.raises(Broken):
                await asking
        with pytest.raises(Broken):  # what was begun in the old one is not continued in the new one
            await anext(counting)
        assert (await one(studio, "measure"))[0]["size"] == 0
        with pytest.raises(Broken):
            async for _ in studio.ask("die", {"after": 2}):
                pass
        assert (await one(studio, "measure"))[0]["size"] == 0
    said = with_studio(body)
    assert said == ["the studio ended (status -9); it is started anew when it is needed"] * 2


def test_killed_while_nobody_asks_nobody_is_turned_away() -> None:
    async def body(studio: Studio) -> None:
        process = (await one(studio, "count"))[0]["pid"]
        os.kill(process, signal.SIGKILL)
        while studio._process is not None and studio._process.returncode is None:
            await asyncio.sleep(0.01)
        assert (await one(studio, "count"))[0]["pid"] != process
    with_studio(body)


def test_a_studio_that_hangs_is_ended_also_while_it_is_given_a_large_body(monkeypatch: pytest.MonkeyPatch,
                                                                          tmp_path: Path) -> None:
    async def body(studio: Studio) -> None:
        await one(studio, "count")
        monkeypatch.setattr(client, "PATIENCE", 0.2)
        with pytest.raises(Broken):
            await one(studio, "hang", {"began": str(tmp_path / "began")})
        monkeypatch.setattr(client, "PATIENCE", 60)
        process = (await one(studio, "count"))[0]["pid"]
        os.kill(process, signal.SIGSTOP)
        monkeypatch.setattr(client, "PATIENCE", 0.2)
        with pytest.raises(Broken):
            await one(studio, "measure", body=bytes(10_000_000))
        monkeypatch.setattr(client, "PATIENCE", 60)
        assert (await one(studio, "measure"))[0]["size"] == 0
    assert all("gave no answer" in line for line in with_studio(body))


def test_who_leaves_ends_the_task_and_those_behind_are_served(tmp_path: Path) -> None:
    async def body(studio: Studio) -> None:
        counting = studio.ask("count", {"left": str(tmp_path / "left")})
        await anext(counting)
        async with hanging(studio, tmp_path) as (process, asking):
            waiting = asyncio.create_task(one(studio, "measure"))
            left = asyncio.create_task(one(studio, "count", {"left": str(tmp_path / "never begun")}))
            await asyncio.sleep(0)
            asking.cancel()  # in the middle of an exchange
            left.cancel()  # before its turn
            await counting.aclose()
            await asyncio.wait([asking, left])
            assert asking.cancelled() and left.cancelled() and not waiting.done()
            os.kill(process, signal.SIGKILL)
        assert (await waiting)[0]["size"] == 0
        async with contextlib.aclosing(studio.ask("count", {"left": str(tmp_path / "left")})) as again:
            await anext(again)
        await one(studio, "measure")
        assert {file.name for file in tmp_path.iterdir()} == {"left"}
    with_studio(body)


def test_who_leaves_while_it_starts_leaves_nothing_behind(tmp_path: Path) -> None:
    async def body(studio: Studio) -> None:
        leaving = asyncio.create_task(one(studio, "count", {"left": str(tmp_path / "left")}, bytes(1 << 20)))
        await asyncio.sleep(0.01)
        leaving.cancel()
        await asyncio.wait([leaving])
        assert (await one(studio, "measure"))[0]["size"] == 0
    with_studio(body)


def test_who_reads_slowly_holds_nobody_up_and_too_many_are_turned_away() -> None:
    async def body(studio: Studio) -> None:
        slow = [studio.ask("count", {"size": 1_000_000}) for _ in range(client.MOST_OPEN - 1)]
        for results in slow:
            await anext(results)
        for _ in range(3):
            assert (await one(studio, "measure"))[0]["size"] == 0
        slow.append(studio.ask("count"))
        await anext(slow[-1])
        with pytest.raises(Busy, match="too many ask at once"):
            await one(studio, "measure")
        assert (await anext(slow[0]))[0]["number"] == 1
        for results in slow:
            await results.aclose()
        assert (await one(studio, "measure"))[0]["size"] == 0
    assert with_studio(body) == []


def test_the_bodies_that_wait_for_it_are_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(client, "MOST_BYTES", 1000)

    async def body(studio: Studio) -> None:
        async with hanging(studio, tmp_path) as (process, _):
            waiting = asyncio.create_task(one(studio, "measure", body=bytes(900)))
            await asyncio.sleep(0)
            with pytest.raises(Busy, match="too many files"):
                await one(studio, "measure", body=bytes(200))
            os.kill(process, signal.SIGKILL)
            assert (await waiting)[0]["size"] == 900
        assert (await one(studio, "measure", body=bytes(200)))[0]["size"] == 200
    with_studio(body)


def test_idle_it_is_ended_and_found_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(studio: Studio) -> None:
        counting = studio.ask("count")
        process = (await anext(counting))[0]["pid"]
        monkeypatch.setattr(client, "IDLE", 0.0)
        assert (await one(studio, "count"))[0]["pid"] == process
        assert (await anext(counting))[0]["pid"] == process  # it isn't idle while a task is open
        await counting.aclose()
        while process in children():
            await asyncio.sleep(0.01)
        assert (await one(studio, "count"))[0]["pid"] != process
    assert with_studio(body) == []


def test_closed_while_it_starts_or_works_nothing_is_left(tmp_path: Path) -> None:
    for pause in (0.0, 0.005, 0.1):
        async def body(studio: Studio, pause: float = pause) -> None:
            studio.wake()
            asking = [asyncio.create_task(one(studio, "measure")) for _ in range(3)]
            await asyncio.sleep(pause)
            await studio.close()
            for ended in await asyncio.gather(*asking, return_exceptions=True):
                assert isinstance(ended, Broken | tuple)
            with pytest.raises(Broken):
                await one(studio, "measure")
        assert with_studio(body) == []

    async def working(studio: Studio) -> None:
        async with hanging(studio, tmp_path) as (_, asking):
            await studio.close()
            with pytest.raises(Broken):
                await asking
    assert with_studio(working) == []

    async def open_still(studio: Studio) -> None:
        counting = studio.ask("count", {"left": str(tmp_path / "cleared up")})
        await anext(counting)
        await studio.close()
        assert (tmp_path / "cleared up").exists()
    assert with_studio(open_still) == []


def test_a_studio_that_cannot_be_started_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                                 caplog: pytest.LogCaptureFixture) -> None:
    async def body(studio: Studio) -> None:
        with monkeypatch.context() as gone:
            gone.setattr(sys, "executable", str(tmp_path / "python"))
            studio.wake()
            with pytest.raises(Broken):
                await one(studio, "measure")
        with monkeypatch.context() as wrong:
            wrong.setattr(client, "MODULE", "tests.no_such_module")
            with pytest.raises(Broken):
                await one(studio, "measure")
        assert (await one(studio, "measure"))[0]["size"] == 0
    said = with_studio(body)
    assert "can't be started: No such file" in said[0] and "ended (status 1)" in said[-1]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_the_instrument_killed_the_studio_ends_also_while_it_works(tmp_path: Path) -> None:
    began = tmp_path / "began"
    script = f"""
import asyncio
from bridge.studio import client
client.MODULE = "tests.faulty_studio"
async def main():
    async for _ in client.Studio(print).ask("hang", {{"began": {str(began)!r}}}):
        pass
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script]) as instrument:
        until(lambda: began.exists() and began.read_text(), 60, "it works")
        instrument.kill()
    process = Path(f"/proc/{began.read_text()}")
    until(lambda: not process.exists() or ") Z" in (process / "stat").read_text(), 30, "it has ended")


def test_a_ctrl_c_for_the_instrument_is_none_for_the_studio() -> None:
    async def body(studio: Studio) -> None:
        process = (await one(studio, "count"))[0]["pid"]
        assert os.getpgid(process) != os.getpgid(0)
        os.kill(process, signal.SIGINT)
        assert (await one(studio, "count"))[0]["pid"] == process
    with_studio(body)
