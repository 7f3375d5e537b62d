"""Another library while the instrument plays: its clips come without a gap, or it is refused; the sound never stops."""

import json
import os
import signal
import socket
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.indexing import index
from engine.modelfile import load_model, shipped_model
from engine.shared import NO_CLIP, Event, Session
from tests.engine.sounds import RATE, BrightnessEar, FirstEar, tone
from tests.instrument import DEVICES, Instrument, playing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /dev/shm and sends signals")

FIRST, SECOND = (300, 420), (1200, 1700)
"""Frequencies of the sounds of two libraries, Hz."""
SHOW = """
library = "first/library"
[parameters.layer."*"]
mode = 1
[parameters.crossfade]
time = 0.5
cut = 0.5
[parameters.match]
layers = 2
"""


def tones(folder: Path, hertz: tuple[int, int], ear: BrightnessEar) -> Path:
    """A library of lasting tones, each a class of its own."""
    for pitch in hertz:
        (folder / "sounds" / f"{pitch} Hz").mkdir(parents=True)
        soundfile.write(folder / "sounds" / f"{pitch} Hz" / f"tone {pitch}.wav", tone(pitch, 2), RATE)
    index(folder / "sounds", folder / "library", ear)
    return folder / "library"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("show")
    classes = load_model(shipped_model("eye"), "eye").classes
    tones(folder / "first", FIRST, FirstEar(classes))
    tones(folder / "second", SECOND, FirstEar(classes))
    tones(folder / "stranger", SECOND, BrightnessEar())
    return folder


@pytest.fixture(scope="module")
def instrument(folder: Path) -> Iterator[Instrument]:
    options = (*DEVICES, "--record", folder / "played.wav", "--report", folder / "report.json")
    with playing(folder, *options, show=SHOW) as instrument:
        instrument.wait(lambda: plays(instrument.session) == FIRST, "the first library to be matched")
        instrument.wait(lambda: sounds(instrument.session), "sound")
        yield instrument
        instrument.end()


def plays(session: Session) -> tuple[int, ...]:
    """The pitches of the clips that the layers shall play."""
    match = session.match.read()
    if match is None:
        return ()
    titles = [title.decode() for title, clip in zip(match["title"], match["clip"], strict=True) if clip != NO_CLIP]
    return tuple(sorted(int("".join(filter(str.isdigit, title))) for title in titles))


def sounds(session: Session) -> bool:
    return session.told("sound/blocks") > 0 and session.told("sound/layer/1/level") > -60


def ask(folder: Path, path: str | Path, what: str = "library") -> None:
    """Send the instrument the wish for a library, or for something else, as any program on the network would."""
    host, _, port = tomllib.loads((folder / "show.toml").read_text())["osc"]["listen"].partition(":")
    message = OscMessageBuilder(f"/phono/{what}")
    message.add_arg(str(path))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(message.build().dgram, (host, int(port)))


def events(session: Session) -> list[Event]:
    return [Event(int(event["kind"])) for event in session.events["conductor"].read(0)[0]]


def levels(sound: np.ndarray, pitches: tuple[int, ...]) -> list[float]:
    """How loud each of the pitches is in `sound` [n]."""
    time = np.arange(len(sound)) / RATE
    window = np.hanning(len(sound))
    return [abs(np.mean(sound * window * np.exp(-2j * np.pi * pitch * time))) for pitch in pitches]


def test_another_library_sounds_without_a_gap(instrument: Instrument, folder: Path) -> None:
    session = instrument.session
    others = {name: int(session.told(f"{name}/pid")) for name in ("sound", "dream", "painter")}
    begun = session.told("sound/recorded_s")
    instrument.wait(lambda: session.told("sound/recorded_s") > begun + 1, "the first clips to have faded in")
    before = session.told("sound/recorded_s")

    ask(folder, folder / "second" / "library")
    instrument.wait(lambda: plays(session) == SECOND, "the second library to be matched")
    match = session.match.read()
    assert match is not None and match["folder"].item().decode() == str(folder / "second" / "library")
    swapped = session.told("sound/recorded_s")
    instrument.wait(lambda: session.told("sound/recorded_s") > swapped + 2, "two seconds of it")
    session.set("master/record", 0)

    # The null device keeps no deadlines where the machine is busy; what counts here is what was played.
    assert {name: int(session.told(f"{name}/pid")) for name in others} == others
    assert events(session)[-2:] == [Event.PLAYER_STARTED, Event.LIBRARY_SWAPPED]
    instrument.wait(lambda: not session.told("sound/recorded_s"), "the recording's end")
    played = soundfile.read(folder / "played.wav")[0][:, 0]
    first, last = played[int(before * RATE):][:RATE // 4], played[-RATE:-RATE // 2]
    assert min(levels(first, FIRST)) > 100 * max(levels(first, SECOND))
    assert min(levels(last, SECOND)) > 100 * max(levels(last, FIRST))
    since = played[int(before * RATE):-RATE // 2]
    loudness = np.sqrt(np.mean(since[:len(since) // 480 * 480].reshape(-1, 480) ** 2, axis=1))
    assert loudness.min() > 0.4 * np.median(loudness), "a gap"


@pytest.mark.parametrize("bad", ["second/sounds", "stranger/library"], ids=["not a library", "of other classes"])
def test_a_library_that_can_not_be_used_is_refused_and_changes_nothing(
        instrument: Instrument, folder: Path, bad: str) -> None:
    session = instrument.session
    pid, refusals, pitches = int(session.told("sight/pid")), session.told("sight/refusals"), plays(session)
    ask(folder, folder / bad)
    instrument.wait(lambda: session.told("sight/refusals") == refusals + 1, "the library to be refused")
    assert events(session)[-1] == Event.LIBRARY_REFUSED
    assert instrument.advances("sight/frames")
    assert int(session.told("sight/pid")) == pid and plays(session) == pitches


@pytest.mark.parametrize("player", ["sound", "sight"])
def test_a_player_that_died_comes_back_with_the_present_library(instrument: Instrument, player: str) -> None:
    session = instrument.session
    pid = int(session.told(f"{player}/pid"))
    os.kill(pid, signal.SIGKILL)
    instrument.wait(lambda: session.told(f"{player}/pid") not in (0, pid), f"{player} to be started again")
    assert instrument.advances("sight/frames") and instrument.advances("sound/blocks")
    instrument.wait(lambda: sounds(session), "sound")
    assert plays(session) == SECOND and session.told("sound/clips_failed") == 0


def test_an_eye_and_the_library_of_the_show_come_soon_after_each_other(instrument: Instrument, folder: Path) -> None:
    session = instrument.session
    swaps = session.told("sight/swaps")
    ask(folder, "", "model/eye")
    ask(folder, "")
    instrument.wait(lambda: plays(session) == FIRST, "the show's library")
    instrument.wait(lambda: session.told("sound/clips_loaded") == len(FIRST), "the other's clips to leave")
    assert sounds(session)
    told = events(session)
    assert told.count(Event.EYE_SWAPPED) == 1 and told.count(Event.LIBRARY_SWAPPED) == 2
    assert swaps + 1 <= session.told("sight/swaps") <= swaps + 2 and session.told("sight/refusals") == 2
    assert instrument.end() == 0
    report = json.loads((folder / "report.json").read_text())
    assert report["sight"]["library"] == str(folder / "first" / "library")
