"""Training after Wan et al.: the generator learns to follow the sound, with the steps and the tricks of the recipe."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from models.generation.pairs import Pairs
from models.generation.settings import Settings, load_settings
from models.generation.wan import Wan
from tests.models.tiny_pairs import tiny_pairs

SIDE = 16


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return tiny_pairs(SIDE)


@pytest.fixture(scope="module")
def conditions(pairs: Pairs) -> torch.Tensor:
    """What is heard: the class, somewhat blurred, and the level."""
    generator = torch.Generator().manual_seed(1)
    told = torch.nn.functional.one_hot(pairs.sound_class, 2).repeat(1, 4).float()
    return torch.cat([told + 0.3 * torch.randn(len(told), 8, generator=generator), torch.rand(len(told), 1)], 1)


def tiny(variant: str, **changes: Any) -> Settings:
    return replace(load_settings("s2i", variant), side=SIDE, width=4, batch=8, latent=6, rate=2e-3, **changes)


def steps_taken(method: Wan) -> list[int]:
    """Of the discriminator and of the generator."""
    return [int(next(iter(optimizer.state.values()))["step"]) for optimizer in method.optimizers]


def test_pictures_take_the_colour_that_goes_with_the_sound(pairs: Pairs, conditions: torch.Tensor) -> None:
    torch.manual_seed(0)
    method, generator = Wan(pairs, conditions, tiny("wan")), torch.Generator().manual_seed(0)
    for _ in range(120):
        method.step(generator)
    method.eval()
    sounds = pairs.windows(test=True)
    with torch.inference_mode():
        made = method.make(conditions[sounds], torch.randn(len(sounds), 6, generator=generator)).mean([2, 3])
    redder = made[:, 0] > made[:, 2]
    assert torch.equal(redder, pairs.sound_class[sounds] == 0)


def test_each_network_takes_the_steps_of_the_recipe(pairs: Pairs, conditions: torch.Tensor) -> None:
    method = Wan(pairs, conditions, tiny("wan", generator_steps=5))
    method.step(torch.Generator())
    assert steps_taken(method) == [1, 5]
    method = Wan(pairs, conditions, tiny("wgan"))
    losses = method.step(torch.Generator())
    assert steps_taken(method) == [5, 1]
    assert losses["penalty"] > 0 and "names" not in losses


def test_the_auxiliary_classifier_counts_in_the_losses_of_both(pairs: Pairs, conditions: torch.Tensor) -> None:
    losses = Wan(pairs, conditions, tiny("wan")).step(torch.Generator())
    assert set(losses) == {"discriminator", "names", "generator", "generated_names"}
    assert 0.2 < losses["names"] < 2


def test_the_generator_learns_nothing_into_the_discriminator(pairs: Pairs, conditions: torch.Tensor) -> None:
    torch.manual_seed(0)
    method = Wan(pairs, conditions, tiny("wan"))
    before = [parameter.clone() for parameter in method.discriminator.parameters()]
    method.discriminator.requires_grad_(False)
    method._generate(method.drawer.draw(8, torch.Generator()), torch.Generator())
    assert all(torch.equal(a, b) for a, b in zip(before, method.discriminator.parameters(), strict=True))
