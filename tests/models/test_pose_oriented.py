"""Pose-oriented S2I has a model for each category, and the sound's own classifier says which one paints."""

import torch
from torch import nn

from models.generation.gancls import Choice
from models.networks.chen import Classifier, Painter


def test_each_row_is_painted_by_the_model_of_its_class() -> None:
    torch.manual_seed(0)
    names = Classifier(3)
    painters = [Painter(4, 8, 16).eval() for _ in range(3)]
    condition, latent = nn.functional.normalize(torch.randn(6, 128), dim=1), torch.randn(6, 4)
    chosen = names(condition).argmax(1)
    with torch.inference_mode():
        made = Choice(names, painters)(condition, latent)
        assert len(chosen.unique()) > 1
        for row, label in enumerate(chosen.tolist()):
            alone = painters[label](condition[row : row + 1], latent[row : row + 1])
            assert torch.allclose(made[row], alone[0], atol=1e-5)
