"""Runs the whole instrument as its user does, and looks into its shared memory."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from engine.shared import Session
from tests.dreams import write_dream

PATIENCE = 120.0
"""Seconds until a wait gives up; generous, since a first start compiles its kernels."""
COUNTERS = {"sound": "sound/blocks", "sight": "sight/frames", "dream": "dream/hops", "painter": "painter/frames"}
"""What counts for as long as a player works."""
DEVICES = ("--camera", "demo", "--mic", "null", "--speakers", "null")
"""Options of `play` that need no hardware."""


@dataclass
class Instrument:
    """A running `phonoscope play`."""

    process: subprocess.Popen[str]
    session: Session
    show: Path

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Return as soon as `condition` holds; fails the test if it never does."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if self.process.poll() is not None:
                pytest.fail(f"the instrument ended with {self.process.returncode} while waiting for {what}")
            if time.monotonic() > deadline:
                pytest.fail(f"waited {PATIENCE:.0f} s in vain for {what}")
            time.sleep(0.01)

    def advances(self, name: str) -> bool:
        """Tell whether the counter `name` still counts."""
        start = self.session.told(name)
        self.wait(lambda: self.session.told(name) > start, f"{name} to go on from {start:.0f}")
        return True

    def end(self, number: int = signal.SIGINT) -> int:
        """Ask it to end, as Ctrl-C does, and return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(30)


def command(*arguments: object) -> list[str]:
    """Return the command line of `phonoscope` with `arguments`."""
    return [sys.executable, "-m", "bridge.cli", *map(str, arguments)]


def show_file(folder: Path, text: str = "") -> Path:
    """Write a show file with OSC ports of its own; `text` is what else it holds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = folder / "show.toml"
    if "[oscquery]" not in text:
        text += '\n[oscquery]\nlisten = ""\n'
    if "[page]" not in text:
        text += '\n[page]\nlisten = ""\n'
    path.write_text(f'{text}\n[osc]\nlisten = "127.0.0.1:{port}"\ntargets = []\n')
    return path


@contextlib.contextmanager
def playing(folder: Path, *arguments: object, show: str = "", stderr: IO[bytes] | None = None,
            terminal: int | None = None) -> Iterator[Instrument]:
    """Play; `show` is more text for the show file. Unless it says otherwise, a tiny model dreams.

    stderr: where what is said goes to, the test's own by default. terminal: an open one to play in instead.
    """
    if "[dream]" not in show:
        show += f'\n[dream]\nmodel = "{write_dream(folder / "tiny.ts")}"\n'
    path = show_file(folder, show)
    process = subprocess.Popen(command("play", path, *arguments), text=True, env=dict(os.environ), stdin=terminal,
                               stderr=stderr if terminal is None else terminal,
                               start_new_session=terminal is not None,
                               preexec_fn=None if terminal is None else _have_terminal)
    try:
        pattern = f"phonoscope-{process.pid}-*/config.json"
        deadline = time.monotonic() + PATIENCE
        while not (found := list(Path("/dev/shm").glob(pattern))):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the instrument did not start (exit status {process.poll()})")
            time.sleep(0.01)
        yield Instrument(process, Session.attach(found[0].parent), path)
    finally:
        process.kill()
        process.wait()


def _have_terminal() -> None:
    """Make the terminal on standard input that of a new session's first process."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
