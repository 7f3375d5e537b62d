"""From a spectrogram to sound and back: what is heard is what was drawn, it loops, and it is neither faint nor loud."""

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from engine.audiofile import decode, resample
from engine.modelfile import Model, load_model
from engine.voice import SHORTEST
from engine.voice.clip import clip_of
from engine.voice.griffin_lim import sound_of
from engine.voice.level import levelled, loudness, true_peak_db
from engine.voice.mel import FFT, FRAMES, HOP, MELS, RATE, TOP_DB, filters, magnitudes, power_of
from models.generation.spectrogram import SAMPLES, log_mel, mel_filters
from tests.dreams import write_voice
from tests.engine.mixing import noise, parameters, playing, rms, true_peak
from tests.engine.test_loudness import ffmpeg

PICTURE = np.random.default_rng(0).integers(0, 255, (90, 160, 3), np.uint8)


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load_model(write_voice(tmp_path_factory.mktemp("voice") / "tiny.ts"), "voice")


def heard(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(log_mel(torch.from_numpy(sound)[None])[0].numpy())


def test_training_and_the_instrument_speak_of_the_same_bands() -> None:
    np.testing.assert_allclose(filters(), mel_filters().numpy(), atol=1e-8)
    np.testing.assert_allclose(filters(), librosa.filters.mel(sr=RATE, n_fft=FFT, n_mels=MELS), atol=1e-7)


@pytest.mark.parametrize("instrument", ["banjo", "drums", "flute", "trumpet", "violin"])
def test_a_real_sound_is_itself_again_and_nearer_than_by_librosa(instrument: str, shared_data: Path) -> None:
    samples, rate = decode(sorted((shared_data / "instruments" / "audio" / instrument).glob("*"))[3])
    sound = resample(samples.mean(axis=1, keepdims=True), rate, RATE)[:SAMPLES, 0]
    drawn = heard(np.pad(sound, (0, SAMPLES - len(sound))))
    ours = heard(sound_of(magnitudes(power_of(drawn)), 0)[:SAMPLES])
    theirs = heard(librosa.feature.inverse.mel_to_audio(power_of(drawn), sr=RATE, n_fft=FFT, hop_length=HOP,
                                                        pad_mode="constant", length=SAMPLES))
    apart = [TOP_DB * float(np.abs(one - drawn).mean()) for one in (ours, theirs)]
    assert apart[0] < 2 and apart[0] < apart[1] + 0.5, "dB on average"


def test_faint_bands_are_not_lost_beside_loud_ones() -> None:
    drawn = np.full((MELS, 60), 0.25, np.float32)
    drawn[40:44] = 1  # 60 dB above the others
    power = power_of(drawn)
    made = 10 * np.log10(filters() @ (magnitudes(power) ** 2).T / power)
    away = np.r_[0:37, 47:MELS]
    assert np.abs(made[away]).max() < 0.5


def test_an_empty_spectrogram_is_silence() -> None:
    sound = sound_of(magnitudes(power_of(np.zeros((MELS, FRAMES), np.float32))), 0)
    assert not sound.any() and not levelled(sound, RATE).any()


def test_a_clip_has_the_length_that_was_asked_for_and_each_seed_its_own(voice: Model) -> None:
    for seconds, rate in ((4.0, 48_000), (SHORTEST, 8000), (1.2345, 44_100)):
        clip = clip_of(voice, PICTURE, seconds, rate, 1)
        assert clip.dtype == np.float32 and clip.shape == (round(seconds * rate),) and np.isfinite(clip).all()
    again, other = (clip_of(voice, PICTURE, 1.2345, 44_100, seed) for seed in (1, 2))
    assert np.array_equal(clip, again) and not np.array_equal(clip, other)


def test_the_seam_cannot_be_told_from_any_other_place(voice: Model) -> None:
    clip = clip_of(voice, PICTURE, 2.0, 48_000, 3)
    steps = np.abs(np.diff(clip, 2, append=clip[:2]))
    assert steps[-2:].max() < np.quantile(steps, 0.999)
    # nor by its spectrum: what is heard across the seam is as near to the frames beside it as elsewhere
    turned = heard(resample(np.roll(clip, 48_000)[:, None], 48_000, RATE)[:, 0])
    change = np.abs(np.diff(turned, axis=1)).mean(axis=0)
    seam = RATE // HOP
    assert change[seam - 2:seam + 3].max() < change[5:-5].max() + 0.02


class Steady(nn.Module):
    """Always the same: noise that fades where the half second ends."""

    def forward(self, frames: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        spectrogram = torch.full((len(frames), 128, 44), 0.9)
        spectrogram[:, :, [0, 1, -2, -1]] = 0.3
        return spectrogram


def test_windows_are_joined_without_dips(tmp_path: Path) -> None:
    clip = clip_of(load_model(write_voice(tmp_path / "steady.ts", Steady()), "voice"), PICTURE, 4.0, 48_000, 0)
    level = 20 * np.log10(np.sqrt((clip.reshape(-1, 1920) ** 2).mean(axis=1)))
    assert np.ptp(level) < 3, "dB"


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_the_level_is_that_of_the_house_by_another_meter_too(voice: Model, rate: int) -> None:
    clip = clip_of(voice, PICTURE, 4.0, rate, 0)
    assert loudness(clip, rate) == pytest.approx(-20, abs=0.1)
    assert ffmpeg(np.tile(clip, 3), "mono", rate)["I"][-1] == pytest.approx(-20, abs=0.3)


def test_a_sound_of_single_blows_stays_below_the_ceiling() -> None:
    blows = np.zeros(48_000, np.float32)
    blows[::12_000] = 1
    made = levelled(blows, 48_000)
    assert true_peak_db(made) <= -1 and loudness(made, 48_000) < -25
    assert true_peak(np.tile(made, 2)[:, None]) <= -1


def test_the_mixer_plays_it_straight_and_as_grains(voice: Model) -> None:
    clip = clip_of(voice, PICTURE, 1.0, 48_000, 0)[:, None]
    for mode in (0, 1):
        played = playing(parameters(mode=mode, density=60), clip).process(96_000)
        assert rms(played[48_000:]) > 0.2 * rms(clip)


def test_noise_is_left_noise() -> None:
    sound = resample(noise(1), 48_000, RATE)[:SAMPLES, 0]
    drawn = heard(sound)
    assert np.abs(heard(sound_of(magnitudes(power_of(drawn)), 0)[:SAMPLES]) - drawn).mean() * TOP_DB < 3
