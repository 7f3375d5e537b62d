"""What discriminators and generators minimise is what the papers write, by numbers worked out by hand."""

import math

import pytest
import torch

from models.generation.adversarial import CONTESTS, gradient_penalty

REAL = torch.tensor([2.0, 0.5])
FAKE = torch.tensor([-3.0, 0.0])


@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        ("hinge", (0.0 + 0.5) / 2 + (0.0 + 1.0) / 2, 1.5),
        ("wasserstein", -1.5 - 1.25, 1.5),
        (
            "cross_entropy",
            (math.log1p(math.exp(-2.0)) + math.log1p(math.exp(-0.5))) / 2
            + (math.log1p(math.exp(-3.0)) + math.log(2.0)) / 2,
            (math.log1p(math.exp(3.0)) + math.log(2.0)) / 2,
        ),
    ],
)
def test_each_loss_by_hand(name: str, discriminator: float, generator: float) -> None:
    contest = CONTESTS[name]
    assert float(contest.discriminator(REAL, FAKE)) == pytest.approx(discriminator, abs=1e-6)
    assert float(contest.generator(FAKE)) == pytest.approx(generator, abs=1e-6)


def test_the_penalty_is_the_squared_distance_of_the_slope_from_one() -> None:
    real, fake, generator = torch.rand(4, 3, 2, 2), torch.rand(4, 3, 2, 2), torch.Generator().manual_seed(0)
    steep = torch.full((12,), 3 / math.sqrt(12))  # length 3 everywhere: (3 - 1)^2 = 4
    penalty = gradient_penalty(lambda x: x.flatten(1) @ steep, real, fake, generator)
    assert float(penalty) == pytest.approx(4.0, abs=1e-5)


def test_the_penalty_is_taken_between_real_and_fake_and_reaches_the_weights() -> None:
    real, fake, generator = torch.zeros(64, 1), torch.ones(64, 1), torch.Generator().manual_seed(0)
    weight = torch.tensor(1.0, requires_grad=True)
    seen: list[torch.Tensor] = []

    def score(x: torch.Tensor) -> torch.Tensor:
        seen.append(x.detach())
        return weight * x.square().sum(1)  # slope 2wx

    penalty = gradient_penalty(score, real, fake, generator)
    x = seen[0].squeeze(1)
    assert 0 <= x.min() < 0.2 and 0.8 < x.max() <= 1
    assert float(penalty.detach()) == pytest.approx(float(((2 * x - 1) ** 2).mean()), abs=1e-5)
    penalty.backward()
    assert weight.grad is not None
    assert float(weight.grad) == pytest.approx(float((2 * (2 * x - 1) * 2 * x).mean()), abs=1e-5)
