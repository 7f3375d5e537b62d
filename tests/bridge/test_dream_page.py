"""The page's Dream view in a real browser: sounds of one's own are painted, played in time, and kept."""

import io
import json
import struct
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from bridge.desk import Desk
from bridge.osc_out import State
from bridge.page.dreaming import LARGEST, MOST_PAINTED
from bridge.page.face import PageFace
from bridge.studio.dreaming import QUALITY
from engine.clock import MonotonicClock
from engine.dream.painter.album import film
from engine.dream.painter.generator import Generator
from engine.morph import Morpher
from engine.pcm import RATE
from engine.shared import Session
from engine.show import PageConfig
from engine.snapshots import Snapshots
from tests.axe import violations
from tests.browser import opened, until
from tests.dreams import write_dream

HEAD = struct.Struct("<If")
PAINTED = "document.getElementById('told').textContent.includes(' pictures of ')"


class Page:
    """A session that dreams with a tiny model, and its page."""

    def __init__(self, folder: Path, dreams: bool = True) -> None:
        self.model = write_dream(folder / "tiny.ts")
        self.session = Session.create({"dream": {"on": dreams, "model": str(self.model)}})
        desk = Desk(Morpher(self.session, MonotonicClock(), Snapshots()))
        self.face = PageFace(self.session, State(self.session, desk.morpher, desk.cues), PageConfig("127.0.0.1:0", ""),
                             "Harbour", desk, lambda said: None)
        self.face.start()

    def post(self, path: str, sound: bytes) -> Any:
        """Send a sound; returns the open answer."""
        return urllib.request.urlopen(f"{self.face.address}dream/{path}", sound)

    def close(self) -> None:
        self.face.close()
        self.session.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    page = Page(tmp_path_factory.mktemp("dream"))
    page.post("pictures?fps=1", wav(np.ones(RATE))).read()  # how long the studio takes to start is the machine's matter
    yield page
    page.close()


@pytest.fixture(scope="module")
def browser(page: Page) -> Iterator[Any]:
    with opened(f"{page.face.address}dream#own") as browser:
        yield browser


@pytest.fixture
def view(browser: Any) -> Any:
    """The view as it is at first."""
    browser.evaluate("location.hash = 'own'")
    browser.reload()
    until(browser, "document.querySelectorAll('#own-knobs .knob').length > 0")
    turn(browser, "fps", 10)
    return browser


def wav(sound: NDArray[np.float64]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, RATE, "PCM_16", format="WAV")
    return file.getvalue()


@pytest.fixture(scope="module")
def waves() -> NDArray[np.float64]:
    """A second of loud noise, then one of a faint tone."""
    t = np.arange(RATE) / RATE
    return np.concatenate([np.random.default_rng(1).uniform(-0.8, 0.8, RATE), 0.004 * np.sin(2 * np.pi * 300 * t)])


@pytest.fixture(scope="module")
def sound(waves: NDArray[np.float64]) -> bytes:
    return wav(waves)


def records(content: bytes) -> list[tuple[float, bytes]]:
    found = []
    while content:
        size, time = HEAD.unpack(content[:HEAD.size])
        found.append((time, content[HEAD.size:HEAD.size + size]))
        content = content[HEAD.size + size:]
    return found


def refusal(page: Page, path: str, sound: bytes) -> tuple[int, str]:
    """Return the status and the reason with which a request is turned down."""
    with pytest.raises(urllib.error.HTTPError) as error:
        page.post(path, sound)
    return error.value.code, json.load(error.value)["error"]


def give(view: Any, name: str, content: bytes) -> None:
    view.set_input_files("#file", {"name": name, "mimeType": "audio/wav", "buffer": content})


def paint(view: Any, content: bytes) -> None:
    """Have a sound painted and stay at its beginning."""
    view.emulate_media(reduced_motion="reduce")
    give(view, "waves.wav", content)
    until(view, PAINTED)


def turn(view: Any, knob: str, value: float) -> None:
    field = f"#own-knobs [aria-label^='{knob} in ']"
    view.fill(field, str(value))
    view.press(field, "Enter")


def at(view: Any, time: float) -> NDArray[np.uint8]:
    """Return the picture that is shown at a time."""
    view.evaluate(f"import('/static/own.js').then(({{ wind }}) => wind({time}))")
    until(view, f"import('/static/own.js').then(({{ reel }}) => reel.shows({time}))")
    png = view.evaluate("document.getElementById('own-picture').toDataURL('image/png')")
    with urllib.request.urlopen(png) as content:
        picture = cv2.imdecode(np.frombuffer(content.read(), np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(picture)


def apart(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.abs(one.astype(float) - other).mean())


def test_the_pictures_are_those_of_a_film_of_the_sound(page: Page, sound: bytes) -> None:
    head, *pictures, last = records(page.post("pictures?seed=3&fps=5&jump=2&gain=-6", sound).read())
    assert json.loads(head[1]) == {"seconds": 2.0, "fps": 5.0, "model": "tiny", "remarks": []}
    samples, _ = soundfile.read(io.BytesIO(sound), dtype="float32", always_2d=True)
    expected = [cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
                for picture, _ in film(Generator.load(str(page.model)), samples * np.float32(10 ** -0.3), RATE, 3, 5,
                                       (512, 512), {"dream/jump": 2})]
    assert [jpeg for _, jpeg in pictures] == expected
    assert [time for time, _ in pictures] == pytest.approx([i / 5 for i in range(10)])
    assert last == (2.0, b"")


def test_a_film_is_made_with_the_sound_in_it(page: Page, sound: bytes, waves: NDArray[np.float64]) -> None:
    with av.open(io.BytesIO(page.post("film.mp4?fps=5&scale=1", sound).read()), "r") as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        container.seek(0)
        heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert len(pictures) == 10 and apart(pictures[1], pictures[8]) > 5
    assert np.std(heard[:RATE]) == pytest.approx(np.std(waves[:RATE]), rel=0.2)
    assert np.std(heard[RATE + 4800:2 * RATE]) < 0.01


@pytest.mark.parametrize(("path", "reason"), [
    ("pictures?speed=nan", "speed is 'nan'; expected 0 to 4 places/s"), ("pictures?gain=99", "expected -40 to 24 dB"),
    ("film.mp4?seed=-1", "seed is '-1'; expected a whole number"), ("film.mp4?palette=1", "'palette' is no knob"),
    (f"pictures?seed={'9' * 5000}", "expected a whole number"),
])
def test_a_knob_that_is_none_or_beyond_its_range_is_refused_with_the_reason(page: Page, sound: bytes, path: str,
                                                                           reason: str) -> None:
    status, said = refusal(page, path, sound)
    assert status == 422 and reason in said and len(said) < 300


@pytest.mark.parametrize("content", [
    b"no sound at all", b"RIFF\xff\xff\xff\xffWAVEfmt ", b"\x1aE\xdf\xa3" * 50, b"<svg onload='alert(1)'/>",
    b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", b"ffconcat version 1.0\nfile /etc/passwd\n",
    wav(np.zeros(0)), wav(np.zeros(1) + 0.5)[:44],
])
def test_what_is_no_sound_is_refused(page: Page, content: bytes) -> None:
    for path in ("heard.wav", "pictures", "film.mp4"):
        status, said = refusal(page, path, content)
        assert status == 422 and said.startswith("the file: ")


def test_only_the_first_minute_counts(page: Page) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(90 * 8000), 8000, format="FLAC")
    answer = page.post("heard.wav", file.getvalue())
    assert soundfile.info(io.BytesIO(answer.read())).duration == 60


def test_who_leaves_before_the_end_holds_up_nobody(page: Page, sound: bytes) -> None:
    for _ in range(3 * MOST_PAINTED):
        with page.post("pictures?fps=60", sound) as answer:
            assert answer.read(1000)
    assert page.post("pictures?fps=1", sound).read()


def test_a_loud_part_looks_other_than_a_faint_one_and_its_level_is_shown(view: Any, sound: bytes) -> None:
    paint(view, sound)
    loud, faint = at(view, 0.55), at(view, 1.55)
    assert apart(loud, faint) > 5 and apart(loud, at(view, 0.55)) == 0
    level = "Number(document.getElementById('own-level').getAttribute('aria-valuenow'))"
    assert view.evaluate(level) == pytest.approx(20 * np.log10(0.8 / 3 ** 0.5), abs=1)
    at(view, 1.55)
    assert view.evaluate(level) == pytest.approx(20 * np.log10(0.004 / 2 ** 0.5), abs=1)
    bars = view.evaluate("""[...document.querySelectorAll('#strip li')].map(
        (item) => Number(item.style.getPropertyValue('--part')))""")
    assert len(bars) == 4 and bars[0] > 0.8 > 0.3 > bars[3]


def test_knobs_and_seed_paint_it_anew_and_back_it_is_as_before(view: Any, sound: bytes) -> None:
    paint(view, sound)
    first = at(view, 0.55)
    for change in (lambda: turn(view, "gain", -30), lambda: view.click("#another")):
        change()
        until(view, f"!{PAINTED}")
        until(view, PAINTED)
        assert apart(first, at(view, 0.55)) > 2
    view.click("#untouched")
    turn(view, "fps", 10)
    until(view, f"!{PAINTED}")
    until(view, PAINTED)
    assert apart(first, at(view, 0.55)) == 0


def test_it_is_played_in_time_by_keyboard_alone(view: Any, sound: bytes) -> None:
    paint(view, sound)
    state, own = "document.getElementById('own-view').dataset.state", "import('/static/own.js')"
    assert view.evaluate(state) == "rests"  # who wants no motion gets none
    view.focus("#time")
    view.keyboard.press("Home")
    loudest = f"""{own}.then(({{ tape }}) => {{
        const samples = new Float32Array(tape.analyser.fftSize);
        tape.analyser.getFloatTimeDomainData(samples);
        return [Math.max(...samples), tape.time, document.getElementById('own-picture').dataset.number / 10];
    }})"""
    view.keyboard.press("Space")
    until(view, f"{state} == 'plays'")
    heard = []
    while view.evaluate(state) == "plays":
        heard.append(view.evaluate(loudest))
        view.wait_for_timeout(20)
    assert max(peak for peak, time, _ in heard if time < 0.9) > 0.5
    assert all(time >= shown for _, time, shown in heard)  # a picture is never ahead of its sound
    until(view, f"{own}.then(({{ reel }}) => reel.shows(2))")
    view.keyboard.press("Space")  # again from the beginning
    until(view, f"{own}.then(({{ tape }}) => tape.runs && tape.time > 0.3)")
    view.keyboard.press("Space")
    until(view, f"{state} == 'rests'")
    until(view, f"{own}.then(({{ tape, reel }}) => reel.shows(tape.time))")
    assert 0.3 < view.evaluate(f"{own}.then(({{ tape }}) => tape.time)") < 2


def test_what_the_browsers_microphone_hears_is_painted(view: Any) -> None:
    view.emulate_media(reduced_motion="no-preference")
    view.click("#record")
    until(view, "document.getElementById('recording').textContent.startsWith('Recording, 1 of 30')")
    view.click("#record")
    until(view, PAINTED)
    seconds, loudest = view.evaluate("""import('/static/own.js').then(({ tape }) =>
        [tape.seconds, Math.max(...tape.buffer.getChannelData(0))])""")
    assert seconds > 0.9 and loudest > 0.01  # Chromium's microphone beeps each second


def test_a_picture_and_the_film_can_be_kept(view: Any, sound: bytes) -> None:
    paint(view, sound)
    at(view, 0.55)
    with view.expect_download() as download:
        view.click("#keep-picture")
    assert download.value.suggested_filename == "waves-0.6s.png"
    assert cv2.imread(str(download.value.path())).shape == (512, 512, 3)
    with view.expect_download() as download:
        view.click("#keep-film")
    assert download.value.suggested_filename == "waves.mp4"
    with av.open(str(download.value.path())) as container:
        assert container.streams.video[0].frames == 20 and container.streams.audio


def test_a_file_that_cant_be_painted_is_said_to_be(view: Any, sound: bytes, tmp_path: Path) -> None:
    give(view, "broken.wav", b"RIFF, but no more")
    until(view, "document.getElementById('told').textContent.startsWith('the file: is no sound or video')")
    assert view.is_visible("#said")
    with (tmp_path / "large.wav").open("wb") as file:
        file.truncate(LARGEST + 1)
    view.set_input_files("#file", tmp_path / "large.wav")
    until(view, "document.getElementById('said').textContent == 'large.wav is too large; expected at most 32 MB'")
    give(view, "waves.wav", sound)
    until(view, PAINTED)


def test_the_live_dream_is_shown_and_its_knobs_turn_the_instrument(page: Page, view: Any, tmp_path: Path) -> None:
    page.session.dream.write(np.full((64, 64, 3), (10, 150, 30), np.uint8), 1.0)
    view.click("#to-live")
    until(view, """document.getElementById('live-picture').getContext('2d')
        .getImageData(20, 20, 1, 1).data[1] > 130""")
    turned = "#live-knobs [aria-label='dream/scale in x']"
    until(view, f'document.querySelector("{turned}") !== null')
    view.fill(turned, "1.5")
    view.press(turned, "Enter")
    page.session.set("dream/speed", 3)  # another hand
    until(view, "document.querySelector('#live-knobs [aria-label=\"dream/speed in places/s\"]').value == '3'")
    assert page.session.get("dream/scale") == 1.5
    assert violations(view, tmp_path) == []


def test_a_show_that_doesnt_dream_says_how_it_would(browser: Any, tmp_path: Path) -> None:
    page = Page(tmp_path, dreams=False)
    try:
        with browser.context.browser.new_page() as view:
            view.goto(f"{page.face.address}dream#live")
            until(view, "document.getElementById('asleep').checkVisibility()")
            assert "on = false" in view.inner_text("#asleep") and not view.is_visible("#live-turn")
            view.click("#asleep a")
            until(view, "document.getElementById('drop').checkVisibility()")
    finally:
        page.close()


def test_nothing_keeps_anybody_from_using_it(view: Any, sound: bytes, tmp_path: Path) -> None:
    paint(view, sound)
    assert violations(view, tmp_path) == []
    view.set_viewport_size({"width": 360, "height": 740})
    assert view.evaluate("document.querySelector('main:not([hidden])').scrollWidth") <= 360
    view.set_viewport_size({"width": 1100, "height": 700})
