"""Visitors of the page, for measurements: programs that upload pictures, watch the stage, or open it in a browser.

They belong into a process of their own, so that they take no time from the one that serves the page.
"""

import asyncio
import http.client
import json
import shutil
import time
from urllib.parse import quote

import numpy as np

_HEAD = 44
_HEARD = 33
"""What a sample of 16 bits has to exceed to count as sound: -60 dBFS."""
_PATIENCE_S = 150.0
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_WATCH = """new MutationObserver((changes, observer) => {
    if (!document.querySelector(".knob") || document.getElementById("status")?.textContent !== "playing") return;
    window.interactive = performance.now();
    observer.disconnect();
}).observe(document, { subtree: true, childList: true, characterData: true });"""


def knock(place: str) -> None:
    """Open the page's view of imagining, as a browser does before somebody finds a picture for it."""
    connection = http.client.HTTPConnection(place, timeout=_PATIENCE_S)
    connection.request("GET", "/imagine")
    connection.getresponse().read()
    connection.close()


def imagine(place: str, name: str, picture: bytes) -> tuple[float, float]:
    """Upload a picture to the page at `place` (host:port) and fetch what it sounds like.

    Returns the seconds until it was said, and until the first sample that is heard. Raises OSError if it is refused.
    """
    connection = http.client.HTTPConnection(place, timeout=_PATIENCE_S)
    begun = time.perf_counter()
    connection.request("POST", f"/imagine/picture?name={quote(name)}", picture)
    told = json.loads(_accepted(connection).read())
    answered = time.perf_counter() - begun
    picks = ",".join(f"{pick['clip']}:{pick['level']:.4f}" for pick in told["picks"])
    connection.request("GET", f"/imagine/sound.wav?library={told['fp']}&picks={picks}")
    sound = _accepted(connection)
    heard = sound.read(_HEAD)
    while piece := sound.read1(65536):
        heard += piece
        samples = np.frombuffer(heard[_HEAD:len(heard) - len(heard) % 2], "<i2")
        if (np.abs(samples.astype(np.int32)) > _HEARD).any():
            connection.close()
            return answered, time.perf_counter() - begun
    raise OSError(f"{name}: what was to be heard is silence")


def watch(place: str, clients: int, seconds: float) -> list[float]:
    """Watch the stage with so many clients at once; returns the messages that each got in a second."""
    return asyncio.run(_watch(place, clients, seconds))


def open_stage(place: str, times: int) -> list[float]:
    """Open the stage in headless Chromium, each time as a stranger.

    Returns the seconds from the navigation until it plays and its first knob is there; none where there is no browser.
    Raises OSError if that never comes.
    """
    browser_file = next(filter(None, map(shutil.which, _BROWSERS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return []
    if browser_file is None:
        return []
    found = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_file, args=["--headless", "--no-sandbox"])
        for _ in range(times):
            page = browser.new_page()
            page.add_init_script(_WATCH)
            page.goto(f"http://{place}/")
            end = time.monotonic() + _PATIENCE_S
            while (interactive := page.evaluate("window.interactive")) is None:
                if time.monotonic() > end:
                    raise OSError(f"the stage doesn't play within {_PATIENCE_S:.0f} s")
                page.wait_for_timeout(50)
            found.append(interactive / 1e3)
            page.close()
        browser.close()
    return found


def _accepted(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
    answer = connection.getresponse()
    if answer.status != 200:
        raise OSError(f"status {answer.status}: {answer.read(500).decode(errors='replace')}")
    return answer


async def _watch(place: str, clients: int, seconds: float) -> list[float]:
    async with asyncio.TaskGroup() as group:
        watching = [group.create_task(_one(place, seconds)) for _ in range(clients)]
    return [task.result() for task in watching]


async def _one(place: str, seconds: float) -> float:
    from websockets.asyncio.client import connect

    async with connect(f"ws://{place}/live", max_size=None) as stage:
        await stage.recv()  # all that is known; from now on what changes
        got, begun = 0, time.perf_counter()
        while (left := begun + seconds - time.perf_counter()) > 0:
            try:
                await asyncio.wait_for(stage.recv(), left)
            except TimeoutError:
                break
            got += 1
    return got / seconds
