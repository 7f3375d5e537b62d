"""Meters of the output: peaks on and between the samples, of each channel, and how they fall."""

import numpy as np
import pytest

from engine.sound.mixer import METERS, Mixer
from tests.engine.mixing import RATE, below_20_khz, mastered, noise, parameters, playing, ring, true_peak

TIME = np.arange(RATE) / RATE
RANDOM = np.random.default_rng(7)


def meter(mixer: Mixer, name: str) -> float:
    return float(mixer.meters[METERS.index(name)])


# EBU Tech 3341 (2016), cases 15 to 18: a sine of half amplitude whose samples miss its peaks
@pytest.mark.parametrize(("divisor", "phase"), [(4, 0), (4, 45), (6, 60), (8, 67.5)])
def test_peaks_between_samples_are_seen(divisor: int, phase: float) -> None:
    sine = 0.5 * np.sin(2 * np.pi / divisor * np.arange(RATE) + np.radians(phase))
    fade = np.minimum(1, np.arange(RATE) / RATE * 4)
    _, mixer = mastered((fade * sine)[:, None].repeat(2, 1))
    assert -6.4 <= meter(mixer, "true_peak") <= -5.8
    assert meter(mixer, "true_peak") >= meter(mixer, "peak")


@pytest.mark.parametrize("channels", [1, 2, 6, 16])
def test_true_peak_is_that_of_sixteen_times_oversampling(channels: int) -> None:
    signal = 0.02 * RANDOM.standard_normal((RATE // 2, channels))
    signal[5000:5400, channels - 1] += 0.3 * RANDOM.standard_normal(400)
    signal = below_20_khz(signal)
    seen: list[float] = []
    out, _ = mastered(signal, ring(channels), watch=lambda mixer: seen.append(meter(mixer, "true_peak")))
    assert max(seen) == pytest.approx(true_peak(out), abs=0.4)
    assert max(seen) <= true_peak(out) + 0.1


def test_each_channel_has_its_own_peak_that_falls_20_db_a_second() -> None:
    levels = 10 ** (np.array([-6.0, -20, -40, -60]) / 20)
    signal = (np.sin(2 * np.pi * 1000 * TIME)[:, None] * levels) * (TIME < 0.5)[:, None]
    _, mixer = mastered(signal[:RATE // 2], ring(4))
    assert mixer.peaks == pytest.approx([-6, -20, -40, -60], abs=0.1)
    _, mixer = mastered(signal, ring(4))
    assert mixer.peaks == pytest.approx([-16, -30, -50, -70], abs=0.5)
    assert meter(mixer, "peak") == pytest.approx(-16, abs=0.5)


def test_peaks_fall_while_nothing_sounds() -> None:
    mixer = playing(parameters(density=100), noise(1, 2))
    mixer.process(RATE)
    mixer.start(0, -1, 0, 0.01)
    mixer.process(RATE // 4)
    before = np.array([*mixer.peaks, meter(mixer, "peak"), meter(mixer, "true_peak")])
    mixer.process(2 * RATE)
    after = np.array([*mixer.peaks, meter(mixer, "peak"), meter(mixer, "true_peak")])
    assert before - after == pytest.approx(40, abs=0.1)
    mixer.process(10 * RATE)
    assert mixer.peaks.tolist() == [-120, -120] and meter(mixer, "true_peak") == -120


def test_reduction_is_shown_as_it_recovers() -> None:
    mixer = playing(parameters(gain=12, density=100), noise(1, 2, 0.5))
    mixer.process(RATE)
    assert meter(mixer, "reduction") > 3
    mixer.start(0, -1, 0, 0.01)
    mixer.process(3 * RATE)
    assert meter(mixer, "reduction") < 0.001


@pytest.mark.parametrize("level", [1, 1e-30, 1e-39])
def test_what_rings_on_never_becomes_denormal(level: float) -> None:
    """Arithmetic with denormal numbers is up to a hundred times slower: the audio thread would miss its deadline."""
    slow: set[str] = set()

    def watch(mixer: Mixer) -> None:
        for name in ("line", "played", "output", "dc", "channels"):
            array = getattr(mixer._state, name)
            for values in [array[field] for field in array.dtype.names] if array.dtype.names else [array]:
                if ((values != 0) & (np.abs(values) < np.finfo(values.dtype).tiny)).any():
                    slow.add(name)

    _, mixer = mastered(np.concatenate([noise(0.1, 2, level).astype(np.float64), np.zeros((2 * RATE, 2))]), watch=watch)
    assert not slow
    assert not mixer._state.channels["highpass"].any() and not mixer._state.dc[:, 1].any()
    assert not mixer._state.played.any()
