"""Cues: named scenes in their order, each one moment on the beat, or refused before anything changes."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine import ledger
from engine.clock import VirtualClock
from engine.cues import CueList
from engine.errors import UserError
from engine.modelnames import shipped_model
from engine.morph import Morpher
from engine.shared import MATCH, MODEL, TEMPO, Event, Session
from engine.show import CueConfig
from engine.snapshots import Snapshots, snapshot

GAIN = "master/gain"


class Stage:
    """Cues that are polled every 20 ms of a virtual clock, as the conductor does."""

    def __init__(self, session: Session, *cues: CueConfig) -> None:
        self.session, self.clock, self.snapshots = session, VirtualClock(100.0), Snapshots()
        self.morpher = Morpher(session, self.clock, self.snapshots)
        self.said: list[str] = []
        self.mappings: list[str] = []
        self.cues = CueList(cues, session, self.morpher, self.snapshots, self.clock, self.said.append)
        self.cues.use_mapping = self.mappings.append
        for name, gain in (("night", -20.0), ("day", -6.0)):
            self.snapshots.store(name, snapshot({GAIN: gain}))

    def passes(self, seconds: float = 0.02, look: Callable[[], None] = lambda: None) -> None:
        for _ in range(round(seconds / 0.02)):
            self.clock.advance(0.02)
            self.cues.poll()
            self.morpher.poll()
            look()

    def beat(self, beat: float, bpm: float = 120) -> None:
        self.session.tempo.write(np.array((self.clock.now(), beat, bpm, 0, 0), TEMPO))

    def launched(self) -> list[int]:
        return [int(event["a"]) for event in self.session.events["conductor"].read(0)[0] if event["kind"] == Event.CUE]

    def asked(self) -> dict[str, tuple[int, str]]:
        wishes = {wish: mailbox.read() for wish, mailbox in self.session.wishes.items()}
        return {wish: (int(record["number"]), record["file"].item().decode())
                for wish, record in wishes.items() if record is not None}


def library(folder: Path, name: str) -> str:
    """A folder that looks like a library."""
    (folder / name).mkdir()
    (folder / name / ledger.LINES).touch()
    return str(folder / name)


def three(session: Session) -> Stage:
    return Stage(session, CueConfig("dusk", snapshot="night", seconds=2), CueConfig("noon", snapshot="day"),
                 CueConfig("again", snapshot="night"))


def test_a_cue_moves_the_knobs_over_its_time_and_is_told(session: Session) -> None:
    stage = three(session)
    assert stage.cues.names() == ("dusk", "noon", "again") and stage.cues.current == ""
    stage.cues.launch("dusk")
    assert stage.launched() == [], "the conductor's loop carries it out"
    stage.passes(1)
    assert session.get(GAIN) == pytest.approx(-10, abs=0.3)
    stage.passes(1.1)
    assert session.get(GAIN) == -20
    assert stage.launched() == [1] and stage.cues.current == "dusk"


def test_next_and_previous_walk_the_list_and_stop_at_its_ends(session: Session) -> None:
    stage = three(session)
    stage.cues.previous()
    stage.passes()
    assert stage.launched() == []
    for _ in range(4):
        stage.cues.next()
        stage.passes()
    assert stage.launched() == [1, 2, 3]
    for _ in range(3):
        stage.cues.previous()
        stage.passes()
    assert stage.launched() == [1, 2, 3, 2, 1]


@pytest.mark.parametrize(("quantise", "waits"), [("beat", 0.25), ("bar", 0.75)])
def test_everything_in_a_cue_waits_for_the_beat_together(session: Session, tmp_path: Path, quantise: str,
                                                         waits: float) -> None:
    sounds, mapping = library(tmp_path, "sounds"), tmp_path / "knobs.toml"
    mapping.touch()
    stage = Stage(session, CueConfig("dusk", "night", 0, quantise, sounds, "eye", "dream", str(mapping)))
    stage.beat(6.5)  # in bars of 4 at 120 BPM
    stage.cues.launch("dusk")
    assert stage.cues.waiting == "dusk" and stage.cues.current == ""
    begun, found = stage.clock.now(), []

    def look() -> None:
        done = [session.get(GAIN) == -20, len(stage.asked()) == 3, len(stage.mappings) == 1, stage.launched() == [1]]
        assert len(set(done)) == 1, "all at once"
        if done[0]:
            found.append(stage.clock.now())

    stage.passes(2, look)
    assert 0 <= found[0] - begun - waits < 0.021
    assert stage.asked() == {"library": (1, sounds), "eye": (1, str(shipped_model("eye"))),
                             "dream": (1, str(shipped_model("dream")))}
    assert stage.mappings == [str(mapping)] and stage.cues.waiting == ""


@pytest.mark.parametrize("bpm", [None, 0.0])
def test_without_a_tempo_a_quantised_cue_begins_at_once(session: Session, bpm: float | None) -> None:
    stage = Stage(session, CueConfig("dusk", "night", quantise="bar"))
    if bpm is not None:
        stage.beat(0.5, bpm)
    stage.cues.launch("dusk")
    stage.passes()
    assert stage.launched() == [1]


def test_a_cue_does_not_wait_for_a_beat_that_no_longer_comes(session: Session) -> None:
    stage = Stage(session, CueConfig("dusk", "night", quantise="bar"))
    stage.beat(0.5)
    stage.cues.launch("dusk")
    stage.passes(0.1)
    assert stage.launched() == []
    stage.beat(0.7, 0)
    stage.passes()
    assert stage.launched() == [1]


def test_a_newer_cue_replaces_one_that_waits_and_next_goes_on_from_it(session: Session) -> None:
    stage = Stage(session, CueConfig("a", "night", quantise="bar"), CueConfig("b", "day", quantise="bar"),
                  CueConfig("c"))
    stage.beat(0.5)
    stage.cues.next()
    stage.cues.next()
    assert stage.cues.waiting == "b"
    stage.passes(2)
    assert stage.launched() == [2] and session.get(GAIN) == -6
    stage.cues.next()
    stage.passes()
    assert stage.launched() == [2, 3]


def test_programs_stand_for_cues_by_their_place_or_as_they_say(session: Session) -> None:
    stage = Stage(session, CueConfig("a"), CueConfig("b", program=100), CueConfig("c"))
    for program in (0, 1, 2, 100, 127):
        stage.cues.launch_program(program)
        stage.passes()
    assert stage.launched() == [1, 3, 2]


BAD: dict[str, CueConfig] = {
    "no snapshot 'dawn'": CueConfig("bad", snapshot="dawn"),
    "model file nowhere.ts": CueConfig("bad", "night", eye="nowhere.ts"),
    "model file nobody": CueConfig("bad", "night", dream="nobody"),
    "nothing/here is not a library": CueConfig("bad", "night", library="nothing/here"),
    "no such file of mappings": CueConfig("bad", "night", mapping="nothing/here.toml"),
}


@pytest.mark.parametrize("message", BAD)
def test_what_is_not_there_is_said_and_the_whole_cue_refused(session: Session, message: str) -> None:
    stage = Stage(session, CueConfig("good"), BAD[message])
    stage.cues.launch("good")
    stage.passes()
    with pytest.raises(UserError, match=message):
        stage.cues.launch("bad")
    with pytest.raises(UserError, match=message):
        stage.cues.next()
    stage.passes()
    assert session.get(GAIN) == 0 and stage.asked() == {} and stage.cues.current == "good"


def test_what_goes_while_a_cue_waits_refuses_it_when_its_moment_comes(session: Session) -> None:
    stage = Stage(session, CueConfig("good"), CueConfig("bad", "night", quantise="beat", eye="eye"))
    stage.cues.launch("good")
    stage.passes()
    stage.beat(0.5)
    stage.cues.launch("bad")
    stage.snapshots.delete("night")
    stage.passes(1)
    assert stage.said == ["the cue 'bad' was not launched: there is no snapshot 'night'; there are 'day'"]
    assert stage.asked() == {} and stage.cues.current == "good" and stage.cues.waiting == ""


def test_a_mapping_that_can_not_be_used_refuses_the_whole_cue(session: Session, tmp_path: Path) -> None:
    mapping = tmp_path / "knobs.toml"
    mapping.touch()
    stage = Stage(session, CueConfig("bad", "night", mapping=str(mapping)))

    def refuse(path: str) -> None:
        raise UserError(f"{path}: line 1")

    stage.cues.use_mapping = refuse
    stage.cues.launch("bad")
    stage.passes()
    assert session.get(GAIN) == 0 and "line 1" in stage.said[0] and stage.launched() == []
    stage.cues.use_mapping = None
    with pytest.raises(UserError, match="nothing here that could use mappings"):
        stage.cues.launch("bad")


def test_an_unknown_cue_is_told_with_those_that_there_are(session: Session) -> None:
    with pytest.raises(UserError, match="no cue 'noon'; there are 'dusk', 'dawn'"):
        Stage(session, CueConfig("dusk"), CueConfig("dawn")).cues.launch("noon")
    empty = Stage(session).cues
    with pytest.raises(UserError, match="there are none"):
        empty.launch("noon")
    empty.next()
    empty.previous()


def test_what_is_in_use_is_not_loaded_again_unless_something_else_was_asked_for(
        session: Session, tmp_path: Path) -> None:
    here, there = library(tmp_path, "here"), library(tmp_path, "there")
    stage = Stage(session, CueConfig("here", library=here, eye="eye"), CueConfig("there", library=there))
    match, eye = np.zeros((), MATCH), np.zeros((), MODEL)
    match["folder"], eye["file"] = here.encode(), str(shipped_model("eye")).encode()
    session.match.write(match)
    session.models["eye"].write(eye)
    for cue in ("here", "there", "here"):
        stage.cues.launch(cue)
        stage.passes()
    assert stage.asked() == {"library": (2, here)}


def test_cues_may_be_launched_from_any_thread(session: Session) -> None:
    stage = three(session)
    threads = [threading.Thread(target=stage.cues.launch, args=(name,)) for name in stage.cues.names() * 10]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stage.passes()
    assert len(stage.launched()) == 1
