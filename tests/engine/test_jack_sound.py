"""SOUND on a real JACK server: what it plays and hears, beside threads that hog the GIL, when the server dies."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from engine.player import CONFIGURATION_WRONG, TRY_AGAIN
from engine.shared import Session
from engine.sound.devices import BACKENDS
from tests.engine.sound_process import FIRST_START, RATE, small_library, sound
from tests.servers import JackServer, jack_server, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="JACK servers are started on Linux only")
CODE = 1 << 20
"""Sample n of the test signal has the value (n % CODE) / CODE, so that every sample tells its place."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_library(tmp_path_factory.mktemp("library"))


@pytest.fixture
def server() -> Iterator[JackServer]:
    with jack_server(256) as server:
        yield server


class Musician:
    """A JACK client: plays the test signal into SOUND's first input, its negative into the second, records its output.

    With `bad` every hundredth sample that it plays is NaN.
    """

    def __init__(self, server: JackServer, bad: bool = False) -> None:
        jack = pytest.importorskip("jack")
        self.recorded: list[NDArray[np.float32]] = []
        self._bad, self._played = bad, 0
        self.client = jack.Client("musician", use_exact_name=True, no_start_server=True, servername=server.name)
        self._out = [self.client.outports.register(f"out_{n}") for n in (1, 2)]
        self._in = [self.client.inports.register(f"in_{n}") for n in (1, 2)]
        self.client.set_process_callback(self._process)
        self.client.activate()

    def connect(self) -> None:
        """Take the place of the sound card."""
        ports = [p for p in self.client.get_ports(is_audio=True) if not p.name.startswith(("system:", "musician:"))]
        inputs, outputs = [p for p in ports if p.is_input], [p for p in ports if p.is_output]
        for port in inputs:
            for other in self.client.get_all_connections(port):
                self.client.disconnect(other, port)
        for mine, port in zip(self._out, inputs, strict=bool(inputs)):
            self.client.connect(mine, port)
        for port, mine in zip(outputs, self._in, strict=bool(outputs)):
            self.client.connect(port, mine)

    def close(self) -> None:
        self.client.deactivate()
        self.client.close()

    @property
    def sound(self) -> NDArray[np.float32]:
        """What was recorded, [frames, 2]."""
        return np.concatenate([np.zeros((0, 2), np.float32), *self.recorded])

    def _process(self, frames: int) -> None:
        place = ((self._played + np.arange(frames)) % CODE / CODE).astype(np.float32)
        if self._bad:
            place[::100] = np.nan
        self._played += frames
        self._out[0].get_array()[:] = place
        self._out[1].get_array()[:] = -place
        self.recorded.append(np.stack([port.get_array() for port in self._in], 1).copy())


def heard(session: Session, frames: int) -> NDArray[np.float32]:
    """Return the newest `frames` of the input ring."""
    stored = session.input.read(session.input.written - frames, frames)
    return np.zeros((0, 2), np.float32) if stored is None else stored


def hears_exactly(session: Session) -> bool:
    """Tell whether the newest input holds 8192 successive samples of the test signal, on both sides."""
    new = heard(session, 32_768)
    if not len(new):
        return False
    successive = (np.diff(np.round(new[:, 0] * CODE)) == 1) & (new[1:, 1] == -new[1:, 0])
    breaks = np.flatnonzero(~successive)
    return bool(np.diff(np.concatenate([[-1], breaks, [len(successive)]])).max() > 8192)


def test_what_is_played_and_heard(library: Path, server: JackServer) -> None:
    with sound(library, "jack:system", "jack:system", environment=server.environment) as player:
        player.plays()
        musician = Musician(server)
        musician.connect()
        until(lambda: hears_exactly(player.session), 20, "the input reaches the ring sample-exact")
        player.is_heard()
        musician.recorded.clear()
        until(lambda: len(musician.sound) > RATE and np.abs(musician.sound).max() > 0.01, 20, "sound comes out")
        assert np.isfinite(musician.sound).all()
        musician.close()
        assert player.session.told("sound/latency_ms") > 0
        assert player.session.told("sound/block") == 256
        assert player.stop() == 0
        assert player.said == []


def test_samples_that_are_not_finite_never_reach_ring_or_output(library: Path, server: JackServer) -> None:
    with sound(library, "jack:system", "jack:system", environment=server.environment) as player:
        player.plays()
        musician = Musician(server, bad=True)
        musician.connect()
        until(lambda: player.session.told("sound/bad_samples") > 1000, 20, "bad samples are counted")
        player.is_heard()
        until(lambda: len(musician.sound) > RATE, 20, "a second of output")
        assert np.isfinite(musician.sound).all()
        new = heard(player.session, 48_000)
        assert len(new)
        assert np.isfinite(new).all()
        assert new.any()
        musician.close()


def test_threads_that_hog_the_gil_cost_no_block(library: Path) -> None:
    with jack_server(64) as server:
        environment = {**server.environment, "PHONOSCOPE_GIL_HOGS": "2"}
        with sound(library, "jack:system", "jack:system", 64, environment=environment) as player:
            player.plays()
            player.is_heard()
            player.plays(3 * RATE // 64)
            assert player.session.told("sound/missed") == 0
            assert player.session.told("sound/block") == 64
            assert player.stop() == 0


def test_it_leaves_when_the_server_dies_and_plays_when_it_is_back(library: Path, server: JackServer) -> None:
    with sound(library, "jack:system", "jack:system", environment=server.environment) as player:
        player.plays(100)
        server.kill()
        assert player.ends(10) == TRY_AGAIN
        assert any("still" in line for line in player.said)
        blocks = player.session.told("sound/blocks")
        player.start()
        until(lambda: any("no JACK server" in line for line in player.said), FIRST_START, "it waits for the server")
        server.start()
        player.plays(100)
        player.is_heard()
        assert player.session.told("sound/blocks") >= blocks + 100
        assert any(line.startswith("sound: playing on JACK") for line in player.said)


def test_it_leaves_when_asked_while_the_server_hangs(library: Path, server: JackServer) -> None:
    with sound(library, "jack:system", "jack:system", environment=server.environment) as player:
        player.plays(100)
        with server.hanging():
            player.process.send_signal(signal.SIGTERM)
            assert player.ends(5) in (0, TRY_AGAIN)


def test_jack_can_be_heard_while_a_file_is_played_on(library: Path, server: JackServer, tmp_path: Path) -> None:
    out = tmp_path / "out.wav"
    with sound(library, str(out), "jack:system", environment=server.environment) as player:
        player.plays()
        musician = Musician(server)
        musician.connect()
        until(lambda: hears_exactly(player.session), 20, "the input reaches the ring sample-exact")
        player.is_heard()
        player.plays(100)
        musician.close()
        assert player.stop() == 0
    assert np.abs(soundfile.read(out)[0]).max() > 0.01


def test_a_file_can_be_heard_while_jack_is_played_on(library: Path, server: JackServer, tmp_path: Path) -> None:
    place = (np.arange(2 * RATE) / CODE).astype(np.float32)
    soundfile.write(tmp_path / "mic.wav", np.stack([place, -place], 1), RATE, "FLOAT")
    with sound(library, "jack:system", str(tmp_path / "mic.wav"), environment=server.environment) as player:
        player.plays()
        until(lambda: hears_exactly(player.session), 20, "the file reaches the ring sample-exact")
        player.is_heard()
        assert player.stop() == 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_channel_of_a_ring_has_its_loudspeaker(library: Path, backend: str) -> None:
    jack = pytest.importorskip("jack")
    pytest.importorskip(backend)
    with jack_server(512, playback=10) as server, \
            sound(library, "jack:system", "jack:system", 512, backend, server.environment, layout="ring8") as player:
        player.plays(10)
        client = jack.Client("observer", no_start_server=True, servername=server.name)
        loudspeakers = client.get_ports("system:playback_.*")
        feeds = [[feed.name for feed in client.get_all_connections(port)] for port in loudspeakers]
        client.close()
        assert [len(feed) for feed in feeds] == [1] * 8 + [0] * 2
        assert sorted(feeds[:8]) == feeds[:8]
        assert len({feed[0] for feed in feeds[:8]}) == 8
        assert player.stop() == 0


def test_too_few_channels_for_the_layout_are_a_wrong_configuration(library: Path, server: JackServer) -> None:
    for device in ("jack:system", "default"):
        with sound(library, device, environment=server.environment, layout="5.1") as player:
            assert player.ends() == CONFIGURATION_WRONG
            assert any("has 2 output channels" in line and "needs 6" in line for line in player.said)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_server_of_another_rate_is_a_wrong_configuration(library: Path, backend: str) -> None:
    pytest.importorskip(backend)
    with jack_server(256, 44100) as server, \
            sound(library, "jack:system", backend=backend, environment=server.environment) as player:
        assert player.ends() == CONFIGURATION_WRONG
        assert any("44100" in line and "48000" in line for line in player.said)


def test_pyaudio_plays_and_hears(library: Path, server: JackServer) -> None:
    pytest.importorskip("pyaudio")
    with sound(library, "jack:system", "jack:system", 512, "pyaudio", server.environment) as player:
        player.plays()
        musician = Musician(server)
        musician.connect()
        until(lambda: hears_exactly(player.session), 20, "the input reaches the ring sample-exact")
        player.is_heard()
        until(lambda: np.abs(musician.sound).max() > 0.01, 20, "sound comes out")
        musician.close()
        assert player.stop() == 0
        assert player.said == []


@pytest.mark.parametrize("feedback", [False, True])
def test_a_microphone_that_hears_the_loudspeakers_is_played_only_when_allowed(server: JackServer, library: Path,
                                                                             feedback: bool) -> None:
    with sound(library, "jack:system", "jack:system", environment=server.environment, feedback=feedback) as player:
        player.is_heard()
        player.session.set("layer/1/source", 1)
        player.plays(200)  # the clip that it plays instead goes on
        assert player.session.told("sound/live_refused") == (not feedback)
        assert any("would feed back" in line and "--allow-feedback" in line for line in player.said) == (not feedback)
        player.is_heard()


def test_a_file_as_microphone_cannot_feed_back(server: JackServer, library: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "street.wav", np.full((RATE, 1), 0.1), RATE)
    with sound(library, "jack:system", str(tmp_path / "street.wav"), environment=server.environment) as player:
        player.is_heard()
        player.session.set("layer/1/source", 1)
        player.plays(200)
        assert player.session.told("sound/live_refused") == 0
