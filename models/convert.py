"""Public weights become model files of ours.

A converter is a function (weights file, the 365 classes) -> (network, manifest) that runs nothing of what it reads.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from . import places365, soundnet
from .export import Manifest, load_model, save_model

CONVERTERS: dict[str, Callable[[Path, Sequence[str]], tuple[nn.Module, Manifest]]] = {
    "places365": places365.convert,
    "soundnet": soundnet.convert,
}
SHIPPED_EYE = Path(__file__).parent / "weights" / "eye.ts"


def convert(converter: str, weights: Path, out: Path, command: str) -> None:
    """Write `weights` as the model file `out`, in the classes and the joint space of the shipped eye.

    command: what to do to get the file again. Raises UserError if the weights can't be used.
    """
    eye, entries = load_model(SHIPPED_EYE)
    network, manifest = CONVERTERS[converter](weights, entries["classes"])
    manifest.command = command
    with torch.no_grad():
        cast(Any, network).joint.basis.copy_(eye.joint.basis)
    save_model(network, manifest, out)
