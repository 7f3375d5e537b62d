"""A frozen spectrum holds what sounded at a moment: pitch, level, place, for as long as it is wanted."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.engine.mixing import RATE, db, noise, parameters, playing, rms, sine


def peak_hz(signal: NDArray[np.float32]) -> float:
    """Return the frequency of the largest bin."""
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(len(signal))))
    return float(np.argmax(spectrum) * RATE / len(signal))


def test_a_tone_stays_the_tone_it_is_and_as_loud() -> None:
    clip = sine(439.3, 2)
    mixer = playing(parameters(mode=2, density_jitter=0), clip)
    out = mixer.process(12 * RATE)[RATE:, 0]
    assert peak_hz(out) == pytest.approx(439.3, abs=0.5)
    seconds = [db(rms(out[i * RATE:(i + 1) * RATE]) / (rms(clip) * np.sqrt(0.5))) for i in range(11)]
    assert max(seconds) < 0.5 and min(seconds) > -1
    spectrum = np.abs(np.fft.rfft(out * np.blackman(len(out))))
    tone = slice(419 * 11, 460 * 11)
    assert db(np.sqrt(np.sum(np.delete(spectrum, np.r_[tone]) ** 2) / np.sum(spectrum**2))) < -40


def test_left_and_right_keep_their_own() -> None:
    clip = np.concatenate([sine(300, 1), sine(1300, 1)], axis=1)
    mixer = playing(parameters(mode=2, density_jitter=0), clip)
    out = mixer.process(3 * RATE)[RATE:]
    assert peak_hz(out[:, 0]) == pytest.approx(300, abs=1) and peak_hz(out[:, 1]) == pytest.approx(1300, abs=1)
    assert db(rms(out[:, 0]) / rms(out[:, 1])) == pytest.approx(0, abs=0.5)


def test_position_chooses_the_moment() -> None:
    clip = np.concatenate([sine(300, 2), sine(900, 2)])
    early, late = (playing(parameters(mode=2, position=p, density_jitter=0), clip).process(2 * RATE)[RATE:, 0]
                   for p in (0.1, 0.7))
    assert peak_hz(early) == pytest.approx(300, abs=2) and peak_hz(late) == pytest.approx(900, abs=2)


def test_noise_goes_on_without_a_rhythm_of_its_own() -> None:
    mixer = playing(parameters(mode=2, density_jitter=1), noise(2, 1, 0.1))
    out = mixer.process(12 * RATE)[RATE:, 0].astype(np.float64)
    again = np.fft.irfft(np.abs(np.fft.rfft(out, 2 * len(out))) ** 2)[:len(out) // 2]
    assert np.abs(again[round(0.05 * RATE):]).max() / again[0] < 0.2  # a loop would be like itself after its length
    levels = [rms(out[i:i + RATE // 2].astype(np.float32)) for i in range(0, len(out) - RATE // 2, RATE // 2)]
    assert db(max(levels) / min(levels)) < 3


def test_the_first_sound_comes_at_once_for_a_player() -> None:
    mixer = playing(parameters(mode=2), sine(440, 1))
    out = mixer.process(RATE // 2)
    begins = np.flatnonzero(np.abs(out[:, 0]) > 0.01)[0]
    assert begins < 0.12 * RATE
