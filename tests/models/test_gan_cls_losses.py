"""GAN-CLS as Chen et al. 2017, equations 3 to 7, give it, reckoned by hand from scores."""

import math

import pytest
import torch
from torch import Tensor

from models.generation.gancls import discriminator_loss, generator_loss


def logits(*scores: float) -> Tensor:
    """Of scores s in 0..1, as the paper has them."""
    return torch.tensor([math.log(s / (1 - s)) for s in scores])


def test_the_discriminator_counts_mismatched_and_generated_pairs_half_each() -> None:
    expected = -(math.log(0.8) + (math.log(1 - 0.3) + math.log(1 - 0.1)) / 2)
    assert float(discriminator_loss(logits(0.8), logits(0.3), logits(0.1))) == pytest.approx(expected, abs=1e-6)


def test_without_the_mismatch_term_generated_pairs_count_whole() -> None:
    expected = -(math.log(0.8) + math.log(1 - 0.1))
    assert float(discriminator_loss(logits(0.8), None, logits(0.1))) == pytest.approx(expected, abs=1e-6)


def test_losses_are_means_over_the_batch() -> None:
    real, wrong, fake = logits(0.9, 0.6), logits(0.2, 0.5), logits(0.3, 0.4)
    both = discriminator_loss(real, wrong, fake)
    each = [discriminator_loss(real[i : i + 1], wrong[i : i + 1], fake[i : i + 1]) for i in range(2)]
    assert float(both) == pytest.approx(float(sum(each)) / 2, abs=1e-6)


def test_the_generator_wants_to_be_believed() -> None:
    assert float(generator_loss(logits(0.25))) == pytest.approx(-math.log(0.25), abs=1e-6)
    assert float(generator_loss(logits(0.9))) < float(generator_loss(logits(0.1)))


def test_scores_of_certainty_stay_finite() -> None:
    sure = torch.tensor([200.0])
    assert math.isfinite(float(discriminator_loss(-sure, sure, sure))) and math.isfinite(float(generator_loss(-sure)))
