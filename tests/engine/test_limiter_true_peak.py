"""The master: true peaks under the ceiling, nothing changed below it, no DC."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import chirp, lfilter

from engine.parameters import INDEX
from engine.sound.mixer import METERS
from tests.engine.mixing import (
    RATE,
    below_20_khz,
    db,
    mastered,
    noise,
    parameters,
    playing,
    ring,
    rms,
    sine,
    true_peak,
)

TIME = np.arange(RATE) / RATE
RANDOM = np.random.default_rng(1)


def bursts() -> NDArray[np.float64]:
    signal = np.zeros((RATE, 2))
    for at in RANDOM.integers(0, RATE - 400, 60):
        signal[at:at + 300] += RANDOM.uniform(0.1, 8) * RANDOM.standard_normal((300, 2))
    return signal


SIGNALS = {
    "noise": 2 * RANDOM.standard_normal((RATE, 2)),
    "bursts": bursts(),
    "impulses": 20 * (RANDOM.random((RATE, 2)) < 0.001) * RANDOM.standard_normal((RATE, 2)),
    "square": 2 * np.sign(np.sin(2 * np.pi * 997 * TIME))[:, None].repeat(2, 1),
    "a quarter of the rate": 1.4 * np.sin(2 * np.pi * RATE / 4 * TIME + np.pi / 4)[:, None].repeat(2, 1),
    "sweep": 3 * chirp(TIME, 20, 1, 20_000)[:, None] * np.array([1, 0.1]),
    "beating": (1.2 * np.sin(2 * np.pi * 19_000 * TIME) * (1 + np.sin(2 * np.pi * 30 * TIME)))[:, None].repeat(2, 1),
}


def limited(signal: NDArray[np.float64], ceiling: float = -1) -> tuple[NDArray[np.float32], float]:
    """Return what the master makes of `signal` [frames, 2], one grain that holds all of it, and the reduction in dB."""
    block = parameters(duration=2000, density=0.25, density_jitter=0, envelope=0.02, position_jitter=0, pan_spread=0)
    block[INDEX["master/ceiling"]] = ceiling
    mixer = playing(block, np.concatenate([np.zeros((RATE // 4, 2)), signal, np.zeros((RATE, 2))]).astype(np.float32))
    out = mixer.process(RATE // 4 + mixer.latency)[:0]
    reduction = 0.0
    for _ in range(0, len(signal), 1000):
        out = np.concatenate([out, mixer.process(1000)])
        reduction = max(reduction, mixer.meters[METERS.index("reduction")])
    return out, reduction


@pytest.mark.parametrize("ceiling", [-1, -12])
@pytest.mark.parametrize("name", SIGNALS)
def test_true_peaks_stay_under_the_ceiling(name: str, ceiling: float) -> None:
    signal = below_20_khz(SIGNALS[name])
    out, reduction = limited(signal, ceiling)
    assert true_peak(out) <= ceiling
    assert reduction > 1
    assert db(float(np.abs(out).max())) > ceiling - 4  # it limits, it doesn't mute


@pytest.mark.parametrize("channels", [1, 2, 4, 6, 16])
def test_one_gain_keeps_every_channel_under_the_ceiling(channels: int) -> None:
    signal = np.zeros((RATE, channels))
    signal[:] = 0.1 * np.sin(2 * np.pi * 300 * TIME + 1)[:, None]
    signal[:, -1] += below_20_khz(SIGNALS["bursts"])[:, 0]  # the peaks are in one channel only
    out, mixer = mastered(signal, ring(channels))
    assert max(true_peak(out[:, c]) for c in range(channels)) <= -1
    late = np.concatenate([np.zeros((mixer.latency, channels)), signal])[:RATE]
    heard = lfilter([1, -1], [1, -np.exp(-2 * np.pi * 5 / RATE)], late, axis=0)
    gain = out[:, -1] / np.where(np.abs(heard[:, -1]) > 0.02, heard[:, -1], np.nan)
    assert np.nanmin(gain) < 0.3 and np.nanmax(gain) < 1.001
    known = np.isfinite(gain)
    np.testing.assert_allclose(out[known], heard[known] * gain[known, None], atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(channels=st.sampled_from([1, 2, 4, 6, 16]), seed=st.integers(0, 2**32), level=st.floats(0.1, 100),
       density=st.floats(0.001, 1))
def test_whatever_is_mixed_stays_under_the_ceiling(channels: int, seed: int, level: float, density: float) -> None:
    random = np.random.default_rng(seed)
    signal = level * (random.random((RATE // 10, channels)) < density) * random.standard_normal((RATE // 10, channels))
    out, _ = mastered(signal, ring(channels))
    assert np.isfinite(out).all()
    assert true_peak(out[:-200]) <= -0.9  # noise up to half the rate


def test_channels_beyond_the_layout_stay_silent() -> None:
    _, mixer = mastered(2 * RANDOM.standard_normal((RATE // 10, 4)), ring(4))
    assert not mixer._state.output[:, 4:].any() and not mixer._state.played[4:].any()


def test_what_needs_no_limiting_passes_unchanged() -> None:
    signal = (0.8 * np.sin(2 * np.pi * 440 * TIME))[:, None].repeat(2, 1)
    out, reduction = limited(signal)
    assert reduction == 0
    np.testing.assert_allclose(out, lfilter([1, -1], [1, -np.exp(-2 * np.pi * 5 / RATE)], signal, axis=0), atol=1e-6)


def test_gain_is_smooth_and_recovers() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 200 * TIME)
    tone[RATE // 4] = 8
    out, _ = limited(tone[:, None].repeat(2, 1))
    gain = (out[:, 0] / np.where(np.abs(tone) > 0.05, tone, np.nan))[:RATE]
    assert np.nanmin(gain) < 0.15
    assert np.nanmax(np.abs(np.diff(gain))) < 0.05
    assert np.nanmedian(gain[-4000:]) == pytest.approx(1, abs=0.02)


def test_whole_mixer_keeps_the_ceiling_when_driven_hard() -> None:
    block = parameters(gain=12, density=200, duration=300, pitch_jitter=2)
    block[INDEX["master/gain"]] = 6
    mixer = playing(block, below_20_khz(noise(3, 2, 0.5).astype(np.float64)).astype(np.float32))
    out = mixer.process(3 * RATE)
    assert rms(out) > 0.1
    assert true_peak(out) <= -0.9  # transposed grains reach half the rate


def test_dc_is_blocked() -> None:
    mixer = playing(parameters(density=100), (sine(100, 1, 0.1) + 0.3).astype(np.float32))
    mixer.process(2 * RATE)
    out = mixer.process(4 * RATE)
    assert abs(out.mean()) < 1e-3
    assert rms(out) > 0.01
