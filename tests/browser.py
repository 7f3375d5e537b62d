"""A real browser for tests of pages: headless Chromium, driven by Playwright."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextlib.contextmanager
def opened(page_at: Path | str) -> Iterator[Any]:
    """Open a page from its file or its address; skips the test where there is no browser."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=[
            "--headless", "--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--use-angle=swiftshader",
            "--enable-unsafe-swiftshader", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"])
        page = browser.new_page(viewport={"width": 1100, "height": 700})
        page.goto(page_at if isinstance(page_at, str) else page_at.as_uri())
        yield page
        browser.close()


def until(page: Any, expression: str) -> None:
    """Wait for what a page's own policy keeps Playwright's wait_for_function from evaluating."""
    for _ in range(400):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"waited in vain for {expression}")
