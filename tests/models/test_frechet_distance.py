"""The Fréchet distance of two clouds of features."""

import pytest
import torch

from models.evaluation.frechet import frechet_distance


def test_a_cloud_has_no_distance_from_itself() -> None:
    cloud = torch.randn(50, 8, generator=torch.Generator().manual_seed(0))
    assert frechet_distance(cloud, cloud) == pytest.approx(0, abs=1e-6)


def test_of_single_features_it_is_that_of_two_normal_distributions() -> None:
    """(m - m')^2 + (s - s')^2 for means m and standard deviations s."""
    a = torch.tensor([[-1.0], [1.0]])
    b = torch.tensor([[2.0], [8.0]])
    assert frechet_distance(a, b) == pytest.approx((0 - 5) ** 2 + (2**0.5 - 18**0.5) ** 2, rel=1e-6)


def test_it_tells_clouds_of_equal_means_apart_by_how_features_go_together() -> None:
    cloud = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
    line = cloud[:, :1].repeat(1, 2)
    assert frechet_distance(cloud - cloud.mean(0), line - line.mean(0)) > 0.5


def test_fewer_pictures_than_features_are_no_trouble() -> None:
    few = torch.randn(5, 64, generator=torch.Generator().manual_seed(0))
    assert frechet_distance(few, few + 1) == pytest.approx(64, rel=1e-3)
