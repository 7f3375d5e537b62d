"""Recalls over a time, on the beat, and by a controller: knobs arrive, and the hand wins."""

from collections.abc import Callable

import numpy as np
import pytest

from engine.clock import VirtualClock
from engine.errors import UserError
from engine.morph import Morpher
from engine.parameters import PARAMETERS
from engine.shared import TEMPO, Session
from engine.snapshots import NEVER, Snapshots, snapshot

GAIN, DENSITY, TIME = "master/gain", "layer/16/density", "reverb/time"


class Stage:
    """A morpher that is polled every 20 ms of a virtual clock."""

    def __init__(self, session: Session) -> None:
        self.session, self.clock, self.snapshots = session, VirtualClock(100.0), Snapshots()
        self.morpher = Morpher(session, self.clock, self.snapshots)

    def keep(self, name: str, values: dict[str, float]) -> None:
        self.snapshots.store(name, snapshot(values))

    def passes(self, seconds: float, look: Callable[[], None] = lambda: None) -> None:
        for _ in range(round(seconds / 0.02)):
            self.clock.advance(0.02)
            self.morpher.poll()
            look()

    def stand(self, *paths: str) -> list[float]:
        return [self.session.get(path) for path in paths]


@pytest.fixture
def stage(session: Session) -> Stage:
    return Stage(session)


def test_everything_comes_back_as_it_was_stored(stage: Stage) -> None:
    moved = np.array([p.default if p.path in NEVER else (p.low + p.high) / 2 if p.curve == "linear" else p.high
                      for p in PARAMETERS])
    stage.session.parameters[:] = moved
    stage.morpher.store("a")
    stage.session.parameters[:] = [p.default for p in PARAMETERS]
    stage.morpher.recall("a", 2)
    stage.passes(1.9)
    assert not np.array_equal(stage.session.parameters, moved)
    stage.passes(0.2)
    np.testing.assert_array_equal(stage.session.parameters, moved)


def test_a_recall_moves_evenly_over_its_time_and_then_rests(stage: Stage) -> None:
    stage.session.set(DENSITY, 10)
    stage.keep("a", {GAIN: -20, DENSITY: 1000})
    stage.morpher.recall("a", 4)
    assert stage.stand(GAIN, DENSITY) == [0, 10]
    stage.passes(2)
    assert stage.stand(GAIN, DENSITY) == pytest.approx([-10, 100])
    stage.passes(2.02)
    assert stage.stand(GAIN, DENSITY) == [-20, 1000]
    stage.session.set(GAIN, -3)
    stage.passes(1)
    assert stage.session.get(GAIN) == -3


def test_a_recall_without_a_time_is_there_with_the_next_poll(stage: Stage) -> None:
    stage.keep("a", {GAIN: -20})
    stage.morpher.recall("a")
    stage.passes(0.02)
    assert stage.session.get(GAIN) == -20


def test_what_a_snapshot_does_not_hold_is_left_alone(stage: Stage) -> None:
    stage.keep("a", {GAIN: -20})
    before = stage.session.parameters.copy()
    stage.morpher.recall("a", 1)
    stage.passes(2)
    stage.session.set(GAIN, 0)
    np.testing.assert_array_equal(stage.session.parameters, before)


@pytest.mark.parametrize("before", [0.0, 0.5], ids=["at the beginning", "half-way"])
def test_a_knob_that_the_hand_turns_leaves_the_recall_and_the_others_go_on(stage: Stage, before: float) -> None:
    stage.keep("a", {GAIN: -20, TIME: 10})
    stage.morpher.recall("a", 1)
    stage.passes(before)
    stage.session.set(GAIN, -1)
    stage.passes(2)
    assert stage.stand(GAIN, TIME) == [-1, 10]


def test_a_newer_recall_takes_over_from_where_knobs_stand_and_leaves_others_to_the_older(stage: Stage) -> None:
    stage.keep("a", {GAIN: -20, TIME: 10})
    stage.keep("b", {GAIN: 0})
    stage.morpher.recall("a", 2)
    stage.passes(1)
    stage.morpher.recall("b", 1)
    stage.passes(0.5)
    assert stage.session.get(GAIN) == pytest.approx(-5)
    stage.passes(1)
    assert stage.stand(GAIN, TIME) == [0, 10]


def test_the_controller_blends_whenever_it_moves_and_the_hand_wins_until_then(stage: Stage) -> None:
    stage.keep("a", {GAIN: -20, TIME: 1})
    stage.keep("b", {GAIN: 0, TIME: 16, DENSITY: 1})
    stage.morpher.morph("a", "b")
    stage.passes(0.1)
    assert stage.stand(GAIN, TIME) == [0, 2.5]  # armed, and nothing has moved yet
    stage.session.set("morph/position", 0.5)
    stage.passes(0.02)
    assert stage.stand(GAIN, TIME, DENSITY) == [-10, pytest.approx(4), 16]
    stage.session.set(GAIN, -1)
    stage.passes(0.5)
    assert stage.stand(GAIN, TIME) == [-1, pytest.approx(4)]
    stage.session.set("morph/position", 1)
    stage.passes(0.02)
    assert stage.stand(GAIN, TIME) == [0, 16]


def test_the_controller_takes_its_knobs_out_of_a_recall(stage: Stage) -> None:
    stage.keep("a", {GAIN: -20})
    stage.keep("b", {GAIN: -10})
    stage.keep("c", {GAIN: 6, TIME: 10})
    stage.morpher.morph("a", "b")
    stage.morpher.recall("c", 1)
    stage.passes(0.5)
    stage.session.set("morph/position", 1)
    stage.passes(1)
    assert stage.stand(GAIN, TIME) == [-10, 10]


def test_the_controller_lets_go_when_one_of_its_snapshots_is_deleted(stage: Stage) -> None:
    stage.keep("a", {GAIN: -20})
    stage.keep("b", {GAIN: -10})
    stage.morpher.morph("a", "b")
    stage.morpher.delete("b")
    stage.session.set("morph/position", 1)
    stage.passes(0.1)
    assert stage.session.get(GAIN) == 0
    assert stage.morpher.ends is None


def beat(stage: Stage, beat: float, bpm: float = 120) -> None:
    stage.session.tempo.write(np.array((stage.clock.now(), beat, bpm, 0, 0), TEMPO))


@pytest.mark.parametrize(("quantise", "starts", "waits"), [("beat", 6.5, 0.25), ("bar", 6.5, 0.75), ("bar", 4.0, 2.0)])
def test_a_recall_waits_for_the_beat(stage: Stage, quantise: str, starts: float, waits: float) -> None:
    stage.keep("a", {GAIN: -20})
    beat(stage, starts)  # in bars of 4 at 120 BPM
    stage.morpher.recall("a", 0, quantise)
    found: list[float] = []
    begun = stage.clock.now()
    stage.passes(3, lambda: found.append(stage.clock.now()) if stage.session.get(GAIN) == -20 else None)
    assert 0 <= found[0] - begun - waits < 0.021


def test_a_waiting_recall_follows_a_tempo_that_changes(stage: Stage) -> None:
    stage.keep("a", {GAIN: -20})
    beat(stage, 0.5, 30)  # the next beat is a second away
    stage.morpher.recall("a", 0, "beat")
    stage.passes(0.1)
    beat(stage, 0.6, 300)  # and now 80 ms
    stage.passes(0.04)
    assert stage.session.get(GAIN) == 0
    stage.passes(0.06)
    assert stage.session.get(GAIN) == -20


def test_another_source_of_tempo_does_not_keep_a_recall_waiting(stage: Stage) -> None:
    stage.keep("a", {GAIN: -20})
    beat(stage, 1000.5)
    stage.morpher.recall("a", 0, "bar")
    stage.passes(0.1)
    beat(stage, 0.1)
    stage.passes(0.02)
    assert stage.session.get(GAIN) == -20


@pytest.mark.parametrize("bpm", [None, 0.0])
def test_without_a_tempo_it_begins_at_once(stage: Stage, bpm: float | None) -> None:
    if bpm is not None:
        beat(stage, 0.5, bpm)
    stage.keep("a", {GAIN: -20})
    stage.morpher.recall("a", 0, "bar")
    stage.passes(0.02)
    assert stage.session.get(GAIN) == -20


def test_the_newest_wish_replaces_one_that_waits(stage: Stage) -> None:
    stage.keep("a", {GAIN: -20})
    stage.keep("b", {TIME: 10})
    beat(stage, 0.5)
    stage.morpher.recall("a", 0, "beat")
    stage.morpher.recall("b", 0)
    stage.passes(1)
    assert stage.stand(GAIN, TIME) == [0, 10]


def test_wrong_wishes_are_told_and_move_nothing(stage: Stage) -> None:
    with pytest.raises(UserError, match="no snapshot 'dusk'; there are none yet"):
        stage.morpher.recall("dusk")
    stage.keep("night", {GAIN: -20})
    with pytest.raises(UserError, match="no snapshot 'dusk'; there are 'night'"):
        stage.morpher.morph("night", "dusk")
    for seconds in (-1, 3601, float("nan"), float("inf")):
        with pytest.raises(UserError, match="expected 0 to 3600 s"):
            stage.morpher.recall("night", seconds)
    for name in ("", "  ", "a\nb", "n" * 65, "\ud800", "é" * 33):
        with pytest.raises(UserError, match="expected up to 64 bytes of printable text"):
            stage.morpher.store(name)
    stage.passes(1)
    assert stage.session.get(GAIN) == 0
    assert stage.morpher.names() == ("night",)
