"""The compiled grain engine against a slow one written from the equations, and what the knobs promise."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter

from engine.parameters import INDEX
from engine.sound.mixer import GRAINS, METERS, TICK
from tests.engine.mixing import RATE, db, noise, parameters, playing, rms

DEFAULTS: dict[str, float] = dict(
    position=0.0, position_jitter=0.08, speed=1.0, freeze=0.0, duration=250.0, density=16.0, density_jitter=0.25,
    pitch=0.0, pitch_jitter=0.0, pan_spread=0.35, envelope=1.0, reverse=0.0)


class SplitMix64:
    """Steele, Lea and Flood (2014), in whole numbers."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def uniform(self) -> float:
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return ((z ^ (z >> 31)) >> 11) / 2**53


def tukey(length: int, taper: float) -> NDArray[np.float64]:
    """Return the cosine-tapered window, sampled at the middles of `length` frames."""
    t = (np.arange(length) + 0.5) / length
    edge = np.minimum(t, 1 - t)
    return np.where(edge < taper / 2, 0.5 - 0.5 * np.cos(2 * np.pi * edge / taper), 1.0)


def hermite(channel: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Read a loop at the positions `x` (frames) with the 4-point, third-order Hermite interpolator."""
    i = np.floor(x).astype(int)
    f = x - i
    before, here, next_, after = (channel[(i + k) % len(channel)] for k in (-1, 0, 1, 2))
    slope0, slope1 = (next_ - before) / 2, (after - here) / 2
    return ((2 * f**3 - 3 * f**2 + 1) * here + (f**3 - 2 * f**2 + f) * slope0
            + (-2 * f**3 + 3 * f**2) * next_ + (f**3 - f**2) * slope1)


def reference(clip: NDArray[np.float32], knobs: dict[str, float], seed: int, frames: int) -> NDArray[np.float64]:
    """Return what a mixer plays, float64 [frames, 2], whose one layer fades in within 5 ms from frame 0."""
    k = DEFAULTS | knobs
    random = SplitMix64(seed)
    size, channels = clip.shape
    out = np.zeros((frames, 2))
    power = np.zeros(-(-frames // TICK) + 1)  # per tick: summed squares of the windows amid it
    amid = np.arange(len(power)) * TICK + TICK / 2
    onset = 0.0
    while (first := int(np.ceil(onset - 1e-6))) < frames:
        draw_position, draw_pitch, draw_place = (2 * random.uniform() - 1 for _ in range(3))
        draw_reverse = random.uniform()
        length = round(k["duration"] / 1000 * RATE)
        travelled = 0 if k["freeze"] else k["speed"] * first
        start = k["position"] * size + travelled + draw_position * k["position_jitter"] * RATE
        step = round(2 ** ((k["pitch"] + draw_pitch * k["pitch_jitter"]) / 12) * 2**22) / 2**22
        start = np.rint(start) if step == 1 else start  # at the clip's own pitch grains read its own frames
        x = round(start % size * 2**22) / 2**22 + step * np.arange(length)
        if draw_reverse < k["reverse"]:
            x = x[::-1]
        window = tukey(length, k["envelope"])
        angle = (draw_place * k["pan_spread"] + 1) * np.pi / 4
        gains = np.array([np.cos(angle), np.sin(angle)]) * (1 if channels == 1 else np.sqrt(2))
        end = min(frames, first + length)
        for c in range(2):
            voice = hermite(clip[:, min(c, channels - 1)].astype(np.float64), x) * window
            out[first:end, c] += gains[c] * voice[:end - first]
        power += np.interp(amid, first + np.arange(length) + 0.5, window**2, left=0, right=0)
        onset += ((1 - k["density_jitter"]) - k["density_jitter"] * np.log(1 - random.uniform())) * RATE / k["density"]
    crowd = np.concatenate([[0], lfilter([1 - np.exp(-TICK / (0.03 * RATE))], [1, -np.exp(-TICK / (0.03 * RATE))],
                                         power)])
    level = np.interp(np.arange(frames) / TICK, np.arange(len(crowd)), 1 / np.sqrt(np.maximum(1, crowd)))
    fade = np.sin(np.minimum(np.pi / 2, np.arange(frames) * np.pi / 2 / (0.005 * RATE)))
    return np.asarray(lfilter([1, -1], [1, -np.exp(-2 * np.pi * 5 / RATE)], out * (level * fade)[:, None], axis=0))


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


def test_a_full_pool_refuses_and_counts() -> None:
    mixer = playing(parameters(density=400, duration=2000), noise(1, 1, 0.01))
    mixer.process(3 * RATE)
    assert mixer.meters[METERS.index("refused")] == 0
    for layer in range(1, 4):  # four decks ask for 3200 grains
        mixer.start(layer, 0, 1, 0.1)
    out = mixer.process(2 * RATE)
    assert GRAINS - 20 <= mixer.meters[METERS.index("grains")] <= GRAINS
    assert mixer.meters[METERS.index("refused")] > 0
    assert np.isfinite(out).all() and rms(out) > 0.001
