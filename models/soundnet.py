"""The public SoundNet weights as an ear, their 401 places counted as the 365 of Places365."""

import csv
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file
from torch import Tensor, nn

from engine.errors import UserError

from .export import Manifest
from .networks.joint import EMBEDDING
from .networks.soundnet import EIGHT, FIVE, PLACES, RATE, SHORTEST, Layout, PublicSoundNet
from .t7 import T7Object, read_t7

Arrays = dict[str, NDArray[Any]]

LARGEST = 2**30  # bytes of a file within an archive
NAMELESS = {  # places that SoundNet lacks altogether
    "bank_vault", "biology_laboratory", "chemistry_lab", "clean_room", "computer_room", "dressing_room", "drugstore",
    "fabric_store",
}  # fmt: skip
FORMATS = "a Torch7 file (.t7), a .zip with one inside, .safetensors or .npz"


def convert(weights: Path, classes: Sequence[str]) -> tuple[nn.Module, Manifest]:
    """The network that `weights` hold, five layers or eight, and its manifest; `classes` are the 365 places.

    .t7 and .zip are read as the authors published them; .safetensors and .npz hold `convN.weight`, `convN.bias`,
    `bnN.weight`, `bnN.bias`, `bnN.running_mean`, `bnN.running_var` for N from 1, and `objects` and `places` with
    weight and bias, each in PyTorch's layout. Raises UserError if an array is missing or misshapen.
    """
    arrays = read_weights(weights)
    layout = EIGHT if "conv7.weight" in arrays else FIVE
    network = PublicSoundNet(layout)
    _fill(network, arrays, weights)
    network.fold.copy_(fold(classes))
    count = 8 if layout is EIGHT else 5
    return network, Manifest(
        kind="ear",
        name=f"soundnet{count}",
        classes=list(classes),
        embedding=EMBEDDING,
        data="2 million Flickr videos, by the answers of ImageNet and Places2 networks to their frames",
        licence="not stated for the weights; code under MIT (github.com/cvondrick/soundnet)",
        metrics=_published(layout),
        command="",
        rate=RATE,
        window_s=SHORTEST / RATE,
        latency_s=SHORTEST / RATE,
    )


def _published(layout: Layout) -> dict[str, Any]:
    if layout is FIVE:
        return {}
    return {"esc10_accuracy": 0.922, "esc50_accuracy": 0.742, "source": "Aytar et al. 2016, linear SVM on pool5"}


def place_names(classes: Sequence[str]) -> list[str]:
    """The 401 places in the order of SoundNet's outputs: their names sorted.

    They are the 365 but for 11, and 47 of their own (`soundnet_places.csv`).
    """
    extra = _extra()
    return sorted(set(classes) - NAMELESS - set(extra.values()) | extra.keys())


def fold(classes: Sequence[str]) -> Tensor:
    """float32 [401,365]: 1 where a place of SoundNet's counts as one of `classes`."""
    places, extra = place_names(classes), _extra()
    if len(places) != PLACES:
        raise UserError(f"expected the 365 classes of Places365, got {len(classes)} others: SoundNet can't answer them")
    counts_as = [extra.get(place, place) for place in places]
    return torch.tensor([[float(name == place) for name in classes] for place in counts_as])


def _extra() -> dict[str, str]:
    with open(Path(__file__).with_name("soundnet_places.csv"), encoding="utf-8", newline="") as file:
        return {row["place"]: row["counts_as"] for row in csv.DictReader(file)}


def read_weights(file: Path) -> Arrays:
    """The arrays of a file in one of FORMATS, by the names that `convert` lists; nothing in it is run."""
    try:
        match file.suffix.lower():
            case ".t7":
                return _named(read_t7(file), file)
            case ".zip":
                return _unpacked(file)
            case ".safetensors":
                return load_file(file)
            case ".npz":
                with np.load(file, allow_pickle=False) as stored:
                    return dict(stored)
    except (OSError, ValueError, EOFError, RuntimeError, SafetensorError, zipfile.BadZipFile) as error:
        raise UserError(f"{file}: can't be read ({error}); expected {FORMATS}") from None
    raise UserError(f"{file}: expected {FORMATS}")


def _unpacked(file: Path) -> Arrays:
    """The weights inside an archive: its only .t7, or the eight layers that the authors recommend."""
    with zipfile.ZipFile(file) as archive, tempfile.TemporaryDirectory() as folder:
        found = [entry for entry in archive.infolist() if entry.filename.endswith(".t7")]
        if len(found) > 1:
            found = [entry for entry in found if "soundnet8" in entry.filename]
        if len(found) != 1:
            names = ", ".join(archive.namelist()[:20])
            raise UserError(f"{file}: expected one .t7 file inside, or soundnet8's, got: {names}")
        if found[0].file_size > LARGEST:
            raise UserError(f"{file}: expected at most {LARGEST} bytes inside, got {found[0].file_size}")
        found[0].filename = "weights.t7"  # a name in an archive may lead anywhere
        return read_weights(Path(archive.extract(found[0], folder)))


def _named(root: Any, file: Path) -> Arrays:
    """The arrays of a Torch7 network in the order of its layers: convolution, batch norm, ..., objects, places."""
    layers = list(_with_weights(root))
    convolutions = [layer for layer in layers if "Convolution" in layer.name]
    norms = [layer for layer in layers if "BatchNormalization" in layer.name]
    if len(convolutions) != len(norms) + 2:
        raise UserError(f"{file}: expected convolutions with batch norm and two classifiers, got {len(convolutions)} "
                        f"convolutions and {len(norms)} batch norms")
    names = [*(f"conv{i + 1}" for i in range(len(norms))), "objects", "places"]
    arrays: dict[str, Any] = {}
    for name, layer in zip(names, convolutions, strict=True):
        arrays |= {f"{name}.{key}": layer.fields.get(key) for key in ("weight", "bias")}
    for i, layer in enumerate(norms):
        keys = ("weight", "bias", "running_mean", "running_var")
        arrays |= {f"bn{i + 1}.{key}": layer.fields.get(key) for key in keys}
    return {name: array for name, array in arrays.items() if isinstance(array, np.ndarray)}


def _with_weights(node: Any) -> Iterator[T7Object]:
    if not isinstance(node, T7Object) or not isinstance(node.fields, dict):
        return
    if "weight" in node.fields:
        yield node
    modules = node.fields.get("modules")
    if isinstance(modules, dict):
        for key in sorted(key for key in modules if isinstance(key, float)):
            yield from _with_weights(modules[key])


def _fill(network: PublicSoundNet, arrays: Arrays, file: Path) -> None:
    layers: dict[str, nn.Module] = {"objects": network.objects, "places": network.places}
    for i, block in enumerate([*network.lower, *network.upper], 1):
        layers |= {f"conv{i}": block.conv, f"bn{i}": block.bn}
    for name, layer in layers.items():
        for key, tensor in layer.state_dict().items():
            if key == "num_batches_tracked":
                continue
            array = arrays.get(f"{name}.{key}")
            # Torch7 keeps some kernels flat
            if array is None or array.size != tensor.numel() or array.shape[0] != tensor.shape[0]:
                got = "nothing" if array is None else list(array.shape)
                raise UserError(f"{file}: '{name}.{key}': expected an array {list(tensor.shape)}, got {got}")
            if not np.isfinite(array).all():
                raise UserError(f"{file}: '{name}.{key}': expected finite numbers")
            tensor.copy_(torch.from_numpy(np.array(array, np.float32)).view_as(tensor))
