"""The variants of `phonoscope train s2i|i2s`: what each knows of a sound (or a picture), and how it generates."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from torch import nn

from ..networks.dream import Dream, OneSide
from ..networks.voice import Voice
from . import senses
from .beholding import behold
from .course import Method
from .gancls import GanCls, Poses
from .ours import Ours
from .pairs import Pairs
from .senses import Sense
from .settings import Settings
from .singing import Singing
from .speaking import Speaking
from .wan import Wan


def _dream(method: Method, sense: Sense, settings: Settings) -> nn.Module:
    return Dream(sense.encoder, OneSide(method.network()), sense.rate, (settings.side,))


def _voice(method: Method, sense: Sense, settings: Settings) -> nn.Module:
    return Voice(sense.encoder, method.network())


def _ours(method: Method, sense: Sense, settings: Settings) -> nn.Module:
    generator = cast(Ours, method).network()
    return Dream(sense.encoder, generator, sense.rate, tuple(generator.sides))


@dataclass(frozen=True)
class Variant:
    """One way from the pairs to a model.

    sense: trains what hears or sees for the generator, or takes it from the cache (pairs, settings, seed, cache).
    method: how the generator learns. network: what the model file holds, of the trained method.
    """

    sense: Callable[[Pairs, Settings, int, Path], Sense]
    method: Callable[[Pairs, Sense, Settings], Method]
    network: Callable[[Method, Sense, Settings], nn.Module] = _dream


VARIANTS: dict[tuple[str, str], Variant] = {
    ("s2i", "c"): Variant(senses.hear, lambda pairs, sense, how: GanCls(pairs, sense.conditions, how)),
    ("s2i", "n"): Variant(senses.hear, lambda pairs, sense, how: GanCls(pairs, sense.conditions, how, mismatch=False)),
    ("s2i", "a"): Variant(senses.hear_again, lambda pairs, sense, how: GanCls(pairs, sense.conditions, how)),
    ("s2i", "pose"): Variant(senses.hear, Poses),
    ("s2i", "wan"): Variant(senses.hear, lambda pairs, sense, how: Wan(pairs, sense.conditions, how)),
    ("s2i", "wgan"): Variant(senses.hear, lambda pairs, sense, how: Wan(pairs, sense.conditions, how)),
    ("s2i", "ours"): Variant(senses.hear_well, lambda pairs, sense, how: Ours(pairs, sense.conditions, how), _ours),
    ("i2s", "c"): Variant(senses.see, lambda pairs, sense, how: Speaking(pairs, sense.conditions, how), _voice),
    ("i2s", "ours"): Variant(behold, Singing, _voice),
}
"""By task and name; each has its recipe in models/configs/TASK-NAME.toml."""
