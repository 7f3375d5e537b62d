"""`phonoscope train s2i --variant ours`: a model file that the instrument plays, in two sizes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.modelfile import load_model
from models.generation import run
from models.generation.ours import GROWN, Ours
from models.generation.settings import load_settings
from tests.models.tiny_set import write_tiny_set

SETTINGS = replace(load_settings("s2i", "ours"), steps=5, width=4, batch=4, side=64, latent=8, senses=2,
                   precision="float32")


def order(data: Path, out: Path) -> run.Order:
    cache = data.parent / "cache"  # the same listener for all: threads add in any order, and its training shows it
    return run.Order(SETTINGS, [data], out / "ours.ts", cache, torch.device("cpu"), 0, "none", ("red", "blue"))


@pytest.fixture(autouse=True, scope="module")
def hasty_judge() -> Iterator[None]:
    """Who judges meanwhile is not what is tested here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.evaluation.judges.STEPS", 2)
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ours")
    report = run.train(order(write_tiny_set(folder / "set", each=4), folder))
    assert report.samples.is_file() and report.curves.is_file()
    return folder


def test_the_file_hears_and_paints_in_both_sizes(trained: Path) -> None:
    model = load_model(trained / "ours.ts", "dream", "cpu")
    assert model.manifest["sides"] == [32, 64]
    wave = np.random.default_rng(0).normal(0, 0.1, (1, model.rate // 2)).astype(np.float32)
    condition = model.call("listen", wave)[0]
    louder = model.call("listen", wave * 4)[0]
    assert np.allclose(condition[:, :-1], louder[:, :-1], atol=1e-3)
    assert louder[0, -1] == pytest.approx(condition[0, -1] + 12.04 / 60, abs=1e-3)
    for side in (32, 64):
        picture = model.call("paint", condition, np.zeros((1, 8), np.float32), side)[0]
        assert picture.shape == (1, 3, side, side)


def test_it_grows_and_goes_on_after_a_stop(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sides = []
    step = Ours.step

    def until_the_third(self: Ours, generator: torch.Generator) -> dict[str, float]:
        sides.append(self.side)
        if len(sides) == 3:
            raise KeyboardInterrupt
        return step(self, generator)

    monkeypatch.setattr("models.generation.course.SAVE_S", 0.0)
    monkeypatch.setattr(Ours, "step", until_the_third)
    with pytest.raises(KeyboardInterrupt):
        run.train(order(trained / "set", tmp_path))
    report = run.train(order(trained / "set", tmp_path))
    assert report.resumed_at == 2
    assert sides == [32 if k < GROWN * 5 else 64 for k in (0, 1, 2, 2, 3, 4)]
    ours, again = (load_model(folder / "ours.ts", "dream", "cpu") for folder in (trained, tmp_path))
    condition, latent = np.eye(1, 129, dtype=np.float32), np.ones((1, 8), np.float32)
    assert np.allclose(ours.call("paint", condition, latent, 64)[0], again.call("paint", condition, latent, 64)[0],
                       atol=1e-3)
