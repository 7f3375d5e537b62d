"""What each picture or sound of a collection should be answered with."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from .. import pictures, sounds
from ..targets import eye_targets
from .collection import Collection, Example, only
from .config import Config, Data
from .examples import PictureExamples, SoundExamples
from .lessons import Examples, Lessons, Partner

OTHER = "other"


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
        return 1 + max((partner.group for partners in self.partners for partner in partners), default=0)

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
        examples = [self.examples[i] for i in rows]
        excerpts = Counter((e.category, _recording(e)) for e in examples)
        recordings = Counter(
            (category, own) for category, own, _ in {(e.category, e.own, _recording(e)) for e in examples}
        )
        shares = []
        for i, e in zip(rows, examples, strict=True):
            of_kind, others = (recordings[e.category, own] for own in (e.own, not e.own))
            side = (data.own if e.own else 1 - data.own) if others else (data.own if e.own else 1.0)
            share = side * (of_kind + others) ** (1 - data.balance) / of_kind / excerpts[e.category, _recording(e)]
            shares.append(share * (data.paired if self.sought[i] else 1.0))
        return torch.tensor(shares)


def _recording(example: Example) -> str:
    return example.recording or str(example.file)


def teach_eye(collection: Collection, config: Config, teacher: Teacher | None, cache: Path) -> Teaching:
    """Each picture is its own partner: the teacher's opinion of it, and what is known of its category."""
    source = pictures.prepare([picture.file for picture in collection.pictures], cache)
    collection = _readable(collection, source.skipped)
    shown = collection.pictures
    if teacher is None:
        answers = torch.zeros(len(shown), 1)
    else:
        opinions = pictures.ask(teacher.network, teacher.identity, source.files, cache)
        answers = _smooth(eye_targets(shown, opinions.p, teacher.classes, config.data.trust), shown, config)
    groups: list[list[str]] = [[] for _ in shown]
    sought = [False] * len(shown)
    for group in collection.groups:
        for i in group.pictures:
            groups[i].append(group.name)
            sought[i] |= bool(group.sounds)
    number = _numbers([name for names in groups for name in names])
    alone = _numbers([picture.category for picture in shown])
    partners = [
        [Partner(torch.tensor([i]), number[name]) for name in names]
        or [Partner(torch.tensor([i]), -1 - alone[shown[i].category])]
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
    answers = _smooth(opinions.p, collection.pictures, config)
    return Teaching(heard, source, partners, [True] * len(heard), answers, opinions.embeddings, skipped)


def teach_kinds(collection: Collection, rate: int, config: Config, cache: Path) -> Teaching:
    """A sound is named by its category, or `OTHER` if no picture fits it."""
    known = {collection.sounds[i].category for group in collection.groups if group.pictures for i in group.sounds}
    named = [s if s.category in known else replace(s, category=OTHER) for s in collection.sounds]
    return teach_ear(replace(collection, sounds=named), rate, config, None, cache)


def places_of_kinds(collection: Collection, kinds: Sequence[str], teacher: Teacher, cache: Path) -> Tensor:
    """What the teacher answers, on the whole, to the training pictures that fit each kind of sound: [kinds,C].

    A kind of several groups gets the mean over these; all get a little of the mean over all, and OTHER half of that and
    half of anything.
    """
    shown = [i for i, picture in enumerate(collection.pictures) if not picture.held_out]
    opinions = pictures.ask(teacher.network, teacher.identity, [collection.pictures[i].file for i in shown], cache)
    read = [i for i in shown if str(collection.pictures[i].file) not in opinions.skipped]
    row = {i: n for n, i in enumerate(read)}
    means: dict[str, list[Tensor]] = {kind: [] for kind in kinds}
    for group in collection.groups:
        answering = [row[i] for i in group.pictures if i in row]
        if answering:
            mean = opinions.p[answering].mean(0)
            for kind in {collection.sounds[i].category for i in group.sounds} & means.keys():
                means[kind].append(mean)
    rows = {kind: torch.stack(answers).mean(0) for kind, answers in means.items() if answers}
    overall = torch.stack(list(rows.values())).mean(0)
    anything = (overall + 1 / len(overall)) / 2
    return torch.stack([0.98 * rows[kind] + 0.02 * overall if kind in rows else anything for kind in kinds])


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


def _smooth(answers: Tensor, shown: list[Example], config: Config) -> Tensor:
    """The answers with a share of what is learnt on the whole."""
    share = config.objective.smoothing
    learnt = torch.tensor([not picture.held_out for picture in shown])
    return (1 - share) * answers + share * answers[learnt].mean(0) if share else answers


def _numbers(names: Sequence[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(dict.fromkeys(names))}
