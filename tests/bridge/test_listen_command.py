"""`phonoscope listen`: the shipped examples are in order, and the page plays in a real browser."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge.cli import main
from bridge.listening import examples
from bridge.listening.examples import Example, Group, Moment
from bridge.listening.performance import RATE, perform
from bridge.listening.spectrogram import HEIGHT, HIGHEST_HZ, LOWEST_HZ, WIDTH, picture
from engine.library import Library, shipped_library
from engine.parameters import INDEX
from engine.sound.spatial import parse_layout
from tests.browser import opened, until

HOSTILE = "</script><img src=x onerror=hacked=1>"


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.open(shipped_library())


@pytest.fixture(scope="module")
def example() -> Example:
    """The first one that ships, but shorter."""
    return replace(examples.load()[0].examples[0], seconds=1.0)


def test_every_example_can_be_played_from_what_ships(library: Library) -> None:
    titles = {clip.title for clip in library.clips}
    for group in examples.load():
        assert group.text and group.examples
        for example in group.examples:
            assert example.text and example.seconds <= 10
            assert {start.clip for start in example.play} <= {*titles, examples.MICROPHONE}, example.title
            assert not example.microphone or example.microphone in titles, example.title
            assert parse_layout(example.layout).channels == 2
            times = [moment.at for moment in example.moments]
            assert times[0] == 0 and times == sorted(set(times)) and times[-1] <= example.seconds
            assert [start.at for start in example.play] == sorted(start.at for start in example.play)


@pytest.mark.parametrize("knob", ["shape", "interpolation", "mode", "emission", "crossfade/shape"])
def test_every_way_of_the_mixer_is_among_the_examples(knob: str) -> None:
    path = knob if "/" in knob else f"layer/1/{knob}"
    heard = {float(moment.snapshot[INDEX[path]]) for group in examples.load() for example in group.examples
             for moment in example.moments}
    assert heard == {float(value) for value in range(4 if knob == "shape" else 3)}


def test_an_example_sounds_the_same_every_time_and_ends_in_silence(library: Library, example: Example) -> None:
    sound = perform(example, library)
    assert sound.shape == (RATE, 2) and np.abs(sound).max() > 0.01 and sound[-1].tolist() == [0, 0]
    np.testing.assert_array_equal(sound, perform(example, library))


def test_knobs_move_along_their_own_scale(library: Library, example: Example) -> None:
    begin = example.moments[0]
    silent = begin.snapshot.copy()
    silent[INDEX["master/gain"]] = -60
    fades = replace(example, moments=(begin, Moment(1.0, {"master/gain": -60}, silent)))
    sound = perform(fades, library)
    rms = np.sqrt(np.square(sound[:RATE // 2]).mean()), np.sqrt(np.square(sound[-RATE // 4:]).mean())
    assert rms[1] < 0.05 * rms[0]


@pytest.mark.parametrize("hertz", [100, 1000, 10_000])
def test_a_tone_is_a_line_at_its_height_and_as_bright_everywhere(hertz: float) -> None:
    import io

    from PIL import Image

    tone = (0.1 * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)).astype(np.float32)[:, None]
    level = np.array(Image.open(io.BytesIO(picture(tone, RATE))))
    assert level.shape == (HEIGHT, WIDTH)
    column = level[:, WIDTH // 2].astype(int)
    expected = np.log(HIGHEST_HZ / hertz) / np.log(HIGHEST_HZ / LOWEST_HZ) * HEIGHT
    assert np.flatnonzero(column == column.max()).mean() == pytest.approx(expected, abs=3)
    assert column.max() == pytest.approx(255, abs=8), "-20 dB is the brightest colour"


def test_both_channels_are_shown_one_above_the_other() -> None:
    import io

    from PIL import Image

    left = np.zeros((RATE, 2), np.float32)
    left[:, 0] = 0.1 * np.random.default_rng(0).standard_normal(RATE)
    level = np.array(Image.open(io.BytesIO(picture(left, RATE)))).astype(int)
    assert level[:HEIGHT // 2].mean() > 100 and level[HEIGHT // 2:].max() == 0


@pytest.fixture(scope="module")
def folder(library: Library, example: Example, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of two groups, written by the command itself."""
    folder = tmp_path_factory.mktemp("listen") / "page"
    groups = (Group("First", "text", (example, replace(example, title="second", channels=True))),
              Group(HOSTILE, HOSTILE, (replace(example, title=HOSTILE, text=HOSTILE),)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examples, "load", lambda: groups)
        assert main(["listen", "-o", str(folder), "--json"]) == 0
    return folder


def test_a_folder_with_page_sounds_and_pictures_is_written(folder: Path) -> None:
    sounds, pictures = sorted((folder / "sounds").iterdir()), sorted((folder / "pictures").iterdir())
    assert len(sounds) == len(pictures) == 3 and len(list(folder.iterdir())) == 3
    assert soundfile.info(sounds[0]).samplerate == RATE and soundfile.info(sounds[0]).duration == 1
    page = (folder / "index.html").read_text()
    assert page.count("<script") == 2 and "onerror=hacked" in page and HOSTILE not in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["listen", "-o", str(tmp_path / "file" / "page")]) == 1
    assert "can't be written" in capsys.readouterr().err


@pytest.fixture
def page(folder: Path) -> Iterator[Any]:
    """The page in Chromium, loaded from its file."""
    with opened(folder / "index.html") as page:
        yield page


def test_in_a_browser_examples_are_seen_heard_and_compared(page: Any) -> None:
    assert page.locator("article").count() == 3 and page.locator("nav a").count() == 2
    until(page, "document.querySelector('img').naturalWidth > 0")
    page.locator("article button").first.click()
    until(page, "all[0].audio.currentTime > 0.3")
    page.locator("article button").nth(1).click()
    until(page, "all[0].audio.paused && all[1].audio.currentTime > 0.3")
    assert page.locator("article.plays").count() == 1
    page.keyboard.press("Escape")
    page.locator(".picture").nth(2).click(position={"x": 100, "y": 20})
    until(page, "all[1].audio.paused && !all[2].audio.paused && all[2].audio.currentTime > 0.2")
    assert page.locator(".picture").nth(1).inner_text().count("kHz") == 4, "both channels have a scale"
    assert page.evaluate("typeof hacked") == "undefined" and page.locator("h3").nth(2).inner_text() == HOSTILE


def test_the_keyboard_goes_from_example_to_example(page: Any) -> None:
    page.keyboard.press("Space")
    until(page, "!all[0].audio.paused")
    page.keyboard.press("ArrowRight")
    until(page, "all[0].audio.paused && !all[1].audio.paused")
    page.keyboard.press("ArrowLeft")
    until(page, "!all[0].audio.paused")
    page.keyboard.press("Space")
    until(page, "all.every(example => example.audio.paused)")
