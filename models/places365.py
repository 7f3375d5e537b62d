"""The public SqueezeNet-Places365 weights: our teacher, and a yardstick for the eye.

`phonoscope models add WEIGHTS --convert places365` makes a model file of them, for private use: the weights state no
licence, so no release may hold that file.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from engine.errors import UserError

from .export import Manifest
from .networks.joint import CLASSES, EMBEDDING
from .networks.squeezenet import SqueezeNetPlaces365

WEIGHTS_FILE = "squeezenet_places365.safetensors"
CATEGORIES_FILE = "categories_places365.txt"
OWN = ("conv10.", "mean_image_bgr")  # what lies outside the trunk


def read_classes(folder: Path) -> list[str]:
    """The 365 class names in the order of the network's outputs, such as `abbey` or `church/outdoor`.

    A line of the file reads `/a/abbey 0`: the leading letter and the index go.
    """
    lines = (folder / CATEGORIES_FILE).read_text(encoding="utf-8").splitlines()
    return [line.split(" ")[0][3:] for line in lines if line]


def load_teacher(folder: Path) -> SqueezeNetPlaces365:
    """The network with the public weights, in evaluation mode. Raises FileNotFoundError where they are missing."""
    return _network(load_file(str(folder / WEIGHTS_FILE)))


def convert(weights: Path, classes: Sequence[str]) -> tuple[SqueezeNetPlaces365, Manifest]:
    """The network with the weights of a .safetensors file, and its manifest; `classes` are the 365 places.

    The file holds `convN.conv.weight`, `convN.bn.*`, `fireN.squeeze1x1.conv.weight` and so on as the network's trunk
    names them, `conv10.weight`, `conv10.bias` and `mean_image_bgr` [3,256,256]. Raises UserError if it does not.
    """
    try:
        network = _network(load_file(str(weights)))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise UserError(f"{weights}: expected SqueezeNet-Places365 as .safetensors (a pickle is a program and is not "
                        f"read): {error}") from None
    if len(classes) != CLASSES:
        raise UserError(f"expected the {CLASSES} classes of Places365, got {len(classes)}")
    return network, Manifest(
        kind="eye",
        name="squeezenet-places365",
        classes=list(classes),
        embedding=EMBEDDING,
        data="Places365-Standard (MIT CSAIL)",
        licence="weights: none stated by github.com/urbste/squeezenet_places365 (private use only)",
        metrics={"places365_top1": 0.40, "places365_top5": 0.71, "source": "the weights' own README"},
        command="",
    )


def _network(weights: dict[str, Tensor]) -> SqueezeNetPlaces365:
    network = SqueezeNetPlaces365()
    named = {name if name.startswith(OWN) else f"trunk.{name}": values for name, values in weights.items()}
    # the file lacks the batch counters and the basis of the joint space, and nothing else
    missing, unexpected = network.load_state_dict(named, strict=False)
    missing = [name for name in missing if not name.endswith(("num_batches_tracked", "joint.basis"))]
    if missing or unexpected:
        raise RuntimeError(f"expected arrays {missing[:5]}, got unknown ones {unexpected[:5]}")
    return network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
