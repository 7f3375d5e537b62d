"""The networks of Wan et al.: what the tricks promise holds for the layers as they are built."""

import pytest
import torch
from torch import nn

from models.networks.wan import Discriminator, Even, Generator, Projection

CONDITION, WIDTH = 9, 4
EVEN = Even(torch.eye(CONDITION))


def test_spectral_norm_bounds_every_layer_of_the_discriminator() -> None:
    torch.manual_seed(0)
    discriminator = Discriminator(EVEN, WIDTH, 32, classes=3)
    with torch.no_grad():
        for name, parameter in discriminator.named_parameters():
            if name.endswith("original"):
                parameter.mul_(7.0)
        for _ in range(60):  # each pass in training mode is one more power iteration
            discriminator(torch.rand(2, 3, 32, 32), torch.randn(2, CONDITION))
    discriminator.eval()
    layers = [m for m in discriminator.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == 3 * 3 + 3
    for layer in layers:
        largest = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)
        assert float(largest) == pytest.approx(1.0, abs=0.05)


def test_without_spectral_norm_weights_are_free() -> None:
    discriminator = Discriminator(EVEN, WIDTH, 32, classes=3, spectral=False)
    assert not any("parametrizations" in name for name, _ in discriminator.named_parameters())


def test_projection_is_its_formula() -> None:
    head = Projection(5, CONDITION)
    x, condition = torch.randn(6, 5, 4, 4), torch.randn(6, CONDITION)
    h = x.sum((2, 3))
    expected = h @ head.real.weight[0] + head.real.bias + torch.einsum("nc,dc,nd->n", condition, head.embed.weight, h)
    torch.testing.assert_close(head(x, condition), expected)


def test_a_sound_counts_as_much_as_noise_however_small_its_values_are() -> None:
    conditions = 0.02 * torch.randn(500, CONDITION) + 3
    evened = Even(conditions)(conditions)
    torch.testing.assert_close(evened.mean(0), torch.zeros(CONDITION), atol=1e-3, rtol=0)
    torch.testing.assert_close(evened.std(0), torch.ones(CONDITION))


@pytest.mark.parametrize("projection", [True, False])
def test_the_sound_moves_the_score_and_the_generated_picture(projection: bool) -> None:
    torch.manual_seed(0)
    discriminator = Discriminator(EVEN, WIDTH, 64, classes=0, projection=projection).eval()
    generator = Generator(EVEN, 6, WIDTH, 64).eval()
    one, other, latent = torch.randn(2, CONDITION), torch.randn(2, CONDITION), torch.randn(2, 6)
    picture = generator(one, latent)
    assert picture.shape == (2, 3, 64, 64) and picture.min() >= 0 and picture.max() <= 1
    assert (picture - generator(other, latent)).abs().max() > 1e-3
    score, names = discriminator(picture, one)
    assert score.shape == (2,) and names is None
    assert (score - discriminator(picture, other)[0]).abs().min() > 1e-5


def test_the_auxiliary_classifier_names_the_classes() -> None:
    _, names = Discriminator(EVEN, WIDTH, 64, classes=7)(torch.rand(2, 3, 64, 64), torch.randn(2, CONDITION))
    assert names is not None and names.shape == (2, 7)


def test_a_side_that_no_doubling_reaches_is_refused() -> None:
    with pytest.raises(ValueError, match="side 60"):
        Generator(EVEN, 6, WIDTH, 60)
