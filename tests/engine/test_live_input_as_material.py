"""The microphone as a layer: the last minute is played, and neither end of the ring is ever run over."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.parameters import INDEX
from engine.shared import NO_CLIP
from engine.sound.follower import Follower
from engine.sound.mixer import LIVE, Mixer
from tests.engine.mixing import RATE, noise, parameters, rms, sine
from tests.engine.test_frozen_spectra import peak_hz

MINUTE = 60


def fed(mixer: Mixer, heard: NDArray[np.float32], block: int = 256) -> NDArray[np.float32]:
    """Return what the mixer plays while it hears this, block by block, as a device does."""
    out = []
    for begin in range(0, len(heard), block):
        mixer.hear(heard[begin:begin + block])
        out.append(mixer.process(len(heard[begin:begin + block])))
    return np.concatenate(out)


def remember(mixer: Mixer, heard: NDArray[np.float32], block: int = 256) -> None:
    """Let the mixer hear this before anything plays."""
    for begin in range(0, len(heard), block):
        mixer.hear(heard[begin:begin + block])


def silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros((round(seconds * RATE), 1), np.float32)


@pytest.mark.parametrize("block", [64, 480, 4096])
@pytest.mark.parametrize("knobs", [
    dict(pitch=24, pitch_jitter=12, duration=2000),
    dict(pitch=24, duration=2000, reverse=1, interpolation=2),
    dict(pitch=12, duration=500, density=100, speed=2, position_jitter=0),
    dict(mode=1), dict(mode=2),
], ids=["fast", "backwards", "ahead of its time", "straight", "frozen"])
def test_no_layer_reads_past_the_write_head(knobs: dict[str, float], block: int) -> None:
    mixer = Mixer(RATE, parameters(**{"density": 40, **knobs}))
    remember(mixer, noise(MINUTE - 25, 1, 0.5), block)  # what lies ahead of the head is the oldest sound there is
    remember(mixer, silence(25), block)
    mixer.start(0, LIVE, 1, 0)
    assert not fed(mixer, silence(3), block).any()


@pytest.mark.parametrize("knobs", [
    dict(pitch=-24, duration=2000), dict(pitch=-24, pitch_jitter=12, duration=2000, reverse=1),
    dict(speed=-2, duration=300, density=100), dict(mode=1), dict(mode=2),
], ids=["slow", "backwards", "into the past", "straight", "frozen"])
def test_the_write_head_overtakes_no_layer(knobs: dict[str, float]) -> None:
    mixer = Mixer(RATE, parameters(**{"density": 40, "position": 1, **knobs}))
    remember(mixer, silence(MINUTE + 1), 480)
    mixer.start(0, LIVE, 1, 0)
    assert not fed(mixer, noise(3, 1, 0.5), 480).any()


def test_what_was_heard_is_granulated_within_a_moment() -> None:
    mixer = Mixer(RATE, parameters(density=60, duration=60, position_jitter=0.02))
    mixer.start(0, LIVE, 1, 0)
    assert rms(fed(mixer, silence(1))) == 0
    out = fed(mixer, sine(700, 1))
    assert rms(out[:round(0.1 * RATE)]) > 0.01
    assert peak_hz(out[RATE // 2:, 0]) == pytest.approx(700, abs=15)


def test_position_goes_back_in_time() -> None:
    mixer = Mixer(RATE, parameters(density=60, duration=60, position=20 / MINUTE))
    remember(mixer, np.concatenate([sine(500, 4), sine(1500, 18)]))
    mixer.start(0, LIVE, 1, 0)
    out = fed(mixer, silence(1))
    assert peak_hz(out[RATE // 2:, 0]) == pytest.approx(500, abs=15)


def test_grains_of_the_live_input_do_not_hang_on_the_device_s_blocks() -> None:
    played = []
    for block in (64, 192):
        mixer = Mixer(RATE, parameters(density=30, position=1 / MINUTE), seed=5)  # far from the head and its margin
        mixer.start(0, LIVE, 1, 0)
        played.append(fed(mixer, noise(3, 2, 0.1, seed=2), block))
    assert np.array_equal(*played)
    assert rms(played[0]) > 0.02


def test_bad_input_is_heard_as_silence() -> None:
    mixer = Mixer(RATE, parameters(density=100))
    mixer.start(0, LIVE, 1, 0)
    bad = silence(1)
    bad[::7], bad[1::7], bad[2::7] = np.nan, np.inf, 1e-39
    assert not fed(mixer, bad).any()


def test_a_layer_s_source_knob_brings_the_microphone_and_takes_it_away() -> None:
    block = parameters(density=60, duration=60, position_jitter=0.02)
    mixer = Mixer(RATE, block)
    mixer.load(0, sine(2000, 1))
    follower = Follower(mixer, lambda clip: 0, block)
    follower.aim([7] + [NO_CLIP] * 15, [1.0] + [0.0] * 15, 0.1)
    heard = sine(700, 1)
    seen = []
    for source in (0, 1, 0):
        block[INDEX["layer/1/source"]] = source
        follower.step()
        fed(mixer, heard)
        seen.append(peak_hz(fed(mixer, heard)[:, 0]))
    assert seen == pytest.approx([2000, 700, 2000], abs=20)


def test_the_microphone_is_refused_where_it_would_feed_back_and_the_music_goes_on() -> None:
    block = parameters(density=60)
    mixer = Mixer(RATE, block)
    mixer.load(0, sine(2000, 1))
    follower = Follower(mixer, lambda clip: 0, block, live_allowed=False)
    follower.aim([7] + [NO_CLIP] * 15, [1.0] + [0.0] * 15, 0.1)
    for source in (1, 1, 0, 1):
        block[INDEX["layer/1/source"]] = source
        follower.step()
        assert peak_hz(fed(mixer, sine(700, 1))[:, 0]) == pytest.approx(2000, abs=20)
    assert follower.refused == 2
