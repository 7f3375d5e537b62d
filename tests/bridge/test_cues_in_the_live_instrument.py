"""Cues in the whole instrument, played by the keys of its terminal."""

import os
import pty
import re
import select
import signal
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile

from engine.indexing import index
from engine.shared import Event, Session
from tests.engine.sounds import RATE, FirstEar, tone
from tests.engine.test_model_hot_swap import eye_file
from tests.instrument import DEVICES, Instrument, playing
from tests.servers import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /dev/shm and into terminals")

CLASSES = tuple(f"class {i}" for i in range(365))
SHOW = """
[parameters.tempo]
bpm = 240
[snapshots.low.master]
gain = -20
[[cues]]
name = "dusk"
snapshot = "low"
quantise = "beat"
mapping = "dusk.mapping.toml"
[[cues]]
name = "elsewhere"
library = "elsewhere/library"
eye = "stranger.ts"
[[cues]]
name = "lost"
snapshot = "none"
library = "elsewhere/library"
"""


class Screen:
    """The far end of a terminal: shows and types."""

    def __init__(self) -> None:
        self.end, self.terminal = pty.openpty()
        termios.tcsetwinsize(self.end, (60, 150))
        self.shown = ""

    def type(self, keys: str) -> None:
        os.write(self.end, keys.encode())

    def look(self) -> str:
        """Take in what was drawn, for the instrument waits for somebody to do so, and return its text."""
        while select.select([self.end], [], [], 0)[0]:
            self.shown = (self.shown + os.read(self.end, 65536).decode(errors="replace"))[-100_000:]
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.shown)

    @property
    def is_by_line(self) -> bool:
        return bool(termios.tcgetattr(self.end)[3] & termios.ICANON)

    def close(self) -> None:
        os.close(self.end)
        os.close(self.terminal)


@pytest.fixture
def screen() -> Iterator[Screen]:
    screen = Screen()
    yield screen
    screen.close()


@pytest.fixture
def instrument(tmp_path: Path, screen: Screen) -> Iterator[Instrument]:
    (tmp_path / "dusk.mapping.toml").write_text('[[mapping]]\nto = "layer/16/pitch"\nfrom = "feature.rms"\n')
    eye_file(tmp_path, "stranger", classes=list(CLASSES))
    for pitch in (300, 420):
        (tmp_path / "elsewhere" / "sounds" / str(pitch)).mkdir(parents=True)
        soundfile.write(tmp_path / "elsewhere" / "sounds" / str(pitch) / "tone.wav", tone(pitch, 1), RATE)
    index(tmp_path / "elsewhere" / "sounds", tmp_path / "elsewhere" / "library", FirstEar(CLASSES))
    with playing(tmp_path, *DEVICES, show=SHOW, terminal=screen.terminal) as instrument:
        yield instrument


def events(session: Session, *kinds: Event) -> list[tuple[Event, int]]:
    found = [(Event(int(event["kind"])), int(event["a"])) for event in session.events["conductor"].read(0)[0]]
    return [event for event in found if event[0] in kinds]


def test_a_show_is_played_by_keys_cue_by_cue(instrument: Instrument, screen: Screen) -> None:
    session = instrument.session

    def wait(condition: Callable[[], bool], what: str) -> None:
        instrument.wait(lambda: (screen.look(), condition())[1], what)

    wait(lambda: session.told("sight/frames") > 0 and session.told("sound/grains") > 0, "pictures and sound")
    wait(lambda: "→ dusk" in screen.look(), "the panel to tell the first cue")
    assert "space → next" in screen.look() and not screen.is_by_line

    screen.type(" ")
    wait(lambda: "dusk → elsewhere" in screen.look() and session.get("master/gain") == -20, "the first cue")
    assert events(session, Event.CUE) == [(Event.CUE, 1)] and session.told("faces/mappings") == 1

    screen.type("2")
    wait(lambda: events(session, Event.EYE_SWAPPED, Event.LIBRARY_SWAPPED) == [
        (Event.EYE_SWAPPED, 1), (Event.LIBRARY_SWAPPED, 1)], "eye and library")
    assert session.told("sight/swaps") == 1, "both at once"

    def sees_and_plays_elsewhere() -> bool:
        match = session.match.read()
        return match is not None and match["library"] == 1 and (
            match["scene_name"][0].startswith(b"class ") and b"300" in match["category"])

    wait(sees_and_plays_elsewhere, "the new classes and clips")

    screen.type("\x1b[C")
    wait(lambda: "there is no snapshot 'none'" in screen.look(), "the refusal to be said")
    assert events(session, Event.CUE)[-1] == (Event.CUE, 2) and session.told("sight/refusals") == 0
    screen.type("p")
    wait(lambda: session.get("master/panic") == 1, "panic")

    instrument.process.send_signal(signal.SIGTERM)
    until(lambda: (screen.look(), instrument.process.poll() is not None)[1], 30, "the end")
    assert instrument.process.returncode == 0 and screen.is_by_line
