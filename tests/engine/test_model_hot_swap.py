"""Another eye while the instrument plays: it takes over when it is ready, or is refused; the sound never stops."""

import hashlib
import json
import os
import signal
import socket
import sys
import threading
import tomllib
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pythonosc.osc_message_builder import OscMessageBuilder

from engine.errors import UserError
from engine.modelfile import shipped_model
from engine.shared import MODEL, NO_CLIP, Event, Session
from engine.telemetry import PLAYERS
from tests.instrument import Instrument, playing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /dev/shm and sends signals")


def eye_file(folder: Path, name: str, trusted: bool = True, **changes: Any) -> Path:
    """Write the shipped eye under another name."""
    said = {"manifest.json": ""}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        script = torch.jit.load(str(shipped_model("eye")), _extra_files=said)
        path = folder / f"{name}.ts"
        manifest = json.loads(said["manifest.json"]) | {"name": name} | changes
        script.save(str(path), _extra_files={"manifest.json": json.dumps(manifest)})
    if trusted:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("show")


@pytest.fixture(scope="module")
def instrument(folder: Path) -> Iterator[Instrument]:
    report = folder / "report.json"
    with playing(folder, "--camera", "demo", "--mic", "null", "--speakers", "null", "--report", report) as instrument:
        instrument.wait(lambda: sees_with(instrument.session) is not None, "an eye")
        instrument.wait(lambda: instrument.session.told("sound/grains") > 0, "sound")
        yield instrument
        instrument.end()


def sees_with(session: Session) -> str | None:
    eye = session.models["eye"].read()
    return None if eye is None else eye["name"].item().decode()


def ask(folder: Path, file: str | Path) -> None:
    """Send the instrument the wish for an eye, as any program on the network would."""
    host, _, port = tomllib.loads((folder / "show.toml").read_text())["osc"]["listen"].partition(":")
    message = OscMessageBuilder("/phono/model/eye")
    message.add_arg(str(file))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(message.build().dgram, (host, int(port)))


def events(session: Session) -> list[Event]:
    return [Event(int(event["kind"])) for event in session.events["conductor"].read(0)[0]]


def test_another_eye_takes_over_and_layers_and_sound_go_on(instrument: Instrument, folder: Path) -> None:
    session = instrument.session
    others = {name: int(session.told(f"{name}/pid")) for name in PLAYERS if name != "sight"}
    session.set("match/freeze", 1)  # the layers may only change for the swap's sake
    match = session.match.read()
    assert match is not None and (match["clip"] != NO_CLIP).any()
    missed, restarts = session.told("sound/missed"), session.told("sight/restarts")

    ask(folder, eye_file(folder, "other"))
    instrument.wait(lambda: session.told("sight/swaps") == 1, "the eye to be swapped")
    instrument.wait(lambda: sees_with(session) == "other", "the other eye to see")
    assert instrument.advances("sight/frames")

    after = session.match.read()
    assert after is not None and after["frames"] > match["frames"]
    np.testing.assert_array_equal(after["clip"], match["clip"])
    assert session.told("sound/missed") == missed
    assert {name: int(session.told(f"{name}/pid")) for name in others} == others
    assert session.told("sight/restarts") == restarts
    assert events(session)[-2:] == [Event.PLAYER_STARTED, Event.EYE_SWAPPED]


def test_an_eye_that_took_over_is_the_one_that_comes_back(instrument: Instrument, folder: Path) -> None:
    session = instrument.session
    pid = int(session.told("sight/pid"))
    os.kill(pid, signal.SIGKILL)
    instrument.wait(lambda: session.told("sight/pid") not in (0, pid), "SIGHT to be started again")
    assert instrument.advances("sight/frames")
    assert sees_with(session) == "other"


@pytest.mark.parametrize("bad", [
    lambda folder: folder / "missing.ts",
    lambda folder: eye_file(folder, "unlisted", trusted=False),
    lambda folder: eye_file(folder, "stranger", classes=[f"class {i}" for i in range(365)]),
], ids=["missing", "without a checksum", "of other classes"])
def test_an_eye_that_can_not_be_used_is_refused_and_the_present_one_sees_on(
        instrument: Instrument, folder: Path, bad: Callable[[Path], Path]) -> None:
    session = instrument.session
    pid, name, refusals = int(session.told("sight/pid")), sees_with(session), session.told("sight/refusals")
    ask(folder, bad(folder))
    instrument.wait(lambda: session.told("sight/refusals") == refusals + 1, "the eye to be refused")
    assert events(session)[-1] == Event.EYE_REFUSED
    assert instrument.advances("sight/frames")
    assert int(session.told("sight/pid")) == pid and sees_with(session) == name


def test_of_two_wishes_the_newer_counts_and_nothing_asks_for_the_shipped_eye(
        instrument: Instrument, folder: Path) -> None:
    session = instrument.session
    swaps = session.told("sight/swaps")
    ask(folder, folder / "other.ts")
    ask(folder, "")
    instrument.wait(lambda: session.told("sight/swaps") > swaps, "the eye to be swapped")
    instrument.wait(lambda: sees_with(session) != "other", "the shipped eye")
    assert session.told("sight/swaps") == swaps + 1


def test_the_report_names_the_eye_and_no_block_was_missed(instrument: Instrument, folder: Path) -> None:
    session = instrument.session
    name = sees_with(session)
    assert instrument.end() == 0
    report = json.loads((folder / "report.json").read_text())
    assert report["sight"]["eye"]["name"] == name
    assert report["sight"]["eye"]["file"] == str(shipped_model("eye"))
    assert report["sight"]["swaps"] == 2 and report["sight"]["refusals"] == 3
    assert report["sound"]["missed"] == 0


def test_what_can_not_be_a_path_is_no_wish(session: Session) -> None:
    for path in ("x" * 2000, "a\0b"):
        with pytest.raises(UserError, match="expected a path of up to 1024 bytes"):
            session.ask_for("eye", path)
    assert session.wishes["eye"].read() is None
    assert MODEL["file"].itemsize == 1024


def test_wishes_of_several_faces_at_once_are_each_counted(session: Session) -> None:
    def ask() -> None:
        for _ in range(200):
            session.ask_for("eye", "a.safetensors")

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        asking = [threading.Thread(target=ask) for _ in range(4)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    newest = session.wishes["eye"].read()
    assert newest is not None and newest["number"] == 800
