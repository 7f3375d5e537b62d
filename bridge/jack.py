"""A JACK server for measurements: the one that runs, else one of our own without hardware."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

_STARTS_WITHIN = 10.0


@contextlib.contextmanager
def jack_server(period: int, rate: int) -> Iterator[str]:
    """Let JACK clients find a server, here and in the processes that start meanwhile, and yield what it is.

    One that answers already is taken as it is. Otherwise, where jackd is installed, one of the dummy driver is started
    with a real-time thread. Yields "" if there is none.
    """
    if _answers():
        yield "running JACK server"
        return
    name = f"phonoscope-bench-{os.getpid()}"
    changed = {"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"}
    before = {key: os.environ.get(key) for key in changed}
    os.environ |= changed
    server = _start(name, period, rate)
    try:
        yield "JACK server without hardware" if server else ""
    finally:
        if server:
            _end(server)
        for key, value in before.items():
            if value is None:
                del os.environ[key]
            else:
                os.environ[key] = value


def _start(name: str, period: int, rate: int) -> subprocess.Popen[bytes] | None:
    if sys.platform != "linux" or not shutil.which("jackd"):
        return None
    server = subprocess.Popen(["jackd", "-n", name, "-R", "-P60", "-d", "dummy", "-r", str(rate), "-p", str(period)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + _STARTS_WITHIN
    while server.poll() is None and time.monotonic() < deadline:
        if _answers():
            return server
        time.sleep(0.05)
    _end(server)
    return None


def _answers() -> bool:
    if not shutil.which("jack_lsp"):
        return False
    asked = {**os.environ, "JACK_NO_START_SERVER": "1"}
    return subprocess.run(["jack_lsp"], env=asked, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
