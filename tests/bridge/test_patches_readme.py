"""What the pages about patches say works: show files load, buses exist, and every file that they name is there."""

import re
from pathlib import Path

import pytest

from bridge.namespace import NAMESPACE
from engine.showfile import load_show

PATCHES = Path(__file__).parents[2] / "patches"
PAGES = {str(page.relative_to(PATCHES)): page.read_text() for page in PATCHES.glob("**/README.md")}


@pytest.mark.parametrize("page", PAGES)
def test_its_show_files_load(page: str, tmp_path: Path) -> None:
    for i, text in enumerate(re.findall(r"```toml\n(.*?)```", PAGES[page], re.DOTALL)):
        if "[[mapping]]" not in text:
            show = tmp_path / f"{i}.toml"
            show.write_text(text)
            load_show(show)


@pytest.mark.parametrize("page", PAGES)
def test_its_buses_and_files_are_there(page: str) -> None:
    for bus in re.findall(r"\[r (phono/[a-z0-9/_]+)\]", PAGES[page]):
        assert f"/{bus}" in NAMESPACE or bus in ("phono/in", "phono/alive", "phono/other"), bus
    for name in re.findall(r"`((?:phonoscope[\w-]*)\.(?:pd|maxpat|py))`", PAGES[page]):
        assert list(PATCHES.glob(f"**/{name}")), name
    for target in re.findall(r"\]\(([^)]+)\)", PAGES[page]):
        path = PATCHES / Path(page).parent / target
        assert path.exists() or path.parent.name == "docs", target
