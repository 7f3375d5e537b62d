"""A training that was stopped, however rudely, goes on as if it had not been; what is damaged is refused."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from engine.errors import UserError
from models.export import load_model
from models.training import loop
from models.training.lessons import Lessons
from models.training.run import train

from .tiny_set import write_tiny_set
from .trainings import config, order

RECIPE = config(objective={"kl": 1.0, "classify": 0.5}, training={"epochs": 3, "batch": 4},
                augmentation={"mix": 0.5, "room": 0.5, "mask": 0.5})  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_set(tmp_path_factory.mktemp("tiny"))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_model(folder / "model.ts")[0].state_dict()


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


@pytest.fixture(scope="module")
def whole(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training that nothing stopped."""
    folder = tmp_path_factory.mktemp("whole")
    train(order(RECIPE, tiny, folder))
    return folder


def test_the_same_seed_gives_the_same_weights_and_another_others(tiny: Path, whole: Path, tmp_path: Path) -> None:
    for seed in (0, 1):
        train(order(RECIPE, tiny, tmp_path / str(seed), seed))
    assert same(weights(whole), weights(tmp_path / "0"))
    assert not same(weights(whole), weights(tmp_path / "1"))


def test_ctrl_c_keeps_the_step_that_was_taken(
    tiny: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = Lessons.draw
    drawn = []

    def draw_and_interrupt(self: Lessons, *given: object) -> object:
        drawn.append(1)
        if len(drawn) == 3:  # in the midst of the second epoch of two batches
            signal.raise_signal(signal.SIGINT)
        return draw(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Lessons, "draw", draw_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(order(RECIPE, tiny, tmp_path))
    assert (tmp_path / "model.checkpoint").exists() and not (tmp_path / "model.ts").exists()
    report = train(order(RECIPE, tiny, tmp_path))
    assert report.resumed_at == 3 and len(drawn) == report.steps == 6
    assert same(weights(tmp_path), weights(whole))
    assert (tmp_path / "model.jsonl").read_text() == (whole / "model.jsonl").read_text()
    assert not (tmp_path / "model.checkpoint").exists()


def test_a_killed_training_goes_on_where_it_saved(tiny: Path, whole: Path, tmp_path: Path) -> None:
    # how many threads share a sum decides its last bits, and tests before this one may have changed their number
    program = f"""
from pathlib import Path
import torch
from models.training import loop
from models.training.run import train
from tests.models.test_training_resumes import RECIPE
from tests.models.trainings import order
torch.set_num_threads({torch.get_num_threads()})
loop.SAVE_S = 0
train(order(RECIPE, Path({str(tiny)!r}), Path({str(tmp_path)!r})))
"""
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not (tmp_path / "model.checkpoint").exists():
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    if (tmp_path / "model.ts").exists():
        pytest.skip("this machine trains faster than it kills")
    report = train(order(RECIPE, tiny, tmp_path))
    assert 0 < report.resumed_at <= report.steps
    assert same(weights(tmp_path), weights(whole))
    assert not list(tmp_path.glob("*.part")) or os.name == "nt"


def test_a_checkpoint_of_something_else_is_refused(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: loop.Trainer) -> None:
        save(self)
        raise KeyboardInterrupt

    save = loop.Trainer._save
    monkeypatch.setattr(loop.Trainer, "_save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(order(RECIPE, tiny, tmp_path))
    with pytest.raises(UserError, match=r"model\.checkpoint: is of an unfinished run with other.*--fresh"):
        train(order(RECIPE, tiny, tmp_path, seed=1))
    (tmp_path / "model.checkpoint").write_bytes((tmp_path / "model.checkpoint").read_bytes()[:1000])
    with pytest.raises(UserError, match=r"model\.checkpoint: can't be read.*--fresh"):
        train(order(RECIPE, tiny, tmp_path))


def test_a_damaged_cache_is_made_anew(tiny: Path, whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole / "cache", tmp_path / "cache")
    kept = list((tmp_path / "cache").glob("*.safetensors"))
    assert kept
    for file in kept:
        file.write_bytes(file.read_bytes()[:100])
    train(order(RECIPE, tiny, tmp_path))
    assert same(weights(tmp_path), weights(whole))


def test_losses_are_written_for_people_and_for_programs(whole: Path) -> None:
    lines = [json.loads(line) for line in (whole / "model.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert {"kl", "classify", "loss"} == lines[0]["train"].keys() == lines[0]["validation"].keys()
    assert (whole / "model.png").read_bytes().startswith(b"\x89PNG")
