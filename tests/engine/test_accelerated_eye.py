"""OpenVINO under an eye: used where it gives torch's answers, and not where it would give others."""

import hashlib
import importlib.util
import json
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.modelfile import Model, load_model, shipped_model

pytestmark = pytest.mark.skipif(importlib.util.find_spec("openvino") is None,
                                reason="OpenVINO is not installed: pip install 'phonoscope[fast]'")


class MeanEye(nn.Module):
    """Mean colour -> three classes, of a picture that was shrunk to 32 x 32."""

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        x = self.shrink(frames.permute(0, 3, 1, 2)).float().mean(dim=[2, 3]) / 255
        return torch.log_softmax(4 * x, 1), nn.functional.normalize(x + 1e-6, dim=1)

    def shrink(self, x: Tensor) -> Tensor:
        if x.shape[2] != 32 or x.shape[3] != 32:
            x = nn.functional.interpolate(x, size=[32, 32], mode="bilinear", align_corners=False, antialias=True)
        return x


class ThresholdEye(MeanEye):
    """Looks for bright pixels before it shrinks, so that shrinking first gives something else."""

    def shrink(self, x: Tensor) -> Tensor:
        bright = ((x > 200) * 255).to(torch.uint8)
        return nn.functional.interpolate(bright, size=[32, 32], mode="bilinear", align_corners=False, antialias=True)


class LargeEye(MeanEye):
    """Takes pictures as large as they come."""

    def shrink(self, x: Tensor) -> Tensor:
        return x


def loaded(network: nn.Module, folder: Path) -> Model:
    path = folder / "eye.ts"
    manifest = {"format": 1, "kind": "eye", "name": "small", "classes": ["a", "b", "c"], "embedding": 3}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(network).save(str(path), _extra_files={"manifest.json": json.dumps(manifest)})
    path.with_name("eye.ts.sha256").write_text(hashlib.sha256(path.read_bytes()).hexdigest())
    return load_model(path, "eye", "cpu")


def pictures(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)


@pytest.fixture(scope="module")
def shipped() -> Model:
    return load_model(shipped_model("eye"), "eye", "cpu")


@pytest.mark.parametrize("shape", [(16, 16), (128, 128), (224, 224), (360, 640), (203, 361)])
def test_the_shipped_eye_gives_the_answers_that_it_gives_on_torch(shipped: Model, shape: tuple[int, int]) -> None:
    assert shipped.backend == "openvino"
    frame = pictures(1, *shape)
    for fast, slow in zip(shipped.run(frame), replace(shipped, fast=None).run(frame), strict=True):
        assert fast.dtype == np.float32
        np.testing.assert_allclose(fast, slow, atol=1e-4)


def test_answers_stay_what_they_were_when_the_next_frame_is_seen(shipped: Model) -> None:
    first, _ = shipped.run(pictures(1, 90, 160))
    before = first.copy()
    shipped.run(np.zeros((1, 90, 160, 3), np.uint8))
    np.testing.assert_array_equal(first, before)


def test_many_pictures_at_once_are_seen_as_one_by_one(shipped: Model) -> None:
    frames = pictures(3, 90, 160)
    one_by_one = np.concatenate([shipped.run(frame[None])[0] for frame in frames])
    np.testing.assert_allclose(shipped.run(frames)[0], one_by_one, atol=1e-4)


def test_a_small_network_of_the_same_kind_is_accelerated_too(tmp_path: Path) -> None:
    assert loaded(MeanEye(), tmp_path).backend == "openvino"


@pytest.mark.parametrize(("network", "why"), [
    (ThresholdEye(), "OpenVINO's answers are"),
    (LargeEye(), "doesn't shrink its pictures"),
])
def test_what_would_be_seen_differently_stays_on_torch_and_is_said(
        tmp_path: Path, caplog: pytest.LogCaptureFixture, network: nn.Module, why: str) -> None:
    assert loaded(network, tmp_path).backend == "torch"
    assert "eye.ts runs on torch" in caplog.text and why in caplog.text


def test_nothing_is_reported_to_its_makers(shipped: Model) -> None:
    assert shipped.backend == "openvino" and sys.modules["openvino_telemetry"] is None
