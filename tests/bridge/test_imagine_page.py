"""Imagine in a real browser: a picture that is given is seen and heard, and its soundscape changed and kept."""

import base64
import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import soundfile

from engine.indexing import index
from engine.library import shipped_library
from engine.shared import MATCH, Session
from tests.axe import violations
from tests.bridge.test_imagine_command import PlacesEar, picture
from tests.bridge.test_stage_page import Stage
from tests.browser import opened, until
from tests.engine.sounds import RATE, folder_of_sounds, tone

HERTZ = {"deep": 80, "low": 200, "high": 4000, "top": 500}
PLAYING = "document.getElementById('hearing').dataset.state == 'playing'"
HEARD = f"{PLAYING} && Number(document.getElementById('level').getAttribute('aria-valuenow')) > -50"
LOUDEST = f"""import("/static/imagine.js").then(({{ player: {{ analyser }} }}) => {{
    const levels = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(levels);
    return levels.indexOf(Math.max(...levels)) * {RATE} / analyser.fftSize;
}})"""


def said(text: str) -> str:
    return f"document.getElementById('said').textContent.includes({text!r})"


def pictured(name: str) -> str:
    return f"document.getElementById('picture').alt.startsWith({name!r})"


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tones")
    index(folder_of_sounds(folder / "sounds"), folder / "library", PlacesEar())
    return folder / "library"


@pytest.fixture(scope="module")
def sea(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return picture(tmp_path_factory.mktemp("pictures") / "sea.jpg", (130, 80, 20))


@pytest.fixture(scope="module")
def stage(tones: Path, sea: Path) -> Iterator[Stage]:
    """A session without players, and its page, whose studio has loaded what it needs and stays for all tests."""
    session = Session.create({"dream": {"on": False}, "library": str(tones)})
    stage = Stage(session)
    with urllib.request.urlopen(f"http://{stage.place}/imagine/picture", sea.read_bytes()) as answer:
        library = json.load(answer)["fp"]
    urllib.request.urlopen(f"http://{stage.place}/imagine/sound.wav?library={library}&picks=0:1&seconds=1").close()
    yield stage
    stage.face.close()
    session.close()


@pytest.fixture(scope="module")
def window(stage: Stage) -> Iterator[Any]:
    with opened(f"{stage.face.address}imagine") as page:
        yield page


@pytest.fixture
def page(window: Any, stage: Stage, tones: Path) -> Any:
    play(stage, tones)
    window.goto(f"{stage.face.address}imagine")
    return window


def play(stage: Stage, library: Path) -> None:
    match = np.zeros((), MATCH)
    match["folder"] = os.fsencode(library)
    stage.session.match.write(match)


def pick(page: Any, *titles: str) -> None:
    """Switch these clips on and all others off, and wait until they have been asked for."""
    rows = {row.query_selector("strong").inner_text(): row for row in page.query_selector_all("#matches li")}
    for title in sorted(rows, key=lambda title: title not in titles):  # never nothing on the way
        rows[title].query_selector("[type=checkbox]").set_checked(title in titles)
    clips = sorted(int(rows[title].get_attribute("data-clip")) for title in titles)
    until(page, f"""document.getElementById('hearing').dataset.picks.split(',').filter(Boolean).map(parseFloat)
        .sort((a, b) => a - b).join() == '{",".join(map(str, clips))}'""")


def sounds_like(title: str) -> str:
    return f"{LOUDEST}.then((hertz) => Math.abs(hertz - {HERTZ[title]}) < 30)"


def spectrum_peak(samples: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(samples.mean(axis=1)))
    return float(np.argmax(power) * RATE / len(samples))


def test_a_photograph_is_seen_explained_and_heard(page: Any, stage: Stage, shared_data: Path) -> None:
    play(stage, shipped_library())
    page.set_input_files("#file", shared_data / "panoramas" / "sea_sunset.jpg")
    until(page, HEARD)
    assert page.evaluate("document.getElementById('picture').naturalWidth") == 1280  # made less before it was sent
    assert page.locator("#scene li").count() == 5 and "%" in page.inner_text("#scene li >> nth=0")
    assert page.locator("#matches li").count() == 12
    assert page.locator("#matches li.on").count() == page.locator("#matches :checked").count() >= 1
    page.click("#matches summary >> nth=0")
    shown = page.inner_text("#matches li >> nth=0")
    assert "Both: " in shown and "cosine" in shown and "synthesised by engine/shipped" in shown
    assert f"{page.locator('#matches :checked').count()} sound" in page.inner_text("#doing")


def test_what_is_picked_is_what_sounds(page: Any, sea: Path) -> None:
    page.set_input_files("#file", sea)
    until(page, HEARD)
    for title in ("high", "low"):
        pick(page, title)
        until(page, sounds_like(title))
    loud = page.evaluate("document.getElementById('level').getAttribute('aria-valuenow')")
    page.fill("#matches li.on [type=range]", "0.1")
    until(page, f"document.getElementById('level').getAttribute('aria-valuenow') < {loud} - 12")
    pick(page)
    assert page.get_attribute("#hearing", "data-state") == "none" and page.is_disabled("#play")
    pick(page, "high")
    until(page, f"{PLAYING} && {sounds_like('high')}")


def test_it_is_heard_sample_by_sample_and_over_its_end(page: Any, sea: Path) -> None:
    with page.expect_request("**/sound.wav?*") as request:
        page.set_input_files("#file", sea)
    loudest, wrong = page.evaluate("""async (asked) => {
        const { LEAD_S, RATE, Voice } = await import("/static/player.js");
        const { wavStream } = await import("/static/wavstream.js");
        const context = new OfflineAudioContext(2, 2 * RATE, RATE);
        const voice = new Voice(context, context.destination);
        for await (const piece of wavStream((await fetch(asked)).body, 1000)) voice.add(piece);
        const heard = (await context.startRendering()).getChannelData(0);
        const wav = new DataView(await (await fetch(asked)).arrayBuffer(), 44);
        const sample = (i) => (i < 0 || i >= 2 * RATE ? 0 : wav.getInt16(4 * i, true) / 32768);
        const begin = LEAD_S * RATE;
        let loudest = 0, wrong = 0;
        heard.forEach((value, i) => {  // it turns after a second, half its length
            loudest = Math.max(loudest, Math.abs(value));
            wrong = Math.max(wrong, Math.abs(value - sample(i - begin) - sample(i - begin - RATE)));
        });
        return [loudest, wrong];
    }""", request.value.url.replace("seconds=20", "seconds=2"))
    assert loudest > 0.05 and wrong < 1e-5


def test_stop_silences_and_play_goes_on(page: Any, sea: Path) -> None:
    page.set_input_files("#file", sea)
    until(page, HEARD)
    page.click("#play")
    until(page, "document.getElementById('level').textContent.includes('silent')")
    pick(page, "high")  # while nothing sounds
    assert page.get_attribute("#hearing", "data-state") == "stopped"
    page.click("#play")
    until(page, f"{HEARD} && {sounds_like('high')}")


def test_the_sound_is_kept_as_a_wav(page: Any, sea: Path) -> None:
    page.set_input_files("#file", sea)
    until(page, HEARD)
    pick(page, "top")
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "sea.wav"
    samples, rate = soundfile.read(download.value.path())
    assert (rate, samples.shape) == (RATE, (20 * RATE, 2))
    assert np.sqrt((samples ** 2).mean()) > 1e-3 and abs(spectrum_peak(samples) - HERTZ["top"]) < 10


def test_all_of_it_is_kept_as_a_page(page: Any, sea: Path) -> None:
    page.set_input_files("#file", sea)
    until(page, HEARD)
    with page.expect_download() as download:
        page.click("#save")
    assert download.value.suggested_filename == "sea.html"
    assert download.value.path().read_text().lstrip().lower().startswith("<!doctype html>")


def test_a_picture_is_dropped(page: Any, sea: Path) -> None:
    tools = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        tools.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": {
            "items": [], "files": [str(sea)], "dragOperationsMask": 1}})
    until(page, f"{HEARD} && {pictured('sea.jpg')}")


def test_a_picture_is_pasted(page: Any, sea: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    png = base64.b64encode(cv2.imencode(".png", cv2.imread(str(sea)))[1].tobytes()).decode()
    page.evaluate("""async (png) => {
        const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
        await navigator.clipboard.write([new ClipboardItem({ "image/png": new Blob([bytes], { type: "image/png" }) })]);
    }""", png)
    page.keyboard.press("Control+v")
    until(page, f"{HEARD} && {pictured('image.png')}")
    page.evaluate("navigator.clipboard.writeText('words')")
    page.keyboard.press("Control+v")
    until(page, said("is no picture"))


def test_a_photograph_is_taken(page: Any) -> None:
    page.click("#photograph")
    until(page, "document.querySelector('video').videoWidth > 0")
    page.click("text=Shutter")
    until(page, f"{HEARD} && {pictured('photograph.jpg')}")
    assert page.evaluate("document.querySelector('video').srcObject") is None  # the camera is let go


def test_what_the_instruments_camera_sees_is_heard(page: Any, stage: Stage) -> None:
    stage.session.frame.write(np.full((90, 160, 3), (20, 90, 200), np.uint8), 1.0)
    page.click("#camera")
    until(page, f"{HEARD} && {pictured('camera.jpg')}")
    assert page.evaluate("document.getElementById('picture').naturalWidth") == 160


def test_of_two_pictures_the_newer_stays(page: Any, sea: Path, tmp_path: Path) -> None:
    page.set_input_files("#file", sea)
    page.set_input_files("#file", picture(tmp_path / "meadow.jpg"))
    until(page, f"{HEARD} && document.querySelector('[aria-busy]') === null")
    assert page.evaluate(pictured("meadow.jpg"))


def test_a_broken_file_is_told_and_the_old_picture_goes_on(page: Any, sea: Path, tmp_path: Path) -> None:
    page.set_input_files("#file", sea)
    until(page, HEARD)
    (tmp_path / "broken.jpg").write_bytes(sea.read_bytes()[:200])
    page.set_input_files("#file", tmp_path / "broken.jpg")
    until(page, said("broken.jpg"))
    assert page.evaluate(f"{pictured('sea.jpg')} && {HEARD}")
    assert "sea.jpg: " in page.inner_text("#doing") and page.get_attribute("#view", "aria-busy") is None


def test_another_library_is_noticed_and_the_picture_looked_at_anew(page: Any, stage: Stage, sea: Path,
                                                                   tmp_path: Path) -> None:
    page.set_input_files("#file", sea)
    until(page, HEARD)
    (tmp_path / "sounds").mkdir()
    soundfile.write(tmp_path / "sounds" / "whistle.wav", tone(1500), RATE)
    index(tmp_path / "sounds", tmp_path / "library", PlacesEar())
    play(stage, tmp_path / "library")
    page.click("#matches li.on [type=checkbox] >> nth=0")
    until(page, f"document.getElementById('matches').textContent.includes('whistle') && {HEARD}")


def test_where_the_browser_holds_sound_back_one_button_lets_it_sound(page: Any, sea: Path) -> None:
    page.set_input_files("#file", sea)
    until(page, HEARD)
    page.evaluate("import('/static/imagine.js').then(({ player }) => player.context.suspend())")  # as a call does
    until(page, "document.getElementById('hearing').dataset.state == 'waiting'")
    page.click("text=Hear it")
    until(page, HEARD)
    assert page.is_hidden("#hear") and page.evaluate("document.activeElement.id") == "play"


def test_it_is_used_by_keyboard_alone(page: Any, sea: Path) -> None:
    choosers: list[Any] = []

    def choose(chooser: Any) -> None:
        choosers.append(chooser)

    page.on("filechooser", choose)  # well ahead: the browser must know of it when the key comes
    page.focus("nav a >> nth=4")
    page.keyboard.press("Tab")
    until(page, "document.activeElement.id == 'choose'")
    page.keyboard.press("Enter")
    while not choosers:
        page.wait_for_timeout(50)
    page.remove_listener("filechooser", choose)
    choosers[0].set_files(sea)
    until(page, HEARD)
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "play"
    page.keyboard.press(" ")
    assert page.get_attribute("#hearing", "data-state") == "stopped"
    page.keyboard.press(" ")
    for _ in range(4):
        page.keyboard.press("Tab")
    before = page.get_attribute("#hearing", "data-picks")
    page.keyboard.press(" ")  # the best of the matches
    until(page, f"document.getElementById('hearing').dataset.picks != '{before}' && {PLAYING}")


def test_nothing_keeps_anybody_from_imagining(page: Any, sea: Path, tmp_path: Path) -> None:
    assert violations(page, tmp_path) == []
    page.set_input_files("#file", sea)
    until(page, HEARD)
    page.evaluate("document.querySelectorAll('details').forEach((match) => { match.open = true; })")
    assert violations(page, tmp_path) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.set_viewport_size({"width": 1100, "height": 700})
