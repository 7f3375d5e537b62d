"""What each interpolation leaves of a tone that is transposed, and what it adds to it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.sound.mixer import Mixer
from tests.engine.mixing import RATE, parameters


def played(hertz: float, semitones: float, interpolation: int) -> NDArray[np.float64]:
    """Return a second of a tone, full scale 0.2 on the left, that is played straight and transposed."""
    frames = 1 << 17
    periods = round(hertz * frames / RATE)
    clip = 0.2 * np.sin(2 * np.pi * periods / frames * np.arange(frames))
    mixer = Mixer(RATE, parameters(mode=1, pitch=semitones, interpolation=interpolation), 0)
    mixer.load(0, np.tile(clip, 4)[:, None].repeat(2, 1).astype(np.float32))
    mixer.start(0, 0, 1, 0)
    return mixer.process(RATE + RATE // 4)[RATE // 4:, 0].astype(np.float64)


def beside_the_tone_db(sound: NDArray[np.float64], hertz: float) -> float:
    """Return the power beside the tone of `hertz`, below 20 kHz, over that of the tone at 0.2."""
    spectrum = np.abs(np.fft.rfft(sound * np.kaiser(len(sound), 20))) ** 2
    spectrum[:20] = spectrum[20000 * len(sound) // RATE:] = 0
    at = round(hertz * len(sound) / RATE)
    spectrum[max(0, at - 15):at + 16] = 0
    full = np.abs(np.fft.rfft(0.2 * np.sin(2 * np.pi * 1000 / RATE * np.arange(len(sound)))
                              * np.kaiser(len(sound), 20))) ** 2
    return float(10 * np.log10(spectrum.sum() / full.sum() + 1e-20))


@pytest.mark.parametrize("semitones", [1, 3.3, 7, 12])
@pytest.mark.parametrize("hertz", [1000, 7000, 15900])
def test_sinc_adds_less_than_90_db_below_16_khz_up_to_an_octave(hertz: float, semitones: float) -> None:
    sound = played(hertz * 2 ** (-semitones / 12), semitones, 2)
    assert beside_the_tone_db(sound, hertz) < -90


@pytest.mark.parametrize("hertz", [7100, 8000, 11000, 15000])
def test_two_octaves_up_sinc_lets_nothing_audible_fold_back(hertz: float) -> None:
    """All of these lie above half the sample rate afterwards: what is heard of them is aliasing."""
    folded = {interpolation: beside_the_tone_db(played(hertz, 24, interpolation), 0) for interpolation in (1, 2)}
    assert folded[2] < -90 < -30 < folded[1]


def test_cubic_is_better_than_linear_and_sinc_than_cubic() -> None:
    error = [beside_the_tone_db(played(3000, 3.3, interpolation), 3000 * 2 ** (3.3 / 12)) for interpolation in range(3)]
    assert error[0] > error[1] + 15 > error[2] + 30
