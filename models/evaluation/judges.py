"""Who says what a generated picture or sound is of: classifiers trained on the real training split alone.

Chen et al. 2017, section 5, judge by their own classifiers. Their accuracy on real test data, the ceiling, belongs
beside every figure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from .. import augment
from ..cache import digest, kept
from ..generation import senses
from ..generation.pairs import Pairs
from ..generation.settings import Settings, Short
from ..networks.chen import SoundEncoder
from ..networks.judge import SIDE, JudgeNet
from ..networks.mobilenet import FEATURES, MobileNetV2
from ..tflite_weights import MOBILENET_FILE, load_mobilenet
from ..training.fitting import fit

STEPS = 1200
"""How long a judge of pictures learns."""
SOUND_STEPS = 1000
"""How long the judge of sounds learns."""
BATCH = 64
RATE = 2e-3
SEED = 20_170_426
MOBILENET_SIDE = 128
COPIES = 8


@dataclass(frozen=True)
class Judge:
    """logits: what is generated, pictures [N,3,s,s] or spectrograms [N,128,44] in 0..1 -> [N,K].

    what: how it came to be, for people. ceiling: share of the real test split that it names rightly.
    """

    what: str
    logits: Callable[[Tensor], Tensor]
    ceiling: float


def picture_judge(pairs: Pairs, cache: Path) -> Judge:
    """A residual network, from nothing; kept in the cache. Names the mean of a picture and its mirror image.

    pairs: with pictures of SIDE.
    """
    network = JudgeNet(len(pairs.classes))

    def make() -> tuple[dict[str, Tensor], dict[str, str]]:
        group = senses.Groups(pairs.picture_class, ~pairs.picture_test)

        def loss(_: nn.Module, generator: Generator) -> Tensor:
            rows = group.draw(BATCH, generator)
            frames = augment.pictures(pairs.pixels[rows].permute(0, 2, 3, 1), SIDE, generator, cutout=0.3)
            x = frames.permute(0, 3, 1, 2).float() / 255
            target = F.one_hot(pairs.picture_class[rows], len(pairs.classes)).float()
            x, target = augment.mixup(x, target, 0.2, generator)
            return F.cross_entropy(network(x), target, label_smoothing=0.1)

        torch.manual_seed(SEED)
        fit(network, loss, STEPS, RATE, SEED, "judge of pictures", decay=0.1)
        return dict(network.state_dict()), {}

    weights, _ = kept(cache / f"judge-{digest(STEPS, pairs.identity)}.safetensors", make)
    network.load_state_dict(weights)
    network.eval().requires_grad_(False)

    def logits(pictures: Tensor) -> Tensor:
        x = resized(pictures, SIDE)
        return (network(x) + network(x.flip(3))) / 2

    return _with_ceiling("residual network, 64x64, trained on the real training pictures", logits, pairs)


def second_judge(pairs: Pairs, trunk: MobileNetV2, cache: Path) -> Judge:
    """A linear layer on what MobileNet, as ImageNet taught it, sees in altered training pictures of SIDE."""
    layer = nn.Linear(FEATURES, len(pairs.classes))

    def make() -> tuple[dict[str, Tensor], dict[str, str]]:
        generator = Generator().manual_seed(SEED)
        rows = pairs.photographs(test=False).repeat(COPIES)
        frames = [augment.pictures(pairs.pixels[part].permute(0, 2, 3, 1), SIDE, generator) for part in rows.split(256)]
        seen = features(trunk, torch.cat(frames).permute(0, 3, 1, 2).float() / 255)
        label = pairs.picture_class[rows]
        group = senses.Groups(label, torch.ones(len(label), dtype=torch.bool))

        def loss(_: nn.Module, generator: Generator) -> Tensor:
            drawn = group.draw(256, generator)
            return F.cross_entropy(layer(seen[drawn]), label[drawn], label_smoothing=0.1)

        torch.manual_seed(SEED)
        fit(layer, loss, 600, 3e-3, SEED, "second judge", decay=0.3)
        return dict(layer.state_dict()), {}

    weights, _ = kept(cache / f"judge2-{digest(COPIES, pairs.identity)}.safetensors", make)
    layer.load_state_dict(weights)
    layer.eval().requires_grad_(False)
    what = "linear layer on MobileNet v2 (ImageNet, frozen), trained on the real training pictures"
    return _with_ceiling(what, lambda pictures: layer(features(trunk, resized(pictures, SIDE))), pairs)


def sound_judge(pairs: Pairs, cache: Path) -> Judge:
    """The sound classifier of Chen et al. on LMS, trained apart from those that generators hear with."""
    how = Settings("i2s", "judge", "judge", 1, 1, Short(1, 1), senses=SOUND_STEPS)
    sense = senses.hear(pairs, how, SEED, cache)
    encoder, names = cast(SoundEncoder, sense.encoder), sense.names
    assert names is not None and sense.accuracy is not None

    def logits(spectrograms: Tensor) -> Tensor:
        with torch.inference_mode():
            return torch.cat([names(encoder.hear(part)) for part in spectrograms.split(senses.AT_ONCE)]).clone()

    return Judge("sound classifier on LMS, trained on the real training sounds", logits, sense.accuracy)


def find_mobilenet(paths: list[Path]) -> MobileNetV2 | None:
    """MobileNet with the public ImageNet weights, where they are in one of the data folders or beside it."""
    for folder in [place for path in paths for place in (path, path.resolve().parent)]:
        if (folder / MOBILENET_FILE).is_file():
            trunk = MobileNetV2()
            load_mobilenet(trunk, folder)
            return trunk.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return None


def features(trunk: MobileNetV2, pictures: Tensor) -> Tensor:
    """Pictures [N,3,s,s] in 0..1 -> [N,1280], the trunk's mean over the last map at 128x128."""
    with torch.inference_mode():
        return torch.cat([trunk(_enlarged(part)) for part in pictures.split(64)]).clone()


def resized(pictures: Tensor, side: int) -> Tensor:
    """[N,3,s,s] -> [N,3,side,side], by area where it shrinks."""
    if pictures.shape[2] == side:
        return pictures
    if pictures.shape[2] > side:
        return F.interpolate(pictures, size=(side, side), mode="area")
    return F.interpolate(pictures, size=(side, side), mode="bilinear")


def _enlarged(pictures: Tensor) -> Tensor:
    x = F.interpolate(pictures, size=(MOBILENET_SIDE, MOBILENET_SIDE), mode="bilinear") * 2 - 1
    return x.contiguous(memory_format=torch.channels_last)


def _with_ceiling(what: str, logits: Callable[[Tensor], Tensor], pairs: Pairs) -> Judge:
    def judge(pictures: Tensor) -> Tensor:
        with torch.inference_mode():
            return torch.cat([logits(part) for part in pictures.split(senses.AT_ONCE)]).clone()

    test = pairs.photographs(test=True)
    right = judge(pairs.pixels[test].float() / 255).argmax(1) == pairs.picture_class[test]
    return Judge(what, judge, float(right.float().mean()))
