"""SOUND on a real PulseAudio server: it is heard on the monitor, by both backends, and survives the server's end."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.player import TRY_AGAIN
from engine.sound.devices import BACKENDS
from tests.engine.sound_process import RATE, small_library, sound
from tests.servers import PulseServer, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="PulseAudio servers are started on Linux only")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_library(tmp_path_factory.mktemp("library"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PulseServer]:
    server = PulseServer(tmp_path)
    server.start()
    yield server
    server.stop()


def record(environment: Mapping[str, str], seconds: float) -> NDArray[np.float32]:
    """Record what the null sink gets, [frames, 2]."""
    if not shutil.which("parec"):
        pytest.skip("parec is not installed")
    with subprocess.Popen(["parec", "-d", "null.monitor", "--format=float32le", f"--rate={RATE}", "--channels=2"],
                          env=dict(environment), stdout=subprocess.PIPE) as recorder:
        assert recorder.stdout is not None
        sound = recorder.stdout.read(round(seconds * RATE) * 8)
        recorder.terminate()
    return np.frombuffer(sound, np.float32).reshape(-1, 2)


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_plays_and_hears_what_the_sink_plays(library: Path, server: PulseServer, backend: str) -> None:
    pytest.importorskip(backend)
    with sound(library, "alsa:pulse", "alsa:pulse", 512, backend, server.environment) as player:
        player.plays()
        player.is_heard()
        assert np.abs(record(server.environment, 1.0)).max() > 0.01
        session = player.session

        def hears() -> bool:
            new = session.input.read(max(0, session.input.written - RATE), min(RATE, session.input.written))
            return new is not None and bool(np.abs(new).max() > 0.01)

        until(hears, 20, "the monitor is heard")
        assert session.told("sound/block") > 0
        assert player.stop() == 0
        assert player.said == []


def test_it_leaves_when_the_server_dies_and_plays_when_it_is_back(library: Path, server: PulseServer) -> None:
    with sound(library, "alsa:pulse", "alsa:pulse", 512, environment=server.environment) as player:
        player.plays(20)
        server.stop()
        assert player.ends(10) == TRY_AGAIN
        server.start()
        player.start()
        player.plays(20)
        player.is_heard()
