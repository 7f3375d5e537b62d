"""Tempo and beat: right, in time with the drummer, and absent where nothing beats."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.dream.listen import HOP, LATENCY, Hop, Listener
from engine.parameters import PARAMETERS
from engine.shared import Event

RATE = 48_000


def listen(sound: NDArray[np.float64]) -> list[Hop]:
    parameters = np.array([p.default for p in PARAMETERS])
    return Listener(RATE, parameters).push(sound.astype(np.float32)[:, None], len(sound) / RATE)


def drums(beats: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """Kick and snare in turn at `beats` (s), with a softer hi-hat on each and between them."""
    random = np.random.default_rng(1)
    sound = random.normal(0, 0.002, int(seconds * RATE))
    k = np.arange(6000)
    kick = 0.5 * np.sin(2 * np.pi * (60 * k / RATE + 6 * (1 - np.exp(-k / 800)))) * np.exp(-k / 1800)
    between = beats[:-1] + 0.5 * np.diff(beats)
    for times, event in ((beats[::2], kick), (beats[1::2], None), (np.r_[beats, between], "hat")):
        for time in times:
            if event is None:
                part = 0.25 * random.normal(0, 1, 6000) * np.exp(-k / 1200)
            elif isinstance(event, str):
                part = 0.02 * np.diff(random.normal(0, 1, 6001)) * np.exp(-k / 500)
            else:
                part = event
            at = int(time * RATE)
            sound[at:at + 6000] += part[:len(sound) - at]
    return sound


def clicks(beats: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    sound = np.zeros(int(seconds * RATE))
    sound[(beats * RATE).astype(int)] = 0.5
    return sound


@pytest.mark.parametrize("player, tempo", [(clicks, 62), (clicks, 97), (clicks, 120), (clicks, 160), (clicks, 198),
                                           (drums, 90), (drums, 120), (drums, 133.3), (drums, 174)])
def test_tempo_and_beats_of_a_steady_player(player, tempo: float) -> None:  # type: ignore[no-untyped-def]
    beats = np.arange(0.25, 13, 60 / tempo)
    hops = listen(player(beats, 13))
    last = hops[-1].features
    assert last["tempo"] == pytest.approx(tempo, rel=0.005)
    assert last["beat_confidence"] > 0.8
    told = [(time, hop) for hop in hops for kind, time, _ in hop.events if kind == Event.BEAT and 7 < time < 12]
    assert max(np.min(np.abs(beats - time)) for time, _ in told) < 0.010
    assert abs(len(told) - np.sum((beats > 7) & (beats < 12))) <= 1
    for time, hop in told:  # predicted: told in the very hop in which it falls
        assert -1e-9 <= hop.features["time"] - time <= HOP / RATE + 1e-9


def test_the_phase_is_zero_on_the_beat() -> None:
    beats = np.arange(0.25, 13, 0.5)
    for hop in listen(drums(beats, 13))[-400:]:
        phase = (float(hop.features["time"]) - LATENCY["beat_phase"] - 0.25) / 0.5 % 1
        assert abs((hop.features["beat_phase"] - phase + 0.5) % 1 - 0.5) < 0.03


def test_beats_go_on_through_a_bar_of_rest() -> None:
    beats = np.arange(0.25, 14, 0.5)
    hops = listen(drums(beats[beats < 10], 12))
    told = [time for hop in hops for kind, time, _ in hop.events if kind == Event.BEAT and 10 < time < 12]
    assert len(told) >= 3
    assert max(np.min(np.abs(beats - time)) for time in told) < 0.02


def test_a_new_tempo_is_followed_within_the_stated_time() -> None:
    slow, fast = np.arange(0.25, 12, 60 / 96), np.arange(12.1, 22, 60 / 132)
    for hop in listen(drums(np.r_[slow, fast], 22)):
        if hop.features["time"] > 12 + LATENCY["tempo"]:
            assert hop.features["tempo"] == pytest.approx(132, rel=0.01)


def test_a_tempo_ends_with_the_music() -> None:
    last = listen(np.r_[drums(np.arange(0.25, 10, 0.5), 10), np.zeros(10 * RATE)])[-1].features
    assert last["tempo"] == 0 and last["beat_phase"] == 0 and last["beat_confidence"] < 0.05


@pytest.mark.parametrize("name", ["noise", "sine", "random clicks"])
def test_what_does_not_beat_has_no_tempo(name: str) -> None:
    random = np.random.default_rng(4)
    sound = {"noise": random.normal(0, 0.1, 15 * RATE),
             "sine": 0.5 * np.sin(2 * np.pi * 440 * np.arange(15 * RATE) / RATE),
             "random clicks": clicks(np.sort(random.uniform(0, 14.9, 40)), 15)}[name]
    hops = listen(sound)
    assert not any(kind == Event.BEAT for hop in hops for kind, _, _ in hop.events)
    assert all(hop.features["tempo"] == 0 for hop in hops)
