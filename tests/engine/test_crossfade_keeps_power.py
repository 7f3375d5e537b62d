"""Crossfades between clips: power, interruptions, stolen decks, and never a click."""

import numpy as np
import pytest

from engine.parameters import INDEX
from engine.sound.mixer import DECKS, METERS, Mixer
from tests.engine.mixing import RATE, db, noise, parameters, playing, rms, roughness, sine

STEADY = dict(density=60.0, duration=400.0, position_jitter=4.0, pan_spread=0.0)


def profile(signal: np.ndarray, window: float) -> list[float]:
    """Return the power of each `window` seconds."""
    frames = int(window * RATE)
    return [rms(signal[at:at + frames]) ** 2 for at in range(0, len(signal) - frames + 1, frames)]


def db_power(profiles: list[list[float]]) -> np.ndarray:
    """Return the mean of power profiles in dB."""
    return 10 * np.log10(np.mean(profiles, 0))


@pytest.mark.parametrize("fade, knobs", [(0.6, {}), (2, STEADY)], ids=["cut", "drift"])
def test_power_is_steady_across_a_crossfade(fade: float, knobs: dict[str, float]) -> None:
    before, powers = [], []
    for seed in range(16):
        clips = noise(4, 2, seed=2 * seed), noise(4, 2, seed=2 * seed + 1)
        mixer = playing(parameters(**knobs), *clips, seed=seed)
        mixer.process(RATE)
        before.append(profile(mixer.process(RATE), 1))
        mixer.start(0, 1, 1, fade)
        powers.append(profile(mixer.process(int(1.4 * fade * RATE)), fade / 5))
    # The mean over trials: one cloud of noise strays by itself.
    assert np.abs(db_power(powers) - db_power(before)).max() < 0.5


def test_power_is_steady_when_a_fade_interrupts_another() -> None:
    before, powers = [], []
    for seed in range(12):
        mixer = playing(parameters(**STEADY), *(noise(4, 2, seed=5 * seed + i) for i in range(3)), seed=seed)
        mixer.process(RATE)
        before.append(profile(mixer.process(RATE), 1))
        mixer.start(0, 1, 1, 2)
        first = mixer.process(RATE)
        mixer.start(0, 2, 1, 2)
        powers.append(profile(np.concatenate([first, mixer.process(5 * RATE // 2)]), 0.5))
        assert mixer.meters[METERS.index("decks")] == 1
    assert np.abs(db_power(powers) - db_power(before)).max() < 0.5


def test_fade_ends_in_time_and_frees_the_deck() -> None:
    mixer = playing(parameters(**STEADY), noise(2))
    mixer.process(RATE)
    mixer.start(0, -1, 1, 0.25)
    mixer.process(int(0.25 * RATE) + 64)
    assert np.abs(mixer.process(RATE)[mixer.latency:]).max() < 0.01  # what the DC block still lets out
    assert not mixer.process(RATE).any()
    assert mixer.meters[METERS.index("decks")] == mixer.meters[METERS.index("grains")] == 0
    assert mixer.unload(0)


def test_level_changes_smoothly_to_its_value() -> None:
    block = parameters(**STEADY)
    mixer = playing(block, noise(6, 2))
    mixer.process(2 * RATE)
    full = rms(mixer.process(2 * RATE))
    mixer.level(0, 0.25, 1)
    assert db(rms(mixer.process(RATE)) / full) == pytest.approx(db(0.66), abs=1)  # root mean square of 1 to 0.25
    assert db(rms(mixer.process(2 * RATE)) / full) == pytest.approx(db(0.25), abs=0.5)


def test_a_swift_performer_gets_stolen_decks_without_clicks() -> None:
    clips = [sine(100 + 10 * i, 2) for i in range(4)]
    mixer = playing(parameters(), *clips, fade=0.5)
    for layer in range(1, 4):
        mixer.start(layer, layer, 1, 0.5)
    mixer.process(2 * RATE)
    steady = roughness(mixer.process(2 * RATE))
    outs = []
    for i in range(60):
        assert mixer.start(i % 4, (i * 7) % 4, 1, 4)
        outs.append(mixer.process(RATE // 50))
    assert mixer.meters[METERS.index("stolen")] > 10
    assert mixer.meters[METERS.index("decks")] <= DECKS
    outs.append(mixer.process(6 * RATE))
    assert mixer.meters[METERS.index("decks")] == 4
    assert roughness(np.concatenate(outs)) < 1.5 * steady


@pytest.mark.parametrize("change", [
    {"layer/1/gain": -60}, {"layer/1/gain": 6}, {"layer/1/pan": -1}, {"layer/1/position": 0.5}, {"layer/1/speed": -2},
    {"layer/1/freeze": 1}, {"layer/1/density": 400}, {"layer/1/density": 0.25}, {"layer/1/pitch": -12},
    {"layer/1/duration": 2000}, {"layer/1/envelope": 0.5}, {"layer/1/pan_spread": 1}, {"master/gain": -60},
    {"master/panic": 1}, {"master/ceiling": -24},
], ids=lambda change: "=".join(f"{k} {v}" for k, v in change.items()))
def test_a_jump_of_a_parameter_makes_no_click(change: dict[str, float]) -> None:
    block = parameters()
    mixer = playing(block, sine(100, 2, 0.1), fade=0.5)
    mixer.process(2 * RATE)
    steady = mixer.process(2 * RATE)
    for path, value in change.items():
        block[INDEX[path]] = value
    after = mixer.process(RATE)
    louder = max(1.0, float(np.abs(after).max() / np.abs(steady).max()))
    assert roughness(after) < 1.5 * louder * roughness(steady)


def test_starting_makes_no_click() -> None:
    mixer = playing(parameters(), sine(100, 2), fade=0.02)
    first = mixer.process(RATE)
    mixer.process(RATE)
    assert roughness(first) < 1.5 * roughness(mixer.process(4 * RATE))


def test_a_layer_fades_alone() -> None:
    block = parameters(**STEADY)
    mixer = Mixer(RATE, block)
    mixer.load(3, noise(3))
    mixer.start(2, 3, 1, 0.1)
    mixer.process(RATE)
    before = rms(mixer.process(RATE))
    mixer.start(1, -1, 1, 0.1)
    assert db(rms(mixer.process(RATE)) / before) == pytest.approx(0, abs=0.5)
    block[INDEX["layer/3/gain"]] = -60
    mixer.process(RATE)
    assert not mixer.process(RATE).any()
