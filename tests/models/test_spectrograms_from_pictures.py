"""I2S: the sizes of Chen et al., how spectrograms are altered before they are judged, and what a voice is made of."""

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.modelnames import shipped_model
from models.evaluation.audible import heard_again
from models.export import load_model
from models.generation.beholding import shipped_trunk
from models.generation.pairs import read_pairs
from models.generation.settings import Settings, Short
from models.generation.singing import BANDS, FRAMES, LEVEL, altered
from models.generation.speaking import Speaking
from models.generation.spectrogram import log_mel
from models.networks.beholder import Beholder
from models.networks.song import Song, SongCritic
from models.networks.voice import Speaker, SpeakerCritic, Stretched
from tests.models.suburmp_tree import write_suburmp


def test_the_paper_s_generator_draws_34_frames_that_are_stretched_to_44() -> None:
    speaker = Speaker(8, 4).eval()
    condition, latent = torch.randn(2, 128), torch.randn(2, 8)
    drawn = speaker(condition, latent)
    assert drawn.shape == (2, 1, 128, 34) and SpeakerCritic(4)(drawn, condition).shape == (2,)
    whole = Stretched(speaker)(condition, latent)
    assert whole.shape == (2, 128, 44)
    assert torch.allclose(whole.mean(), drawn.mean(), atol=0.01)


def test_real_spectrograms_are_narrowed_and_wrong_pairs_hold_another_picture(tmp_path: Path) -> None:
    pairs = read_pairs([write_suburmp(tmp_path / "urmp")], 64, tmp_path)
    conditions = torch.eye(128)[pairs.picture_class]
    method = Speaking(pairs, conditions, Settings("i2s", "c", "c", 1, 4, Short(1, 4), batch=16, latent=4))
    batch = method.drawer.draw(16, torch.Generator().manual_seed(0))
    heard, fitting, (still_heard, wrong) = method.examples(batch)
    assert heard.shape == (16, 1, 128, 34) and torch.equal(heard, still_heard)
    assert fitting.argmax(1).tolist() == batch.label.tolist() == (1 - wrong.argmax(1)).tolist()
    expected = log_mel(pairs.wave(batch.sound)).mean([1, 2])
    assert torch.allclose(heard.mean([1, 2, 3]), expected, atol=0.01)


def test_altered_spectrograms_are_the_same_sound_elsewhere_and_with_a_hole() -> None:
    torch.manual_seed(0)
    spectrogram = torch.zeros(64, 128, 44)
    spectrogram[:, 60:64, 20:24] = 0.8
    made = altered(spectrogram.requires_grad_())
    assert made.shape == spectrogram.shape
    for one in made.detach():
        bright = (one > 0.5).nonzero()
        if len(bright):
            assert bright[0, 0] >= 60 - BANDS and bright[-1, 0] <= 63 + BANDS
            assert bright[:, 1].min() >= 20 - FRAMES and bright[:, 1].max() <= 23 + FRAMES
            assert (one[bright[:, 0], bright[:, 1]] - 0.8).abs().max() <= LEVEL + 1e-6
    assert len({tuple((one > 0.5).nonzero()[0].tolist()) for one in made if (one > 0.5).any()}) > 10
    made.sum().backward()
    assert spectrogram.grad is not None and spectrogram.grad.abs().sum() > 0


def test_the_song_heeds_picture_and_latent_and_its_judge_where_a_band_is() -> None:
    torch.manual_seed(0)
    song, critic = Song(5, 4, (16, 16, 8, 8, 4)).eval(), SongCritic(5, 3, 4).eval()
    condition, latent = torch.randn(2, 5), torch.randn(2, 4)
    made = song(condition, latent)
    assert made.shape == (2, 128, 44) and made.min() >= 0 and made.max() <= 1
    for other in (song(condition.flip(0), latent), song(condition, -latent)):
        assert not torch.allclose(made, other)
    low, high = torch.zeros(1, 128, 44), torch.zeros(1, 128, 44)
    low[:, 32:40], high[:, 96:104] = 1, 1
    assert not torch.allclose(critic.name(critic.look(low)), critic.name(critic.look(high)), atol=1e-4)
    assert critic.judge(critic.look(made), condition).shape[:2] == (2, 1)


def test_the_beholder_sees_with_the_trunk_of_the_shipped_eye() -> None:
    frames = torch.from_numpy(np.random.default_rng(0).integers(0, 255, (2, 90, 160, 3), np.uint8))
    beholder = Beholder(shipped_trunk()).eval()
    with torch.inference_mode():
        seen = beholder.look(frames)
        theirs = load_model(shipped_model("eye"))[0].features(frames)
        assert torch.allclose(seen, theirs, atol=1e-2)
        assert torch.allclose(beholder(frames).norm(dim=1), torch.ones(2), atol=1e-4)


def test_what_is_heard_again_is_near_what_was_drawn() -> None:
    wave = torch.from_numpy(np.random.default_rng(0).normal(0, 0.1, (2, 22_050)).astype(np.float32))
    drawn = log_mel(wave)
    heard = heard_again(drawn)
    assert heard.shape == drawn.shape
    assert float((heard - drawn).abs().mean()) == pytest.approx(0, abs=0.04)
