"""A pulse clock with jitter, gaps, duplicates and transport: the beat that is made of it stays where it should be."""

from collections.abc import Iterable

import numpy as np
import pytest

from engine.tempo.pulses import PULSES, PulseFollower
from engine.tempo.timeline import Tempo

PRESENT = Tempo(0.0, 0.0, 120.0)
"""What is played before anything is known."""


def clock(bpm: float, beats: float, start: float = 10.0) -> np.ndarray:
    """Return the times of the pulses of `beats` beats."""
    return start + np.arange(round(beats * PULSES)) * 60 / PULSES / bpm


def jittered(times: np.ndarray, sd: float, seed: int = 1) -> np.ndarray:
    """Return the times as they come in: with normal jitter of `sd` s, never in another order."""
    return np.maximum.accumulate(times + np.random.default_rng(seed).normal(0, sd, len(times)))


def follow(follower: PulseFollower, times: Iterable[float]) -> list[Tempo | None]:
    """Feed the pulses and return what is known after each."""
    told = []
    for time in times:
        follower.pulse(time)
        told.append(follower.tempo(time, PRESENT))
    return told


def errors(told: list[Tempo], times: np.ndarray) -> np.ndarray:
    """Return how late each told beat is at its pulse, s; the first pulse was beat 0."""
    beats = np.arange(len(times)) / PULSES
    return np.array([tempo.time_of(beat) - time for tempo, beat, time in zip(told, beats, times, strict=True)])


@pytest.mark.parametrize("bpm", [20, 61.7, 120, 174, 300])
@pytest.mark.parametrize("sd", [0.0, 0.001, 0.003])
def test_jitter_is_averaged_out(bpm: float, sd: float) -> None:
    times = clock(bpm, 40)
    follower = PulseFollower("")
    follower.start()
    told = follow(follower, jittered(times, sd))
    settled = slice(4 * PULSES, None)
    assert np.median(np.abs(errors(told, times)[settled])) <= 0.001 * sd / 0.003 + 1e-9
    assert np.max(np.abs(np.array([t.bpm for t in told])[settled] / bpm - 1)) < (0.02 if bpm > 200 else 0.01)
    assert np.median(np.abs(np.array([t.bpm for t in told])[settled] / bpm - 1)) < 0.005


@pytest.mark.parametrize("bpm", [20, 120, 300])
def test_the_tempo_is_known_within_a_beat(bpm: float) -> None:
    told = follow(PulseFollower(""), jittered(clock(bpm, 1), 0.0005))
    assert told[-1].bpm == pytest.approx(bpm, rel=0.01)


@pytest.mark.parametrize(("before", "after"), [(120, 140), (140, 90), (60, 120), (120, 60), (30, 300), (300, 20)])
def test_a_new_tempo_is_followed_within_a_beat_without_losing_a_pulse(before: float, after: float) -> None:
    first = clock(before, 8)
    times = np.concatenate([first, clock(after, 8, first[-1] + 60 / PULSES / after)])
    follower = PulseFollower("")
    follower.start()
    told = follow(follower, jittered(times, 0.0003))
    late = errors(told, times)
    assert told[9 * PULSES].bpm == pytest.approx(after, rel=0.02)
    assert np.abs(late[9 * PULSES:]).max() < 0.004


def test_an_accelerando_is_kept_up_with() -> None:
    bpm = np.concatenate([np.full(96, 100.0), np.linspace(100, 150, 8 * PULSES), np.full(96, 150.0)])
    times = 5 + np.concatenate([[0], np.cumsum(60 / PULSES / bpm)])
    follower = PulseFollower("")
    follower.start()
    late = errors(follow(follower, jittered(times, 0.0005)), times)
    assert np.abs(late[24:]).max() < 0.006
    assert np.median(np.abs(late[24:])) < 0.001


def test_start_stop_continue_and_song_position() -> None:
    times = clock(120, 20)
    follower = PulseFollower("")

    def beat_after(*pulses: int) -> float:
        told = follow(follower, times[slice(*pulses)])
        return told[-1].beat_at(times[pulses[1] - 1])

    follower.start()
    assert beat_after(0, 25) == pytest.approx(1, abs=1e-3)
    follower.stop()
    assert beat_after(25, 49) == pytest.approx(2, abs=1e-3), "the beat goes on without the song"
    follower.resume()
    assert beat_after(49, 50) == pytest.approx(1 + 1 / PULSES, abs=1e-3), "the song goes on where it stopped"
    follower.stop()
    follower.locate(32)  # sixteenths
    assert beat_after(50, 51) == pytest.approx(1 + 2 / PULSES, abs=1e-3), "a position waits for continue"
    follower.resume()
    assert beat_after(51, 52) == pytest.approx(8, abs=1e-3)
    follower.locate(4)
    assert beat_after(52, 53) == pytest.approx(1, abs=1e-3), "while playing, it counts from the next pulse"
    jumps = follower.jumps
    assert beat_after(53, 77) == pytest.approx(2, abs=1e-3)
    assert follower.jumps == jumps
    follower.start()
    beat_after(77, 78)
    assert follower.jumps == jumps + 1


def test_a_start_off_the_pulse_begins_a_new_row() -> None:
    first = clock(120, 8)
    times = clock(120, 8, first[-1] + 0.009)
    follower = PulseFollower("")
    follow(follower, jittered(first, 0.0003))
    follower.start()
    told = follow(follower, times)
    assert told[0].time_of(0) == times[0]
    assert np.abs(errors(told, times)[12:]).max() < 0.001


def test_pulses_in_the_middle_of_a_song_keep_the_present_beat() -> None:
    follower, present = PulseFollower(""), Tempo(0, 0.3, 120)
    for time in clock(120, 2):
        follower.pulse(time)
    told = follower.tempo(time, present)
    assert abs(told.beat_at(time) - present.beat_at(time)) <= 0.5 / PULSES + 1e-6


@pytest.mark.parametrize("at", [100, 101, 150])
def test_lost_pulses_are_counted(at: int) -> None:
    times = clock(130, 16)
    follower = PulseFollower("")
    follower.start()
    there = np.delete(jittered(times, 0.0005), [at, at + 1, at + 60])
    told = follow(follower, there)
    assert abs(told[-1].time_of((len(times) - 1) / PULSES) - times[-1]) < 0.002


def test_duplicates_and_late_bursts_move_nothing() -> None:
    times = clock(130, 16)
    follower = PulseFollower("")
    follower.start()
    came = jittered(times, 0.0005)
    came[200:206] = came[206]                                           # held up, then all at once
    came = np.sort(np.concatenate([came, came[60:80] + 0.0001]))        # a second cable
    told = follow(follower, came)
    assert abs(told[-1].time_of((len(times) - 1) / PULSES) - times[-1]) < 0.002


@pytest.mark.parametrize("stall", [0.5, 0.9, 1.2, 1.45, 1.8, 2.5, 4.6, 11.3])
def test_a_stall_of_the_sender_loses_no_pulse(stall: float) -> None:
    times = clock(120, 12)
    until = times[150] + stall * 60 / PULSES / 120
    follower = PulseFollower("")
    follower.start()
    told = follow(follower, np.where((times >= times[150]) & (times < until), until, jittered(times, 0.0003)))
    assert abs(told[-1].time_of((len(times) - 1) / PULSES) - times[-1]) < 0.002


@pytest.mark.parametrize("bpm", [60, 120, 300])
def test_a_busy_sender_loses_no_pulse(bpm: float) -> None:
    """Each fiftieth pulse, on average, holds it up for 10 ms, on average; then it sends what it owes."""
    for seed in range(10):
        rng, came, free = np.random.default_rng(seed), [], 0.0
        times = clock(bpm, 20)
        for time in times:
            free = max(time, free) + rng.exponential(0.0003) + (rng.random() < 0.02) * rng.exponential(0.01)
            came.append(free)
        follower = PulseFollower("")
        follower.start()
        late = errors(follow(follower, came), times)[4 * PULSES:]
        assert np.median(np.abs(late)) < 0.0012
        assert abs(late[-1]) < 0.3 * 60 / PULSES / bpm + 0.002


def test_a_clock_that_goes_away_is_gone_and_comes_back() -> None:
    follower = PulseFollower("")
    follower.start()
    times = clock(100, 4)
    told = follow(follower, times)[-1]
    assert follower.tempo(times[-1] + 0.4, PRESENT) is not None
    assert follower.tempo(times[-1] + 0.6, PRESENT) is None
    back = clock(100, 4, times[-1] + 3.003)
    present = told
    follower.pulse(back[0])
    assert follower.tempo(back[0], present) is None, "one pulse says nothing"
    for time in back[1:]:
        follower.pulse(time)
    again = follower.tempo(back[-1], present)
    assert again.bpm == pytest.approx(100, rel=0.001)
    assert abs(again.beat_at(back[-1]) - present.beat_at(back[-1])) < 0.03, "no beat was left out"
