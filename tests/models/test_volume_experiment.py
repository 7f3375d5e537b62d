"""The volume experiment: its correlations follow what the pictures do, and not how the figures are made."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.errors import UserError
from engine.modelfile import load_model
from models.evaluation.volume import LATENTS, LEVELS, draw, evaluate
from tests.dreams import CONDITION, LATENT, RATE, write_dream

SOUNDS = np.random.default_rng(0).normal(0, 0.2, (3, RATE // 2)).astype(np.float32).clip(-1, 1)
NAMES = ["rain", "sea", "rain"]


class Disc(nn.Module):
    """Paints a bright disc on a dim ground: it grows with the level, or with what the latent says."""

    def __init__(self, follows: bool) -> None:
        super().__init__()
        self.follows = follows

    def forward(self, wave: Tensor, latent: Tensor) -> Tensor:
        return self.paint(self.listen(wave), latent, 64)

    @torch.jit.export
    def listen(self, wave: Tensor) -> Tensor:
        rms = wave.square().mean(1, keepdim=True).sqrt()
        level = (1 + 20 * torch.log10(rms.clamp(min=1e-6)) / 60).clamp(0.0, 1.0)
        return torch.cat([torch.zeros(len(wave), 8, dtype=wave.dtype), level], 1)

    @torch.jit.export
    def paint(self, condition: Tensor, latent: Tensor, side: int) -> Tensor:
        at = torch.linspace(-1, 1, side)
        distance = (at[:, None] ** 2 + at[None, :] ** 2).sqrt()
        radius = condition[:, 8] * 0.7 if self.follows else latent[:, 0].abs().clamp(0.1, 0.7)
        disc = torch.sigmoid(40 * (radius[:, None, None] - distance[None])) * 0.6 + 0.2
        return disc[:, None].expand(-1, 3, -1, -1).contiguous()


def test_a_picture_that_grows_with_the_level_is_found_to_do_so(tmp_path: Path) -> None:
    figures = evaluate(load_model(write_dream(tmp_path / "d.ts", Disc(follows=True)), "dream"), SOUNDS, NAMES)
    assert figures["levels_dbfs"] == list(LEVELS) and figures["sounds"] == 3
    for name in ("change", "subject"):
        assert figures["volume"][name]["rank_correlation"] > 0.95
        assert figures["volume"][name]["at_least_0_9"] == 1.0
    sizes = figures["volume"]["subject"]["by_level"]
    assert sizes[-1] > 3 * sizes[0]


def test_a_picture_that_does_not_listen_correlates_with_nothing(tmp_path: Path) -> None:
    figures = evaluate(load_model(write_dream(tmp_path / "d.ts", Disc(follows=False)), "dream"), SOUNDS, NAMES)
    assert all(told["rank_correlation"] == 0 for told in figures["volume"].values())


class Noise(Disc):
    """Paints something else for every sound, level and latent."""

    @torch.jit.export
    def listen(self, wave: Tensor) -> Tensor:
        return wave[:, :9]

    @torch.jit.export
    def paint(self, condition: Tensor, latent: Tensor, side: int) -> Tensor:
        seed = (condition.sum(1) * 1e5 + latent[:, 0] * 100).view(-1, 1, 1, 1)
        at = torch.arange(3 * 64).float().view(1, 3, 8, 8)
        coarse = torch.frac((torch.sin(seed + at * 12.9898) * 43758.5453).abs())
        return nn.functional.interpolate(coarse, size=[side, side])


def test_pictures_at_random_do_not_follow_the_level(tmp_path: Path) -> None:
    """The quietest is at distance 0 from itself: if it counted, chance alone would give 0.27."""
    dream = load_model(write_dream(tmp_path / "d.ts", Noise(follows=False)), "dream")
    figures = evaluate(dream, np.random.default_rng(1).normal(0, 0.2, (30, 100)).astype(np.float32), ["rain"] * 30)
    assert all(abs(told["rank_correlation"]) < 0.15 for told in figures["volume"].values())


def test_the_same_latents_are_kept_while_the_level_rises(tmp_path: Path) -> None:
    dream = load_model(write_dream(tmp_path / "d.ts"), "dream")
    pictures = evaluate(dream, SOUNDS, NAMES)["pictures"]
    assert pictures.shape == (len(LEVELS), 3, LATENTS, 3, 64, 64)
    step = np.abs(np.diff(pictures, axis=0)).mean()
    assert step < 0.5 * np.abs(pictures[0, :, 0] - pictures[0, :, 1]).mean()
    assert dream.manifest["embedding"] == CONDITION and dream.manifest["latent"] == LATENT


def test_the_grid_shows_a_row_for_each_class(tmp_path: Path) -> None:
    figures = evaluate(load_model(write_dream(tmp_path / "d.ts"), "dream"), SOUNDS, NAMES)
    draw(figures, tmp_path / "volume.png")
    picture = cv2.imread(str(tmp_path / "volume.png"))
    assert picture is not None and picture.shape[1] > 600 and picture.std() > 5


def test_no_sounds_are_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no sound to paint"):
        evaluate(load_model(write_dream(tmp_path / "d.ts"), "dream"), SOUNDS[:0], [])
