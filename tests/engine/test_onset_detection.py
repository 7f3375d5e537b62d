"""Onsets: found at once, at the right time, and not where there are none."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.dream.listen import LATENCY, Listener
from engine.parameters import INDEX, PARAMETERS
from engine.shared import Event

RATE = 48_000
SECONDS = 10


def onsets(sound: NDArray[np.floating], rate: int = RATE, **listen: float) -> list[tuple[float, float]]:
    """The (time of the attack, time at which it was reported) of every onset in mono `sound`."""
    parameters = np.array([p.default for p in PARAMETERS])
    for name, value in listen.items():
        parameters[INDEX[f"listen/{name}"]] = value
    hops = Listener(rate, parameters).push(sound.astype(np.float32)[:, None], len(sound) / rate)
    return [(time, float(hop.features["time"])) for hop in hops for kind, time, _ in hop.events if kind == Event.ONSET]


def attacks(seed: int) -> NDArray[np.float64]:
    """Some 25 irregular times, 120 ms apart at least."""
    times = np.sort(np.random.default_rng(seed).uniform(0.5, SECONDS - 0.5, 30))
    return times[np.r_[True, np.diff(times) > 0.12]]


def place(sound: NDArray[np.float64], at: float, event: NDArray[np.float64]) -> None:
    start = int(at * RATE)
    sound[start:start + len(event)] += event[:len(sound) - start]


def click(random: np.random.Generator) -> NDArray[np.float64]:
    return np.array([0.3])


def snare(random: np.random.Generator) -> NDArray[np.float64]:
    return 0.2 * random.normal(0, 1, 4800) * np.exp(-np.arange(4800) / 1200)


def kick(random: np.random.Generator) -> NDArray[np.float64]:
    k = np.arange(9600)
    return 0.4 * np.sin(2 * np.pi * (60 * k / RATE + 8 * (1 - np.exp(-k / 1000)))) * np.exp(-k / 2400)


def hats(random: np.random.Generator) -> NDArray[np.float64]:
    return 0.05 * np.diff(random.normal(0, 1, 3000)) * np.exp(-np.arange(2999) / 500)


@pytest.mark.parametrize("event", [click, snare, kick, hats])
@pytest.mark.parametrize("noise", [0.0, 0.008])
def test_attacks_over_noise_are_found_where_they_are(event, noise: float) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(3)
    sound = random.normal(0, noise, SECONDS * RATE) if noise else np.zeros(SECONDS * RATE)
    true = attacks(3)
    for at in true:
        place(sound, at, event(random))
    found = np.array([time for time, _ in onsets(sound)])
    nearest = np.array([found[np.argmin(np.abs(found - at))] - at for at in true])
    recall = np.mean(np.abs(nearest) < 0.015)
    precision = np.mean([np.min(np.abs(true - time)) < 0.015 for time in found])
    assert recall >= 0.97 and precision >= 0.97
    assert np.median(np.abs(nearest)) < 0.003


def test_an_attack_anywhere_in_a_hop_is_reported_within_the_stated_time() -> None:
    delays = []
    for offset in range(0, 512, 32):
        sound = np.random.default_rng(offset).normal(0, 0.002, RATE)
        at = (40 * 512 + offset) / RATE
        place(sound, at, snare(np.random.default_rng(0)))
        (time, reported), = onsets(sound)
        assert time == pytest.approx(at, abs=0.003)
        delays.append(reported - at)
    assert max(delays) <= LATENCY["onset"]
    assert np.median(delays) < 0.010


NOISES = {
    "white noise": lambda random, t: random.normal(0, 0.1, len(t)),
    "low noise": lambda random, t: np.convolve(random.normal(0, 0.02, len(t)), np.exp(-np.arange(2000) / 300), "same"),
    "sine of 50 Hz": lambda random, t: 0.5 * np.sin(2 * np.pi * 50 * t),
    "sine of 440 Hz": lambda random, t: 0.5 * np.sin(2 * np.pi * 440 * t),
    "chord": lambda random, t: sum(0.1 * np.sin(2 * np.pi * f * t) for f in (110, 138.6, 164.8, 221)),
    "vibrato": lambda random, t: 0.5 * np.sin(2 * np.pi * 440 * t + 3 * np.sin(2 * np.pi * 6 * t)),
    "swell": lambda random, t: random.normal(0, 0.1, len(t)) * (0.55 + 0.45 * np.sin(2 * np.pi * 0.4 * t)),
}


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize("level", [1.0, 0.1])
def test_steady_sound_has_no_onsets(name: str, level: float) -> None:
    t = np.arange(SECONDS * RATE) / RATE
    sound = NOISES[name](np.random.default_rng(5), t)
    assert len(onsets(level * sound)) == 0


def test_the_start_of_listening_is_not_an_onset() -> None:
    assert not onsets(np.random.default_rng(0).normal(0, 0.2, RATE))


def test_input_below_the_gate_makes_no_onsets() -> None:
    sound = np.zeros(2 * RATE)
    place(sound, 0.5, 0.1 * click(np.random.default_rng(0)))   # -30 dBFS
    place(sound, 1.5, click(np.random.default_rng(0)))         # -10 dBFS
    assert len(onsets(sound, gate=-60)) == 2
    assert len(onsets(sound, gate=-20)) == 1
    assert len(onsets(sound, gate=0)) == 0


def test_sensitivity_lets_weaker_attacks_through() -> None:
    random = np.random.default_rng(11)
    sound = random.normal(0, 0.02, SECONDS * RATE)
    for at in attacks(11):
        place(sound, at, 0.22 * snare(random))
    few, some, many = (len(onsets(sound, sensitivity=value)) for value in (0, 0.5, 0.9))
    assert few < some <= many and few <= 3 and many >= 0.9 * len(attacks(11))


def test_one_attack_is_one_onset() -> None:
    random = np.random.default_rng(2)
    sound = np.zeros(RATE)
    for grain in range(6):  # a rattle of 30 ms
        place(sound, 0.5 + grain * 0.006, snare(random)[:200])
    assert len(onsets(sound)) == 1


@pytest.mark.parametrize("rate", [16_000, 44_100, 96_000])
def test_other_sample_rates(rate: int) -> None:
    sound = np.random.default_rng(0).normal(0, 0.002, 4 * rate)
    for at in (1.0, 1.7, 2.1, 3.3):
        sound[int(at * rate):][:500] += 0.3 * np.exp(-np.arange(500) / 100) * np.random.default_rng(1).normal(0, 1, 500)
    assert [time for time, _ in onsets(sound, rate)] == pytest.approx([1.0, 1.7, 2.1, 3.3], abs=0.004)


def recording(path) -> tuple[NDArray[np.float64], int]:  # type: ignore[no-untyped-def]
    import soundfile

    sound, rate = soundfile.read(path)
    return np.concatenate([np.zeros(rate // 2), sound]), rate


def test_recorded_clocks_tick_and_rain_does_not(shared_data) -> None:  # type: ignore[no-untyped-def]
    def rate_of(category: str) -> NDArray[np.float64]:
        counts = []
        for path in sorted((shared_data / "sounds" / category).glob("*.ogg"))[:3]:
            sound, rate = recording(path)
            counts.append(sum(time > 0.6 for time, _ in onsets(sound, rate)) / (len(sound) / rate))
        return np.array(counts)

    assert np.median(rate_of("clock_tick")) > 0.9
    for steady in ("rain", "sea_waves", "wind"):
        assert np.median(rate_of(steady)) < 0.3


def test_recorded_dogs_bark(shared_data) -> None:  # type: ignore[no-untyped-def]
    heard = 0
    paths = sorted((shared_data / "sounds" / "dog").glob("*.ogg"))[:10]
    for path in paths:
        sound, rate = recording(path)
        level = np.sqrt(np.convolve(sound ** 2, np.ones(rate // 100) / (rate // 100), "same"))
        first = np.argmax(level > 0.25 * level.max()) / rate
        heard += any(abs(time - first) < 0.05 for time, _ in onsets(sound, rate))
    assert heard >= 0.9 * len(paths)
