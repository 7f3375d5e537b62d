"""Every eye and ear that can be trained: shapes, features for probes, gradients, own classes, a model file."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models.export import Manifest, load_model, save_model
from models.networks import EARS, EYES, NETWORKS
from models.networks.joint import EMBEDDING
from models.networks.squeezenet import SqueezeNet, SqueezeNetPlaces365


def example(network: Any, n: int = 2, seed: int = 0) -> Tensor:
    """Frames for an eye, the shortest sounds that an ear hears without repeating them."""
    random = torch.Generator().manual_seed(seed)
    if hasattr(network, "rate"):
        return 0.1 * torch.randn(n, network.window, generator=random)
    return torch.randint(0, 256, (n, 40, 60, 3), dtype=torch.uint8, generator=random)


@pytest.mark.parametrize("name", NETWORKS)
def test_it_answers_with_distributions_unit_vectors_and_features(name: str) -> None:
    network = NETWORKS[name]().eval()
    x = example(network)
    with torch.inference_mode():
        log_p, embedding = network(x)
        features = network.features(x)
        alone = network.features(x[:1])
    assert log_p.shape == (2, 365) and embedding.shape == (2, EMBEDDING) and features.shape == (2, network.width)
    torch.testing.assert_close(log_p.exp().sum(1), torch.ones(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(embedding.norm(dim=1), torch.ones(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(features[:1], alone, atol=1e-4, rtol=1e-3)  # neighbours in a batch don't matter
    assert not torch.equal(features[0], features[1])


@pytest.mark.parametrize("name", EARS)
def test_an_ear_hears_a_single_sample_and_more_than_its_window(name: str) -> None:
    ear = EARS[name]().eval()
    with torch.inference_mode():
        for samples in (1, ear.window - 1, ear.window + 4321):
            for wave in (torch.zeros(1, samples), torch.ones(1, samples)):
                assert torch.isfinite(ear(wave)[0]).all() and torch.isfinite(ear.features(wave)).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_every_weight_learns_and_classes_are_free_to_choose(name: str) -> None:
    torch.manual_seed(0)
    network = NETWORKS[name](10).train()
    log_p, embedding = network(example(network, n=3))
    assert log_p.shape == (3, 10) and embedding.shape == (3, 10)
    (embedding[:, 0].sum() - log_p[:, 3].sum()).backward()
    for weight, values in network.named_parameters():
        # what a batch norm takes away again, a bias before it for one, has a gradient of rounding errors at least
        assert values.grad is not None and torch.isfinite(values.grad).all(), weight
        assert values.grad.any() or weight.endswith("conv.bias"), weight


@pytest.mark.parametrize("name", NETWORKS)
def test_a_model_file_keeps_its_features(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = NETWORKS[name]().eval()
    kind = "ear" if name in EARS else "eye"
    manifest = Manifest(kind=kind, name=name, classes=[str(i) for i in range(365)], embedding=EMBEDDING, data="none",
                        licence="none", metrics={}, command="none", rate=getattr(network, "rate", None))  # fmt: skip
    save_model(network, manifest, tmp_path / "model.ts")
    stored, entries = load_model(tmp_path / "model.ts")
    x = example(network)
    with torch.inference_mode():
        ours, theirs = network.features(x), stored.features(x)
    assert entries["features"] == ours.shape[1]
    assert torch.nn.functional.cosine_similarity(ours, theirs).min() > 0.99  # weights are stored as half or int8


def test_registered_networks_are_eyes_or_ears() -> None:
    assert {"mobilenet", "squeezenet"} == EYES.keys() and {"yamnet", "logmel", "soundnet5", "soundnet8"} == EARS.keys()
    assert all(not hasattr(EYES[name](), "rate") for name in EYES)


def weights(network: nn.Module) -> int:
    """Number of values that are learnt."""
    return sum(values.numel() for values in network.parameters())


def test_networks_have_the_size_that_they_are_known_for() -> None:
    assert weights(EARS["logmel"]()) <= 1_000_000
    convolutions = [layer for layer in SqueezeNet().modules() if isinstance(layer, nn.Conv2d)]
    # SqueezeNet v1.1 has 1,235,496 weights, 513,000 of them in its classifier; its biases are batch norm's here
    assert sum(weights(layer) + layer.out_channels for layer in convolutions) == 1_235_496 - 513_000
    # SoundNet's convolutions by main_train.lua and main_train_small.lua, with their biases, and the head of 365 places
    for name, own in (("soundnet8", 2_870_256), ("soundnet5", 461_280)):
        network = EARS[name]()
        trunk = sum(weights(layer) for layer in network.modules() if isinstance(layer, nn.Conv2d))
        assert trunk - weights(network.places) == own, name


def test_the_teacher_gives_features_too() -> None:
    teacher = SqueezeNetPlaces365().eval()
    frames = example(teacher, n=1)
    with torch.inference_mode():
        assert teacher.features(frames).shape == (1, 512) and teacher(frames)[1].shape == (1, EMBEDDING)
