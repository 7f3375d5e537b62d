"""Each objective is learnt, by eyes and ears, from nothing and on a frozen trunk."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from engine import modelfile
from models.export import load_model
from models.networks.ear import KindEar
from models.networks.eye import Eye
from models.networks.joint import JointSpace
from models.sounds import read_wave
from models.training.losses import contrastive, kl
from models.training.run import sharpen, train
from models.training.students import KindStudent, load_initial
from models.training.teaching import Teacher

from .tiny_set import write_tiny_set
from .trainings import config, order


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_set(tmp_path_factory.mktemp("tiny"))


class ColourEye(nn.Module):
    """An eye that is sure whether a picture is more blue or more red, whatever eye ships."""

    def __init__(self) -> None:
        super().__init__()
        self.joint = JointSpace(2)

    def forward(self, frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        log_p = (frames.float().mean([1, 2])[:, [2, 0]] / 10).log_softmax(1)
        return log_p, self.joint(log_p)


@pytest.mark.parametrize("objective", ["kl", "contrastive", "classify"])
def test_an_ear_from_nothing_learns_each_objective(tiny: Path, tmp_path: Path, objective: str) -> None:
    recipe = config(objective=objective, training={"epochs": 16, "rate": 5e-3})
    teacher = Teacher(ColourEye(), ["blue", "red"], "colours")
    report = train(replace(order(recipe, tiny, tmp_path), teacher=teacher if recipe.taught else None))
    assert report.examples == 10 and report.held_out == 2
    losses = [epoch["train"][objective] for epoch in report.epochs]
    assert len(losses) == 16 and sum(losses[-3:]) < 0.9 * sum(losses[:3])
    assert report.epochs[-1]["validation"][objective] > 0


def test_sounds_get_the_names_of_their_folders(tiny: Path, tmp_path: Path) -> None:
    recipe = config(network="yamnet", objective="classify", augmentation={"copies": 3},
                    training={"epochs": 12, "rate": 1e-2, "initial": "ear.ts", "frozen": -1})  # fmt: skip
    train(order(recipe, tiny, tmp_path))
    ear = modelfile.load_model(tmp_path / "model.ts", "ear")
    assert ear.classes == ("blue", "red")
    for kind, name in enumerate(ear.classes):
        for sound in (tiny / "sounds" / name).iterdir():
            assert ear.run(read_wave(sound)[None].numpy())[0].argmax() == kind


def test_weights_of_a_model_file_are_a_beginning(tiny: Path) -> None:
    shipped, _ = load_model(modelfile.shipped_model("eye"))
    eye = Eye().eval()
    load_initial(eye, modelfile.shipped_model("eye"))
    frames = torch.randint(0, 256, (2, 128, 128, 3), dtype=torch.uint8)
    with torch.inference_mode():
        torch.testing.assert_close(eye(frames)[0], shipped(frames)[0], atol=1e-3, rtol=0)


@pytest.mark.parametrize("copies", [0, 1])
def test_frozen_blocks_stay_and_the_others_learn(tiny: Path, tmp_path: Path, copies: int) -> None:
    recipe = config("eye", "mobilenet", augmentation={"copies": copies, "mixup": 0.2, "cutout": 0.5},
                    training={"epochs": 1, "initial": "eye.ts", "frozen": 11, "rate": 1e-3})  # fmt: skip
    report = train(order(recipe, tiny, tmp_path))
    assert report.classes == list(modelfile.load_model(tmp_path / "model.ts", "eye").classes)
    files = modelfile.shipped_model("eye"), tmp_path / "model.ts"
    before, after = (load_model(file)[0].state_dict() for file in files)
    for name in before:
        if name.startswith("trunk.blocks."):
            assert torch.equal(before[name], after[name]) == (int(name.split(".")[2]) < 11), name


def test_objectives_add_up_by_their_weights(tiny: Path, tmp_path: Path) -> None:
    weights = {"kl": 1.0, "contrastive": 0.5, "classify": 0.25}
    recipe = config("eye", "squeezenet", weights, training={"epochs": 1, "batch": 4})
    losses = train(order(recipe, tiny, tmp_path)).epochs[0]["train"]
    assert losses["loss"] == pytest.approx(sum(weight * losses[name] for name, weight in weights.items()), rel=1e-4)
    assert len(modelfile.load_model(tmp_path / "model.ts", "eye").classes) == 365


def test_sharpening_raises_the_probabilities_to_a_power() -> None:
    eye = Eye().eval()
    x = torch.rand(3, 3, 128, 128) * 2 - 1
    with torch.inference_mode():
        before = eye.classify(x)
        sharpen(eye.places, 2.0)
        torch.testing.assert_close(eye.classify(x), (2 * before).log_softmax(1), atol=1e-4, rtol=0)


def test_kl_is_nought_only_where_the_answer_is_the_target() -> None:
    target = torch.tensor([[0.5, 0.5, 0.0]])
    assert float(kl(target, target.clamp_min(1e-12).log())) == pytest.approx(0, abs=1e-6)
    assert float(kl(target, torch.tensor([[0.25, 0.25, 0.5]]).log())) == pytest.approx(0.6931, abs=1e-4)


def test_the_contrastive_loss_is_that_of_the_definition() -> None:
    a = torch.nn.functional.normalize(torch.randn(4, 8, generator=torch.Generator().manual_seed(0)), dim=1)
    b = torch.nn.functional.normalize(torch.randn(4, 8, generator=torch.Generator().manual_seed(1)), dim=1)
    positive = torch.tensor([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])

    def one_way(x: torch.Tensor, y: torch.Tensor) -> float:
        rows = []
        for i in range(3):  # the last has no partner
            similar = [float(torch.exp(5 * x[i] @ y[j])) for j in range(4)]
            fitting = [j for j in range(4) if positive[i, j]]
            rows.append(sum(-torch.log(torch.tensor(similar[j] / sum(similar))) for j in fitting) / len(fitting))
        return float(sum(rows) / 3)

    expected = (one_way(a, b) + one_way(b, a)) / 2
    assert float(contrastive(a, b, positive, torch.tensor(5.0))) == pytest.approx(expected, rel=1e-5)


def test_an_item_is_not_compared_with_itself() -> None:
    a = torch.nn.functional.normalize(torch.randn(4, 8), dim=1).requires_grad_()
    positive = torch.tensor([[-1, 1, 0, 0], [1, -1, 0, 0], [0, 0, -1, 1], [0, 0, 1, -1]])
    loss = contrastive(a, a, positive, torch.tensor(100.0))
    loss.backward()
    assert loss > 0.01 and a.grad is not None and torch.isfinite(a.grad).all()


def test_an_ear_of_kinds_begins_with_what_audioset_knows(shared_data: Path) -> None:
    file = shared_data / "yamnet" / "yamnet.tflite"
    kinds = ("clock_tick", "dog", "rain", "siren")
    folders = [shared_data / "sounds" / kind for kind in kinds]
    if not (file.is_file() and all(folder.is_dir() for folder in folders)):
        pytest.skip(f"YAMNet's weights or the sounds of {', '.join(kinds)} are not all in {shared_data}")
    ear = KindEar(365, len(kinds)).eval()
    load_initial(ear, file)
    student = KindStudent(ear, kinds, file).eval()
    right = 0
    for kind, folder in enumerate(folders):
        for sound in sorted(folder.iterdir())[:2]:
            with torch.inference_mode():
                right += int(student(*student.stem(read_wave(sound)[None]))[0].argmax() == kind)
    assert right >= 6  # of 8, and nothing was learnt yet
