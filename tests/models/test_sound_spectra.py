"""The five spectra of a sound: each shows a tone where it is, at any level, and silence as nothing."""

import math

import pytest
import torch
from torch import Tensor

from models.generation.spectrogram import FRAMES, RATE, SAMPLES, log_mel
from models.networks.spectra import LOWEST, SPECTRA

BANDS = {"lms": 128, "stft": 128, "ms": 128, "cqt": 84, "mfcc": 20}


def tone(hertz: float) -> Tensor:
    return 0.3 * torch.sin(2 * math.pi * hertz / RATE * torch.arange(SAMPLES))[None]


@pytest.mark.parametrize("name", SPECTRA)
def test_half_a_second_has_44_frames_whatever_its_level(name: str) -> None:
    spectrum = SPECTRA[name]()
    loud = spectrum(tone(440))
    assert loud.shape == (1, BANDS[name], FRAMES)
    assert torch.allclose(spectrum(0.01 * tone(440)), loud, atol=1e-3)
    assert torch.isfinite(spectrum(torch.zeros(1, SAMPLES))).all()
    assert not spectrum(torch.zeros(1, SAMPLES)).any()


@pytest.mark.parametrize("semitone", [12, 40, 69])
def test_a_note_is_the_loudest_band_of_the_constant_q_spectrum(semitone: int) -> None:
    heard = SPECTRA["cqt"]()(tone(LOWEST * 2 ** (semitone / 12)))
    assert int(heard[0, :, FRAMES // 2].argmax()) == semitone


def test_a_tone_is_in_its_band_of_the_linear_spectrum() -> None:
    heard = SPECTRA["stft"]()(tone(5000))
    assert int(heard[0, :, FRAMES // 2].argmax()) == int(5000 / (RATE / 2048) / 8)


def test_the_first_cepstral_coefficient_is_the_mean_level() -> None:
    wave = torch.randn(1, SAMPLES, generator=torch.Generator().manual_seed(0))
    mean = log_mel(wave).mean(1)
    assert torch.allclose(SPECTRA["mfcc"]()(wave)[:, 0], mean * math.sqrt(128), rtol=1e-3)


def test_the_log_mel_spectrum_of_a_network_is_the_one_that_is_generated() -> None:
    wave = torch.randn(2, SAMPLES, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(SPECTRA["lms"]()(wave), log_mel(wave), atol=1e-5)


@pytest.mark.parametrize("name", SPECTRA)
def test_it_can_lie_in_a_model_file(name: str) -> None:
    spectrum = SPECTRA[name]()
    wave = torch.randn(1, 9000, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(torch.jit.script(spectrum)(wave), spectrum(wave), atol=1e-5)
