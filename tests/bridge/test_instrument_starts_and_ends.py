"""The start of the whole instrument and its end: what can't be played is said, and nothing is left behind."""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

from bridge.faces import Faces
from engine.conductor import Conductor
from engine.show import OscConfig, OscQueryConfig, PageConfig, Show
from engine.telemetry import PLAYERS
from tests.instrument import COUNTERS, DEVICES, PATIENCE, command, playing, show_file

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /dev/shm and sends signals")


def test_ctrl_c_ends_everything_and_leaves_nothing(tmp_path: Path) -> None:
    with playing(tmp_path, *DEVICES, "--report", tmp_path / "report.json") as instrument:
        for counter in COUNTERS.values():
            instrument.wait(lambda counter=counter: instrument.session.told(counter) > 0, counter)
        pids = [int(instrument.session.told(f"{name}/pid")) for name in PLAYERS]
        assert instrument.end() == 0
        assert not instrument.session.folder.exists()
        assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["sound"]["blocks"] > 0
    assert report["sight"]["frames"] > 0
    assert report["sight"]["embed_ms"]["p99"] >= report["sight"]["embed_ms"]["p50"] > 0
    assert report["restarts"] == dict.fromkeys(PLAYERS, 0)


def test_faces_that_never_began_can_be_ended(tmp_path: Path) -> None:
    show = Show(mapping=str(tmp_path / "show.mapping.toml"), osc=OscConfig("127.0.0.1:0", targets=()),
                oscquery=OscQueryConfig("127.0.0.1:0"), page=PageConfig("127.0.0.1:0"))
    conductor = Conductor(show.to_dict(), show.parameters)
    try:
        Faces(conductor, show, (), print).close()  # as it goes when the players can't start
    finally:
        conductor.stop()


def test_what_is_recorded_is_whole_when_everything_has_ended(tmp_path: Path) -> None:
    with playing(tmp_path, *DEVICES, "--record", tmp_path / "sets") as instrument:
        instrument.wait(lambda: instrument.session.told("sound/recorded_s") > 1.5, "a recording")
        seconds = instrument.session.told("sound/recorded_s")
        assert instrument.end() == 0
    (file,) = (tmp_path / "sets").iterdir()
    assert soundfile.info(file).duration >= seconds


def test_players_leave_when_the_conductor_was_killed(tmp_path: Path) -> None:
    with playing(tmp_path, *DEVICES) as instrument:
        for name in PLAYERS:
            instrument.wait(lambda name=name: instrument.session.told(f"{name}/alive") > 0, f"{name} to live")
        pids = [int(instrument.session.told(f"{name}/pid")) for name in PLAYERS]
        instrument.process.kill()
        instrument.process.wait()
        for pid in pids:
            while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
                time.sleep(0.01)  # the test's time limit ends this if a player stays


def test_a_machine_without_audio_devices_plays_all_the_same(tmp_path: Path) -> None:
    with playing(tmp_path, "--camera", "demo", "--duration", 1, "--report", tmp_path / "report.json") as instrument:
        assert instrument.process.wait(PATIENCE) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["sound"]["blocks"] > 100


def test_a_port_that_is_taken_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        show = tmp_path / "show.toml"
        show.write_text(f'[osc]\nlisten = "127.0.0.1:{taken.getsockname()[1]}"\n')
        done = subprocess.run(command("play", show, *DEVICES), capture_output=True, text=True)
    assert done.returncode == 1
    assert "osc.listen" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("option", "value", "message"), [
    ("--speakers", "no such device", "no such device"),
    ("--camera", "/no/such/video.mp4", "video.mp4"),
    ("--library", "/no/such/library", "phonoscope index"),
    ("--block", "7", "16 to 4096"),
])
def test_what_does_not_exist_is_named_and_nothing_plays(tmp_path: Path, option: str, value: str, message: str) -> None:
    show = show_file(tmp_path)
    options = dict(zip(DEVICES[::2], DEVICES[1::2], strict=True)) | {option: value}
    done = subprocess.run(command("play", show, *(word for pair in options.items() for word in pair)),
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
