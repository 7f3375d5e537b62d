"""Audio servers without hardware: a JACK server with its dummy driver, a PulseAudio server with a null sink."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

STARTS_WITHIN = 10.0


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port that nobody uses now."""
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], object], seconds: float, why: str) -> None:
    """Return as soon as `condition` holds; fail the test with `why` if it doesn't within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:g} s: {why}")
        time.sleep(0.01)


class JackServer:
    """A JACK server of its own name on the dummy driver; `environment` leads clients to it."""

    def __init__(self, period: int = 64, rate: int = 48000, playback: int = 2) -> None:
        if not shutil.which("jackd"):
            pytest.skip("jackd is not installed")
        self.period, self.rate, self.playback = period, rate, playback
        self.name = f"phonoscope-test-{uuid.uuid4().hex[:8]}"
        self.environment = {**os.environ, "JACK_DEFAULT_SERVER": self.name, "JACK_NO_START_SERVER": "1"}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start with a real-time thread, or without one where the system doesn't permit it."""
        for priority in (["-R", "-P60"], ["-r"]):
            self._process = subprocess.Popen(
                ["jackd", "-n", self.name, *priority, "-d", "dummy", "-r", str(self.rate), "-p", str(self.period),
                 "-P", str(self.playback)],
                env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            deadline = time.monotonic() + STARTS_WITHIN
            while self._process.poll() is None and time.monotonic() < deadline:
                if subprocess.run(["jack_lsp"], env=self.environment, capture_output=True).returncode == 0:
                    return
                time.sleep(0.05)
            self.stop()
        pytest.skip("jackd does not start here")

    def lead_here(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let clients in this process, too, find the server."""
        for name in ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER"):
            monkeypatch.setenv(name, self.environment[name])

    def kill(self) -> None:
        """Kill the server as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @contextlib.contextmanager
    def hanging(self) -> Iterator[None]:
        """Let the server stand still for a while, without closing anything."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the server."""
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()


@contextlib.contextmanager
def jack_server(period: int = 64, rate: int = 48000, playback: int = 2) -> Iterator[JackServer]:
    """A running JACK server with so many channels to play on; skips the test where jackd is missing."""
    server = JackServer(period, rate, playback)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class PulseServer:
    """A PulseAudio server with a null sink whose monitor is the default source; `environment` leads clients to it.

    folder: where its files go.
    """

    def __init__(self, folder: Path) -> None:
        if not shutil.which("pulseaudio") or not shutil.which("pactl"):
            pytest.skip("pulseaudio is not installed")
        if not list(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
            pytest.skip("ALSA's plug-in for PulseAudio (libasound2-plugins) is not installed")
        self._socket = folder / "pulse" / "native"
        self._folders = {"PULSE_RUNTIME_PATH": folder / "pulse", "XDG_RUNTIME_DIR": folder / "xdg",
                         "HOME": folder / "home"}
        self.environment = {**os.environ, **{name: str(path) for name, path in self._folders.items()},
                            "PULSE_SERVER": f"unix:{self._socket}", "JACK_NO_START_SERVER": "1",
                            "JACK_DEFAULT_SERVER": "phonoscope-test-none"}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server."""
        for path in self._folders.values():
            path.mkdir(mode=0o700, exist_ok=True)
        self._process = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1",
             "-L", f"module-native-protocol-unix socket={self._socket}",
             "-L", "module-null-sink sink_name=null rate=48000 channels=2"],
            env={name: value for name, value in self.environment.items() if name != "PULSE_SERVER"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: self._control("set-default-sink", "null") and self._control("set-default-source", "null.monitor"),
              STARTS_WITHIN, "pulseaudio answers")

    def stop(self) -> None:
        """End the server."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)

    def _control(self, *command: str) -> bool:
        return subprocess.run(["pactl", *command], env=self.environment, capture_output=True).returncode == 0
