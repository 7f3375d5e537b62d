"""Pitch: right over the whole range, silent where there is none."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.dream.pitch import PitchTracker
from engine.dream.spectrum import window_frames


def measure(sound: NDArray[np.float64], rate: int) -> tuple[float, float]:
    return PitchTracker(rate).measure(sound[:window_frames(rate)])


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("frequency", [51, 82.41, 110, 440, 987.77, 1950])
@pytest.mark.parametrize("harmonics", [1, 8])
def test_tones_have_their_frequency(rate: int, frequency: float, harmonics: int) -> None:
    t = np.arange(8192) / rate
    tone = sum(0.2 / k * np.sin(2 * np.pi * frequency * k * t + k) for k in range(1, harmonics + 1))
    pitch, confidence = measure(tone, rate)
    assert 1200 * abs(np.log2(pitch / frequency)) < 10  # cents
    assert confidence > 0.9


def test_a_missing_fundamental_is_heard() -> None:
    t = np.arange(4096) / 48_000
    tone = sum(0.2 * np.sin(2 * np.pi * 200 * k * t) for k in (3, 4, 5))
    assert measure(tone, 48_000)[0] == pytest.approx(200, rel=0.01)


def test_a_tone_in_noise_is_heard() -> None:
    random = np.random.default_rng(0)
    tone = 0.2 * np.sin(2 * np.pi * 330 * np.arange(4096) / 48_000) + random.normal(0, 0.03, 4096)
    assert measure(tone, 48_000)[0] == pytest.approx(330, rel=0.01)


def test_noise_silence_and_a_constant_have_no_pitch() -> None:
    for seed in range(50):
        assert measure(np.random.default_rng(seed).normal(0, 0.2, 4096), 48_000)[0] == 0
    assert measure(np.zeros(4096), 48_000) == (0, 0)
    assert measure(np.full(4096, 0.5), 48_000) == (0, 0)


def test_tones_above_and_below_the_range_are_not_mistaken_for_silence_or_nonsense() -> None:
    for frequency in (20, 5000, 15_000):
        pitch, confidence = measure(0.5 * np.sin(2 * np.pi * frequency * np.arange(4096) / 48_000), 48_000)
        assert pitch == 0 or 50 <= pitch <= 2010
        assert 0 <= confidence <= 1


def test_recorded_instruments_play_notes(shared_data) -> None:  # type: ignore[no-untyped-def]
    import soundfile

    voiced = []
    for path in sorted((shared_data / "instruments" / "audio" / "flute").glob("*.ogg"))[:6]:
        sound, rate = soundfile.read(path)
        sound = sound if sound.ndim == 1 else sound.mean(1)
        tracker = PitchTracker(rate)
        loud = [w for w in sound[:len(sound) // 2048 * 2048].reshape(-1, 2048) if np.sqrt(np.mean(w * w)) > 0.02]
        voiced += [tracker.measure(w)[0] > 0 for w in loud]
    assert np.mean(voiced) > 0.6
