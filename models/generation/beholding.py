"""How the beholder (networks/beholder.py) learns to tell the classes of a data set.

Its trunk is that of the shipped eye, which has seen photographs of ImageNet's things and of 365 places; only what comes
after it learns, from what the trunk makes of pictures as they are and altered.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from engine.modelnames import shipped_model

from .. import augment
from ..cache import digest, kept
from ..export import load_model
from ..networks.beholder import Beholder
from ..networks.chen import Classifier
from ..networks.mobilenet import MobileNetV2
from ..training.fitting import fit
from .pairs import Pairs
from .senses import Groups, Sense, in_parts
from .settings import Settings

COPIES = 4
"""Altered copies of each picture."""
BATCH = 256
RATE = 3e-3
DECAY = 0.3


def behold(pairs: Pairs, settings: Settings, seed: int, cache: Path) -> Sense:
    """Train it, or take it from the cache. pairs: pictures of its side."""
    trunk = shipped_trunk()
    encoder, names = Beholder(trunk), Classifier(len(pairs.classes))
    learning = nn.ModuleList([encoder.norm, encoder.values, names])
    frames = pairs.pixels.permute(0, 2, 3, 1)

    def make() -> tuple[dict[str, Tensor], dict[str, str]]:
        generator = Generator().manual_seed(seed)
        rows = pairs.photographs(test=False)
        copies = [augment.pictures(frames[part], encoder.side, generator)
                  for _ in range(COPIES) for part in rows.split(64)]
        seen = torch.cat([part for shown in (frames[rows], *copies) for part in in_parts(encoder.look, shown)])
        label = pairs.picture_class[rows].repeat(1 + COPIES)
        group = Groups(label, torch.ones(len(label), dtype=torch.bool))

        def loss(_: nn.Module, generator: Generator) -> Tensor:
            drawn = group.draw(BATCH, generator)
            return F.cross_entropy(names(encoder.embed(seen[drawn])), label[drawn], label_smoothing=0.1)

        encoder.dropout.train()
        fit(learning, loss, settings.senses, RATE, seed, "beholder", decay=DECAY)
        return dict(learning.state_dict()), {}

    encoder.eval()
    torch.manual_seed(seed)
    weights, _ = kept(cache / f"beholder-{digest(COPIES, settings.senses, seed, pairs.identity)}.safetensors", make)
    learning.load_state_dict(weights)
    encoder.eval().requires_grad_(False)
    names.eval().requires_grad_(False)
    conditions = torch.cat(in_parts(encoder, frames))
    with torch.inference_mode():
        right = names(conditions[pairs.picture_test]).argmax(1) == pairs.picture_class[pairs.picture_test]
    return Sense(encoder, conditions, 0, names, float(right.float().mean()))


def shipped_trunk() -> MobileNetV2:
    """The trunk of the shipped eye, in float32."""
    state = load_model(shipped_model("eye"))[0].state_dict()
    trunk = MobileNetV2()
    trunk.load_state_dict({name.removeprefix("trunk."): weight for name, weight in state.items()
                           if name.startswith("trunk.")})
    return trunk.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
