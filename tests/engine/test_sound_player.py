"""The SOUND process: it plays what the match wants, counts over restarts, and says clearly what it can't do."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.player import CONFIGURATION_WRONG, TRY_AGAIN
from engine.sound.devices import BACKENDS
from tests.engine.sound_process import FIRST_START, RATE, Sound, small_library, sound, wish
from tests.servers import until

NO_JACK = {**os.environ, "JACK_DEFAULT_SERVER": "phonoscope-test-none", "JACK_NO_START_SERVER": "1"}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_library(tmp_path_factory.mktemp("library"))


def test_it_plays_the_match_and_ends_with_a_whole_file(library: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.wav"
    with sound(library, str(out)) as player:
        player.plays()
        player.is_heard()
        wish(player.session, [2])
        player.plays(50)
        until(lambda: player.session.told("sound/loudness_integrated") > -70, 20, "loudness is measured")
        for name in ("peak", "true_peak", "channel/1/peak", "channel/2/peak"):
            assert -60 < player.session.told(f"sound/{name}") <= -1
        assert -70 < player.session.told("sound/loudness_momentary") < 0
        wish(player.session, [])
        until(lambda: player.session.told("sound/grains") == 0, 20, "no clip, no grain")
        assert player.session.told("sound/clips_loaded") == 4  # the whole library is loaded ahead of need
        assert player.session.told("sound/sample_rate") == RATE
        assert player.session.told("sound/block") == 256
        assert player.stop() == 0
        assert player.session.told("sound/running") == 0
        played, rate = soundfile.read(out)
        assert rate == RATE
        assert len(played) >= player.session.told("sound/blocks") * 256
        assert np.abs(played).max() > 0.01
        assert player.said == []


def test_a_killed_process_goes_on_with_counts_clips_and_file(library: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.wav"
    with sound(library, str(out)) as player:
        player.plays(400)
        player.process.send_signal(signal.SIGKILL)
        player.ends()
        blocks = player.session.told("sound/blocks")
        heard = player.session.input.written
        player.start()
        player.plays(100)
        player.is_heard()
        assert player.session.told("sound/blocks") >= blocks + 100
        assert player.session.input.written > heard
        assert player.stop() == 0
        # What was still on its way to the disk when it was killed is lost, no more.
        frames = soundfile.info(out).frames + soundfile.info(tmp_path / "out-2.wav").frames
        assert frames > player.session.told("sound/blocks") * 256 - 2 * RATE


def test_a_broken_clip_is_said_once_and_the_others_play(tmp_path: Path) -> None:
    library = small_library(tmp_path)
    broken = sorted((library / "clips").iterdir())[0]
    broken.write_bytes(b"broken")
    with sound(library, "null", clips=(0, 1, 2, 3)) as player:
        player.plays()
        player.is_heard()
        until(lambda: player.session.told("sound/clips_failed") == 1, 20, "the broken clip is counted")
        until(lambda: player.session.told("sound/clips_loaded") == 3, 20, "the others are loaded")
        wish(player.session, (3, 2, 1, 0))
        player.plays(100)
        assert player.stop() == 0
        assert sum(broken.name in line for line in player.said) == 1
        assert len(player.said) == 1


@pytest.mark.parametrize(("output", "input", "names"), [
    ("no such device", "null", "no such device"),
    ("null", "no such microphone", "no such microphone"),
    ("null", "none.wav", "none.wav"),
])
def test_devices_that_do_not_exist_are_a_wrong_configuration(library: Path, output: str, input: str,
                                                             names: str) -> None:
    with sound(library, output, input, environment=NO_JACK) as player:
        assert player.ends() == CONFIGURATION_WRONG
        assert any(names in line for line in player.said)
        assert not any("Traceback" in line for line in player.said)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_jack_server_that_is_down_is_waited_for_and_said_once(library: Path, backend: str) -> None:
    pytest.importorskip(backend)
    with sound(library, "jack:system", backend=backend, environment=NO_JACK) as player:
        looks_alive_for(player, 1.5)
        assert sum("no JACK server" in line for line in player.said) == 1
        assert player.stop() == 0


def test_a_device_that_was_there_is_waited_for(library: Path) -> None:
    with sound(library, "no such device", environment=NO_JACK) as player:
        player.session.tell("sound/blocks", 1000)  # it played before
        looks_alive_for(player, 1.5)
        assert any("no such device" in line for line in player.said)


def test_a_clock_in_place_of_a_device_may_be_late(library: Path) -> None:
    with sound(library, "null") as player:
        player.plays()
        player.process.send_signal(signal.SIGSTOP)
        time.sleep(1)  # longer than a device may stand still
        player.process.send_signal(signal.SIGCONT)
        player.plays(100)
        assert player.said == []


def looks_alive_for(player: Sound, seconds: float) -> None:
    """Wait until the process has shown signs of life for so long."""
    session = player.session
    until(lambda: session.told("sound/alive"), FIRST_START, "a sign of life")
    first = session.told("sound/alive")
    until(lambda: session.told("sound/alive") > first + seconds, 30, "signs of life go on")


def test_an_input_that_vanished_is_silence_until_it_is_back(library: Path, tmp_path: Path) -> None:
    microphone = tmp_path / "mic.wav"
    with sound(library, "null", str(microphone)) as player:
        player.session.tell("sound/blocks", 1000)  # it was heard before
        player.plays()
        player.is_heard()
        soundfile.write(microphone, np.full((RATE, 2), 0.25), RATE, "FLOAT")
        assert player.ends() == TRY_AGAIN
        player.start()
        player.plays(200)
        newest = player.session.input.read(player.session.input.written - 1000, 1000)
        assert newest is not None
        assert (newest == 0.25).all()


def test_a_missing_library_is_a_wrong_configuration(tmp_path: Path) -> None:
    with sound(tmp_path / "none", "null") as player:
        assert player.ends() == CONFIGURATION_WRONG
        assert "none" in player.said[0]


def test_a_backend_that_does_not_exist_is_a_wrong_configuration(library: Path) -> None:
    with sound(library, "default", backend="asio4all") as player:
        assert player.ends() == CONFIGURATION_WRONG
        assert "asio4all" in player.said[0]
