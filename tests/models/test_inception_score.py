"""The inception score by hand: 1 for guesses, and the number of classes for sure and even answers."""

import math

import pytest
import torch

from models.evaluation.scores import inception_score


def test_sure_and_even_answers_score_the_number_of_classes() -> None:
    assert inception_score(torch.eye(5).repeat(3, 1)) == pytest.approx(5.0, rel=1e-5)


def test_answers_that_are_all_alike_score_one() -> None:
    assert inception_score(torch.tensor([[0.7, 0.2, 0.1]]).repeat(9, 1)) == pytest.approx(1.0, rel=1e-5)
    assert inception_score(torch.eye(4)[:1].repeat(9, 1)) == pytest.approx(1.0, rel=1e-5)


def test_two_pictures_by_hand() -> None:
    p = torch.tensor([[0.8, 0.2], [0.4, 0.6]])
    kl = [0.8 * math.log(0.8 / 0.6) + 0.2 * math.log(0.2 / 0.4), 0.4 * math.log(0.4 / 0.6) + 0.6 * math.log(0.6 / 0.4)]
    assert inception_score(p) == pytest.approx(math.exp(sum(kl) / 2), rel=1e-5)
