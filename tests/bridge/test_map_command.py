"""`phonoscope map`: what it says, and its page in a real browser, with names that try to be more than names."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge.cli import main
from engine.indexing import index
from engine.mapping import lay_out, neighbours
from tests.browser import opened, until
from tests.engine.sounds import RATE, BrightnessEar, tone

HOSTILE = "<img src=x onerror=hacked=1>"
TITLES = {HOSTILE: 300, "</script><script>hacked=1</script>".replace("/", "\N{FRACTION SLASH}"): 500,
          "deep & low": 90, "bright": 5000}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("map")
    for number, (title, hertz) in enumerate(TITLES.items()):
        file = folder / "sounds" / ("tones" if number < 2 else '"><b>other') / f"{title}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, tone(hertz, 1.5), RATE)
    (folder / "sounds" / "LICENCE").write_text("</script><script>hacked=1</script>")
    index(folder / "sounds", folder / "library", BrightnessEar())
    return folder / "library"


def draw(library: Path, capsys: pytest.CaptureFixture[str], status: int = 0) -> dict[str, Any]:
    assert main(["map", str(library), "-o", str(library.parent / "map.html"), "--json"]) == status
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    told: dict[str, Any] = json.loads(out)
    return told


def test_a_page_is_made_that_holds_everything(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = draw(library, capsys)
    page = Path(told["map"]).read_text()
    assert told["clips"] == 4 and told["projection"] == "PCA" and 0 <= told["trustworthiness"] <= 1
    assert page.count("data:audio/mpeg;base64,") == 4 and told["bytes"] == len(page.encode())
    assert page.count("<script") == 2 and page.count("</script") == 2, "no name ends or begins a script"
    assert HOSTILE not in page
    for elsewhere in ("src=\"http", "href=\"http", "@import", "url(http"):
        assert elsewhere not in page


def test_a_sound_whose_file_is_gone_is_told_and_the_map_is_drawn(library: Path, tmp_path: Path,
                                                                capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "library"
    shutil.copytree(library, copy)
    next((copy / "clips").iterdir()).unlink()
    told = draw(copy, capsys, status=1)
    assert told["clips"] == 4 and len(told["mute"]) == 1


def test_a_name_that_is_no_page_is_refused(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", str(library), "-o", str(tmp_path / "map.png")]) == 1
    assert "ends in .html" in capsys.readouterr().err and not (tmp_path / "map.png").exists()


@pytest.mark.parametrize("count", [1, 2, 3, 40])
def test_like_sounds_lie_together_and_the_same_sounds_in_the_same_place(count: int) -> None:
    random = np.random.default_rng(0)
    kind = np.arange(count) % 2
    embedding = np.eye(8, dtype=np.float32)[kind * 3] + 0.1 * random.standard_normal((count, 8), np.float32)
    embedding /= np.linalg.norm(embedding, axis=1, keepdims=True)
    layout = lay_out(embedding)
    assert np.isfinite(layout.place).all() and np.abs(layout.place).max() <= 1
    np.testing.assert_array_equal(layout.place, lay_out(embedding).place)
    rows, cosines = neighbours(embedding, 6)
    assert rows.shape == cosines.shape == (count, min(6, count - 1))
    assert all(i not in row for i, row in enumerate(rows))
    if count == 40:
        assert layout.projection == "t-SNE" and layout.trustworthiness is not None and layout.trustworthiness > 0.7
        assert (kind[rows] == kind[:, None]).all()
        apart = np.linalg.norm(layout.place[:, None] - layout.place, axis=2) + 9 * np.eye(count)
        assert (kind[apart.argmin(axis=1)] == kind).mean() > 0.9


@pytest.fixture
def page(library: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """The map in Chromium, loaded from its file."""
    with opened(Path(draw(library, capsys)["map"])) as page:
        yield page


def test_in_a_browser_sounds_are_seen_heard_and_found(page: Any) -> None:
    place = page.evaluate("map.canvas.screen(map.data.clips.title.indexOf('bright'))")
    pixel = ", ".join(f"{at} * devicePixelRatio" for at in place)
    drawn = f"document.querySelectorAll('.plane canvas')[1].getContext('2d').getImageData({pixel}, 1, 1).data[3]"
    until(page, f"{drawn} > 200")
    box = page.locator("#map").bounding_box()
    place = [box["x"] + place[0], box["y"] + place[1]]
    page.mouse.move(*place)
    until(page, "map.player.audio.currentTime > 0.05 && map.data.clips.title[map.player.sounding] === 'bright'")
    assert page.locator("#tip").inner_text().startswith("bright")
    page.mouse.move(place[0], place[1] + 200)
    until(page, "map.player.audio.paused")
    page.mouse.click(*place)
    assert page.locator("#card h2").inner_text() == "bright" and page.locator("#card .alike").count() == 3
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("deep lo")
    assert page.evaluate("map.data.clips.title.filter((_, i) => map.find.shown[i])") == ["deep & low"]
    assert page.locator("#count").inner_text() == "1 of 4 sounds"
    page.keyboard.press("Enter")
    assert page.locator("#card h2").inner_text() == "deep & low"
    page.keyboard.press("Escape")
    page.locator("#legend button", has_text="tones").click()
    assert page.locator("#count").inner_text() == "2 of 4 sounds"


def test_names_stay_names_in_a_browser(page: Any) -> None:
    for i in range(len(TITLES)):
        page.evaluate("i => { map.hover(i); map.select(i); }", i)
    assert set(page.evaluate("map.data.clips.title")) == set(TITLES)
    page.evaluate("map.select(map.data.clips.title.findIndex((title) => title.startsWith('<img')))")
    assert page.locator("#card h2").inner_text() == HOSTILE
    assert page.evaluate("typeof hacked") == "undefined" and page.locator("img, #legend b, #card script").count() == 0
