"""The SOUND process, run as the conductor runs it, with a session that the test holds."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from engine.indexing import index
from engine.shared import MATCH, NO_CLIP, Session
from tests.engine.sounds import BrightnessEar, folder_of_sounds
from tests.servers import until

RATE = 48000
FIRST_START = 120.0
"""Seconds until SOUND plays; the very first start compiles its kernels."""


class Sound:
    """A SOUND process on `session`; what it says is in `said`."""

    def __init__(self, session: Session, environment: Mapping[str, str]) -> None:
        self.session = session
        self.said: list[str] = []
        self._environment = environment
        self.start()

    def start(self) -> None:
        """Start it, for the first time or again."""
        self.process = subprocess.Popen([sys.executable, "-m", "engine.sound", str(self.session.folder)], text=True,
                                        env=dict(self._environment), stderr=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reader.start()

    def plays(self, blocks: int = 1) -> None:
        """Wait until it has played so many blocks from now on."""
        goal = self.session.told("sound/blocks") + blocks
        until(lambda: self.session.told("sound/blocks") >= goal or self.process.poll() is not None, FIRST_START,
              "sound plays")
        assert self.process.poll() is None, self.said

    def is_heard(self) -> None:
        """Wait until grains sound."""
        until(lambda: self.session.told("sound/grains") > 0 and self.session.told("sound/peak") > -60, 30, "grains")

    def ends(self, seconds: float = FIRST_START) -> int:
        """Wait for its end and return its exit status."""
        status = self.process.wait(seconds)
        self._reader.join()
        return status

    def stop(self) -> int:
        """Ask it to end and return its exit status."""
        self.process.terminate()
        return self.ends(10)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.said.append(line.rstrip())


@contextlib.contextmanager
def sound(library: Path, output: str, input: str = "null", block: int = 256, backend: str = "sounddevice",
          environment: Mapping[str, str] | None = None, clips: Sequence[int] = (0, 1),
          layout: str = "stereo", record: Path = Path("recordings"), feedback: bool = False) -> Iterator[Sound]:
    """Run SOUND with the match asking for `clips`."""
    session = Session.create({"sound": {"output": output, "input": input, "backend": backend, "rate": RATE,
                                        "block": block, "layout": layout, "record": str(record),
                                        "feedback": feedback},
                              "name": "test", "library": str(library), "seed": 1})
    wish(session, clips)
    player = Sound(session, os.environ if environment is None else environment)
    try:
        yield player
    finally:
        player.process.kill()
        player.process.wait()
        session.close()


def wish(session: Session, clips: Sequence[int], fade: float = 0.1) -> None:
    """Ask for these clips, one a layer, as SIGHT does."""
    before = session.match.read()
    record = np.zeros((), MATCH)
    record["command"] = 1 if before is None else before["command"] + 1
    record["fade"] = fade
    record["clip"] = NO_CLIP
    record["clip"][:len(clips)] = clips
    record["weight"][:len(clips)] = 1
    session.match.write(record)


def small_library(folder: Path) -> Path:
    """Make a library of four clips in `folder`."""
    index(folder_of_sounds(folder / "sounds"), folder / "library", BrightnessEar())
    return folder / "library"
