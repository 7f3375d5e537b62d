"""The trunks of the eye and the ear that ship, for networks that begin with what these know."""

import torch
from torch import Tensor

from engine.modelfile import read_manifest
from engine.modelnames import Kind, shipped_model

from ..export import load_model
from ..networks.mobilenet import MobileNetV2
from ..networks.yamnet import YamNet


def eye_trunk() -> MobileNetV2:
    """MobileNet v2 as the shipped eye has it."""
    trunk = MobileNetV2()
    trunk.load_state_dict(_trunk_of("eye"))
    return trunk.eval()


def ear_trunk() -> YamNet:
    """YAMNet as the shipped ear has it, in float."""
    trunk = YamNet()
    trunk.load_state_dict(_trunk_of("ear"))
    return trunk.eval()


def _trunk_of(kind: Kind) -> dict[str, Tensor]:
    """Its weights by name; what is stored as int8 (networks/int8.py) is scaled back."""
    read_manifest(shipped_model(kind), kind)  # checks the file's hash
    state = load_model(shipped_model(kind))[0].state_dict()
    trunk = {name.removeprefix("trunk."): value for name, value in state.items() if name.startswith("trunk.")}
    scales = {name: trunk.pop(name) for name in list(trunk) if name.endswith(".scale")}
    return {name: value.float() * scales.get(name.removesuffix("weight") + "scale", torch.ones(()))
            for name, value in trunk.items()}
