"""Pure Data itself opens the patches, hears the OSC face of the instrument and turns its knobs."""

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge.desk import Desk
from bridge.namespace import FEATURE_DOCS
from bridge.osc import OscFace
from engine.clock import MonotonicClock
from engine.morph import Morpher
from engine.parameters import PARAMETERS, parameter
from engine.shared import FEATURES, MATCH, NO_CLIP, Event, Session
from engine.show import OscConfig, OscTarget
from engine.snapshots import Snapshots

PATCHES = Path(__file__).parents[2] / "patches" / "puredata"
PD = shutil.which("pd")
pytestmark = pytest.mark.skipif(PD is None, reason="Pure Data is not installed (package puredata-core)")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
        self.listen, self.hear = free_port(), free_port()
        self.features: np.ndarray | None = None
        self._face: OscFace | None = None
        self._running: list[PureData] = []
        for patch in PATCHES.glob("*.pd"):
            text = patch.read_text().replace("phonoscope-link 9001 127.0.0.1 9000",
                                             f"phonoscope-link {self.hear} 127.0.0.1 {self.listen}")
            (folder / patch.name).write_text(text)

    def plug_in(self) -> None:
        """Start the OSC face."""
        config = OscConfig(f"127.0.0.1:{self.listen}", targets=(OscTarget(f"127.0.0.1:{self.hear}"),))
        self._face = OscFace(self.session, config, Desk(self.morpher))
        self._face.start()

    def open(self, name: str, *sends: str, watch: tuple[str, ...] = (), repeat: str = "") -> PureData:
        """Open the patch `name` in Pd, and beside it one of our own.

        sends: messages to it at the start; repeat: a message to it every 100 ms; watch: buses that shall be printed.
        """
        lines = ["#N canvas 0 0 400 300 12;", "#X obj 0 0 loadbang;", "#X obj 0 0 metro 100;",
                 f"#X msg 0 0 {repeat and chr(92) + '; ' + repeat};", "#X connect 0 0 1 0;", "#X connect 1 0 2 0;"]
        for i, bus in enumerate(watch):
            lines += [f"#X obj 0 0 r {bus};", f"#X obj 0 0 print {bus};", f"#X connect {2 * i + 3} 0 {2 * i + 4} 0;"]
        (self._folder / "watch.pd").write_text("\n".join(lines) + "\n")
        self._running.append(PureData([self._folder / name, self._folder / "watch.pd"], sends, self._hear))
        return self._running[-1]

    def _hear(self) -> None:
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


def test_the_headless_patch_hears_everything_and_turns_a_knob(stage: Stage) -> None:
    stage.plug_in()
    hear_and_see(stage)
    pd = stage.open("phonoscope-headless.pd", "phonoscope-set layer 1 density 40",
                    watch=("phonoscope-centroid", "phonoscope-bands"))
    pd.shows("density of layer 1: 40")  # the echo of what it set
    assert stage.session.get("layer/1/density") == 40
    pd.shows("rms: 1.5")
    pd.shows("tempo: 8.5")
    pd.shows("heartbeat: [1-9].*")
    pd.shows("phonoscope-centroid: 3.5")
    pd.shows("phonoscope-bands: -80 -79 -78 -77 -76 -75 -74 -73")
    pd.shows("scene: 1 street 0.5")
    pd.shows(r"layer: 1 waves.* sea_waves 0.75 1.5")
    pd.shows(r"layer: 16 waves.* sea_waves 0.047 1.5")
    stage.session.events["dream"].write(Event.ONSET, time.monotonic(), 0.5)
    pd.shows(r"event: onset 1 \S+ 0.5 0")
    assert not [line for line in pd.printed if "error" in line]


def test_panic_and_ping_from_a_patch(stage: Stage) -> None:
    stage.plug_in()
    pd = stage.open("phonoscope-headless.pd", "phonoscope-set ping hello", "phonoscope-set panic")
    pd.shows("print: pong hello")
    until(lambda: stage.session.get("master/panic") == 1, lambda: "panic")


def test_snapshots_from_a_patch(stage: Stage) -> None:
    stage.plug_in()
    wishes = ("snapshot store night", "snapshot store day", "snapshot store dusk", "snapshot delete dusk",
              "snapshot recall night 0.25 beat", "morph night day")
    pd = stage.open("phonoscope-headless.pd", *(f"phonoscope-set {wish}" for wish in wishes))
    until(lambda: stage.morpher.ends == ("night", "day"), lambda: "the morph")
    until(lambda: stage.morpher.names() == ("night", "day"), lambda: "the snapshots")
    assert stage.session.told("faces/osc_rejected") == 0
    assert not [line for line in pd.printed if "error" in line]


def test_the_panel_shows_what_is_heard_and_its_sliders_turn_knobs(stage: Stage) -> None:
    stage.plug_in()
    hear_and_see(stage)
    pd = stage.open("phonoscope.pd", "phono/layer/2/density/moved 33", "phono/master/gain/moved -6",
                    watch=("phono/rms", "phono/band/8", "phono/class/1", "phono/probability/2", "phono/clip/1",
                           "phono/weight/1", "phono/layer/2/density", "phono/layer/2/density/slider",
                           "phono/master/gain", "phono/event/onset", "phono/alive", "phono/missed"))
    pd.shows("phono/layer/2/density: 33")
    pd.shows("phono/layer/2/density/slider: set 33")  # moves the slider without sending again
    pd.shows("phono/master/gain: -6")
    assert (stage.session.get("layer/2/density"), stage.session.get("master/gain")) == (33, -6)
    pd.shows("phono/rms: 1.5")
    pd.shows("phono/band/8: -73")
    pd.shows("phono/class/1: (symbol )?street")
    pd.shows("phono/probability/2: 0.25")
    pd.shows("phono/clip/1: (symbol )?waves.*")
    pd.shows("phono/weight/1: 0.75")
    pd.shows("phono/alive: 1")
    pd.shows("phono/missed: 0")
    stage.session.events["dream"].write(Event.ONSET, time.monotonic(), 0.5)
    pd.shows("phono/event/onset: .*")
    assert not [line for line in pd.printed if "error" in line]


def test_a_patch_that_was_opened_first_finds_the_instrument_later(stage: Stage) -> None:
    pd = stage.open("phonoscope-headless.pd", repeat="phonoscope-set layer 1 density 40", watch=("phonoscope-set",))
    for _ in range(3):  # it turns the knob and nobody listens
        pd.printed.clear()
        pd.shows("phonoscope-set: layer 1 density 40")
    stage.plug_in()
    pd.shows("heartbeat: [1-9].*")
    pd.shows("density of layer 1: 40")


def test_every_slider_has_the_range_of_its_parameter() -> None:
    sliders = re.findall(r"hsl \d+ \d+ (\S+) (\S+) (\d) 0 phono/(\S+)/moved phono/(\S+)/slider",
                         (PATCHES / "phonoscope.pd").read_text())
    assert len(sliders) > 30
    for low, high, log, sends, receives in sliders:
        knob = parameter(sends)
        assert sends == receives
        assert (float(low), float(high), log == "1") == (knob.low, knob.high, knob.curve == "log")


def test_every_knob_of_the_panel_is_wired_both_ways() -> None:
    text = (PATCHES / "phonoscope.pd").read_text()
    moved = set(re.findall(r"phono/(\S+?)/moved phono/\S+/slider", text))
    known = {p.path for p in PARAMETERS}
    assert moved <= known
    for path in moved:
        assert f"list prepend {path.replace('/', ' ')};" in text
        assert f"s phono/{path};" in text and f"s phono/{path}/slider;" in text
