"""The public SoundNet weights: read as published, computed as published, counted as the places that we know."""

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from safetensors.numpy import save_file

from engine.errors import UserError
from models.convert import SHIPPED_EYE
from models.export import load_model
from models.networks.soundnet import RATE
from models.soundnet import convert, fold, place_names
from tests.models.soundnets import LAYERS, Arrays, lua_network, random_weights
from tests.models.torch7 import Lua, sequential, write_t7


@pytest.fixture(scope="module")
def classes() -> list[str]:
    return load_model(SHIPPED_EYE)[1]["classes"]


def reference(arrays: Arrays, layers: int, wave: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
    """pool5 (conv4 of five layers) and both heads by the definitions of the layers, time first: [T,channels]."""

    def convolve(x: NDArray[Any], name: str, stride: int, padding: int) -> NDArray[Any]:
        kernel = arrays[f"{name}.weight"][..., 0]  # [out,in,k]
        windows = sliding_window_view(np.pad(x, ((padding, padding), (0, 0))), kernel.shape[2], axis=0)[::stride]
        return windows.reshape(len(windows), -1) @ kernel.reshape(len(kernel), -1).T + arrays[f"{name}.bias"]

    shapes, (_, stride, padding) = LAYERS[layers]
    x, middle = wave[:, None].astype(np.float64) * 256, np.empty(0)
    for i, (_, _, kernel, pool) in enumerate(shapes, 1):
        x = convolve(x, f"conv{i}", 2, kernel // 2)
        spread = np.sqrt(arrays[f"bn{i}.running_var"] + 1e-5)
        x = (x - arrays[f"bn{i}.running_mean"]) / spread * arrays[f"bn{i}.weight"] + arrays[f"bn{i}.bias"]
        x = np.maximum(x, 0)
        x = x[: len(x) // pool * pool].reshape(-1, pool, x.shape[1]).max(1)
        if x.shape[1] == 256:
            middle = x
    answers = {name: np.exp(convolve(x, name, stride, padding)) for name in ("objects", "places")}
    return {"middle": middle} | {name: e / e.sum(1, keepdims=True) for name, e in answers.items()}


@pytest.mark.parametrize("layers", [5, 8])
def test_the_published_file_answers_as_the_layers_define(layers: int, classes: list[str], tmp_path: Path) -> None:
    arrays = random_weights(layers)
    file = write_t7(tmp_path / "soundnet.t7", lua_network(arrays, layers), cuda=True)
    network, manifest = convert(file, classes)
    wave = 0.2 * np.random.default_rng(0).standard_normal(20 * RATE).astype(np.float32)
    expected = reference(arrays, layers, wave)
    assert len(expected["places"]) == 4  # the authors' label_time_steps for 20 s
    given = torch.from_numpy(wave)[None]
    with torch.inference_mode():
        network.eval()
        p, objects, features = network(given)[0].exp()[0], network.recognise_objects(given)[0], network.features(given)
    mean = dict(zip(place_names(classes), expected["places"].mean(0), strict=True))
    folded = {"car_interior": ("backseat", "frontseat"), "waterfall": ("block", "fan", "plunge")}
    mass = [sum(mean[f"{name}/{part}"] for part in folded[name]) if name in folded
            else mean["temple/east_asia"] + mean["temple/south_asia"] if name == "temple/asia"
            else mean.get(name, 0.0) for name in classes]
    named = np.array(mass) + 1e-6  # a place without a name is unlikely, not impossible
    np.testing.assert_allclose(p, named / named.sum(), atol=1e-5, rtol=1e-4)
    np.testing.assert_allclose(objects, expected["objects"].mean(0), atol=1e-5)
    np.testing.assert_allclose(features[0], expected["middle"].mean(0), rtol=1e-3, atol=1e-4)
    assert manifest.name == f"soundnet{layers}" and manifest.rate == 22050 and manifest.classes == classes


def test_short_sound_is_heard_as_its_repetition(classes: list[str], tmp_path: Path) -> None:
    save_file(random_weights(5), tmp_path / "soundnet.safetensors")
    network = convert(tmp_path / "soundnet.safetensors", classes)[0].eval()
    wave = 0.2 * torch.randn(1, 3 * RATE, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(network(wave)[0], network(wave.repeat(1, 4)[:, : 10 * RATE])[0])
        assert torch.isfinite(network(torch.zeros(1, 1))[0]).all()


def test_the_401_places_are_the_authors_and_count_as_ours(classes: list[str]) -> None:
    places = place_names(classes)
    # of categories/categories_places2.txt in the authors' repository
    published = "".join(f"/{place[0]}/{place}\n" for place in places).encode()
    assert hashlib.sha256(published).hexdigest() == "db187ee1d1e0bed37fa30e760717833107e0a416b61e3d8fbb8f5534a9940900"
    assert len(set(places) & set(classes)) == 354
    matrix = fold(classes)
    assert matrix.shape == (401, 365) and set(matrix.unique().tolist()) == {0.0, 1.0} and matrix.sum(1).max() == 1
    many = {name: int(count) for name, count in zip(classes, matrix.sum(0), strict=True) if count != 1}
    assert {name: count for name, count in many.items() if count} == {
        "car_interior": 2, "temple/asia": 2, "waterfall": 3}  # fmt: skip
    assert sum(not count for count in many.values()) == 8
    with pytest.raises(UserError, match="expected the 365 classes"):
        fold(["sea", "street"])


def test_an_archive_gives_its_eight_layers_and_arrays_by_name_do_too(classes: list[str], tmp_path: Path) -> None:
    arrays = random_weights(5)
    write_t7(tmp_path / "a.t7", lua_network(arrays, 5))
    with zipfile.ZipFile(tmp_path / "models.zip", "w") as archive:
        archive.write(tmp_path / "a.t7", "../../soundnet8_final.t7")
        archive.writestr("soundnet5_final.t7", b"not this one")
        archive.writestr("README", b"")
    save_file(arrays, tmp_path / "b.safetensors")
    np.savez(tmp_path / "c.npz", **arrays)
    wanted = convert(tmp_path / "a.t7", classes)[0].state_dict()
    for name in ("models.zip", "b.safetensors", "c.npz"):
        found = convert(tmp_path / name, classes)[0].state_dict()
        assert all(torch.equal(found[key], value) for key, value in wanted.items()), name


class Bomb:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return open, ("ran", "w")


def test_what_is_no_soundnet_is_said_and_never_run(
    classes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arrays = random_weights(5)
    np.savez("pickle.npz", **{"conv1.weight": np.array([Bomb()], object)})  # type: ignore[arg-type]
    save_file({key: value for key, value in arrays.items() if key != "bn2.bias"}, "lacks.safetensors")
    save_file(arrays | {"conv2.weight": arrays["conv2.weight"][:, :8].copy()}, "narrow.safetensors")
    save_file(arrays | {"places.bias": np.full(401, np.nan, np.float32)}, "nan.safetensors")
    write_t7(Path("other.t7"), sequential(Lua("nn.Linear", {"weight": np.zeros((2, 2), np.float32)})))
    with zipfile.ZipFile("empty.zip", "w") as archive:
        archive.writestr("README", b"")
    Path("notes.txt").write_text("weights")
    Path("torn.npz").write_bytes(Path("pickle.npz").read_bytes()[:90])
    for name, said in {
        "pickle.npz": "can't be read .*pickle",
        "lacks.safetensors": r"'bn2.bias': expected an array \[64\], got nothing",
        "narrow.safetensors": r"'conv2.weight': expected an array \[64, 32, 32, 1\], got \[64, 8, 32, 1\]",
        "nan.safetensors": "'places.bias': expected finite numbers", "other.t7": "two classifiers, got 0 convolutions",
        "empty.zip": "expected one .t7 file inside, or soundnet8's, got: README", "notes.txt": "expected a Torch7 file",
        "torn.npz": "can't be read", "gone.t7": "can't be read",
    }.items():  # fmt: skip
        with pytest.raises(UserError, match=said):
            convert(Path(name), classes)
    assert not Path("ran").exists()
