"""What is learnt from: altered examples, and what the network should answer to each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ..augment import mixup


@dataclass(frozen=True)
class Batch:
    """N examples.

    x: what the learning part of the network takes. target: probabilities [N,C]. anchor: embeddings of their partners
    [N,D], None where the others of the batch are partners. group [N]: equal numbers fit each other; those below 0 are
    no groups of the data. label [N]: the name of each, as an index.
    """

    x: tuple[Tensor, ...]
    target: Tensor
    anchor: Tensor | None
    group: Tensor
    label: Tensor

    def to(self, device: torch.device) -> "Batch":
        return Batch(
            tuple(part.to(device) for part in self.x),
            self.target.to(device),
            None if self.anchor is None else self.anchor.to(device),
            self.group.to(device),
            self.label.to(device),
        )

    def mixed(self, strength: float, generator: Generator) -> "Batch":
        """Each example blended a little with another, and so its target; see augment.mixup."""
        (x,) = self.x
        x, target = mixup(x.float(), self.target, strength, generator)
        return replace(self, x=(x,), target=target)


class Examples(Protocol):
    """Where the inputs come from."""

    def altered(self, chosen: Tensor, generator: Generator) -> tuple[Tensor, ...]:
        """The examples of these indices [N], altered at random, as the learning part of the network takes them."""

    def plain(self, chosen: Tensor) -> tuple[Tensor, ...]:
        """The examples of these indices [N] as they are."""


@dataclass(frozen=True)
class Partner:
    """The pictures that say what an example should answer, as rows of the answers, and the number of their group."""

    pictures: Tensor
    group: int


@dataclass(frozen=True)
class Lessons:
    """R examples with their partners.

    labels [R]: see Batch. shares [R]: how often each comes up. answers: probabilities [P,C] of the pictures;
    embeddings [P,D], or None (see Batch.anchor). pictures: how many are drawn for a target. seen: whether the examples
    went through the network's stem already.
    """

    examples: Examples
    seen: bool
    partners: list[list[Partner]]
    labels: Tensor
    shares: Tensor
    answers: Tensor
    embeddings: Tensor | None
    pictures: int

    def __len__(self) -> int:
        return len(self.partners)

    def draw(self, size: int, generator: Generator) -> Batch:
        """A random batch of altered examples."""
        chosen = torch.multinomial(self.shares, size, replacement=True, generator=generator)
        return self._batch(chosen, self.examples.altered(chosen, generator), generator)

    def through(self, size: int) -> Iterator[Batch]:
        """Every example once, as it is, in batches that are the same each time."""
        generator = Generator().manual_seed(0)
        for chosen in torch.arange(len(self)).split(size):
            yield self._batch(chosen, self.examples.plain(chosen), generator)

    def _batch(self, chosen: Tensor, x: tuple[Tensor, ...], generator: Generator) -> Batch:
        met = [self._meet(self.partners[int(i)], generator) for i in chosen]
        pictures = torch.stack([rows for rows, _ in met])  # [N,pictures]
        anchor = None if self.embeddings is None else F.normalize(self.embeddings[pictures].mean(1), dim=1)
        groups = torch.tensor([group for _, group in met])
        return Batch(x, self.answers[pictures].mean(1), anchor, groups, self.labels[chosen])

    def _meet(self, partners: list[Partner], generator: Generator) -> tuple[Tensor, int]:
        """A few random pictures of one of the partners, and its group."""
        partner = partners[int(torch.randint(len(partners), (1,), generator=generator))]
        drawn = torch.randint(len(partner.pictures), (self.pictures,), generator=generator)
        return partner.pictures[drawn], partner.group
