"""Audio servers without hardware: a JACK server with its dummy driver, a PulseAudio server with a null sink."""

import contextlib
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

STARTS_WITHIN = 10.0


def until(condition: Callable[[], object], seconds: float, why: str) -> None:
    """Return as soon as `condition` holds; fail the test with `why` if it doesn't within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:g} s: {why}")
        time.sleep(0.01)


class JackServer:
    """A JACK server of its own name on the dummy driver; `environment` leads clients to it."""

    def __init__(self, period: int = 64, rate: int = 48000) -> None:
        if not shutil.which("jackd"):
            pytest.skip("jackd is not installed")
        self.period, self.rate = period, rate
        self.name = f"phonoscope-test-{uuid.uuid4().hex[:8]}"
        self.environment = {**os.environ, "JACK_DEFAULT_SERVER": self.name, "JACK_NO_START_SERVER": "1"}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start with a real-time thread, or without one where the system doesn't permit it."""
        for priority in (["-R", "-P60"], ["-r"]):
            self._process = subprocess.Popen(
                ["jackd", "-n", self.name, *priority, "-d", "dummy", "-r", str(self.rate), "-p", str(self.period)],
                env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            deadline = time.monotonic() + STARTS_WITHIN
            while self._process.poll() is None and time.monotonic() < deadline:
                if subprocess.run(["jack_lsp"], env=self.environment, capture_output=True).returncode == 0:
                    return
                time.sleep(0.05)
            self.stop()
        pytest.skip("jackd does not start here")

    def kill(self) -> None:
        """Kill the server as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End the server."""
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()


@contextlib.contextmanager
def jack_server(period: int = 64, rate: int = 48000) -> Iterator[JackServer]:
    """A running JACK server; skips the test where jackd is missing."""
    server = JackServer(period, rate)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def pulse_server(folder: Path) -> Iterator[dict[str, str]]:
    """A running PulseAudio server with a null sink, its monitor as default source; yields its clients' environment.

    folder: an empty one for its files. Skips the test where pulseaudio is missing.
    """
    if not shutil.which("pulseaudio") or not shutil.which("pactl"):
        pytest.skip("pulseaudio is not installed")
    environment = {**os.environ, "PULSE_RUNTIME_PATH": str(folder / "pulse"), "XDG_RUNTIME_DIR": str(folder / "xdg"),
                   "HOME": str(folder / "home"), "PULSE_SERVER": f"unix:{folder}/pulse/native",
                   "JACK_NO_START_SERVER": "1", "JACK_DEFAULT_SERVER": "none"}
    for name in ("PULSE_RUNTIME_PATH", "XDG_RUNTIME_DIR", "HOME"):
        Path(environment[name]).mkdir(mode=0o700)
    daemon_environment = {key: value for key, value in environment.items() if key != "PULSE_SERVER"}
    process = subprocess.Popen(
        ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1",
         "-L", f"module-native-protocol-unix socket={folder}/pulse/native",
         "-L", "module-null-sink sink_name=null rate=48000 channels=2"],
        env=daemon_environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def control(*command: str) -> bool:
        return subprocess.run(["pactl", *command], env=environment, capture_output=True).returncode == 0

    try:
        until(lambda: control("set-default-sink", "null") and control("set-default-source", "null.monitor"),
              STARTS_WITHIN, "pulseaudio answers")
        yield environment
    finally:
        process.terminate()
        process.wait(5)
