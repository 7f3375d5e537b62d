"""Judges and senses learn from the training split alone, every class alike; a grid shows what was generated."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Generator

from engine.errors import UserError
from models.evaluation.grid import GAP, LEFT, TOP, write_grid
from models.generation.pairs import read_pairs
from models.generation.senses import Groups
from models.generation.task import chosen, generate
from models.networks.chen import PictureEncoder, SoundDecoder, SoundEncoder
from tests.models.tiny_set import write_tiny_set


def test_rows_are_drawn_of_the_wanted_split_and_of_every_class_alike() -> None:
    label = torch.tensor([0] * 90 + [1] * 10)
    wanted = torch.arange(100) % 2 == 0
    drawn = Groups(label, wanted).draw(4000, Generator().manual_seed(0))
    assert wanted[drawn].all()
    assert float(label[drawn].float().mean()) == pytest.approx(0.5, abs=0.05)


def test_what_is_generated_from_is_of_one_split_and_the_same_every_time(tmp_path: Path) -> None:
    pairs = read_pairs([write_tiny_set(tmp_path / "set", each=10)], 16, tmp_path / "cache", ["red", "blue"])
    test = chosen("s2i", pairs, test=True)
    assert pairs.sound_test[test].all() and len(test) == int(pairs.sound_test.sum())
    some = chosen("s2i", pairs, test=False, most=5)
    assert len(some) == 5 and not pairs.sound_test[some].any()
    assert torch.equal(some, chosen("s2i", pairs, test=False, most=5))
    assert pairs.picture_test[chosen("i2s", pairs, test=True)].all()


def test_the_same_seed_generates_the_same_of_however_many() -> None:
    def make(condition: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        return condition + latent

    condition = torch.zeros(300, 4)
    assert torch.equal(generate(make, condition, 4, 1), generate(make, condition, 4, 1))
    assert not torch.equal(generate(make, condition, 4, 1), generate(make, condition, 4, 2))


def test_encoders_take_sounds_and_pictures_of_any_size() -> None:
    torch.manual_seed(0)
    ear, eye = SoundEncoder().eval(), PictureEncoder().eval()
    with torch.inference_mode():
        for length in (1, 22_050, 50_000):
            heard = ear(torch.randn(2, length) * 0.1)
            assert heard.shape == (2, 128) and torch.allclose(heard.norm(dim=1), torch.ones(2), atol=1e-4)
        for height, width in ((64, 64), (16, 40), (300, 200)):
            seen = eye(torch.randint(256, (1, height, width, 3), dtype=torch.uint8))
            assert seen.shape == (1, 128) and float(seen.norm()) == pytest.approx(1, abs=1e-4)
        for bands in (128, 80):
            assert SoundDecoder(bands)(torch.randn(2, 128)).shape == (2, bands, 44)


def test_a_grid_shows_each_class_in_its_row(tmp_path: Path) -> None:
    red, blue = torch.zeros(2, 3, 8, 8), torch.zeros(3, 3, 8, 8)
    red[:, 0], blue[:, 2] = 1, 1
    write_grid([red, blue], ["red", "blue"], {0: "real", 1: "generated"}, tmp_path / "grid.png")
    sheet = cv2.imread(str(tmp_path / "grid.png"))
    assert sheet is not None and sheet.shape == (TOP + 2 * (8 + GAP), LEFT + 3 * (8 + GAP), 3)
    assert np.array_equal(sheet[TOP + 4, LEFT + 4], (0, 0, 255))
    assert np.array_equal(sheet[TOP + 8 + GAP + 4, LEFT + 2 * (8 + GAP) + 4], (255, 0, 0))


def test_a_grid_of_spectrograms_has_the_lowest_band_at_the_bottom(tmp_path: Path) -> None:
    low = torch.zeros(1, 8, 6)
    low[:, 0] = 1
    write_grid([low], ["low"], {}, tmp_path / "grid.png")
    sheet = cv2.imread(str(tmp_path / "grid.png"))
    assert sheet is not None and sheet[TOP + 7, LEFT + 2].mean() > 150 > 20 > sheet[TOP, LEFT + 2].mean()


def test_a_grid_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="can't be written"):
        write_grid([torch.zeros(1, 3, 4, 4)], ["a"], {}, tmp_path / "file" / "grid.png")
