"""Knobs that jump: ten thousand times at random, nothing may break, get too loud or click.

All knobs of the registry take part, those too that are yet to come.
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.parameters import INDEX, LAYERS, PARAMETERS, Parameter
from engine.sound.mixer import METERS, TICK, Mixer
from engine.sound.spatial import LAYOUTS, STEREO, Layout
from tests.engine.mixing import RATE, noise, parameters, ring, roughness, sine, true_peak

TOLERANCE = 0.05  # dB; two ways of oversampling differ by as much


def draw(random: np.random.Generator, p: Parameter) -> float:
    """Return a value anywhere in the range of `p`, often at its ends."""
    low, high = (np.log(p.low), np.log(p.high)) if p.curve == "log" else (p.low, p.high)
    place = random.choice([0, 1, random.random(), random.random()])
    value = low + place * (high - low)
    return p.accept(np.exp(value) if p.curve == "log" else value)


def denormal(signal: NDArray[np.float32]) -> bool:
    return bool(((signal != 0) & (np.abs(signal) < np.finfo(np.float32).tiny)).any())


def highest_peak(signal: NDArray[np.float32]) -> float:
    """Return the true peak of a long signal, a few seconds at a time: they overlap and are faded there."""
    chunk, fade = 5 * RATE, 500
    padded = np.pad(signal, ((fade, fade), (0, 0)))
    highest = -np.inf
    for at in range(0, len(signal), chunk):
        part = padded[at:at + chunk + 2 * fade]
        ends = np.minimum(np.arange(len(part)), np.arange(len(part))[::-1])
        highest = max(highest, true_peak(part * np.minimum(1, ends / fade)[:, None].astype(np.float32)))
    return highest


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("layout", "count"), [
    (STEREO, 10_000), (ring(6), 1000), *((LAYOUTS[name], 1000) for name in ("mono", "5.1", "ambisonic", "binaural"))],
    ids=["stereo", "ring", "mono", "5.1", "ambisonic", "binaural"])
def test_jumps_of_all_knobs_stay_under_the_ceiling(layout: Layout, count: int) -> None:
    random = np.random.default_rng(0)
    block = parameters()
    mixer = Mixer(RATE, block, seed=1, layout=layout)
    for slot, (seconds, channels) in enumerate([(0.001, 1), (0.3, 2), (1, 1), (1, 2)]):
        mixer.load(slot, noise(seconds, channels, 0.5, seed=slot))
    panic = INDEX["master/panic"]
    played, reductions, loud = [], 0, 0
    for _ in range(count):
        block[panic] = 0  # or it would be silent most of the time
        for i in random.integers(0, len(PARAMETERS), random.integers(1, 40)):
            block[i] = draw(random, PARAMETERS[i])
        if random.random() < 0.1:
            mixer.start(int(random.integers(0, LAYERS)), int(random.integers(-1, 4)), random.random(),
                        random.choice([0, 0.1, 3]))
        out = mixer.process(int(random.integers(1, 2 * TICK)))
        assert np.isfinite(out).all()
        assert not denormal(out)
        reductions += mixer.meters[METERS.index("reduction")] > 1
        loud += mixer.meters[METERS.index("peak")] > -12
        played.append(out)
    assert highest_peak(np.concatenate(played)) <= -1 + TOLERANCE
    assert reductions > count / 20 and loud > count / 4  # there was something to limit
    assert mixer.meters[METERS.index("bad")] == 0


TIMING = ("tempo/", "match/", "morph/", "listen/", "dream/")
SMOOTH = [p for p in PARAMETERS if not p.path.startswith((*TIMING, "layer/")) or p.path.startswith("layer/1/")]
"""Knobs that reach the sound, but for those of the other layers, which are the same."""


def kinks(signal: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the largest second difference in each 10 ms of `signal` [frames, 2], relative to the level around it.

    It tells steps and kinks from a sine's own curvature.
    """
    frames = signal[:len(signal) // 480 * 480].reshape(-1, 480, 2)
    levels = np.pad(np.abs(frames).max(axis=(1, 2)), 1, "edge")
    levels = np.maximum(np.maximum(levels[:-2], levels[1:-1]), levels[2:])
    return np.array([roughness(frame) for frame in frames]) / np.maximum(levels, 0.02)


@pytest.mark.parametrize("p", SMOOTH, ids=[p.path for p in SMOOTH])
def test_a_jump_is_as_smooth_as_the_sound_before_and_after_it(p: Parameter) -> None:
    block = parameters(density=20, duration=200, density_jitter=0, position_jitter=0, pan_spread=0)
    mixer = Mixer(RATE, block, seed=2)
    mixer.load(0, sine(500, 1))
    mixer.load(1, sine(500, 1))
    mixer.start(0, 0, 1, 0)
    mixer.process(RATE)
    own, jumps, level, loudest, before = 0.0, 0.0, 0.0, 0.0, mixer.process(RATE // 2)
    for i, value in enumerate((p.low, p.high, p.default, p.high, p.low, p.default)):
        block[INDEX[p.path]] = value
        if p.path.startswith("crossfade/"):
            mixer.start(0, (i + 1) % 2, 1, 0.3)
        after = mixer.process(RATE // 2)
        own = max(own, kinks(before[-RATE // 4:]).max(), kinks(after[-RATE // 4:]).max())
        jumps = max(jumps, kinks(np.concatenate([before[-960:], after])).max())
        level, loudest = max(level, np.abs(after[-RATE // 4:]).max()), max(loudest, np.abs(after).max())
        before = after
    assert own > 0.004
    assert jumps <= 1.5 * own
    assert loudest <= 2 * level


FOLLOWED = [p for p in PARAMETERS if p.smoothing > 0]
"""Knobs that act on what sounds already, all others on the grains that start next."""


def test_thousands_of_jumps_at_once_leave_sines_smooth() -> None:
    """Second differences of sines of up to 600 Hz stay near what their level and frequency explain."""
    random = np.random.default_rng(3)
    block = parameters(density=20, duration=200, density_jitter=0, position_jitter=0)
    mixer = Mixer(RATE, block, seed=2)
    for slot in range(6):
        mixer.load(slot, sine(100 * (slot + 1), 1))
        mixer.start(slot, slot, 1, 0)
    played = [mixer.process(RATE)]
    for _ in range(3000):
        for p in random.choice(FOLLOWED, 20):
            block[INDEX[p.path]] = draw(random, p)
        block[INDEX["crossfade/shape"]] = random.integers(0, 3)
        if random.random() < 0.2:
            mixer.start(int(random.integers(0, 6)), int(random.integers(0, 6)), random.random(), random.uniform(0.1, 1))
        played.append(mixer.process(int(random.integers(1, 12 * TICK))))
    whole = np.concatenate(played)[RATE // 2:]
    assert np.abs(whole).max() > 0.5
    assert kinks(whole).max() <= 2.5 * (2 * np.pi * 600 / RATE) ** 2
