"""The library's view in a real browser: what is pointed at is heard, what plays glows, and names stay names."""

import contextlib
import gzip
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from bridge.desk import Desk
from bridge.osc_out import State
from bridge.page.face import PageFace
from engine.clock import MonotonicClock
from engine.indexing import index
from engine.library import Library
from engine.morph import Morpher
from engine.shared import MATCH, NO_CLIP, Session
from engine.show import PageConfig
from engine.snapshots import Snapshots
from tests.axe import violations
from tests.browser import opened, until
from tests.engine.sounds import RATE, BrightnessEar, tone

HOSTILE = "<img src=x onerror=hacked=1>"
SOUNDS = {"sea/deep": 250, "sea/low": 500, f"street/{HOSTILE}": 1000, "birds/middle": 2000, "birds/high": 4000}
OTHER = {"bells/small": 3000, "bells/large": 700}


class PitchEar(BrightnessEar):
    """Hears sounds of different pitch in different places."""

    def hear(self, samples: NDArray[np.float32], rate: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        log_q, _ = super().hear(samples, rate)
        hertz = np.abs(np.fft.rfft(samples.mean(axis=1))).argmax() * rate / len(samples)
        angle = np.log2(hertz / 200) / 5 * np.pi
        return log_q, np.array([np.cos(angle), np.sin(angle)], np.float32)


def indexed(folder: Path, sounds: dict[str, int]) -> Library:
    for name, hertz in sounds.items():
        file = folder / "sounds" / f"{name}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, tone(hertz, 2.0), RATE)
    if (birds := folder / "sounds" / "birds").exists():
        (birds / "LICENCE").write_text("CC BY 4.0 <b>by nobody</b>")
        (birds / "manifest.csv").write_text("file,source\nhigh.wav,https://example.org/high\nmiddle.wav,javascript:hacked=1\n")
    index(folder / "sounds", folder / "library", PitchEar())
    return Library.open(folder / "library")


class Shown:
    """A session without players, the page of its library, and another library to swap to."""

    def __init__(self, folder: Path) -> None:
        self.library, self.other = indexed(folder / "one", SOUNDS), indexed(folder / "two", OTHER)
        self.session = Session.create({"dream": {"on": False}, "library": str(self.library.folder)})
        desk = Desk(Morpher(self.session, MonotonicClock(), Snapshots()))
        self.face = PageFace(self.session, State(self.session, desk.morpher), PageConfig("127.0.0.1:0"), "Harbour",
                             desk, lambda line: None)
        self.face.start()

    def play(self, library: Library, weights: dict[str, float]) -> None:
        """Say what the layers play, as SIGHT does: clips by title, and their levels."""
        match = np.zeros((), MATCH)
        match["folder"], match["clip"] = os.fsencode(library.folder), NO_CLIP
        for layer, (title, weight) in enumerate(weights.items()):
            match["clip"][layer], match["weight"][layer] = number(library, title), weight
        self.session.match.write(match)

    def get(self, path: str, **headers: str) -> Any:
        return urllib.request.urlopen(urllib.request.Request(f"{self.face.address}{path}", headers=headers), timeout=60)


def number(library: Library, title: str) -> int:
    return [clip.title for clip in library.clips].index(title)


def settled(shown: Shown) -> dict[str, Any]:
    """The places of the clips, as soon as they are settled."""
    name = json.load(shown.get("library.json"))["fp"]
    while not (places := json.load(shown.get(f"library/places.json?library={name}")))["settled"]:
        time.sleep(0.05)
    return dict(places)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    shown = Shown(tmp_path_factory.mktemp("library"))
    yield shown
    shown.face.close()
    shown.session.close()


@pytest.fixture
def shown(everything: Shown) -> Shown:
    everything.play(everything.library, {"deep": 1.0, "high": 0.25})
    return everything


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened("about:blank") as page:
        yield page.context.browser


@pytest.fixture
def page(browser: Any, shown: Shown) -> Iterator[Any]:
    """The view in Chromium, with an ear at its audio element: `pitch()` says in Hz what is heard, 0 for silence."""
    with contextlib.closing(browser.new_page(viewport={"width": 1100, "height": 700})) as page:
        page.goto(f"{shown.face.address}library")
        page.evaluate("""async () => {
            window.map = (await import("/static/library.js")).map;
            const context = new AudioContext(), ear = context.createAnalyser();
            ear.fftSize = 8192;
            context.createMediaElementSource(document.getElementById("audio")).connect(ear);
            const bins = new Float32Array(ear.frequencyBinCount);
            window.pitch = () => {
                ear.getFloatFrequencyData(bins);
                const best = bins.indexOf(Math.max(...bins));
                return bins[best] > -50 ? best * context.sampleRate / ear.fftSize : 0;
            };
        }""")
        until(page, "map.data !== undefined && document.querySelectorAll('#playing li').length > 0")
        yield page


def place(page: Any, title: str) -> tuple[float, float]:
    """Where a clip lies on the screen."""
    x, y = page.evaluate("title => map.canvas.screen(map.data.clips.title.indexOf(title))", title)
    box = page.locator("#map").bounding_box()
    return box["x"] + x, box["y"] + y


def test_what_is_pointed_at_is_heard(page: Any) -> None:
    for title, hertz in (("high", 4000), ("deep", 250)):
        page.mouse.move(*place(page, title))
        until(page, f"Math.abs(pitch() - {hertz}) < 20")
        assert page.locator("#tip").inner_text().startswith(title)
    page.mouse.move(20, 300)
    until(page, "document.getElementById('audio').paused")
    assert not page.locator("#tip").is_visible()


def test_what_the_instrument_plays_glows_as_loud_as_it_is(page: Any, shown: Shown) -> None:
    glow = """title => { const light = document.querySelector(".plane canvas");
        const [x, y] = map.canvas.screen(map.data.clips.title.indexOf(title)).map((at) => at * devicePixelRatio);
        return light.getContext("2d").getImageData(x + 12, y, 1, 1).data[3]; }"""
    until(page, "document.querySelectorAll('#playing li').length == 2")
    assert page.locator("#playing").inner_text().split() == ["1", "deep", "1.00", "2", "high", "0.25"]
    until(page, f"({glow})('deep') > 60")
    assert page.evaluate(glow, "deep") > page.evaluate(glow, "high") > page.evaluate(glow, "low") == 0
    shown.play(shown.library, {"low": 0.5})
    until(page, "document.getElementById('playing').innerText.split(/\\s+/).join() == '1,low,0.50'")
    until(page, f"({glow})('low') > 30 && ({glow})('deep') == 0")
    page.locator("#playing button").click()
    assert page.locator("#card h2").inner_text() == "low"


def test_sounds_are_found_by_words_category_and_licence_and_walked_to_by_keys(page: Any) -> None:
    count, card = page.locator("#count"), page.locator("#card h2")
    page.locator("#map").focus()
    page.keyboard.press("/")
    page.keyboard.type("high bird")
    assert count.inner_text() == "1 of 5 sounds"
    page.keyboard.press("Enter")
    assert card.inner_text() == "high"
    until(page, "Math.abs(pitch() - 4000) < 20")
    page.keyboard.press("Escape")
    assert count.inner_text() == "5 sounds" and not page.locator("#card").is_visible()
    page.locator("#legend button", has_text="sea").click()
    assert count.inner_text() == "2 of 5 sounds"
    page.keyboard.press("Escape")
    page.select_option("#licence", label="CC BY 4.0 <b>by nobody</b>")
    assert count.inner_text() == "2 of 5 sounds"
    page.locator("#map").focus()
    walked = set()
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
        walked.add(card.inner_text())
    assert walked == {"high", "middle"}, "keys walk among what is shown, and nowhere else"


def test_licence_and_source_are_shown_and_names_stay_names(page: Any) -> None:
    for i in range(len(SOUNDS)):
        page.evaluate("i => { map.hover(i); map.go(i); }", i)
        until(page, f"map.selected == {i} && document.querySelectorAll('#card .likely').length > 0")
    page.evaluate("map.go(map.data.clips.title.indexOf('high'))")
    until(page, "document.querySelector('#card a') !== null")
    assert page.locator("#card .licence").inner_text() == "CC BY 4.0 <b>by nobody</b>"
    assert page.locator("#card a").get_attribute("href") == "https://example.org/high"
    page.evaluate("map.go(map.data.clips.title.indexOf('middle'))")
    until(page, "document.getElementById('card').textContent.includes('javascript:')")
    assert page.locator("#card a").count() == 0
    page.evaluate("map.go(map.data.clips.title.findIndex((title) => title.startsWith('<img')))")
    assert page.locator("#card h2").inner_text() == HOSTILE
    assert page.evaluate("typeof hacked") == "undefined"
    assert page.locator("main img, main b:not(#playing b)").count() == 0


def test_another_library_is_noticed(page: Any, shown: Shown) -> None:
    page.fill("#search", "high")
    page.evaluate("map.go(0)")
    shown.play(shown.other, {"small": 1.0})
    until(page, "document.getElementById('count').textContent == '1 of 2 sounds' || map.data.clips.title.length == 2")
    until(page, "document.getElementById('playing').innerText.includes('small')")
    page.fill("#search", "")
    assert page.locator("#legend").inner_text().split() == ["bells", "2"] and not page.locator("#card").is_visible()
    page.mouse.move(*place(page, "small"))
    until(page, "Math.abs(pitch() - 3000) < 20")
    settled(shown)
    until(page, "document.getElementById('about').textContent.endsWith('arranged by PCA')")


def test_nothing_keeps_anybody_from_using_it(page: Any, tmp_path: Path) -> None:
    page.evaluate("map.go(0)")
    until(page, "document.querySelectorAll('#card .alike').length > 0")
    assert violations(page, tmp_path) == []
    page.set_viewport_size({"width": 360, "height": 740})
    until(page, "!document.querySelector('#find details').open")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("#map").bounding_box()["height"] > 150
    assert violations(page, tmp_path) == []


def test_a_sound_whose_file_is_gone_is_told_and_the_map_goes_on(page: Any, shown: Shown) -> None:
    gone = shown.library.clips[number(shown.library, "low")].audio
    sound = gone.read_bytes()
    gone.unlink()
    try:
        page.mouse.move(*place(page, "low"))
        until(page, "document.getElementById('hint').innerText.includes('repairs the library')")
        page.mouse.move(*place(page, "middle"))
        until(page, "Math.abs(pitch() - 2000) < 20 && document.getElementById('hint').hidden")
    finally:
        gone.write_bytes(sound)


def test_many_points_are_found_as_one_by_one(page: Any) -> None:
    found = page.evaluate("""async () => {
        const { Grid } = await import("/static/grid.js");
        const x = Float32Array.from({ length: 3000 }, (_, i) => Math.sin(i * i));
        const y = x.map((_, i) => Math.cos(7 * i * i) ** 3);
        const grid = new Grid(x, y), even = (i) => i % 2 == 0;
        const slow = (px, py, reach) => {
            const far = (i) => i < 0 ? reach : Math.hypot(x[i] - px, y[i] - py);
            return x.reduce((best, _, i) => even(i) && far(i) < far(best) ? i : best, -1);
        };
        const reaches = [0.02, 0.3, Infinity];
        return Array.from({ length: 200 }, (_, k) => [1.2 * Math.sin(k), 1.2 * Math.cos(k * k), reaches[k % 3]])
            .filter((asked) => grid.nearest(...asked, even) !== slow(...asked)).length;
    }""")
    assert found == 0


def test_of_what_is_asked_for_meanwhile_only_the_newest_is_done(page: Any) -> None:
    assert page.evaluate("""async () => {
        const { newest } = await import("/static/newest.js"), begun = [], go = [];
        const ask = newest((given) => { begun.push(given); return new Promise((done) => go.push(() => done(given))); });
        const asked = [1, 2, 3].map(ask);
        go[0]();
        const first = await asked[0], second = await asked[1];
        while (go.length < 2) await null;
        const last = ask(4);
        go[1]();
        const third = await asked[2];
        while (go.length < 3) await null;
        go[2]();
        return [begun, first, second, third, await last];
    }""") == [[1, 3, 4], 1, None, 3, 4]


def test_what_belongs_to_a_library_is_kept_by_browsers_and_never_mistaken(shown: Shown) -> None:
    answer = shown.get("library.json", **{"Accept-Encoding": "gzip"})
    told = json.loads(gzip.decompress(answer.read()))
    assert told == {**json.load(shown.get("library.json")), "settled": told["settled"]}
    assert [told["categories"][i] for i in told["clips"]["category"]] == [clip.category for clip in shown.library.clips]
    assert len(settled(shown)["x"]) == len(SOUNDS)
    tag = shown.get("library.json").headers["ETag"]
    with pytest.raises(urllib.error.HTTPError, match="304"):
        shown.get("library.json", **{"If-None-Match": tag})
    preview = shown.get(f"library/clip/0.mp3?library={told['fp']}")
    assert "immutable" in preview.headers["Cache-Control"] and preview.headers["Content-Type"] == "audio/mpeg"
    this = f"library={told['fp']}"
    for path, status in ((f"library/clip/5.mp3?{this}", 422), ("library/clip/0.mp3", 409),
                         (f"library/clip/{10**30}.json?{this}", 422), ("library/places.json?library=x", 409)):
        with pytest.raises(urllib.error.HTTPError, match=str(status)) as wrong:
            shown.get(path)
        assert json.load(wrong.value)["error"]
        assert "immutable" not in wrong.value.headers.get("Cache-Control", "")
    shown.play(shown.other, {})
    with pytest.raises(urllib.error.HTTPError, match="409"):
        shown.get(f"library/clip/0.mp3?library={told['fp']}")
    json.load(shown.get("library.json"))
    shown.play(shown.library, {})
    assert json.load(shown.get(f"library/places.json?{this}"))["settled"], "a cue may bring a library back at any time"
