"""The compiled grain engine against a slow one written from the equations, and what the knobs promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.parameters import INDEX
from engine.sound.mixer import GRAINS, METERS, TICK, strain
from tests.engine.grain_reference import reference
from tests.engine.mixing import RATE, db, noise, parameters, playing, rms


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("knobs", [
    {},
    dict(density=100, density_jitter=0, duration=20, envelope=0.02, position_jitter=0),
    dict(pitch=7.3, pitch_jitter=5, position_jitter=3, pan_spread=1, density=60, density_jitter=1),
    dict(pitch=24, pitch_jitter=12, duration=500, reverse=0.5, envelope=0.4),
    dict(pitch=-24, speed=-1.7, position=0.9, reverse=1, duration=40, density=80),
    dict(freeze=1, position=0.999, position_jitter=0.01, pitch=12, duration=100),
], ids=["defaults", "pulse", "cloud", "fast", "backwards", "frozen at the seam"])
def test_grains_are_those_of_the_equations(knobs: dict[str, float], channels: int) -> None:
    clip = noise(0.31, channels, 0.1, seed=5)
    mixer = playing(parameters(**knobs), clip, seed=11)
    got = mixer.process(RATE + mixer.latency)[mixer.latency:]
    expected = reference(clip, knobs, 11, RATE)
    assert rms(expected) > 0.01
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("interpolation", [0, 1, 2], ids=["linear", "cubic", "sinc"])
@pytest.mark.parametrize("shape", [0, 1, 2, 3], ids=["tapered", "Gaussian", "decaying", "swelling"])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_envelope_and_interpolation_is_that_of_the_equations(channels: int, shape: int,
                                                                   interpolation: int) -> None:
    knobs = dict(shape=shape, interpolation=interpolation, pitch=3, pitch_jitter=12, duration=70, density=40,
                 position_jitter=1, reverse=0.5, pan_spread=1)
    clip = noise(0.2, channels, 0.1, seed=5)
    mixer = playing(parameters(**knobs), clip, seed=3)
    got = mixer.process(RATE // 2 + mixer.latency)[mixer.latency:]
    np.testing.assert_allclose(got, reference(clip, knobs, 3, RATE // 2), rtol=0, atol=1e-5)


def test_onsets_start_bursts_of_grains() -> None:
    knobs = dict(emission=1, burst=5, density=90, density_jitter=0.5, duration=40)
    clip = noise(0.5, 1, 0.1, seed=5)
    mixer = playing(parameters(**knobs), clip, seed=9)
    out = [mixer.process(100 * TICK)]
    for gap in (150, 20, 200):  # the second burst is cut short by the third
        assert mixer.onset()
        out.append(mixer.process(gap * TICK))
    got = np.concatenate(out)[mixer.latency:]
    expected = reference(clip, knobs, 9, len(got), [n * TICK for n in (100, 250, 270)])
    assert not got[:100 * TICK - mixer.latency].any()
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("bpm", "division"), [(120, 4), (97, 1), (300, 16)])
def test_the_beat_starts_grains_at_its_exact_frames(bpm: float, division: float) -> None:
    knobs = dict(emission=2, division=division, burst=2, density=400, density_jitter=0, duration=10)
    clip = noise(0.5, 1, 0.1, seed=5)
    mixer = playing(parameters(**knobs), clip, seed=9)
    mixer.tempo(0, bpm, 0)
    got = mixer.process(RATE + mixer.latency)[mixer.latency:]
    triggers = (np.arange(bpm * division / 60) * 60 / bpm / division * RATE).tolist()
    # a burst begins at a whole frame, and what follows counts from there
    expected = reference(clip, knobs, 9, RATE, [float(np.ceil(t - 1e-6)) for t in triggers])
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.fixed_dictionaries(dict(
    position=st.floats(0, 1), position_jitter=st.floats(0, 4), speed=st.floats(-2, 2), freeze=st.integers(0, 1),
    duration=st.floats(5, 200), density=st.floats(1, 300), density_jitter=st.floats(0, 1), pitch=st.floats(-24, 24),
    pitch_jitter=st.floats(0, 12), pan_spread=st.floats(0, 1), shape=st.integers(0, 3), envelope=st.floats(0.02, 1),
    interpolation=st.integers(0, 2), reverse=st.floats(0, 1))), st.integers(1, 2), st.integers(0, 2**64 - 1))
def test_grains_are_those_of_the_equations_all_over_the_knobs(knobs: dict[str, float], channels: int,
                                                              seed: int) -> None:
    clip = noise(0.1, channels, 0.05, seed=5)
    mixer = playing(parameters(**knobs), clip, seed=seed)
    got = mixer.process(RATE // 5 + mixer.latency)[mixer.latency:]
    np.testing.assert_allclose(got, reference(clip, knobs, seed, RATE // 5), rtol=0, atol=1e-5)


def test_pulse_is_sample_accurate_in_blocks_of_any_size() -> None:
    knobs = dict(density=100, density_jitter=0, duration=5, envelope=0.02, position_jitter=0, freeze=1, pan_spread=0)
    clip = np.ones((4800, 1), np.float32) * 0.25
    mixer = playing(parameters(**knobs), clip)
    out = np.concatenate([mixer.process(n) for n in (1, 77, 300, 1024, 4096, 9000)])[mixer.latency:, 0]
    rising = np.diff(out) > 0.03
    onsets = np.flatnonzero(rising[1:] & ~rising[:-1])
    assert len(onsets) == 30
    assert (np.diff(onsets[1:]) == 480).all()  # the first fades in


@pytest.mark.parametrize("jitter, spread", [(0, 0), (0.5, 0.5), (1, 1)])
def test_density_is_kept_whatever_its_jitter(jitter: float, spread: float) -> None:
    mixer = playing(parameters(density=200, density_jitter=jitter, duration=5), noise(1))
    grains = mixer._state.grains
    born = []
    for tick in range(10 * RATE // TICK):
        mixer.process(TICK)
        active = grains[:int(mixer.meters[METERS.index("grains")])]
        born += [tick * TICK + TICK - int(g["age"]) for g in active if g["age"] <= TICK]
    gaps = np.diff(np.sort(born)) / (RATE / 200)
    assert len(born) == pytest.approx(2000, rel=0.06)
    assert gaps.std() == pytest.approx(spread, abs=0.06)


def test_level_is_steady_from_sparse_to_dense() -> None:
    levels = []
    for density in (1, 4, 16, 64, 400):
        mixer = playing(parameters(density=density, duration=2000, position_jitter=4), noise(10), seed=3)
        mixer.process(3 * RATE)
        levels.append(db(rms(mixer.process(5 * RATE)) / 0.1))
    assert max(levels) < 0.7
    assert max(levels) - min(levels) < 2


def test_sparse_grains_are_not_boosted() -> None:
    mixer = playing(parameters(density=1, duration=20, density_jitter=0, pan_spread=0), noise(2, 2, 0.1), seed=2)
    assert np.abs(mixer.process(4 * RATE)).max() <= np.abs(noise(2, 2, 0.1)).max() * 1.2


def test_density_jump_does_not_pump() -> None:
    block = parameters(density=4, duration=500, position_jitter=4)
    mixer = playing(block, noise(10, 2), seed=3)
    mixer.process(RATE)
    block[INDEX["layer/1/density"]] = 400
    after = mixer.process(2 * RATE).reshape(-1, RATE // 10, 2)
    assert max(db(rms(part) / 0.1) for part in after) < 3


def test_a_crowded_pool_is_read_more_cheaply_before_a_grain_is_refused() -> None:
    block = parameters(density=4000, duration=2000, interpolation=2, density_jitter=0)
    mixer = playing(block, noise(1, 1, 0.01))
    degraded, refused = METERS.index("degraded"), METERS.index("refused")
    mixer.process(2 * RATE)
    assert mixer.meters[METERS.index("grains")] == pytest.approx(8000, abs=20)
    assert mixer.meters[degraded] == 0
    mixer.start(1, 0, 1, 0.1)
    mixer.process(RATE)  # twelve thousand: more than half of the pool, three quarters at most
    assert set(mixer._state.grains["interpolation"][8300:11000].tolist()) == {1}
    assert mixer.meters[degraded] > 3000 and mixer.meters[refused] == 0
    mixer.start(2, 0, 1, 0.1)
    mixer.start(3, 0, 1, 0.1)
    out = mixer.process(RATE)
    assert 0 in mixer._state.grains["interpolation"][:GRAINS].tolist()
    assert GRAINS - 20 <= mixer.meters[METERS.index("grains")] <= GRAINS
    assert mixer.meters[refused] > 0
    assert np.isfinite(out).all() and rms(out) > 0.001


def test_a_strained_processor_gets_cheaper_grains_then_none() -> None:
    mixer = playing(parameters(density=100, duration=50, interpolation=2), noise(1))
    asked = []
    for load in (0.5, 0.7, 0.8, 0.95, 0.2):
        strain(mixer.addresses, load)
        mixer.process(RATE // 5)
        active = mixer._state.grains[:int(mixer.meters[METERS.index("grains")])]
        asked.append(set(active["interpolation"].tolist()))
    assert asked == [{2}, {1}, {0}, set(), {2}]
