"""What a browser or a program uploads to be imagined: what it is told, what it hears, and what it can keep."""

import io
import json
import socket
import urllib.error
import urllib.request
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge.cli import main
from bridge.page.imagining import MOST_SOUNDING
from engine.indexing import index
from engine.library import Library
from engine.modelfile import load_model, shipped_model
from engine.shared import MATCH, NO_CLIP, Session
from engine.sight.eye import Eye
from engine.sight.match import Matcher
from engine.sight.pictures import SEEN, fit, read_picture
from engine.sight.stage import Sight
from engine.soundscape import soundscape
from tests.axe import violations
from tests.bridge.test_stage_page import Stage
from tests.browser import opened, until
from tests.engine.sounds import folder_of_sounds
from tests.imagining import PlacesEar, picture

PATIENCE = 120.0
DEEP, HIGH = 80.0, 4000.0
"""Hz of the sea and of the birds."""


@dataclass
class Answer:
    """An answer over HTTP."""

    status: int
    headers: Any
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told


class Page:
    """A page whose instrument plays a library of tones, and what uploads to it."""

    def __init__(self, session: Session, library: Path) -> None:
        self.session, self.library = session, library
        self.stage = Stage(session)

    def ask(self, path: str, body: bytes | None = None) -> Answer:
        """Ask as a program does."""
        request = urllib.request.Request(f"http://{self.stage.place}{path}", body)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as refusal:
            return Answer(refusal.code, refusal.headers, refusal.read())

    def see(self, file: Path) -> dict[str, Any]:
        """Upload a picture; returns what is said of it."""
        return self.ask(f"/imagine/picture?name={quote(file.name)}", file.read_bytes()).told

    def number(self, title: str) -> int:
        """Return the number of the clip of that title."""
        return [clip.title for clip in Library.open(self.library).clips].index(title)

    def hear(self, fp: str, picks: str, seconds: float = 3) -> NDArray[np.float64]:
        """Fetch what clips sound like together, [frames, 2]."""
        answer = self.ask(f"/imagine/sound.wav?library={fp}&picks={picks}&seconds={seconds}")
        assert answer.status == 200
        with wave.open(io.BytesIO(answer.body)) as sound:
            assert sound.getparams()[:4] == (2, 2, 48000, round(seconds * 48000))
            return np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, 2) / 32768


def at(hertz: float, sound: NDArray[np.float64]) -> float:
    """Return the power within a third of an octave of `hertz`."""
    power = np.abs(np.fft.rfft(sound.mean(axis=1))) ** 2
    found = np.fft.rfftfreq(len(sound), 1 / 48000)
    return float(power[(found > hertz / 1.12) & (found < hertz * 1.12)].sum())


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imagined")
    index(folder_of_sounds(folder / "sounds"), folder / "library", PlacesEar())
    return folder / "library"


@pytest.fixture(scope="module")
def served(library: Path) -> Iterator[Page]:
    """One for all tests here: its studio starts once, and finds the kernels compiled."""
    next(soundscape([np.zeros((4800, 1), np.float32)], [1.0], 1, 48000))
    session = Session.create({"dream": {"on": True}, "library": str(library)})
    page = Page(session, library)
    yield page
    page.stage.face.close()
    session.close()


@pytest.fixture
def page(served: Page) -> Iterator[Page]:
    yield served
    served.session.match.write(np.zeros((), MATCH))
    served.session.set("match/layers", 3)


def test_the_page_says_what_the_command_says(page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small, large = picture(tmp_path / "small.png"), picture(tmp_path / "large.jpg", (130, 80, 20), times=24)
    for file, size in ((small, (160, 120)), (large, (3840, 2880))):
        assert main(["imagine", str(file), "--library", str(page.library), "--top", "12", "--json"]) == 0
        (expected,) = json.loads(capsys.readouterr().out)["pictures"]
        told = page.see(file)
        assert (told["name"], told["width"], told["height"]) == (file.name, *size)
        assert told["scene"] == expected["scene"]
        clips = Library.open(page.library).clips
        assert [{"clip": str(clips[match["clip"]].file), **{key: match[key] for key in (
            "class", "score", "distance", "kl", "cosine")}} for match in told["matches"]] == expected["matches"]
        for match in told["matches"]:
            clip = clips[match["clip"]]
            assert (match["title"], match["licence"], match["source"], match["seconds"]) == (
                clip.title, clip.licence, clip.source, clip.seconds)


def test_why_a_clip_fits_are_the_places_that_both_are_likely_to_be(page: Page, tmp_path: Path) -> None:
    told = page.see(picture(tmp_path / "meadow.jpg"))
    library = Library.open(page.library)
    p = {place["class"]: place["p"] for place in told["scene"]}
    for match in told["matches"]:
        assert len(match["why"]) <= 3
        common = [min(why["p"], why["q"]) for why in match["why"]]
        assert common == sorted(common, reverse=True)
        for why in match["why"]:
            assert why["q"] == pytest.approx(np.exp(library.log_q[match["clip"], library.classes.index(why["class"])]))
            assert why["p"] == pytest.approx(p.get(why["class"], why["p"]))


@pytest.mark.parametrize("layers", [1, 3])
def test_the_picks_are_those_of_the_instrument_as_its_knobs_stand(page: Page, tmp_path: Path, layers: int) -> None:
    page.session.set("match/layers", layers)
    file = picture(tmp_path / "meadow.jpg")
    sight = Sight(Eye(load_model(shipped_model("eye"), "eye")), Matcher.of(Library.open(page.library)),
                  page.session.get)
    targets = sight.step(fit(read_picture(file, SEEN)), 0.0).targets
    expected = [(clip, weight) for clip, weight in zip(targets.clip, targets.weight, strict=True) if clip != NO_CLIP]
    told = page.see(file)
    assert [(pick["clip"], pytest.approx(pick["level"])) for pick in told["picks"]] == expected
    assert len(expected) == layers and {clip for clip, _ in expected} <= {match["clip"] for match in told["matches"]}


def test_what_is_picked_is_heard_and_nothing_else(page: Page, tmp_path: Path) -> None:
    fp = page.see(picture(tmp_path / "a.png"))["fp"]
    deep, high = page.number("deep"), page.number("high")
    for pick, own, other in ((deep, DEEP, HIGH), (high, HIGH, DEEP)):
        sound = page.hear(fp, f"{pick}:1")
        assert at(own, sound) > 1000 * at(other, sound)
    both = page.hear(fp, f"{deep}:1,{high}:1")
    assert 0.05 < at(DEEP, both) / at(HIGH, both) < 20


def test_levels_are_heard(page: Page, tmp_path: Path) -> None:
    fp = page.see(picture(tmp_path / "a.png"))["fp"]
    deep, high = page.number("deep"), page.number("high")
    loud, soft = (page.hear(fp, f"{deep}:1,{high}:{level}") for level in ("1", "0.1"))
    fall = 10 * np.log10(at(HIGH, soft) / at(HIGH, loud) * at(DEEP, loud) / at(DEEP, soft))
    assert fall == pytest.approx(-20, abs=1)
    assert not page.hear(fp, f"{deep}:0").any()


def test_it_begins_at_once_goes_on_and_ends_in_silence(page: Page, tmp_path: Path) -> None:
    fp = page.see(picture(tmp_path / "a.png"))["fp"]
    sound = np.abs(page.hear(fp, f"{page.number('high')}:1", seconds=6))
    assert sound[:4800].max() > 0.001
    level = np.sqrt((sound.reshape(6, -1) ** 2).mean(axis=1))
    assert level[1:4].min() > 0.5 * level.max() and sound.max() < 1
    assert sound[-480:].max() < 0.01 * sound.max()


def test_the_same_request_gives_the_same_bytes_and_says_how_many(page: Page, tmp_path: Path) -> None:
    fp = page.see(picture(tmp_path / "a.png"))["fp"]
    address = f"/imagine/sound.wav?library={fp}&picks={page.number('deep')}:0.7,{page.number('low')}:0.25&seconds=1.5"
    first, second = page.ask(address), page.ask(address)
    assert first.body == second.body and len(first.body) == int(first.headers["content-length"]) == 44 + 4 * 72000
    assert first.headers["content-type"] == "audio/wav" and "content-disposition" not in first.headers
    named = page.ask(f"{address}&name={quote('../am Meer; ä/sea')}%0d%0aSet-Cookie:x.jpg")
    assert named.body == first.body and named.headers["set-cookie"] is None
    assert named.headers["content-disposition"] == "attachment; filename*=UTF-8''seaSet-Cookie%3Ax.wav"


@pytest.mark.parametrize(("query", "said"), [
    ("library={fp}", "picks=: expected 1 to 16 clips with a level from 0 to 1 each, such as 3:1,17:0.5"),
    ("library={fp}&picks=1", "picks=1: expected 1 to"),
    ("library={fp}&picks=1:2", "picks=1:2: expected 1 to"),
    ("library={fp}&picks=1:nan", "picks=1:nan: expected 1 to"),
    ("library={fp}&picks=-1:1", "picks=-1:1: expected 1 to"),
    ("library={fp}&picks=" + ",".join(f"{i}:1" for i in range(17)), "expected 1 to 16 clips"),
    ("library={fp}&picks=1:1,1:0.5", "picks=1:1,1:0.5: expected each clip once"),
    ("library={fp}&picks=99:1", "there is no clip 99; expected 0 to 3"),
    ("library={fp}&picks=1:1&seconds=0", "seconds=0: expected a number from 1 to 60"),
    ("library={fp}&picks=1:1&seconds=1e9", "seconds=1e9: expected a number from 1 to 60"),
    ("library={fp}&picks=1:1&seconds=soon", "seconds=soon: expected a number from 1 to 60"),
    ("picks=1:1", "expected library="),
])
def test_a_wrong_query_is_answered_with_what_is_wrong_and_counted(page: Page, tmp_path: Path, query: str,
                                                                  said: str) -> None:
    fp = page.see(picture(tmp_path / "a.png"))["fp"]
    before = page.session.told("faces/page_rejected")
    answer = page.ask("/imagine/sound.wav?" + query.format(fp=fp))
    assert answer.status == 422 and said in answer.told["error"]
    assert page.session.told("faces/page_rejected") == before + 1


def test_what_is_no_picture_is_refused_by_its_name(page: Page) -> None:
    answer = page.ask("/imagine/picture?name=../../etc/drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert answer.status == 422
    assert answer.told["error"].startswith("picture drawing.svg: not a picture that can be decoded (41 bytes)")


def test_numbers_of_a_library_that_plays_no_more_are_not_taken_for_clips_of_the_new_one(
        page: Page, tmp_path: Path) -> None:
    old = page.see(picture(tmp_path / "a.png"))["fp"]
    other = tmp_path / "other"
    sounds = folder_of_sounds(tmp_path / "sounds")
    (sounds / "sea" / "low.wav").unlink()
    index(sounds, other, PlacesEar())
    playing = np.zeros((), MATCH)
    playing["folder"] = str(other).encode()
    page.session.match.write(playing)
    answer = page.ask(f"/imagine/sound.wav?library={old}&picks=0:1")
    assert answer.status == 409 and answer.told["error"].startswith("the library has changed")
    assert page.ask(f"/imagine/page?library={old}&picks=0:1", tmp_path.joinpath("a.png").read_bytes()).status == 409
    told = page.see(tmp_path / "a.png")
    assert told["fp"] != old and len(told["matches"]) == 3
    assert page.hear(told["fp"], "0:1").any()


def test_those_who_fetch_slowly_hold_up_nobody_but_one_another(page: Page, tmp_path: Path) -> None:
    fp = page.see(picture(tmp_path / "a.png"))["fp"]
    host, _, port = page.stage.place.partition(":")
    slow = []
    for _ in range(MOST_SOUNDING):
        slow.append(socket.create_connection((host, int(port)), PATIENCE))
        slow[-1].sendall(f"GET /imagine/sound.wav?library={fp}&picks=1:1&seconds=60 HTTP/1.1\r\nHost: {host}\r\n\r\n"
                         .encode())
        assert slow[-1].recv(8) == b"HTTP/1.1"
    refused = page.ask(f"/imagine/sound.wav?library={fp}&picks=1:1")
    assert refused.status == 429 and "too many soundscapes" in refused.told["error"]
    assert page.see(tmp_path / "a.png")["fp"] == fp
    for connection in slow:
        connection.close()
    for _ in range(200):
        if page.ask(f"/imagine/sound.wav?library={fp}&picks=1:1&seconds=1").status == 200:
            return
    raise AssertionError("who left still counts")


def test_the_page_to_keep_plays_what_was_picked_without_a_network(page: Page, tmp_path: Path) -> None:
    file = picture(tmp_path / "<script>&amp; meadow.jpg", times=8)
    fp, high = page.see(file)["fp"], page.number("high")
    answer = page.ask(f"/imagine/page?library={fp}&picks={high}:0.6&name={quote(file.name)}", file.read_bytes())
    assert answer.status == 200 and answer.headers["content-disposition"].endswith("meadow.html")
    assert len(answer.body) < 2_000_000
    kept = tmp_path / "kept.html"
    kept.write_bytes(answer.body)
    with opened(kept) as browser:
        asked: list[str] = []
        browser.on("request", lambda request: asked.append(request.url))
        browser.context.set_offline(True)
        browser.reload()
        assert browser.text_content("h1") == file.stem
        assert browser.evaluate("document.getElementById('picture').decode().then(() => picture.slice(0, 15))"
                                ) == "data:image/jpeg"
        assert browser.evaluate("document.getElementById('picture').naturalWidth") == 1200
        assert "high60" in browser.inner_text("#sounds").replace("\n", "").replace("\xa0", "")
        assert violations(browser, tmp_path) == []
        browser.keyboard.press("Tab")
        browser.keyboard.press("Enter")
        until(browser, "document.getElementById('play').textContent == 'Pause'")
        browser.evaluate("""() => {
            window.context = new AudioContext();
            window.analyser = new AnalyserNode(context, { fftSize: 8192 });
            context.createMediaElementSource(audio).connect(analyser).connect(context.destination);
        }""")
        until(browser, f"""(() => {{
            const levels = new Float32Array(analyser.frequencyBinCount);
            analyser.getFloatFrequencyData(levels);
            const bin = (hertz) => Math.round(hertz * analyser.fftSize / context.sampleRate);
            return levels[bin({HIGH})] > -50 && levels[bin({HIGH})] > levels[bin({DEEP})] + 30;
        }})()""")
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
