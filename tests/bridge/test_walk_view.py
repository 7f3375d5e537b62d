"""A walk in a real browser: places are seen and heard, each sound from where its picture is, wherever one turns."""

import functools
import http.server
import io
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from PIL import Image

from bridge.page.app import STATIC
from bridge.walk.viewer import viewer_files
from engine.nearest import Nearest, Ranking
from tests.axe import violations
from tests.browser import opened, until

HZ = (300, 500, 800, 1200, 1700, 2300)
"""The tones of the clips; clip i sounds like class i."""
AHEAD, LEFT, BEHIND, RIGHT = range(4)
AZIMUTHS = (0, 90, 180, -90)
RED, GREEN, BLUE, YELLOW, WHITE = (200, 30, 30), (30, 180, 30), (40, 40, 200), (200, 200, 40), (230, 230, 230)
PLACES = {"pier": ((0, 1, 2, 3), (RED, GREEN, BLUE, YELLOW)), "meadow": ((4, 1, 5, 5), (WHITE, GREEN, RED, BLUE))}
"""By the place: the class and the colour of each direction."""
HEARD = """([ears, hertz]) => ears.map((ear) => {
    const bins = new Float32Array(ear.frequencyBinCount);
    ear.getFloatFrequencyData(bins);
    return hertz.map((hz) => Math.max(-200, bins[Math.round(hz * ear.fftSize / ear.context.sampleRate)]));
})"""
"""The level of each tone, dB, at the left ear and at the right."""


def likely(which: int) -> NDArray[np.float64]:
    p = np.full(len(HZ), 0.02)
    p[which] = 1 - 0.02 * (len(HZ) - 1)
    return np.log(p)


def tone(hz: float) -> bytes:
    samples = 0.3 * np.sin(2 * np.pi * hz * np.arange(32_000) / 32_000)
    packed = io.BytesIO()
    soundfile.write(packed, samples, 32_000, format="MP3", subtype="MPEG_LAYER_III")
    return packed.getvalue()


def painted(colours: tuple[tuple[int, int, int], ...]) -> Image.Image:
    """An equirectangular picture, 90 degrees of each colour around its direction."""
    azimuth = 180 - (np.arange(512) + 0.5) / 512 * 360
    nearest = np.abs((azimuth[:, None] - np.array(AZIMUTHS) + 180) % 360 - 180).argmin(axis=1)
    return Image.fromarray(np.broadcast_to(np.array(colours, np.uint8)[nearest], (256, 512, 3)).copy())


def make_site(site: Path) -> None:
    """Write a walk of two places, a step apart, as `phonoscope walk` does."""
    for folder in ("sounds", "panoramas"):
        (site / folder).mkdir(parents=True)
    for file in viewer_files():
        shutil.copy(file, site)
    for hz in HZ:
        (site / f"sounds/{hz}.mp3").write_bytes(tone(hz))
    rows = [np.append(likely(i), [1, 0]) for i in range(len(HZ))]
    panoramas = []
    for name, (classes, colours) in PLACES.items():
        painted(colours).save(site / f"panoramas/{name}.jpg", quality=95)
        rows += [np.append(likely(which), [0, 1]) for which in classes]
        other, azimuth = ("meadow", 0.0) if name == "pier" else ("pier", 180.0)
        panoramas.append({
            "id": name, "title": name.title(), "picture": f"panoramas/{name}.jpg",
            "licence": "CC0", "source": "painted",
            "directions": [{"azimuth": at, "scene": [{"class": f"scene_{which}", "p": 0.9}]}
                           for at, which in zip(AZIMUTHS, classes, strict=True)],
            "links": [{"to": other, "azimuth": azimuth}]})
    np.array(rows, "<f4").tofile(site / "features.f32")
    (site / "walk.json").write_text(json.dumps({
        "format": 1, "title": "A short walk", "classes": len(HZ), "dimensions": 2, "ranking": {"kl": 1, "cosine": 0.5},
        "first": "pier", "panoramas": panoramas,
        "clips": [{"title": f"{hz} Hz", "category": f"tone_{hz}", "licence": "CC0", "source": "https://example.org/tones",
                   "seconds": 0.8, "lead": 0.1, "loop": True, "sound": f"sounds/{hz}.mp3"} for hz in HZ]}))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("walk") / "site"
    make_site(site)
    return site


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened("about:blank") as page:
        yield page.context.browser


Open = Callable[..., Any]


@pytest.fixture
def walk(browser: Any, site: Path) -> Iterator[Open]:
    """Opens a walk, by default the one of this module, in a page of its own, and walks in. `before`: a script that runs
    before the page's."""
    pages, servers = [], []

    def open_walk(folder: Path = site, enter: bool = True, before: str = "", **context: Any) -> Any:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page(viewport={"width": 1000, "height": 600}, **context)
        pages.append(page)
        page.add_init_script(before)
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        if enter:
            until(page, "!document.getElementById('enter').disabled")
            page.click("#enter")
        return page

    yield open_walk
    for page in pages:
        page.close()
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def another_site(site: Path, tmp_path: Path) -> Path:
    """A copy, to be broken."""
    return Path(shutil.copytree(site, tmp_path / "site"))


def ears(page: Any) -> Any:
    """Two analysers behind what leaves the page."""
    return page.evaluate_handle("""async () => {
        const { sound } = await import("./walk.js");
        const splitter = new ChannelSplitterNode(sound.output.context, { numberOfOutputs: 2 });
        sound.output.connect(splitter);
        return [0, 1].map((channel) => {
            const ear = new AnalyserNode(sound.output.context, { fftSize: 8192, smoothingTimeConstant: 0 });
            splitter.connect(ear, channel);
            return ear;
        });
    }""")


def hear(page: Any, ears: Any, right: Callable[[NDArray[Any]], Any]) -> NDArray[Any]:
    """Listen until what is heard, float [2 ears, tones] dB, is right; return it."""
    for _ in range(200):
        heard = np.array(page.evaluate(HEARD, [ears, HZ]))
        if right(heard):
            return heard
        page.wait_for_timeout(50)
    raise AssertionError(f"heard at last: {heard.round().tolist()}")


def audible(heard: NDArray[Any]) -> set[int]:
    """The tones that stand out by 40 dB from what is lost between them."""
    return set(np.flatnonzero(heard.max(axis=0) > -60).tolist())


def shown(page: Any) -> NDArray[Any]:
    """A part of the picture that is free of names, uint8 [height, width, 3]."""
    shot = page.screenshot(clip={"x": 480, "y": 60, "width": 160, "height": 140})
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))


def see(page: Any, colour: tuple[int, int, int]) -> None:
    """Look until the middle of the picture has this colour all over."""
    for _ in range(200):
        off = np.abs(shown(page).astype(int) - colour).max()
        if off < 16:
            return
    raise AssertionError(f"seen at last: {shown(page)[::70, ::50].tolist()}")


def turn(page: Any, azimuth: float) -> None:
    page.evaluate("(azimuth) => import('./walk.js').then(({ look }) => look.towards(azimuth, 0))", azimuth)
    until(page, f"""import('./walk.js').then(({{ look }}) =>
        Math.cos((look.view.yaw - {azimuth}) * Math.PI / 180) > 0.99999)""")


def test_two_places_sound_different_and_what_is_in_both_sounds_on(walk: Open) -> None:
    page = walk()
    listening = ears(page)
    hear(page, listening, lambda heard: audible(heard) == {0, 1, 2, 3})
    page.click("text=Meadow >> nth=0")
    until(page, "document.body.dataset.at == 'meadow'")
    on_the_way: list[float] = []

    def arrived(heard: NDArray[Any]) -> bool:
        on_the_way.append(float(heard[0, 1]))
        return audible(heard) == {1, 4, 5}
    hear(page, listening, arrived)
    assert min(on_the_way) > -60
    assert page.inner_text("#place") == "Meadow" and "1700 Hz" in page.inner_text("#sounds")
    page.go_back()
    until(page, "document.body.dataset.at == 'pier'")
    hear(page, listening, lambda heard: audible(heard) == {0, 1, 2, 3})


def test_sounds_stay_where_they_are_when_one_turns(walk: Open) -> None:
    page = walk()
    listening = ears(page)
    for yaw in (0, 90, 180, -90):
        turn(page, yaw)
        ahead, left, right = (AZIMUTHS.index(180 - (180 - yaw - aside) % 360) for aside in (0, 90, -90))

        def is_around(heard: NDArray[Any]) -> bool:
            louder = heard[0] - heard[1]  # dB, at the left ear
            return bool(louder[left] > 2 and louder[right] < -2 and abs(louder[ahead]) < 1)  # noqa: B023
        hear(page, listening, is_around)


def test_each_direction_and_place_is_seen_without_a_seam(walk: Open) -> None:
    page = walk()
    for azimuth, colour in zip(AZIMUTHS, PLACES["pier"][1], strict=True):  # behind, the picture begins and ends
        turn(page, azimuth)
        see(page, colour)
    turn(page, 0)
    page.keyboard.press("Enter")
    see(page, WHITE)
    page.evaluate("""async () => {
        const canvas = document.getElementById("view");
        const restored = new Promise((done) => canvas.addEventListener("webglcontextrestored", done));
        const memory = canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
        canvas.addEventListener("webglcontextlost", () => setTimeout(() => memory.restoreContext()));
        memory.loseContext();
        await restored;
    }""")
    see(page, WHITE)  # a phone wanted its memory back for a while


@pytest.mark.parametrize("missing", ["webgl2", "webgl"])
def test_older_browsers_see_it_too(walk: Open, missing: str) -> None:
    page = walk(before=f"""const real = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function(kind, ...rest) {{
            return kind.startsWith("{missing}") ? null : real.call(this, kind, ...rest); }};""")
    see(page, RED)
    turn(page, 180)
    see(page, BLUE)
    assert page.is_visible("text=This browser has no WebGL") == (missing == "webgl")
    hear(page, ears(page), lambda heard: audible(heard) == {0, 1, 2, 3})


def test_it_is_walked_by_keyboard_alone(walk: Open) -> None:
    page = walk(enter=False)
    until(page, "document.activeElement.id == 'enter'")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Enter")  # whatever has the focus, it leads in first
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    until(page, "import('./walk.js').then(({ look }) => look.view.yaw.toFixed(3) == 12 && look.view.pitch == 8)")
    page.keyboard.press("Tab")  # the way on comes into view
    until(page, "import('./walk.js').then(({ look }) => look.view.yaw.toFixed(3) == 0)")
    page.keyboard.press("Enter")
    until(page, "document.body.dataset.at == 'meadow'")
    assert page.evaluate("document.activeElement.className") == "way", "one can go on without looking for the way"
    page.keyboard.press("m")
    assert page.get_attribute("#mute", "aria-pressed") == "true"
    hear(page, ears(page), lambda heard: not audible(heard))


def test_dragging_and_the_wheel_look_around(walk: Open) -> None:
    page = walk()
    page.mouse.move(300, 300)
    page.mouse.down()
    page.mouse.move(400, 350, steps=4)
    page.mouse.up()
    page.mouse.wheel(0, -100)
    until(page, """import('./walk.js').then(({ look: { view } }) =>
        Math.abs(view.yaw - 9) < 0.1 && Math.abs(view.pitch - 4.5) < 0.1 && view.fov < 80)""")


def test_two_fingers_zoom(walk: Open) -> None:
    page = walk(has_touch=True)
    touch = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 50), ("touchMove", 70), ("touchMove", 100), ("touchEnd", 0)):
        points = [{"x": 500 + side * apart, "y": 200, "id": side} for side in (0, 1)] if apart else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    until(page, "import('./walk.js').then(({ look: { view } }) => Math.abs(view.fov - 45) < 0.1)")


def test_a_device_that_is_turned_turns_the_view(walk: Open) -> None:
    page = walk(has_touch=True, is_mobile=True)
    page.click("#move")
    until(page, "document.getElementById('move').hidden")
    page.evaluate("""[[30, 90], [75, 100]].forEach(([alpha, beta]) => dispatchEvent(
        new DeviceOrientationEvent("deviceorientation", { alpha, beta, gamma: 0 })))""")
    until(page, """import('./walk.js').then(({ look: { view } }) =>
        Math.abs(view.yaw - 45) < 0.1 && Math.abs(view.pitch - 10) < 0.1)""")


def test_who_wants_no_motion_gets_none(walk: Open) -> None:
    page = walk(reduced_motion="reduce")
    frames = page.evaluate("""async () => {
        const { look } = await import("./walk.js");
        const seen = new Set();
        look.towards(60);
        for (let i = 0; i < 5; i++) {
            await new Promise(requestAnimationFrame);
            seen.add(look.view.yaw);
        }
        return [...seen];
    }""")
    assert frames in ([0, 60], [60])


def test_the_search_in_the_browser_is_that_of_the_engine(walk: Open) -> None:
    draw = np.random.default_rng(7)
    classes, dimensions, clips, k = 40, 12, 60, 10
    log_p = np.log(draw.dirichlet(np.full(classes, 0.2), clips + 5) + 1e-12).astype(np.float32)
    log_p[clips, 3] = -np.inf  # a picture may rule a class out
    embedding = draw.normal(size=(clips + 5, dimensions)).astype(np.float32)
    embedding /= np.linalg.norm(embedding, axis=1, keepdims=True)
    log_p[20], embedding[20] = log_p[10], embedding[10]  # equally near ones
    page = walk(enter=False)
    for ranking in (Ranking(1, 0), Ranking(1, 0.8), Ranking(0, 1)):
        engine = Nearest(log_p[:clips], embedding[:clips], ranking)
        for row in range(clips, clips + 5):
            expected = engine.query(np.exp(log_p[row].astype(np.float64)), embedding[row], k)  # type: ignore[arg-type]
            found = page.evaluate("""async ([logs, embedding, ranking, clips, row, k]) => {
                const { nearest } = await import("./search.js");
                const numbers = (rows) => rows.map((row) => row.map((value) => value ?? -Infinity));
                logs = numbers(logs);
                return nearest({ clips: Array.from({ length: clips }), ranking, logs: (of) => logs[of],
                    embedding: (of) => embedding[of] }, { row }, k);
            }""", [[[value if np.isfinite(value) else None for value in values] for values in log_p.tolist()],
                   embedding.tolist(), {"kl": ranking.kl, "cosine": ranking.cosine}, clips, row, k])
            assert [one["clip"] for one in found] == expected.row.tolist()
            for name in ("distance", "kl", "cosine"):
                assert [one[name] for one in found] == pytest.approx(getattr(expected, name).tolist(), abs=1e-9)


def test_a_clip_that_fits_several_directions_sounds_once_from_between_them(walk: Open) -> None:
    page = walk(enter=False)
    pier, meadow = page.evaluate("""async () => {
        const [{ soundscape }, { openSite }] = await Promise.all([import("./search.js"), import("./site.js")]);
        const site = await openSite();
        return site.panoramas.map((panorama) => soundscape(site, panorama));
    }""")
    assert {(one["clip"], round(one["azimuth"])) for one in pier} == {(0, 0), (1, 90), (2, 180), (3, -90)}
    assert {(one["clip"], round(one["azimuth"])) for one in meadow} == {(4, 0), (1, 90), (5, -135)}
    between = next(one for one in meadow if one["clip"] == 5)
    assert between["pointed"] and between["agreement"] == pytest.approx(np.sqrt(0.5))
    assert sum(one["level"] ** 2 for one in meadow) == pytest.approx(1)
    assert between["why"] == [{"class": "scene_5", "p": 0.9, "q": pytest.approx(0.9)}]


def test_a_machine_that_is_too_slow_gets_a_simpler_panning(walk: Open) -> None:
    page = walk(before="const now = performance.now.bind(performance); performance.now = () => 1.5 * now();")
    until(page, "import('./walk.js').then(({ sound }) => sound.panning == 'equalpower')")
    listening = ears(page)
    hear(page, listening, lambda heard: audible(heard) == {0, 1, 2, 3} and heard[0, LEFT] - heard[1, LEFT] > 20)


def test_long_walks_keep_only_the_sounds_wanted_last(walk: Open) -> None:
    loaded, stopped, kept = walk(enter=False).evaluate("""async () => {
        const { Shelf } = await import("./shelf.js");
        const loaded = [], stopped = [];
        const shelf = new Shelf((clip, signal) => {
            loaded.push(clip);
            signal.onabort = () => stopped.push(clip);
            const buffer = { length: 1e6, numberOfChannels: 2, clip };
            return clip === "never" ? new Promise(() => {}) : Promise.resolve(buffer);
        });
        for (let clip = 0; clip < 40; clip++) {  // 8 MB each
            shelf.want([clip, "always"]);
            await shelf.get(clip);
        }
        shelf.want(["never", "always"]);
        shelf.want([39, "always", 0]);
        return [loaded, stopped, (await shelf.get(39)).clip];
    }""")
    assert loaded == [0, "always", *range(1, 40), "never", 0]
    assert (stopped[-1], kept) == ("never", 39)


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no list": (lambda site: (site / "walk.json").unlink(), "walk.json can't be loaded (status 404)"),
    "no features": (lambda site: (site / "features.f32").unlink(), "features.f32 can't be loaded (status 404)"),
    "cut short": (lambda site: (site / "features.f32").write_bytes(b"1234"), "features.f32 has 4 bytes"),
    "no JSON": (lambda site: (site / "walk.json").write_text("{"), "walk.json is no JSON"),
    "format": (lambda site: rewrite(site, format=2), "walk.json has format 2, and this page reads 1"),
    "first": (lambda site: rewrite(site, first="moon"), "the first of them"),
    "no places": (lambda site: rewrite(site, panoramas=3), "lacks its title, panoramas"),
    "clips": (lambda site: rewrite(site, clips=[{"title": 3}]), "what its clips are"),
    "link": (lambda site: rewrite(site, panoramas=[{"id": "pier", "title": "x", "picture": "x", "directions": [],
                                                     "links": [{"to": "moon", "azimuth": 0}]}]), 'panorama "pier"'),
}


def rewrite(site: Path, **changes: Any) -> None:
    file = site / "walk.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def test_a_broken_walk_says_what_is_wrong_with_it(walk: Open, another_site: Path, site: Path) -> None:
    page = walk(another_site)
    for day, (name, (break_it, words)) in enumerate(BROKEN.items()):
        for file in ("walk.json", "features.f32"):
            shutil.copy(site / file, another_site)
        break_it(another_site)
        for changed in another_site.glob("*.*"):
            os.utime(changed, (86400 * day, 86400 * day))  # the server tells versions apart by their time, in seconds
        page.reload()
        until(page, f"document.getElementById('invitation').textContent.includes({json.dumps(words)})")
        assert not page.is_visible("#enter"), name


def test_a_missing_sound_or_picture_is_said_and_the_walk_goes_on(walk: Open, another_site: Path) -> None:
    (another_site / "sounds/500.mp3").unlink()
    (another_site / "sounds/1700.mp3").write_bytes(b"no sound")
    (another_site / "panoramas/meadow.jpg").write_bytes(b"no picture")
    page = walk(another_site)
    until(page, "document.getElementById('said').textContent.startsWith('“500 Hz” can\\'t be heard')")
    listening = ears(page)
    hear(page, listening, lambda heard: audible(heard) == {0, 2, 3})
    page.click("text=Meadow >> nth=0")
    until(page, "document.body.dataset.at == 'meadow'")
    hear(page, listening, lambda heard: audible(heard) == {5})
    page.keyboard.press("ArrowLeft")
    page.click("text=Pier >> nth=0")
    until(page, "document.body.dataset.at == 'pier'")
    turn(page, 0)
    see(page, RED)


def test_nothing_keeps_anybody_from_walking(walk: Open, tmp_path: Path) -> None:
    page = walk(enter=False)
    until(page, "!document.getElementById('enter').disabled")
    assert violations(page, tmp_path) == []
    page.click("#enter")
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    until(page, "document.querySelectorAll('#sounds li').length == 4")
    assert violations(page, tmp_path) == []


def test_a_walk_asks_no_other_place_for_anything(walk: Open) -> None:
    page = walk(enter=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    until(page, "!document.getElementById('enter').disabled")
    page.click("#enter")
    until(page, "import('./walk.js').then(({ sound }) => sound.playing.length == 4)")
    assert len(asked) > 15 and all(url.startswith(page.url.split("#")[0]) for url in asked)
    assert page.evaluate("fetch('https://example.org/').then(() => 'answered', () => 'refused')") == "refused"


def test_all_views_together_are_small() -> None:
    scripts = {file.name: file for file in (*viewer_files(), *STATIC.iterdir()) if file.suffix == ".js"}
    assert sum(file.stat().st_size for file in scripts.values()) <= 150_000
