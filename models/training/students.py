"""Networks as they learn: a stem that stays as it is, whose work may be kept, and the rest, which answers."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.errors import UserError

from .. import augment
from ..datasets.manifest import read_table
from ..networks import EARS, EYES
from ..networks.ear import Ear, KindEar, YamNetEar
from ..networks.eye import Eye
from ..tflite_weights import fill_trunk, read_classifier
from .config import KINDS, Config

WEIGHTS = Path(__file__).parents[1] / "weights"
EVEN = 10.0  # brings the values of a unit vector to about one
Answer = tuple[Tensor, Tensor, Tensor]


class Student(nn.Module):
    """A network that learns as a whole: its stem does nothing."""

    network: Any  # one of models.networks

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def stem(self, x: Tensor) -> tuple[Tensor, ...]:
        """What never changes of the network's way from its input, of N examples."""
        return (x,)

    @property
    def width(self) -> int:
        """How many features `forward` gives."""
        return int(self.network.joint.basis.shape[1])

    def forward(self, *stem: Tensor) -> Answer:
        """What the stem made of N examples -> (log_p [N,C], embedding [N,D], features [N,width])."""
        log_p, embedding = self.network(*stem)
        return log_p, embedding, EVEN * embedding

    def groups(self, rate: float, head: float) -> Iterator[dict[str, Any]]:
        """The trunk's parameters and the others, with their highest learning rates, for an optimizer."""
        for of_trunk, peak in ((True, rate), (False, head * rate)):
            for decays in (True, False):  # biases and norms don't
                parameters = [
                    p
                    for name, p in self.network.named_parameters()
                    if p.requires_grad and name.startswith("trunk.") == of_trunk and (p.ndim > 1) == decays
                ]
                yield {"params": parameters, "peak": peak} | ({} if decays else {"weight_decay": 0.0})


class EyeStudent(Student):
    """MobileNet with its first `frozen` blocks as the stem, whose maps may be mirrored."""

    def __init__(self, network: Eye, frozen: int) -> None:
        super().__init__(network)
        self.kept = frozen if frozen > 0 else len(network.trunk.blocks)
        network.trunk.blocks[: self.kept].requires_grad_(False)

    def stem(self, x: Tensor) -> tuple[Tensor, ...]:
        """uint8 [N,SIDE,SIDE,3] -> maps [N,D,h,w]."""
        pictures = self.network.resize(x).contiguous(memory_format=torch.channels_last)
        return (self.network.trunk.blocks[: self.kept](pictures),)

    @property
    def width(self) -> int:
        return int(self.network.width)

    def forward(self, *stem: Tensor) -> Answer:
        (maps,) = stem
        if self.training:
            maps = torch.where(torch.rand(len(maps), 1, 1, 1, device=maps.device) < 0.5, maps.flip(3), maps)
        tuned = self.network.trunk.blocks[self.kept :]
        features = tuned(maps.contiguous(memory_format=torch.channels_last)).mean([2, 3])
        features = self.network.dropout(features)
        log_p = F.log_softmax(self.network.places(features), dim=1)
        return log_p, self.network.joint(log_p), features


class EarStudent(Student):
    """YAMNet with its whole trunk as the stem: only the classifier learns."""

    def __init__(self, network: YamNetEar) -> None:
        super().__init__(network)
        network.trunk.requires_grad_(False)

    def stem(self, x: Tensor) -> tuple[Tensor, ...]:
        """float32 [N,T] -> features [N,K,1024] of the windows, weights [N,K]."""
        return self.network.hear(x)

    def forward(self, *stem: Tensor) -> Answer:
        log_p = self.network.classify(*stem)
        embedding = self.network.joint(log_p)
        return log_p, embedding, EVEN * embedding

    def train(self, mode: bool = True) -> "EarStudent":
        """Only the dropout: the norm of the features is fitted once."""
        super().train(False)
        self.network.dropout.train(mode)
        return self

    def fit_norm(self, features: Tensor) -> None:
        """Take mean and variance of the features [...,1024] as those that the classifier sees evened out."""
        flat = features.reshape(-1, features.shape[-1]).float()
        self.network.norm.running_mean.copy_(flat.mean(0))
        self.network.norm.running_var.copy_(flat.var(0) + 0.01)


class KindStudent(EarStudent):
    """An ear that answers kinds of sound while it learns; their places are known (`network.rows`)."""

    def __init__(self, network: KindEar, kinds: Sequence[str], file: Path) -> None:
        super().__init__(network)
        weight, bias = audioset_rows(kinds, file)
        network.prior.load_state_dict({"weight": weight, "bias": bias})

    def forward(self, *stem: Tensor) -> Answer:
        log_kind = self.network.tell(*stem)
        embedding = self.network.joint(torch.log(log_kind.exp() @ self.network.rows))
        return log_kind, embedding, embedding


def audioset_rows(kinds: Sequence[str], file: Path) -> tuple[Tensor, Tensor]:
    """What YAMNet's own classifier knows of kinds of sound: weights [kinds,1024] and biases [kinds].

    Each is the mean of the AudioSet classes that audioset.csv gives for the kind, of all where it gives none. `file`
    is yamnet.tflite, with yamnet_class_map.csv beside it. Raises UserError if that is missing.
    """
    table = read_table(Path(__file__).parents[1] / "audioset.csv", ("kind", "classes"))
    classes = {row["kind"]: row["classes"].split(" | ") for row in table}
    names = [row["display_name"] for row in read_table(file.with_name("yamnet_class_map.csv"), ("display_name",))]
    weight, bias = read_classifier(file)
    meant = [[names.index(name) for name in classes.get(kind, names)] for kind in kinds]
    return torch.stack([weight[rows].mean(0) for rows in meant]), torch.stack([bias[rows].mean() for rows in meant])


class MaskingStudent(Student):
    """A network with a log-mel spectrogram, parts of which are hidden while it learns."""

    def __init__(self, network: nn.Module, chance: float) -> None:
        super().__init__(network)
        self.chance = chance

    def forward(self, *stem: Tensor) -> Answer:
        # not for good: what is hooked can't be exported
        hook = self.network.log_mel.register_forward_hook(self._hide)
        try:
            return super().forward(*stem)
        finally:
            hook.remove()

    def _hide(self, log_mel: nn.Module, _: Any, patches: Tensor) -> Tensor:
        return augment.mask(patches, self.chance) if self.training else patches


def make_student(config: Config, classes: int, names: Sequence[str], data: Path) -> Student:
    """The network of the config with its initial weights; `names` are the categories of what it learns from."""
    training = config.training
    if config.network == KINDS:
        ear = KindEar(classes, len(names))
        file = find_initial(training.initial, data)
        load_initial(ear, file)
        return KindStudent(ear, names, file)
    network = (EYES | EARS)[config.network](classes)
    if training.initial:
        load_initial(network, find_initial(training.initial, data))
    network.to(memory_format=torch.channels_last)
    if training.frozen and isinstance(network, Eye):
        return EyeStudent(network, training.frozen)
    if training.frozen and isinstance(network, Ear):
        return EarStudent(network)
    if config.augmentation.mask:
        return MaskingStudent(network, config.augmentation.mask)
    return Student(network)


def find_initial(name: str, data: Path) -> Path:
    """A file of initial weights in the data folder, or beside the shipped models; UserError if it is in neither."""
    for folder in (data, WEIGHTS):
        if (folder / name).is_file():
            return folder / name
    raise UserError(
        f"training.initial = {name!r}: there is no such file in {data} or {WEIGHTS}; expected a model file "
        "(.ts) or a TFLite file"
    )


def load_initial(network: nn.Module, file: Path) -> None:
    """Fill the trunk from a TFLite file, or all that fits from a model file."""
    if file.suffix == ".tflite":
        fill_trunk(network.trunk, file)  # type: ignore[arg-type]
        return
    from ..export import load_model

    stored = load_model(file)[0].state_dict()
    # pointwise convolutions of an ear are stored as integers with a scale (networks/int8.py)
    values = {name: value * stored.get(name.removesuffix("weight") + "scale", 1.0) for name, value in stored.items()}
    own = network.state_dict()
    fitting = {name: value for name, value in values.items() if name in own and own[name].shape == value.shape}
    if not any(name.startswith("trunk.") for name in fitting):
        raise UserError(f"{file}: its weights fit no part of the trunk of this network; expected a model of the same")
    network.load_state_dict(fitting, strict=False)
