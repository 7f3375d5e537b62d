"""Altered pictures and sounds stay pictures and sounds, and the same seed alters them alike."""

import pytest
import torch
from torch import Generator

from models import augment

RATE = 16_000


def test_altered_pictures_repeat_with_the_seed() -> None:
    pixels = torch.randint(0, 256, (8, 144, 144, 3), dtype=torch.uint8)
    first, again, other = (augment.pictures(pixels, 128, Generator().manual_seed(seed), 0.5) for seed in (3, 3, 4))
    assert first.shape == (8, 128, 128, 3) and first.dtype == torch.uint8
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_altered_pictures_keep_their_brightness_on_the_whole() -> None:
    pixels = torch.full((200, 144, 144, 3), 128, dtype=torch.uint8)
    means = augment.pictures(pixels, 32, Generator().manual_seed(0)).float().mean([1, 2, 3])
    assert 76 < means.median() < 153
    assert means.min() < 50  # some are as dark as night


def test_cutout_hides_a_square_of_its_share() -> None:
    pixels = torch.randint(0, 256, (64, 96, 96, 3), dtype=torch.uint8)
    whole, cut = (augment.pictures(pixels, 96, Generator().manual_seed(0), share) for share in (0.0, 0.5))
    changed = (whole != cut).any(3)  # [N,96,96]
    share = changed.float().mean([1, 2])
    assert 16 < int((share > 0).sum()) < 48
    assert share.max() <= 1 / 9 + 1e-6


@pytest.mark.parametrize("samples", [10, 8000, 128_000])
def test_altered_sounds_are_finite_and_of_the_asked_length(samples: int) -> None:
    for wave in (torch.randn(samples), torch.zeros(samples)):
        altered = augment.sound(wave, RATE, 3.0, Generator().manual_seed(0), room=1.0, telephone=1.0)
        assert altered.shape == (48_000,) and torch.isfinite(altered).all() and altered.abs().max() <= 1.001


def test_a_telephone_leaves_only_its_band() -> None:
    wave = torch.randn(4 * RATE, generator=Generator().manual_seed(1))

    def shares(telephone: float) -> tuple[float, float]:
        """Of the energy of several altered copies: below 150 Hz, and above 6 kHz, relative to 1 kHz to 3 kHz."""
        copies = [augment.sound(wave, RATE, 3.0, Generator().manual_seed(i), telephone=telephone) for i in range(8)]
        power = torch.fft.rfft(torch.stack(copies)).abs().square().mean(0)
        low, middle, high = (power[3 * a : 3 * b].mean() for a, b in ((20, 150), (1000, 3000), (6000, 8000)))
        return float(low / middle), float(high / middle)

    wide, narrow = shares(0.0), shares(1.0)
    assert narrow[0] < 0.2 * wide[0] and narrow[1] < 0.2 * wide[1]


def test_a_room_lets_a_click_ring() -> None:
    click = torch.zeros(3 * RATE)
    click[RATE] = 1.0

    def ringing(room: float) -> float:
        """Energy later than 50 ms after the loudest moment, before the noise, of several copies."""
        found = []
        for seed in range(8):
            copy = augment.sound(click, RATE, 3.0, Generator().manual_seed(seed), room=room)
            peak = int(copy.abs().argmax())
            later = copy[peak + 800 : peak + 4800].square().sum()
            found.append(float(later / copy.square().sum()))
        return sorted(found)[4]

    assert ringing(1.0) > 5 * ringing(0.0) + 0.005


def test_another_sound_stays_below() -> None:
    wave, other = torch.randn(2, RATE, generator=Generator().manual_seed(0))
    for seed in range(20):
        added = augment.over(wave, other, Generator().manual_seed(seed)) - wave
        below = 20 * torch.log10(augment.rms(wave) / augment.rms(added))
        assert 5.9 < below < 20.1


def test_masks_hide_at_most_a_fifth_of_either_axis() -> None:
    patches = torch.rand(200, 1, 100, 60)
    hidden = augment.mask(patches, 0.5) != patches
    rows, columns = hidden[:, 0].all(2), hidden[:, 0].all(1)  # whole frames, whole bands
    assert rows.sum(1).max() <= 21 and columns.sum(1).max() <= 13
    assert 60 < int(rows.any(1).sum()) < 140 and 60 < int(columns.any(1).sum()) < 140


def test_mixup_keeps_distributions_and_mostly_the_item_itself() -> None:
    target = torch.eye(32)
    x = torch.randn(32, 4, 2, 2)
    mixed, blended = augment.mixup(x, target, 0.2, Generator().manual_seed(0))
    torch.testing.assert_close(blended.sum(1), torch.ones(32))
    assert (blended.argmax(1) == torch.arange(32)).all()
    assert mixed.shape == x.shape
