"""How the listener (networks/listener.py) learns to tell the classes of a data set from half a second.

It begins as the trunk of the shipped ear, whose later blocks are tuned; then the weights are averaged with those from
before, which keeps what AudioSet taught it of sounds unlike the few recordings here (Wortsman et al. 2022, "Robust
fine-tuning of zero-shot models"); then the linear layer is fitted to what the averaged trunk makes of plain and altered
sounds.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from tqdm import tqdm

from engine import audiofile

from .. import augment
from ..networks.listener import VALUES, Listener
from ..networks.waves import even_level
from ..networks.yamnet import RATE as HEARD_RATE
from ..training.loop import precision, warm_cosine
from .borrowed import ear_trunk
from .pairs import Pairs
from .spectrogram import RATE

KEPT_BLOCKS = 6
"""How many of the trunk's blocks stay as they are."""
TUNED_SHARE = 0.5
COPIES = 2
_TOGETHER = 128


@dataclass(frozen=True)
class Course:
    """Lengths of the two parts, in batches of so many sounds."""

    tuning: int
    fitting: int
    batch: int = 128


class Prototypes(nn.Module):
    """A unit vector for each class; what is heard should be near its own (CosFace without margin)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(classes, VALUES))
        self.scale = nn.Parameter(torch.tensor(8.0))

    def forward(self, heard: Tensor) -> Tensor:
        """heard [N,128] of unit length -> logits [N,K]."""
        return self.scale * heard @ F.normalize(self.vectors, dim=1).T


def teach_listener(pairs: Pairs, course: Course, seed: int) -> tuple[Listener, Prototypes]:
    """Train on the training sounds of `pairs`; every class, and every recording of a class, counts the same."""
    generator = Generator().manual_seed(seed)
    torch.manual_seed(seed)
    listener = Listener()
    listener.trunk.load_state_dict(ear_trunk().state_dict())
    trained = pairs.windows(test=False)
    waves = at_heard_rate(pairs.wave(trained))
    drawer = _Evenly(pairs.sound_class[trained], pairs.sound_source[trained], generator)
    before = copy.deepcopy(listener.trunk.state_dict())
    prototypes = Prototypes(len(pairs.classes))
    _measure(listener, _features(listener, waves))
    _tune(listener, prototypes, waves, drawer, course, generator)
    after = listener.trunk.state_dict()
    listener.trunk.load_state_dict({name: before[name].lerp(after[name], TUNED_SHARE) for name in before})
    copies = [waves, *(_altered(waves, generator) for _ in range(COPIES))]
    features = torch.stack([_features(listener, copy) for copy in copies])  # [1+COPIES,M,1024]
    _measure(listener, features.flatten(0, 1))
    _fit(listener, prototypes, features, drawer, course, generator)
    return listener.eval(), prototypes


def at_heard_rate(waves: Tensor) -> Tensor:
    """float32 [N,22050] at 44.1 kHz -> [N,8000] at 16 kHz."""
    heard = [audiofile.resample(wave[:, None].numpy(), RATE, HEARD_RATE)[:, 0] for wave in waves]
    return torch.from_numpy(np.stack(heard))


class _Evenly:
    """Draws classes alike, of a class its recordings, of a recording its windows."""

    def __init__(self, label: Tensor, source: Tensor, generator: Generator) -> None:
        self.generator = generator
        self.groups = [[(source == one).nonzero().squeeze(1) for one in source[label == k].unique()]
                       for k in range(int(label.max()) + 1)]

    def draw(self, size: int) -> tuple[Tensor, Tensor]:
        """(indices, labels), both [size]."""
        label = torch.randint(len(self.groups), (size,), generator=self.generator)
        chances = torch.rand(size, 2, generator=self.generator).tolist()
        drawn = []
        for k, (which, when) in zip(label.tolist(), chances, strict=True):
            windows = self.groups[k][int(which * len(self.groups[k]))]
            drawn.append(windows[int(when * len(windows))])
        return torch.stack(drawn), label


def _tune(listener: Listener, prototypes: Prototypes, waves: Tensor, drawer: _Evenly, course: Course,
          generator: Generator) -> None:
    steps = course.tuning
    for block in list(listener.trunk.layers)[:KEPT_BLOCKS]:
        block.requires_grad_(False)
    trunk = [parameter for parameter in listener.trunk.parameters() if parameter.requires_grad]
    head = [*listener.values.parameters(), *prototypes.parameters()]
    optimizer = torch.optim.AdamW([{"params": trunk, "peak": 2e-4}, {"params": head, "peak": 2e-3}], weight_decay=0.05)
    dtype = precision(torch.device("cpu"), "auto")
    listener.train()
    listener.norm.eval()
    for step in tqdm(range(steps), desc="listener", unit="batch", disable=None):
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * warm_cosine(step, steps, min(50, steps // 10))
        chosen, label = drawer.draw(course.batch)
        target = F.one_hot(label, len(prototypes.vectors)).float()
        heard = even_level(_altered(waves[chosen], generator), 1.0)
        heard, target = augment.mixup(heard, target, 0.2, generator)
        patch = augment.mask(listener.log_mel(even_level(listener.newest(heard), listener.level)), 0.5)
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            vector = listener.embed(patch)
        loss = F.cross_entropy(prototypes(vector.float()), target, label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    listener.trunk.requires_grad_(True)


def _fit(listener: Listener, prototypes: Prototypes, features: Tensor, drawer: _Evenly, course: Course,
         generator: Generator) -> None:
    """features [copies,M,1024]."""
    optimizer = torch.optim.AdamW([*listener.values.parameters(), *prototypes.parameters()], 2e-3, weight_decay=0.3)
    for step in range(course.fitting):
        optimizer.param_groups[0]["lr"] = 2e-3 * (1 - step / course.fitting)
        chosen, label = drawer.draw(2 * course.batch)
        copy = torch.randint(len(features), (len(chosen),), generator=generator)
        even = listener.norm(features[copy, chosen])
        even = even + 0.3 * torch.randn(even.shape, generator=generator)
        vector = F.normalize(listener.values(F.dropout(even, 0.5)), dim=1)
        loss = F.cross_entropy(prototypes(vector), label, label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _altered(waves: Tensor, generator: Generator) -> Tensor:
    seconds = waves.shape[1] / HEARD_RATE
    return torch.stack([augment.sound(wave, HEARD_RATE, seconds, generator, room=0.2) for wave in waves])


def _features(listener: Listener, waves: Tensor) -> Tensor:
    with torch.inference_mode():
        parts = [listener.trunk(listener.log_mel(even_level(listener.newest(part), listener.level)))
                 for part in waves.split(_TOGETHER)]
    return torch.cat(parts).clone()


def _measure(listener: Listener, features: Tensor) -> None:
    """Let the norm give features mean 0 and variance 1 each."""
    listener.norm.eval()
    assert listener.norm.running_mean is not None and listener.norm.running_var is not None
    listener.norm.running_mean.copy_(features.mean(0))
    listener.norm.running_var.copy_(features.var(0) + 1e-4)
