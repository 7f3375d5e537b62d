"""Model files: only trusted bytes run, and what is wrong with one is said with what was expected."""

import hashlib
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.errors import UserError
from engine.modelfile import load_model, shipped_model

CLASSES = ["coast", "forest_path", "street"]


class TinyEye(nn.Module):
    """Mean colour -> three classes."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(3, 3)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        colour = frames.float().mean(dim=[1, 2]) / 255
        return torch.log_softmax(self.head(colour), 1), nn.functional.normalize(colour + 1e-6, dim=1)


class NarrowEye(TinyEye):
    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        colour = frames.float().mean(dim=[1, 2])
        return torch.log_softmax(colour[:, :2], 1), colour


class RawEye(TinyEye):
    """Forgets the softmax."""

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        colour = frames.float().mean(dim=[1, 2])
        return self.head(colour), colour


class NotFiniteEye(TinyEye):
    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        colour = frames.float().mean(dim=[1, 2])
        return torch.log_softmax(colour, 1), colour / colour.sum()


class ThrowingEye(TinyEye):
    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        colour = frames.float().mean(dim=[1, 2])
        return colour @ torch.zeros(7, 3), colour


Export = Callable[..., Path]


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Writes a model file and, beside it, the checksum that makes it trusted."""

    def write(network: nn.Module, **changes: Any) -> Path:
        path = tmp_path / "eye.ts"
        manifest = {"format": 1, "kind": "eye", "name": "tiny", "classes": CLASSES, "embedding": 3} | changes
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            torch.jit.script(network.half()).save(str(path), _extra_files={"manifest.json": json.dumps(manifest)})
        trust(path)
        return path

    return write


def trust(path: Path) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n")


def test_a_trusted_file_stored_as_half_runs_in_float_and_gives_a_distribution(export: Export) -> None:
    model = load_model(export(TinyEye()), "eye")
    log_p, embedding = model.run(np.full((2, 20, 30, 3), 200, np.uint8))
    assert model.classes == tuple(CLASSES) and model.embedding == 3
    assert log_p.dtype == embedding.dtype == np.float32 and log_p.shape == (2, 3)
    np.testing.assert_allclose(np.exp(log_p).sum(1), 1, atol=1e-5)


def test_loading_says_nothing_of_deprecation_to_the_user(export: Export) -> None:
    path = export(TinyEye())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_model(path, "eye")


def test_an_unlisted_file_is_refused_with_the_line_that_would_trust_it(export: Export) -> None:
    path = export(TinyEye())
    line = path.with_name("eye.ts.sha256").read_text().strip()
    path.with_name("eye.ts.sha256").unlink()
    with pytest.raises(UserError, match="checksum is written nowhere") as refusal:
        load_model(path, "eye")
    assert line in str(refusal.value)


def test_an_altered_file_is_refused_before_it_is_unpacked(export: Export) -> None:
    path = export(TinyEye())
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    with pytest.raises(UserError, match="expected sha256"):
        load_model(path, "eye")


def test_the_index_beside_a_file_counts_as_its_checksum(export: Export) -> None:
    path = export(TinyEye())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name("eye.ts.sha256").unlink()
    index = path.with_name("manifest.json")
    index.write_text(json.dumps({"eye.ts": {"sha256": digest, "bytes": path.stat().st_size}}))
    assert load_model(path, "eye").sha256 == digest
    index.write_text(json.dumps({"eye.ts": {"sha256": "0" * 64}}))
    with pytest.raises(UserError, match="damaged or not the one"):
        load_model(path, "eye")
    index.write_text("not json")
    with pytest.raises(UserError, match="can't be read"):
        load_model(path, "eye")


@pytest.mark.parametrize(("network", "said"), [
    (NarrowEye(), r"expected log_p float32 \[1, 3\], got float32 \[1, 2\]"),
    (RawEye(), "expected exp\\(log_p\\) to sum to 1"),
    (NotFiniteEye(), "expected finite embedding, got 3 of 3"),
    (ThrowingEye(), "it failed"),
])
def test_a_network_that_breaks_the_contract_is_refused_at_load(export: Export, network: nn.Module, said: str) -> None:
    with pytest.raises(UserError, match=said):
        load_model(export(network), "eye")


@pytest.mark.parametrize(("changes", "said"), [
    ({"kind": "ear"}, "'kind': expected 'eye', got 'ear'"),
    ({"format": 2}, "'format': expected 1, got 2"),
    ({"classes": ["coast", "coast", "street"]}, "'classes': expected a list of different names"),
    ({"classes": []}, "'classes'"),
    ({"embedding": "3"}, "'embedding': expected a positive integer, got '3'"),
    ({"embedding": 4}, r"expected embedding float32 \[1, 4\], got float32 \[1, 3\]"),
    ({"classes": [*CLASSES, "bar"]}, r"expected log_p float32 \[1, 4\]"),
])
def test_a_manifest_that_is_wrong_is_named_by_its_key(export: Export, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        load_model(export(TinyEye(), **changes), "eye")


def test_what_is_no_model_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        load_model(tmp_path / "none.ts", "eye")
    path = tmp_path / "eye.ts"
    path.write_bytes(b"PK nonsense")
    trust(path)
    with pytest.raises(UserError, match="not a TorchScript file"):
        load_model(path, "eye")


def test_the_shipped_eye_passes_its_probe_and_takes_any_size() -> None:
    model = load_model(shipped_model("eye"), "eye")
    for shape in ((16, 16), (360, 640), (203, 361)):
        log_p, embedding = model.run(np.random.default_rng(0).integers(0, 256, (1, *shape, 3), np.uint8))
        np.testing.assert_allclose(np.exp(log_p).sum(), 1, atol=1e-3)
        np.testing.assert_allclose(np.linalg.norm(embedding), 1, atol=1e-3)
