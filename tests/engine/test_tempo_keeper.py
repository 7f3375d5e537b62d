"""Who keeps time, and that the published beat never steps: sources come, go and disagree, performers turn and tap."""

from collections.abc import Callable

import numpy as np
import pytest

from engine.clock import VirtualClock
from engine.shared import FEATURES, Session
from engine.tempo.keeper import HEARD, INTERNAL, LINK, MIDI, TempoKeeper
from engine.tempo.pulses import PULSES, PulseFollower
from engine.tempo.tap import Taps
from engine.tempo.timeline import Tempo, glide

TICK = 0.005


class Stage:
    """A keeper on a clock that the test moves; every step is checked: the beat goes forward, and without a jump."""

    def __init__(self, session: Session, follower: PulseFollower | None = None) -> None:
        self.session, self.clock, self.said = session, VirtualClock(100.0), []
        self.follower = follower
        self.keeper = TempoKeeper(session, self.clock, self.said.append, {MIDI: follower} if follower else {})
        self.keeper.step()

    @property
    def now(self) -> float:
        return self.clock.now()

    @property
    def published(self) -> Tempo:
        return Tempo.of(self.session.tempo.read())

    @property
    def beat(self) -> float:
        return self.published.beat_at(self.now)

    @property
    def source(self) -> int:
        return int(self.session.tempo.read()["source"])

    def run(self, seconds: float, each: Callable[[float], None] = lambda now: None, jumps: bool = False) -> None:
        """Let time pass; `each` is called before every step. jumps: whether the beat may go elsewhere."""
        for _ in range(round(seconds / TICK)):
            before = self.published
            self.clock.advance(TICK)
            each(self.now)
            self.keeper.step()
            if not jumps:
                assert abs(self.beat - before.beat_at(self.now)) < 1e-9
                assert self.published.bpm > 0

    def pulses(self, bpm: float, beats: float) -> Callable[[float], None]:
        """Return an `each` that feeds the pulses of `beats` beats from now on."""
        due = list(self.now + np.arange(round(beats * PULSES)) * 60 / PULSES / bpm)

        def feed(now: float) -> None:
            while due and due[0] <= now:
                self.follower.pulse(due.pop(0))
        return feed


@pytest.fixture
def stage(session: Session) -> Stage:
    return Stage(session)


@pytest.fixture
def midi(session: Session) -> Stage:
    session.set("tempo/source", MIDI)
    return Stage(session, PulseFollower("no MIDI clock comes from 'drums'"))


def test_the_internal_clock_counts_on_when_its_tempo_is_turned(stage: Stage) -> None:
    stage.run(1)
    assert (stage.beat, stage.published.bpm, stage.source) == (pytest.approx(2), 120, INTERNAL)
    stage.session.set("tempo/bpm", 60)
    stage.run(2)
    assert (stage.beat, stage.published.bpm) == (pytest.approx(4, abs=0.01), 60)


def test_the_beat_is_written_at_least_once_a_second(stage: Stage) -> None:
    stage.session.tempo.write(np.zeros((), stage.session.tempo.read().dtype))
    stage.clock.advance(1.0)
    stage.keeper.step()
    assert stage.published.bpm == 120


def test_midi_start_puts_the_beat_to_nought_at_the_first_pulse(midi: Stage) -> None:
    midi.run(3, midi.pulses(90, 4.5))
    midi.follower.start()
    began = midi.now
    feed = midi.pulses(90, 8)
    midi.run(TICK, feed, jumps=True)
    midi.run(4, feed)
    assert midi.source == MIDI
    assert midi.published.time_of(0) == pytest.approx(began, abs=0.002)
    assert midi.published.bpm == pytest.approx(90, rel=0.001)


def test_pulses_in_the_middle_of_a_song_pull_the_beat_along_without_a_step(midi: Stage) -> None:
    midi.run(0.33)
    midi.run(4, midi.pulses(147, 9.8))
    assert midi.published.bpm == pytest.approx(147, rel=0.002)
    assert midi.source == MIDI


def test_a_clock_that_breaks_off_leaves_its_tempo_and_is_said_once(midi: Stage) -> None:
    midi.run(3, midi.pulses(100, 5))
    assert midi.said == []
    midi.run(10)
    assert midi.source == INTERNAL
    assert midi.published.bpm == pytest.approx(100, rel=1e-3)
    assert midi.said == ["tempo: no MIDI clock comes from 'drums'; going on at 100 BPM"]
    midi.session.set("tempo/bpm", 80)
    midi.run(1)
    assert midi.published.bpm == pytest.approx(80, rel=1e-4), "a performer can take over"
    midi.run(3, midi.pulses(100, 5))
    assert midi.source == MIDI


@pytest.mark.parametrize(("source", "why"), [(MIDI, "midi_in"), (LINK, "link"), (HEARD, "heard")])
def test_a_source_that_isnt_there_is_said_once_and_the_internal_clock_goes_on(stage: Stage, source: int,
                                                                              why: str) -> None:
    stage.session.set("tempo/source", source)
    stage.run(6)
    assert stage.source == INTERNAL
    assert stage.beat == pytest.approx(12)
    assert len(stage.said) == 1 and why in stage.said[0]


def heard(session: Session, now: float, beat: float, bpm: float) -> None:
    record = np.zeros((), FEATURES)
    record["time"], record["tempo"], record["beat_phase"] = now, bpm, beat % 1
    session.features.write(record)


def test_the_heard_beat_is_approached_gently(stage: Stage) -> None:
    stage.session.set("tempo/source", HEARD)
    room = Tempo(100.21, 0, 97)  # what is played in the room
    slowest, fastest = [], []

    def each(now: float) -> None:
        heard(stage.session, now - 0.02, room.beat_at(now - 0.02), room.bpm)
        slowest.append(stage.published.bpm)
        fastest.append(stage.published.bpm)

    stage.run(16, each)
    assert stage.source == HEARD
    assert abs((stage.beat - room.beat_at(stage.now) + 0.5) % 1 - 0.5) < 0.005
    assert stage.published.bpm == pytest.approx(97, rel=0.005)
    assert min(slowest[1:]) > 70 and max(fastest) < 125


def test_a_beat_that_is_heard_no_more_goes_on(stage: Stage) -> None:
    stage.session.set("tempo/source", HEARD)
    room = Tempo(100, 0, 97)
    stage.run(10, lambda now: heard(stage.session, now, room.beat_at(now), room.bpm))
    stage.run(5, lambda now: heard(stage.session, now, 0, 0))
    assert stage.source == INTERNAL
    assert abs((stage.beat - room.beat_at(stage.now) + 0.5) % 1 - 0.5) < 0.02


def test_back_to_the_internal_clock_without_a_step(midi: Stage) -> None:
    midi.run(3, midi.pulses(100, 5))
    midi.session.set("tempo/source", INTERNAL)
    midi.run(1)
    assert midi.published.bpm == pytest.approx(120, rel=1e-4)
    assert midi.said == []


def test_taps_set_tempo_and_phase(stage: Stage) -> None:
    stage.run(0.2)
    for _ in range(5):
        stage.keeper.tap(stage.now)
        stage.run(0.5 * 120 / 111)
    stage.run(2)
    assert stage.session.get("tempo/bpm") == pytest.approx(111, rel=0.02)
    first_tap = 100.2
    assert abs((stage.published.beat_at(first_tap) + 0.5) % 1 - 0.5) < 0.05


def test_tapped_tempo_is_the_median_of_four_taps() -> None:
    taps = Taps()
    assert taps.tap(10.0) is None
    assert taps.tap(10.5) == pytest.approx(120)
    assert taps.tap(10.52) is None, "a bounce"
    assert taps.tap(11.0) == pytest.approx(120)
    assert taps.tap(11.7) == pytest.approx(120), "one slip of a finger"
    assert taps.tap(20.0) is None, "a new beginning"
    assert taps.tap(23.0) == pytest.approx(20), "the slowest"
    assert taps.tap(27.0) is None, "slower still: a new beginning"


def test_a_line_knows_its_beats_and_times() -> None:
    tempo = Tempo(10.0, 3.0, 120.0)
    assert tempo.beat_at(10.25) == 3.5
    assert tempo.time_of(5) == 11
    assert tempo.next_multiple(10.0, 4) == 4
    assert tempo.next_multiple(10.0, 1) == 3
    assert tempo.next_multiple(10.001, 0.25) == 3.25
    assert tempo.next_multiple(0.0, 4) == -16


@pytest.mark.parametrize("behind", [-0.7, -0.01, 0.0, 0.3])
def test_gliding_meets_the_target_and_never_goes_back(behind: float) -> None:
    target, present, now = Tempo(0, behind, 150.0), Tempo(0, 0, 120.0), 0.0
    while now < 4:
        now += 0.01
        glided = glide(present, target, now, 0.25)
        assert glided.bpm >= 75
        assert abs(glided.beat_at(now) - present.beat_at(now)) < 1e-12
        present = glided
    assert present.beat_at(now) == pytest.approx(target.beat_at(now), abs=1e-4)
    assert present.bpm == pytest.approx(150, rel=1e-3)
