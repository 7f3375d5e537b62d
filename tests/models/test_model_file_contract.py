"""What the engine relies on in a model file: shapes, finite and normalised output, any size of input, the manifest."""

import hashlib
import json
from pathlib import Path

import pytest
import torch

from models.export import Manifest, load_model, save_model
from models.networks.ear import Ear
from models.networks.eye import Eye

WEIGHTS = Path(__file__).parents[2] / "models" / "weights"
CLASSES = [f"place {i}" for i in range(365)]


def manifest(kind: str) -> Manifest:
    rate, window = (16_000, 0.975) if kind == "ear" else (None, None)
    return Manifest(
        kind=kind, name="untrained", classes=CLASSES, embedding=128, data="none", licence="Apache-2.0", metrics={},
        command="none", rate=rate, window_s=window,
    )  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Model files of an untrained eye and ear beside the shipped ones."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(1)
    for kind, network in (("eye", Eye()), ("ear", Ear())):
        save_model(network, manifest(kind), folder / f"{kind}.ts")
    return {
        "eye": folder / "eye.ts",
        "ear": folder / "ear.ts",
        "shipped eye": WEIGHTS / "eye.ts",
        "shipped ear": WEIGHTS / "ear.ts",
    }


def check(log_p: torch.Tensor, embedding: torch.Tensor, n: int) -> None:
    assert log_p.shape == (n, 365) and log_p.dtype == torch.float32
    assert embedding.shape == (n, 128) and embedding.dtype == torch.float32
    assert torch.isfinite(log_p).all() and torch.isfinite(embedding).all()
    torch.testing.assert_close(log_p.exp().sum(1), torch.ones(n), atol=1e-4, rtol=0)
    torch.testing.assert_close(embedding.norm(dim=1), torch.ones(n), atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", ["eye", "shipped eye"])
def test_eye_takes_frames_of_any_size(files: dict[str, Path], name: str) -> None:
    eye, _ = load_model(files[name])
    eye = torch.jit.freeze(eye)
    for n, height, width in ((1, 16, 16), (2, 480, 640), (1, 37, 1001), (3, 128, 128)):
        frames = torch.randint(0, 256, (n, height, width, 3), dtype=torch.uint8)
        with torch.inference_mode():
            check(*eye(frames), n)


@pytest.mark.parametrize("name", ["ear", "shipped ear"])
def test_ear_takes_sound_of_any_length_and_silence(files: dict[str, Path], name: str) -> None:
    ear, _ = load_model(files[name])
    ear = torch.jit.freeze(ear)
    for n, samples in ((1, 1), (2, 100), (1, 15_600), (2, 15_601), (1, 70_000)):
        for wave in (torch.zeros(n, samples), 0.1 * torch.randn(n, samples)):
            with torch.inference_mode():
                check(*ear(wave), n)


def test_ear_hears_quiet_and_loud_alike(files: dict[str, Path]) -> None:
    ear, _ = load_model(files["shipped ear"])
    wave = torch.randn(1, 32_000).cumsum(1)
    wave = wave / wave.abs().max()
    with torch.inference_mode():
        loud, quiet = ear(wave)[0], ear(wave * 0.003)[0]
    assert (loud.exp() - quiet.exp()).abs().max() < 0.01


def test_ear_hears_a_loop_as_it_hears_the_loop_twice(files: dict[str, Path]) -> None:
    ear, _ = load_model(files["shipped ear"])
    loop = 0.1 * torch.randn(1, 7680)
    with torch.inference_mode():
        once, twice = ear(loop)[0], ear(loop.repeat(1, 2))[0]
    torch.testing.assert_close(once, twice, atol=1e-3, rtol=0)


def test_stored_weights_answer_like_the_trained_ones(files: dict[str, Path]) -> None:
    torch.manual_seed(1)
    eye, ear = Eye().eval(), Ear().eval()
    frames = torch.randint(0, 256, (4, 60, 80, 3), dtype=torch.uint8)
    wave = 0.1 * torch.randn(4, 20_000)
    with torch.inference_mode():
        for network, name, x in ((eye, "eye", frames), (ear, "ear", wave)):
            stored = load_model(files[name])[0](x)[0]
            assert (network(x)[0] - stored).abs().max() < 0.1, name


@pytest.mark.parametrize("name", ["eye", "ear", "shipped eye", "shipped ear"])
def test_manifest_says_what_the_engine_needs(files: dict[str, Path], name: str) -> None:
    _, entries = load_model(files[name])
    kind = name.split()[-1]
    assert entries["format"] == 1 and entries["kind"] == kind
    assert len(entries["classes"]) == len(set(entries["classes"])) == 365
    assert entries["embedding"] == 128
    assert {"name", "licence", "data", "metrics", "command", "latency_s"} <= entries.keys()
    assert entries["inputs"][0]["name"] == ("frames" if kind == "eye" else "wave")
    assert [output["name"] for output in entries["outputs"]] == ["log_p", "embedding"]
    assert ("rate" in entries and "window_s" in entries) == (kind == "ear")


def test_shipped_files_are_small_and_match_the_index() -> None:
    index = json.loads((WEIGHTS / "manifest.json").read_text(encoding="utf-8"))
    most = {"eye.ts": 6_000_000, "ear.ts": 6_000_000, "dream.ts": 12_000_000, "voice.ts": 12_000_000}
    assert most.keys() == index.keys()
    for name, entry in index.items():
        body = (WEIGHTS / name).read_bytes()
        assert len(body) == entry["bytes"] <= most[name]
        assert hashlib.sha256(body).hexdigest() == entry["sha256"]


def test_saving_beside_an_index_updates_it(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"other.ts": {"sha256": "0", "bytes": 1}}', encoding="utf-8")
    save_model(Eye(), manifest("eye"), tmp_path / "eye.ts")
    index = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert index["eye.ts"]["sha256"] == hashlib.sha256((tmp_path / "eye.ts").read_bytes()).hexdigest()
    assert index["other.ts"] == {"sha256": "0", "bytes": 1}
