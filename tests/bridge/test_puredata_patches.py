"""Pure Data itself opens the patches, hears the OSC face of the instrument and turns its knobs."""

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from pythonosc.osc_message import OscMessage

from bridge.desk import Desk
from bridge.namespace import FEATURE_DOCS
from bridge.osc import OscFace
from bridge.patches import write_patches
from bridge.patches.link import Link
from engine.clock import MonotonicClock
from engine.morph import Morpher
from engine.parameters import PARAMETERS, Parameter
from engine.shared import FEATURES, MATCH, NO_CLIP, Event, Session
from engine.show import OscConfig, OscTarget
from engine.snapshots import Snapshots
from tests.servers import free_port

PD = shutil.which("pd")
pytestmark = pytest.mark.skipif(PD is None, reason="Pure Data is not installed (package puredata-core)")


class PureData:
    """A running Pd without a window; `printed` is what it has printed so far."""

    def __init__(self, patches: list[Path], sends: tuple[str, ...], meanwhile: Callable[[], None]) -> None:
        self._meanwhile = meanwhile
        arguments = [part for send in sends for part in ("-send", send)]
        self.printed: list[str] = []
        self._process = subprocess.Popen([str(PD), "-nogui", "-noaudio", "-nomidi", "-nrt", "-stderr", *arguments,
                                          *map(str, patches)], stderr=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        self.printed.extend(iter(self._process.stderr.readline, ""))

    def shows(self, pattern: str) -> None:
        """Wait until a whole line that matches `pattern` was printed."""
        def shown() -> bool:
            self._meanwhile()
            return any(re.fullmatch(pattern, line.strip()) for line in list(self.printed))

        until(shown, lambda: f"Pd to print {pattern!r} in:\n{''.join(self.printed)}")

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()


def until(condition: Callable[[], bool], what: Callable[[], str]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what()}"
        time.sleep(0.01)


class Stage:
    """A session with its OSC face, and the patches set to its ports."""

    def __init__(self, folder: Path, session: Session) -> None:
        self._folder, self.session = folder, session
        self.morpher = Morpher(session, MonotonicClock(), Snapshots())
        self.listen, self.hear = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
        self.features: np.ndarray | None = None
        self._face: OscFace | None = None
        self._running: list[PureData] = []
        write_patches("puredata", Link("127.0.0.1", self.listen, self.hear), folder)

    def plug_in(self) -> None:
        """Start the OSC face."""
        config = OscConfig(f"127.0.0.1:{self.listen}", targets=(OscTarget(f"127.0.0.1:{self.hear}"),))
        self._face = OscFace(self.session, config, Desk(self.morpher))
        self._face.start()

    def open(self, name: str, *sends: str, watch: tuple[str, ...] = (), repeat: str = "",
             once: Sequence[str] = (), beside: str = "") -> PureData:
        """Open the patch `name` in Pd, and beside it one of our own.

        sends: messages to it at the start; repeat: a message to it every 100 ms; watch: buses that shall be printed;
        once: messages that our patch sends when it has been opened, one each millisecond;
        beside: another of our patches.
        """
        (self._folder / "once.txt").write_text("".join(f"1 {message};\n" for message in once))
        lines = ["#N canvas 0 0 400 300 12;", "#X obj 0 0 loadbang;", "#X obj 0 0 metro 100;",
                 f"#X msg 0 0 {repeat and chr(92) + '; ' + repeat};", "#X connect 0 0 1 0;", "#X connect 1 0 2 0;"]
        for i, bus in enumerate(watch):
            lines += [f"#X obj 0 0 r {bus};", f"#X obj 0 0 print {bus};", f"#X connect {2 * i + 3} 0 {2 * i + 4} 0;"]
        first = 3 + 2 * len(watch)
        lines += ["#X msg 0 0 read once.txt \\, rewind;", "#X obj 0 0 qlist;", f"#X connect 0 0 {first} 0;",
                  f"#X connect {first} 0 {first + 1} 0;", f"#X connect 0 0 {first + 1} 0;"]
        (self._folder / "watch.pd").write_text("\n".join(lines) + "\n")
        patches = [self._folder / patch for patch in (name, "watch.pd", beside) if patch]
        self._running.append(PureData(patches, sends, self.analyse))
        return self._running[-1]

    def analyse(self) -> None:
        """Be DREAM, which analyses one hop after the other."""
        if self.features is not None:
            self.features["hop"] += np.uint64(1)
            self.session.features.write(self.features)

    def close(self) -> None:
        for running in self._running:
            running.end()
        if self._face:
            self._face.close()


@pytest.fixture
def stage(tmp_path: Path, session: Session) -> Iterator[Stage]:
    stage = Stage(tmp_path, session)
    yield stage
    stage.close()


def hear_and_see(stage: Stage) -> None:
    features = np.zeros((), FEATURES)
    for i, name in enumerate(FEATURE_DOCS):
        features[name] = i + 1.5
    features["bands"] = np.arange(8) - 80
    stage.features = features
    match = np.zeros((), MATCH)
    match["scene_name"] = (b"street", b"forest", b"beach", b"church", b"harbor")
    match["scene_p"] = (0.5, 0.25, 0.125, 0, 0)
    match["clip"] = NO_CLIP
    for layer in (1, 16):
        match["clip"][layer - 1], match["weight"][layer - 1], match["kl"][layer - 1] = 0, 0.75 / layer, 1.5
        match["title"][layer - 1], match["category"][layer - 1] = b"waves, far off; 2 $1", b"sea_waves"
    stage.session.match.write(match)


@pytest.mark.parametrize("patch", ["phonoscope-headless.pd", "phonoscope.pd"])
def test_a_patch_opens_without_complaint(stage: Stage, patch: str) -> None:
    pd = stage.open(patch, "pd-ready 1", watch=("pd-ready",))
    pd.shows("pd-ready: 1")
    assert [line for line in pd.printed if "pd-ready" not in line] == []


def elsewhere(knob: Parameter) -> float:
    """Return a value of `knob` that it doesn't have at the start and that survives Pd's six digits."""
    value = knob.accept(float(f"{(2 * knob.low + knob.high) / 3:.3g}"))
    return value if value != knob.default else knob.high


@pytest.mark.parametrize(("patch", "moved", "shown"), [
    ("phonoscope-headless.pd", "phono/set {words}", "phono/param/{path}"),
    ("phonoscope.pd", "phono/param/{path}/moved", "phono/param/{path}/shown"),
])
def test_every_knob_makes_the_round_trip(stage: Stage, patch: str, moved: str, shown: str) -> None:
    """Turned in Pd, taken by the instrument, told again, and heard by Pd, which doesn't send it once more."""
    stage.plug_in()
    wanted = {knob.path: elsewhere(knob) for knob in PARAMETERS}
    turns = [f"{moved.format(path=path, words=path.replace('/', ' '))} {value:g}" for path, value in wanted.items()]
    pd = stage.open(patch, once=turns, watch=("phono/set", *(shown.format(path=path) for path in wanted)))
    for path, value in wanted.items():
        pd.shows(f"{re.escape(shown.format(path=path))}: (set )?{value:g}")
    assert {path: pytest.approx(stage.session.get(path), rel=1e-5) for path in wanted} == wanted
    sent = [line for line in pd.printed if line.startswith("phono/set: ") and " ack " not in line]
    assert len(sent) == len(PARAMETERS)
    assert stage.session.told("faces/osc_rejected") == 0
    assert not [line for line in pd.printed if "error: " in line]


def test_the_headless_patch_hears_everything(stage: Stage) -> None:
    stage.plug_in()
    hear_and_see(stage)
    pd = stage.open("phonoscope-headless.pd", "phono/set layer 1 density 40",
                    watch=("phono/feature/centroid", "phono/feature/bands", "phono/param/layer/1/density",
                           "phono/scene/1", "phono/layer/1", "phono/layer/16"))
    pd.shows("phono/param/layer/1/density: 40")
    pd.shows("rms: 1.5")
    pd.shows("tempo: 8.5")
    pd.shows("heartbeat: [1-9].*")
    pd.shows("phono/feature/centroid: 3.5")
    pd.shows("phono/feature/bands: -80 -79 -78 -77 -76 -75 -74 -73")
    pd.shows("phono/scene/1: street 0.5")
    pd.shows(r"phono/layer/1: waves.* sea_waves 0.75 1.5")
    pd.shows(r"phono/layer/16: waves.* sea_waves 0.047 1.5")
    stage.session.events["dream"].write(Event.ONSET, time.monotonic(), 0.5)
    pd.shows(r"event: onset 1 \S+ 0.5 0")
    assert not [line for line in pd.printed if "error: " in line]


def test_panic_and_ping_from_a_patch(stage: Stage) -> None:
    stage.plug_in()
    pd = stage.open("phonoscope-headless.pd", "phono/set ping hello", "phono/set panic")
    pd.shows("pong: hello")
    until(lambda: stage.session.get("master/panic") == 1, lambda: "panic")


def test_snapshots_from_a_patch(stage: Stage) -> None:
    stage.plug_in()
    wishes = ("snapshot store night", "snapshot store day", "snapshot store dusk", "snapshot delete dusk",
              "snapshot recall night 0.25 beat", "morph night day", "morph position 0.5")
    pd = stage.open("phonoscope-headless.pd", *(f"phono/set {wish}" for wish in wishes),
                    watch=("phono/morph", "phono/other"))
    until(lambda: stage.morpher.ends == ("night", "day"), lambda: "the morph")
    until(lambda: stage.morpher.names() == ("night", "day"), lambda: "the snapshots")
    pd.shows("phono/morph: night day 0.5")  # a knob and a wish may begin with the same word
    pd.shows("phono/other: snapshot 2 day")
    assert stage.session.told("faces/osc_rejected") == 0
    assert not [line for line in pd.printed if "error: " in line]


def test_the_panel_shows_what_is_heard(stage: Stage) -> None:
    stage.plug_in()
    hear_and_see(stage)
    pd = stage.open("phonoscope.pd",
                    watch=("phono/feature/rms", "phono/feature/bands/8", "phono/scene/1/class",
                           "phono/scene/2/probability", "phono/layer/1/clip", "phono/layer/1/level",
                           "phono/event/onset", "phono/alive"))
    pd.shows("phono/feature/rms: 1.5")
    pd.shows("phono/feature/bands/8: -73")
    pd.shows("phono/scene/1/class: (symbol )?street")
    pd.shows("phono/scene/2/probability: 0.25")
    pd.shows("phono/layer/1/clip: (symbol )?waves.*")
    pd.shows("phono/layer/1/level: 0.75")
    pd.shows("phono/alive: 1")
    stage.session.events["dream"].write(Event.ONSET, time.monotonic(), 0.5)
    pd.shows("phono/event/onset: .*")
    assert not [line for line in pd.printed if "error: " in line]


def test_a_patch_that_was_opened_first_finds_the_instrument_later(stage: Stage) -> None:
    pd = stage.open("phonoscope-headless.pd", repeat="phono/set layer 1 density 40",
                    watch=("phono/set", "phono/param/layer/1/density"))
    for _ in range(3):  # it turns the knob and nobody listens
        pd.printed.clear()
        pd.shows("phono/set: layer 1 density 40")
    stage.plug_in()
    pd.shows("heartbeat: [1-9].*")
    pd.shows("phono/param/layer/1/density: 40")


def test_what_is_heard_moves_resolume(stage: Stage, tmp_path: Path) -> None:
    stage.plug_in()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolume:
        resolume.bind(("127.0.0.1", 0))
        resolume.settimeout(20)
        patch = tmp_path / "phonoscope-resolume.pd"
        patch.write_text(patch.read_text().replace("7000;", f"{resolume.getsockname()[1]};"))
        stage.features = np.zeros((), FEATURES)
        stage.features["rms"], stage.features["onset"] = -45, 0.5
        stage.open("phonoscope-headless.pd", beside="phonoscope-resolume.pd")
        moved: dict[str, list[float]] = {}
        while len(moved) < 2:
            stage.analyse()
            message = OscMessage(resolume.recv(1500))
            moved[message.address] = message.params
    assert moved == {"/composition/layers/1/video/opacity": [0.5], "/composition/layers/2/video/opacity": [0.25]}


def test_a_slider_has_the_range_of_its_parameter(tmp_path: Path) -> None:
    sliders: dict[str, tuple[str, ...]] = {}
    for path in write_patches("puredata", Link(), tmp_path):
        for low, high, log, sends, hears in re.findall(
                r"hsl \d+ \d+ (\S+) (\S+) (\d) 0 phono/param/(\S+)/moved phono/param/(\S+)/shown", path.read_text()):
            assert sends == hears
            sliders[sends.replace("\\$1", "1")] = low, high, log
    assert len(sliders) > 40
    known = {knob.path: knob for knob in PARAMETERS}
    for path, (low, high, log) in sliders.items():
        knob = known[path]
        assert (float(low), float(high), log == "1") == (knob.low, knob.high, knob.curve == "log")
