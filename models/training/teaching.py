"""What each picture or sound of a collection should be answered with."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from .. import pictures, sounds
from ..targets import eye_targets
from .collection import Collection, Example, only
from .config import Config, Data
from .examples import PictureExamples, SoundExamples
from .lessons import Examples, Lessons, Partner


@dataclass(frozen=True)
class Teacher:
    """An eye whose answers are learnt. identity: what tells it from others, such as the sha256 of its file."""

    network: nn.Module
    classes: list[str]
    identity: str


@dataclass(frozen=True)
class Teaching:
    """The N examples of the kind that is taught, with their partners; one without partners is not learnt from.

    source: the examples as they were decoded. answers [P,C] and embeddings [P,D] are of the pictures that the partners
    name. sought: whether a sound fits a picture. skipped: files that could not be read, and why.
    """

    examples: list[Example]
    source: pictures.Pictures | sounds.Waves
    partners: list[list[Partner]]
    sought: list[bool]
    answers: Tensor
    embeddings: Tensor | None
    skipped: dict[str, str]

    @property
    def names(self) -> list[str]:
        """The categories of the examples that have partners."""
        return sorted({e.category for e, partners in zip(self.examples, self.partners, strict=True) if partners})

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return 1 + max(partner.group for partners in self.partners for partner in partners)

    def rows(self, held_out: bool) -> list[int]:
        """The examples to learn from, or those to validate with."""
        return [i for i, e in enumerate(self.examples) if e.held_out == held_out and self.partners[i]]

    def lessons(self, rows: Sequence[int], examples: Examples, seen: bool, config: Config) -> Lessons:
        """Lessons of these rows, whose inputs are `examples`; for `seen` see Lessons."""
        label = {name: i for i, name in enumerate(self.names)}
        return Lessons(
            examples,
            seen,
            [self.partners[i] for i in rows],
            torch.tensor([label[self.examples[i].category] for i in rows]),
            self._shares(rows, config.data),
            self.answers,
            self.embeddings,
            config.objective.pictures if config.kind == "ear" else 1,
        )

    def _shares(self, rows: Sequence[int], data: Data) -> Tensor:
        counts = Counter(self.examples[i].category for i in rows)
        return torch.tensor(
            [
                counts[self.examples[i].category] ** -data.balance
                * (data.own if self.examples[i].own else 1.0)
                * (data.paired if self.sought[i] else 1.0)
                for i in rows
            ]
        )


def teach_eye(collection: Collection, config: Config, teacher: Teacher | None, cache: Path) -> Teaching:
    """Each picture is its own partner: the teacher's opinion of it, and what is known of its category."""
    source = pictures.prepare([picture.file for picture in collection.pictures], cache)
    collection = _readable(collection, source.skipped)
    shown = collection.pictures
    if teacher is None:
        answers = torch.zeros(len(shown), 1)
    else:
        opinions = pictures.ask(teacher.network, teacher.identity, source.files, cache)
        answers = _smooth(eye_targets(shown, opinions.p, teacher.classes, config.data.trust), config)
    groups: list[list[str]] = [[] for _ in shown]
    sought = [False] * len(shown)
    for group in collection.groups:
        for i in group.pictures:
            groups[i].append(group.name)
            sought[i] |= bool(group.sounds)
    number = _numbers([name for names in groups for name in names] + [f"only {p.category}" for p in shown])
    partners = [
        [Partner(torch.tensor([i]), number[name]) for name in names or [f"only {shown[i].category}"]]
        for i, names in enumerate(groups)
    ]
    return Teaching(shown, source, partners, sought, answers, None, source.skipped)


def teach_ear(collection: Collection, rate: int, config: Config, teacher: Teacher | None, cache: Path) -> Teaching:
    """The partners of a sound are the pictures of each group that it belongs to; of held-out sounds, held-out ones."""
    source = sounds.prepare([sound.file for sound in collection.sounds], rate, cache)
    collection = _readable(collection, source.skipped)
    heard = collection.sounds
    if teacher is None:
        itself = [[Partner(torch.tensor([0]), 0)] for _ in heard]
        return Teaching(heard, source, itself, [True] * len(heard), torch.zeros(1, 1), None, source.skipped)
    wanted = sorted({i for group in collection.groups if group.sounds for i in group.pictures})
    collection = only(collection, wanted, list(range(len(heard))))
    opinions = pictures.ask(teacher.network, teacher.identity, [p.file for p in collection.pictures], cache)
    collection = _readable(collection, opinions.skipped)
    partners: list[list[Partner]] = [[] for _ in heard]
    number = _numbers([group.name for group in collection.groups])
    for group in collection.groups:
        sides = {held: [i for i in group.pictures if collection.pictures[i].held_out == held] for held in (False, True)}
        for i in group.sounds:
            if members := sides[heard[i].held_out] or (group.pictures if heard[i].held_out else ()):
                partners[i].append(Partner(torch.tensor(members), number[group.name]))
    skipped = source.skipped | opinions.skipped
    answers = _smooth(opinions.p, config)
    return Teaching(heard, source, partners, [True] * len(heard), answers, opinions.embeddings, skipped)


def inputs(teaching: Teaching, rows: Sequence[int], side: int, config: Config) -> PictureExamples | SoundExamples:
    """The examples of these rows as the network takes them; `side` is the width of a picture."""
    chosen = torch.tensor(rows, dtype=torch.long)
    if isinstance(teaching.source, sounds.Waves):
        return SoundExamples(teaching.source, chosen, config.data.seconds, config.augmentation)
    return PictureExamples(teaching.source, chosen, side, config.augmentation)


def _readable(collection: Collection, skipped: dict[str, str]) -> Collection:
    def read(examples: list[Example]) -> list[int]:
        return [i for i, example in enumerate(examples) if str(example.file) not in skipped]

    return only(collection, read(collection.pictures), read(collection.sounds))


def _smooth(answers: Tensor, config: Config) -> Tensor:
    share = config.objective.smoothing
    return (1 - share) * answers + share * answers.mean(0)


def _numbers(names: Sequence[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(dict.fromkeys(names))}
