"""Altered pictures and sounds stay pictures and sounds, and the same seed alters them alike."""

import torch
from torch import Generator

from models import augment


def test_altered_pictures_stay_in_range_and_repeat_with_the_seed() -> None:
    pixels = torch.randint(0, 256, (8, 144, 144, 3), dtype=torch.uint8)
    first = augment.pictures(pixels, 128, Generator().manual_seed(3))
    again = augment.pictures(pixels, 128, Generator().manual_seed(3))
    other = augment.pictures(pixels, 128, Generator().manual_seed(4))
    assert first.shape == (8, 3, 128, 128)
    assert torch.isfinite(first).all() and first.min() >= -1 and first.max() <= 1
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_altered_pictures_keep_their_brightness_on_the_whole() -> None:
    pixels = torch.full((200, 144, 144, 3), 128, dtype=torch.uint8)
    means = augment.pictures(pixels, 32, Generator().manual_seed(0)).mean([1, 2, 3])
    assert -0.4 < means.median() < 0.2
    assert means.min() < -0.6  # some are as dark as night


def test_altered_sounds_are_finite_and_of_the_asked_length() -> None:
    for samples in (10, 8000, 128_000):
        for wave in (torch.randn(samples), torch.zeros(samples)):
            altered = augment.sound(wave, 16_000, 3.0, Generator().manual_seed(0))
            assert altered.shape == (48_000,) and torch.isfinite(altered).all()


def test_mixup_keeps_distributions_and_mostly_the_item_itself() -> None:
    target = torch.eye(32)
    x = torch.randn(32, 4, 2, 2)
    mixed, blended = augment.mixup(x, target, 0.2, Generator().manual_seed(0))
    torch.testing.assert_close(blended.sum(1), torch.ones(32))
    assert (blended.argmax(1) == torch.arange(32)).all()
    assert mixed.shape == x.shape
