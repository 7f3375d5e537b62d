"""The page in a real browser: it shows what the instrument does, turns its knobs, and follows other hands."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bridge.desk import Desk
from bridge.osc_out import State
from bridge.page.face import PageFace
from bridge.page.stage.hub import WISHES_AT_ONCE
from engine.clock import MonotonicClock
from engine.morph import Morpher
from engine.parameters import INDEX, PARAMETERS, parameter
from engine.shared import FEATURES, MATCH, NO_CLIP, Event, Session
from engine.show import PageConfig
from engine.snapshots import Snapshots
from tests.axe import violations
from tests.browser import opened, until

GAIN = "/phono/param/master/gain"


class Cues:
    """Three cues; keeps what was launched."""

    def __init__(self) -> None:
        self.launched: list[str] = []

    def names(self) -> tuple[str, ...]:
        return ("dawn", "noon", "dusk")

    def launch(self, name: str) -> None:
        self.launched.append(name)

    def launch_program(self, program: int) -> None:
        self.launched.append(str(program))

    def next(self) -> None:
        self.launched.append("next")

    def previous(self) -> None:
        self.launched.append("previous")


class Learner:
    """Keeps what shall be learnt."""

    def __init__(self) -> None:
        self.learning: list[str] = []

    def learn(self, path: str) -> None:
        self.learning.append(path)

    def unlearn(self, path: str) -> None:
        self.learning.remove(path)

    def cancel(self) -> None:
        self.learning.clear()


class Stage:
    """A session without players, and its page."""

    def __init__(self, session: Session, listen: str = "127.0.0.1:0", token: str = "") -> None:
        self.session, self.cues, self.learner, self.taps = session, Cues(), Learner(), list[float]()
        desk = Desk(Morpher(session, MonotonicClock(), Snapshots()), tap=lambda: self.taps.append(1), cues=self.cues,
                    learner=self.learner)
        self.said: list[str] = []
        self.face = PageFace(session, State(session, desk.morpher, desk.cues), PageConfig(listen, token), "Harbour",
                              desk, self.said.append)
        self.face.start()

    @property
    def place(self) -> str:
        """The host and port."""
        return self.face.address.split("/")[2]

    def listen(self, **named: Any) -> ClientConnection:
        """Connect as a browser does."""
        return connect(f"ws://{self.place}/live", max_size=None, **named)


def with_dream(session: Session) -> Session:
    session.reconfigure({"dream": {"on": True}})
    return session


@pytest.fixture
def stage(session: Session) -> Iterator[Stage]:
    stage = Stage(with_dream(session))
    yield stage
    stage.face.close()


def hear(connection: ClientConnection, address: str) -> list[Any]:
    """Return the arguments of the next message to `address`."""
    while True:
        for message in json.loads(connection.recv(10)):
            if message[0] == address:
                return message[1:]


def see_and_hear(session: Session) -> None:
    features = np.zeros((), FEATURES)
    features["rms"], features["hop"] = -21.5, 1
    session.features.write(features)
    match = np.zeros((), MATCH)
    match["scene_name"] = (b"street", b"forest", b"beach", b"church", b"harbor")
    match["scene_p"] = (0.5, 0.25, 0.125, 0, 0)
    match["clip"] = NO_CLIP
    match["title"][0], match["category"][0] = b"waves", b"sea_waves"
    match["clip"][0], match["weight"][0], match["kl"][0] = 0, 0.75, 1.5
    session.match.write(match)
    camera = np.zeros((360, 640, 3), np.uint8)
    camera[:, :, 0] = 200
    session.frame.write(camera, time.monotonic())
    session.dream.write(np.full((64, 64, 3), (10, 150, 30), np.uint8), time.monotonic())


def colour(page: Any, canvas: str) -> list[int]:
    return page.evaluate(f"[...document.getElementById('{canvas}').getContext('2d').getImageData(20, 20, 1, 1).data]")


def test_the_page_shows_pictures_scene_layers_and_levels(stage: Stage) -> None:
    see_and_hear(stage.session)
    with opened(stage.face.address) as page:
        until(page, "document.getElementById('camera-rate').textContent.length > 0")
        until(page, "document.getElementById('layers').textContent.includes('waves')")
        assert "street50\u00a0%" in page.inner_text("#scene").replace("\n", "")
        assert "-21.5 dBFS" in page.inner_text("#heard")
        red, green, blue, _ = colour(page, "camera")
        assert red > 180 and max(green, blue) < 30
        red, green, blue, _ = colour(page, "dream")
        assert green > 130 and max(red, blue) < 50
        assert page.inner_text("#status") == "playing"


def test_every_parameter_has_a_control_with_its_range(stage: Stage) -> None:
    with opened(stage.face.address) as page:
        until(page, f"document.querySelectorAll('.knob').length == {len(PARAMETERS)}")
        ranges = page.evaluate("""[...document.querySelectorAll('.knob')].map(row => {
            const input = row.querySelector('input[type=number]') ?? row.querySelector('input');
            const label = row.querySelector('label');
            return [label.htmlFor, input.type, input.min, input.max, row.querySelector('#' + label.htmlFor) !== null];
        })""")
    for knob, (name, kind, low, high, labelled) in zip(PARAMETERS, ranges, strict=True):
        assert name == f"knob-{knob.path.replace('/', '-')}" and labelled
        assert kind == ("checkbox" if knob.curve == "switch" else "number")
        if kind == "number":
            assert (float(low), float(high)) == (knob.low, knob.high)


def test_a_moved_control_turns_the_knob_and_other_screens_follow(stage: Stage) -> None:
    with opened(stage.face.address) as page, stage.listen() as other:
        until(page, "document.getElementById('knob-master-gain') !== null")
        page.fill('[aria-label="master/gain in dB"]', "-12")
        page.press('[aria-label="master/gain in dB"]', "Enter")
        while hear(other, GAIN) != [-12.0]:
            pass
        assert stage.session.get("master/gain") == -12
        other.send(json.dumps(["/phono/param/reverb/time", 12]))
        until(page, "document.querySelector('[aria-label=\"reverb/time in s\"]').value == '12'")
        slider = page.evaluate("document.getElementById('knob-reverb-time').value / 1000")
        knob = parameter("reverb/time")
        assert slider == pytest.approx(np.log(12 / knob.low) / np.log(knob.high / knob.low), abs=1e-3)


def test_keys_and_buttons_do_what_they_say(stage: Stage) -> None:
    with opened(stage.face.address) as page:
        until(page, "document.querySelectorAll('#cues button').length == 3")
        page.click("body", position={"x": 5, "y": 5})
        for key in ("2", "ArrowRight", "ArrowLeft", " ", "t"):
            page.keyboard.press(key)
        page.click("text=dusk")  # the button has the focus now
        page.keyboard.press("p")
        until(page, "document.getElementById('panic').getAttribute('aria-pressed') == 'true'")
        assert stage.session.get("master/panic") == 1
        page.fill("#snapshot-name", "night")
        page.click("text=Store")
        until(page, "document.querySelector('#snapshots button')?.textContent == 'night'")
    assert stage.cues.launched == ["noon", "next", "previous", "next", "dusk"]
    assert len(stage.taps) == 1


def test_a_control_is_learnt_from_the_page(stage: Stage) -> None:
    with opened(stage.face.address) as page:
        until(page, "document.getElementById('knob-reverb-time') !== null")
        page.click('[aria-label="Learn a MIDI control for reverb/time"]')
        until(page, "document.getElementById('said').textContent == 'move the control that shall turn reverb/time'")
        stage.session.events["conductor"].write(Event.LEARNT, time.monotonic(), INDEX["reverb/time"])
        until(page, "document.getElementById('said').textContent == 'reverb/time is learnt'")
    assert stage.learner.learning == ["reverb/time"]


def test_typing_into_a_field_launches_nothing(stage: Stage) -> None:
    with opened(stage.face.address) as page:
        until(page, "document.querySelectorAll('#cues button').length == 3")
        page.focus("#find")
        page.keyboard.type("pt 2")
        until(page, "document.getElementById('find').value == 'pt 2'")
    assert (stage.cues.launched, stage.taps, stage.session.get("master/panic")) == ([], [], 0)


def test_what_is_wrong_is_answered_counted_and_changes_nothing(stage: Stage) -> None:
    before = stage.session.parameters.copy()
    wrong = ["", "{}", "[]", "nonsense", "[1]", '["no slash"]', '["/phono/nothing"]', json.dumps([GAIN, "loud"]),
             json.dumps([GAIN, *range(9)]), json.dumps([GAIN, None]), json.dumps(["/phono/\0", 1]), '["/ü", 1]',
             json.dumps([GAIN, 1e300]), json.dumps([GAIN, {"a": 1}]), "[" * 5000]
    with stage.listen() as browser:
        for number, text in enumerate(wrong, 1):
            browser.send(text)
            assert hear(browser, "/phono/error")[1]
            assert stage.session.told("faces/page_rejected") == number
        browser.send(b"\x00\x01")
        assert hear(browser, "/phono/error")[1]
        browser.send(json.dumps([GAIN, -3]))  # all the same it is served
        while hear(browser, GAIN) != [-3.0]:
            pass
    stage.session.set("master/gain", 0)
    assert np.array_equal(before, stage.session.parameters)


def test_who_floods_is_slowed_and_others_are_served(stage: Stage) -> None:
    with stage.listen(close_timeout=0) as flood, stage.listen() as other:
        for i in range(4 * WISHES_AT_ONCE):
            flood.send(json.dumps(["/phono/param/layer/1/density", 1 + i % 7]))
        other.send(json.dumps([GAIN, -7]))
        while hear(other, GAIN) != [-7.0]:
            pass
        assert stage.session.told("faces/page_received") < 4 * WISHES_AT_ONCE


def test_pages_of_other_sites_are_refused(stage: Stage) -> None:
    with pytest.raises(InvalidStatus), stage.listen(origin="http://evil.example"):
        pass
    with stage.listen(origin=f"http://{stage.place}"):
        pass


def test_open_to_the_network_the_token_is_needed(session: Session) -> None:
    stage = Stage(with_dream(session), "0.0.0.0:0")
    port = stage.place.rpartition(":")[2]
    try:
        for path in ("", "instrument.json", "static/stage.js", "?token=wrong"):
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}")
        for path in ("live", "picture/camera"):
            with pytest.raises(InvalidStatus), connect(f"ws://127.0.0.1:{port}/{path}"):
                pass
        assert stage.said[0] == f"the page is at {stage.face.address}" and "?token=" in stage.face.address
        with opened(stage.face.address.replace("0.0.0.0", "127.0.0.1")) as page:
            until(page, "document.getElementById('status').textContent == 'playing'")
            assert "token" not in page.url
    finally:
        stage.face.close()


def test_any_word_can_be_the_token(session: Session) -> None:
    stage = Stage(with_dream(session), "0.0.0.0:0", token="höre & sieh; 聴く")
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    try:
        assert browser.open(stage.face.address.replace("0.0.0.0", "127.0.0.1")).status == 200
    finally:
        stage.face.close()


def test_a_token_of_another_day_keeps_nobody_out_where_none_is_needed(stage: Stage) -> None:
    with stage.listen(additional_headers={"Cookie": "phonoscope=yesterday"}) as browser:
        assert hear(browser, GAIN)


def test_a_slider_that_is_dragged_is_not_pulled_back_by_its_own_echoes(stage: Stage) -> None:
    with opened(stage.face.address) as page, stage.listen() as other:
        until(page, "document.getElementById('knob-reverb-time') !== null")
        while hear(other, GAIN) != [0.0]:
            pass
        moved = page.evaluate("""async () => {
            const slider = document.getElementById("knob-master-gain");
            const seen = [];
            for (let i = 0; i < 20; i++) {
                slider.value = 100 + 20 * i;
                slider.dispatchEvent(new Event("input"));
                await new Promise((go) => setTimeout(go, 20));
                seen.push(Number(slider.value) - (100 + 20 * i));
            }
            return seen;
        }""")
        assert moved == [0] * 20
        stage.session.set("master/gain", -30)  # another hand, afterwards
        until(page, "document.querySelector('[aria-label=\"master/gain in dB\"]').value == '-30'")


def test_files_beside_the_page_are_out_of_reach(stage: Stage) -> None:
    for path in ("static/../app.py", "static/%2e%2e/app.py", "static/..%2fapp.py", "app.py", "static/"):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://{stage.place}/{path}")


def test_a_browser_that_reads_nothing_holds_up_nobody(stage: Stage) -> None:
    host, _, port = stage.place.partition(":")
    with socket.socket() as narrow:
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # what waits there hides what waits in the server
        narrow.connect((host, int(port)))
        with stage.listen(sock=narrow) as deaf, stage.listen() as other:
            deaf.recv(10)
            for i in range(80):
                stage.session.parameters[:] = [p.low if i % 2 else p.high for p in PARAMETERS]
                hear(other, GAIN)
            stage.session.set("master/gain", -33)
            heard = 1
            while hear(deaf, GAIN) != [-33.0]:
                heard += 1
            assert heard < 80


def test_the_page_is_small() -> None:
    from bridge.page.app import STATIC
    assert sum(file.stat().st_size for file in STATIC.glob("*.js")) <= 150_000


def test_nothing_keeps_anybody_from_using_it(stage: Stage, tmp_path: Path) -> None:
    see_and_hear(stage.session)
    with opened(stage.face.address) as page:
        until(page, "document.getElementById('layers').textContent.includes('waves')")
        page.keyboard.press("p")
        until(page, "document.getElementById('silenced').textContent != ''")
        page.evaluate("document.getElementById('explain').click()")
        page.evaluate("document.querySelectorAll('details').forEach((group, i) => { group.open = i < 12; })")
        assert violations(page, tmp_path) == []


def test_it_can_be_played_by_keyboard_alone(stage: Stage) -> None:
    with opened(stage.face.address) as page:
        until(page, "document.querySelectorAll('#cues button').length == 3")
        page.focus("#find")
        page.keyboard.type("reverb/time")
        until(page, "document.querySelectorAll('.knob:not([hidden])').length == 1")
        page.keyboard.press("Tab")  # to what explains them
        page.keyboard.press("Tab")  # to the group's title
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "knob-reverb-time"
        page.keyboard.press("Home")
        until(page, "document.querySelector('[aria-label=\"reverb/time in s\"]').value == '0.2'")
    assert stage.session.get("reverb/time") == pytest.approx(0.2)
