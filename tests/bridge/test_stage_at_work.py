"""The stage as a performer uses it: by touch and keys, beside other browsers, while things are lost and come back."""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from engine.parameters import parameter
from engine.shared import MATCH, NO_CLIP, Session
from tests.bridge.test_stage_page import Stage, hear, see_and_hear, with_dream
from tests.browser import opened, until

NARROW = {"width": 360, "height": 740}
READY = "document.getElementById('status').textContent == 'playing'"


def text(page: Any, selector: str) -> str:
    return str(page.evaluate(f"document.querySelector({selector!r}).innerText"))


def turned(page: Any, session: Session, path: str, value: float) -> None:
    """Wait until a knob of the instrument is where it shall be."""
    for _ in range(400):
        if session.get(path) == pytest.approx(value, abs=1e-4):
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"{path} is {session.get(path)}, expected {value}")


def explain(session: Session) -> None:
    match = np.zeros((), MATCH)
    match["frames"], match["clip"] = 7, NO_CLIP
    for layer, (title, kl) in enumerate(((b"waves", 1.5), (b"gulls", 0.4))):
        match["title"][layer], match["category"][layer], match["clip"][layer] = title, b"sea_waves", layer
        match["weight"][layer], match["kl"][layer] = 0.75, kl
    match["why"][0], match["why_p"][0], match["why_q"][0] = (b"beach", b"harbor", b"bar"), (0.5, 0.2, 0), (0.25, 0.3, 0)
    session.match.write(match)
    session.tell("sound/layer/1/level", -18.0)


@contextlib.contextmanager
def another(page: Any, address: str) -> Iterator[Any]:
    """A second browser's page, without anything that the first one keeps."""
    context = page.context.browser.new_context(viewport=NARROW, has_touch=True)
    other = context.new_page()
    other.goto(address)
    until(other, READY)
    yield other
    context.close()


@pytest.fixture
def stage(session: Session) -> Iterator[Stage]:
    stage = Stage(with_dream(session))
    yield stage
    stage.face.close()


def test_each_layer_says_what_plays_and_why_and_has_its_fader(stage: Stage) -> None:
    explain(stage.session)
    with opened(stage.face.address) as page, stage.listen() as other:
        until(page, "document.querySelector('#layers li .common').textContent != ''")
        row = text(page, "#layers li").replace("\n", " ").replace("\u00a0", " ")
        assert "1 waves" in row and "-18 dB" in row
        assert "sea waves" in row and "near: 1.5 nats, score 22 %, weight 75 %" in row
        assert "seen · heard: beach 50 · 25 %, harbor 20 · 30 %" in row and "bar" not in row
        assert page.evaluate("[...document.querySelectorAll('#layers li')].filter(row => !row.hidden).length") == 2
        page.focus("#fader-2")
        for _ in range(3):
            page.keyboard.press("ArrowLeft")
        step = (parameter("layer/2/gain").high - parameter("layer/2/gain").low) / 100
        turned(page, stage.session, "layer/2/gain", -3 * step)
        while hear(other, "/phono/param/layer/2/gain") != [pytest.approx(-3 * step)]:
            pass
        until(page, "Number(document.getElementById('knob-layer-2-gain').value) < 806")
        page.keyboard.press("Delete")
        turned(page, stage.session, "layer/2/gain", 0)
        assert stage.session.get("layer/1/gain") == 0


def test_a_knob_is_moved_finely_and_goes_back_to_where_it_was_at_first(stage: Stage) -> None:
    with opened(stage.face.address) as page:
        until(page, READY)
        page.focus("#knob-reverb-gain")
        page.keyboard.press("Shift+ArrowLeft")
        turned(page, stage.session, "reverb/gain", -0.066)
        page.keyboard.press("PageDown")
        turned(page, stage.session, "reverb/gain", -6.666)
        page.dblclick("label[for=knob-reverb-gain]")
        turned(page, stage.session, "reverb/gain", 0)
        page.click("summary:has-text('match')")
        page.focus("#knob-match-layers")
        page.keyboard.press("ArrowRight")
        turned(page, stage.session, "match/layers", parameter("match/layers").default + 1)
        assert "layers" in text(page, ".knob:has(#knob-match-layers) .unit")


def test_a_finger_that_scrolls_over_a_slider_turns_nothing_and_one_that_drags_does(stage: Stage) -> None:
    with opened(stage.face.address) as first, another(first, stage.face.address) as page:
        until(page, "document.getElementById('knob-master-gain') !== null")
        page.evaluate("document.getElementById('knobs').scrollIntoView()")
        fingers = page.context.new_cdp_session(page)

        def slide(right: float, down: float) -> None:
            x, y = page.evaluate("(({x, y, width, height}) => [x + width / 4, y + height / 2])"
                                 "(document.getElementById('knob-master-gain').getBoundingClientRect())")
            places = [[{"x": x + right * i / 8, "y": y + down * i / 8}] for i in range(9)]
            for kind, touched in zip(["touchStart", *["touchMove"] * 8, "touchEnd"], [*places, []], strict=True):
                fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

        slide(30, 0)
        until(first, "document.querySelector('[aria-label=\"master/gain in dB\"]').value < 0")
        shown = page.evaluate("document.getElementById('knob-master-gain').value")
        gain = stage.session.get("master/gain")
        assert gain < 0
        scrolled = page.evaluate("scrollY")
        slide(20, -150)
        until(page, f"scrollY > {scrolled} + 50")
        until(page, f"Math.abs(document.getElementById('knob-master-gain').value - {shown}) < 1")
        assert stage.session.get("master/gain") == gain


def test_one_picture_or_both_are_shown_and_alone_on_a_second_screen(stage: Stage) -> None:
    see_and_hear(stage.session)
    shown = "[...document.querySelectorAll('#pictures figure:not([hidden])')].map(one => one.dataset.picture).join()"
    with opened(stage.face.address) as page:
        until(page, f"{READY} && {shown} == 'camera,dream'")
        page.keyboard.press("v")
        until(page, f"{shown} == 'camera'")
        page.click("[data-shown=dream]")
        until(page, f"{shown} == 'dream'")
        page.reload()
        until(page, f"{READY} && {shown} == 'dream'")
        page.goto(page.evaluate("document.getElementById('second').href"))
        until(page, f"{READY} && {shown} == 'dream'")
        visible = page.evaluate("[...document.querySelectorAll('header, section, button, figcaption')]"
                                ".filter(part => part.checkVisibility()).map(part => part.id)")
        assert visible == ["pictures"]
        assert page.evaluate("document.getElementById('dream').clientHeight") == 700
        until(page, "document.getElementById('dream-rate').textContent != ''")


def test_two_browsers_are_in_step_and_a_phone_has_it_all_at_hand(stage: Stage) -> None:
    explain(stage.session)
    with opened(stage.face.address) as page, another(page, stage.face.address) as phone:
        until(phone, "document.querySelector('#layers li .common').textContent != ''")
        phone.evaluate("document.getElementById('panic').click()")
        for browser in (page, phone):
            until(browser, "document.getElementById('silenced').textContent.startsWith('Panic: all is silent')")
        assert stage.session.get("master/panic") == 1
        phone.evaluate("document.getElementById('panic').click()")
        page.keyboard.press("r")
        until(phone, "document.getElementById('record').ariaPressed == 'true'")
        stage.session.tell("sound/recorded_s", 3754.0)
        until(phone, "document.getElementById('record').innerText.startsWith('Recording 01:02:34')")
        page.fill('[aria-label="master/gain in dB"]', "-12")
        page.press('[aria-label="master/gain in dB"]', "Enter")
        until(phone, "document.querySelector('[aria-label=\"master/gain in dB\"]').value == '-12'")
        for address in ("", "imagine", "library", "dream"):
            phone.goto(stage.face.address + address)
            until(phone, "document.querySelector('nav').offsetWidth > 0")
            assert phone.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
            assert phone.evaluate("Math.max(...[...document.querySelectorAll('nav a')].map("
                                  "link => link.getBoundingClientRect().right))") <= NARROW["width"]
        phone.goto(stage.face.address)
        until(phone, READY)
        small = "[...document.querySelectorAll('button, a.button, nav a, summary, input[type=range]')].filter(part =>" \
                " part.checkVisibility() && part.getBoundingClientRect().height < 44).map(part => part.outerHTML)"
        assert phone.evaluate(small) == []


def test_large_type_is_kept(stage: Stage) -> None:
    size = "parseFloat(getComputedStyle(document.querySelector('#status')).fontSize)"
    with opened(stage.face.address) as page:
        until(page, READY)
        before = page.evaluate(size)
        page.click("#large")
        page.reload()
        until(page, READY)
        assert page.evaluate(size) == pytest.approx(1.6 * before)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_new_loss_is_an_alarm_and_an_old_one_a_worry(stage: Stage) -> None:
    missed = "[...document.querySelectorAll('#losses div')].find(row => row.textContent.startsWith('blocks missed'))"
    stage.session.tell("sound/missed", 2)
    stage.session.latency["camera_to_command"].add(0.3)
    with opened(stage.face.address) as page:
        until(page, f"{missed}.textContent == 'blocks missed2' && {missed}.className == 'worry'")
        for _ in range(3):
            stage.session.latency["camera_to_command"].add(0.02)
        stage.session.tell("sound/missed", 5)
        until(page, f"{missed}.textContent == 'blocks missed5 (+3)' && {missed}.className == 'alarm'")
        until(page, "/camera to match\\s*2[01] · /.test(document.getElementById('latencies').innerText)")
        until(page, "document.getElementById('trouble').textContent == 'no audio device, no picture'")
        stage.session.tell("sound/running", 1)
        stage.session.tell("sight/connected", 1)
        until(page, "document.getElementById('trouble').textContent == ''")


def test_a_lost_instrument_is_shown_and_found_again_also_another_one(stage: Stage) -> None:
    with opened(stage.face.address) as page:
        until(page, f"{READY} && document.querySelectorAll('#cues button').length == 3")
        stage.face.close()
        until(page, "document.getElementById('status').textContent.startsWith('no connection')")
        assert page.evaluate("document.body.className") == "lost"
        stage.session.reconfigure({"dream": {"on": False}})
        with page.expect_navigation():  # it loads what the other one is
            other = Stage(stage.session, stage.place)
        try:
            until(page, f"{READY} && document.getElementById('dream') === null && document.body.className == ''")
        finally:
            other.face.close()


def test_what_goes_on_for_hours_leaves_nothing_behind(stage: Stage) -> None:
    explain(stage.session)
    nodes = "document.getElementsByTagName('*').length"
    with opened(stage.face.address) as page, stage.listen() as other:
        until(page, "document.querySelector('#layers li .common').textContent != ''")
        before = page.evaluate(nodes)
        for i in range(100):
            match = stage.session.match.read()
            assert match is not None
            match["frames"], match["title"][0] = 8 + i, b"clip %d" % i
            stage.session.match.write(match)
            stage.session.tell("sound/missed", i)
            while hear(other, "/phono/layer/1")[0] != f"clip {i}":
                pass
        until(page, "document.getElementById('layers').textContent.includes('clip 99')")
        assert page.evaluate(nodes) == before


def test_learning_is_given_up_by_a_second_press_or_escape(stage: Stage) -> None:
    button = '[aria-label="Learn a MIDI control for reverb/time"]'
    with opened(stage.face.address) as page:
        until(page, READY)
        page.click(button)
        until(page, f"document.querySelector({button!r}).getAttribute('aria-pressed') == 'true'")
        page.keyboard.press("Escape")
        until(page, f"document.querySelector({button!r}).getAttribute('aria-pressed') == 'false'")
        until(page, "document.getElementById('said').textContent == 'nothing is learnt'")
        for _ in range(400):
            if not stage.learner.learning:
                break
            page.wait_for_timeout(25)
    assert stage.learner.learning == []
