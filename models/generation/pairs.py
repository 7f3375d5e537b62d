"""Pictures and half seconds of sound that belong together, split by their sources.

Where a data set tells which picture was seen while a sound was heard (Sub-URMP, cut videos) the pairs are those. Where
only the categories are known (INIS, the themes of pairs.csv) each sound is paired with any picture of its class, as
Chen et al. 2017, section 4, made their INIS pairs.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Generator, Tensor
from tqdm import tqdm

from engine.errors import UserError

from .. import pictures, sounds
from ..cache import digest
from ..data import held_recordings, read_pictures, read_sounds, read_themes
from ..datasets.opening import open_dataset
from .spectrogram import RATE, SAMPLES

QUIETEST_DB = -45.0
"""Chunks at or below are dropped (Chen et al. 2017, section 4)."""
FEWEST = 20
"""A class has at least so many pictures and sounds."""
TEST_SPLITS = ("test", "validation")


@dataclass(frozen=True)
class Source:
    """A picture or a sound on disk. name: what tells which picture belongs to which sound, "" if nothing does."""

    file: Path
    category: str
    test: bool
    name: str = ""


@dataclass(frozen=True)
class Batch:
    """N examples: real pictures uint8 [N,3,side,side], labels [N], indices [N] of sounds of the same classes, and
    pictures that do not fit these sounds. `picture` and `wrong` are indices of the pictures."""

    real: Tensor
    label: Tensor
    sound: Tensor
    mismatched: Tensor
    picture: Tensor
    wrong: Tensor


@dataclass(frozen=True)
class Pairs:
    """classes: K names. pixels uint8 [N,3,side,side] RGB; waves int16 [M,22050] mono at 44.1 kHz.

    picture_class [N], sound_class [M]: indices into classes. picture_test [N], sound_test [M]: never trained on.
    partner [M]: index of the picture that was seen while the sound was heard, -1 where only the class is known.
    sound_source [M]: which recording a window is from.
    """

    classes: tuple[str, ...]
    pixels: Tensor
    picture_class: Tensor
    picture_test: Tensor
    waves: Tensor
    sound_class: Tensor
    sound_test: Tensor
    sound_source: Tensor
    partner: Tensor

    def wave(self, indices: Tensor) -> Tensor:
        """float32 [n,22050] in -1..1."""
        return self.waves[indices].float() / 32767

    def windows(self, test: bool) -> Tensor:
        """Indices of the sounds of one split."""
        return (self.sound_test == test).nonzero().squeeze(1)

    def photographs(self, test: bool) -> Tensor:
        """Indices of the pictures of one split."""
        return (self.picture_test == test).nonzero().squeeze(1)

    @property
    def identity(self) -> str:
        """What tells these pairs from others: a digest of all that they hold."""
        tensors = (self.pixels, self.picture_class, self.picture_test, self.waves, self.sound_class, self.sound_test,
                   self.partner)  # fmt: skip
        hashes = [hashlib.sha256(tensor.contiguous().numpy().data).hexdigest() for tensor in tensors]
        return digest(self.classes, hashes)

    def of_class(self, label: int) -> "Pairs":
        """One class alone, for a model of its own."""
        one = self.only(self.picture_class == label, self.sound_class == label)
        return replace(one, classes=(self.classes[label],), picture_class=torch.zeros_like(one.picture_class),
                       sound_class=torch.zeros_like(one.sound_class))  # fmt: skip

    def only(self, pictures: Tensor, sounds: Tensor) -> "Pairs":
        """Some of the pictures (bool [N]) and sounds (bool [M]); a sound whose picture is gone goes with its class."""
        place = torch.where(pictures, pictures.cumsum(0) - 1, -1)
        partner = self.partner[sounds]
        return Pairs(self.classes, self.pixels[pictures], self.picture_class[pictures], self.picture_test[pictures],
                     self.waves[sounds], self.sound_class[sounds], self.sound_test[sounds], self.sound_source[sounds],
                     torch.where(partner >= 0, place[partner.clamp_min(0)], -1))


class Drawer:
    """Draws batches from the training split, every class as often as the others."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs
        classes = range(len(pairs.classes))
        seen, heard = ~pairs.picture_test, ~pairs.sound_test
        self._pictures = [(seen & (pairs.picture_class == k)).nonzero().squeeze(1) for k in classes]
        self._sounds = [(heard & (pairs.sound_class == k)).nonzero().squeeze(1) for k in classes]

    def draw(self, size: int, generator: Generator) -> Batch:
        """Labels at random; a fitting sound and picture for each, and a picture that does not fit: of another class, or
        of the same where there is but one (pose-oriented, Chen et al. 2017, section 3.2)."""
        pairs, count = self.pairs, len(self.pairs.classes)
        label = torch.randint(count, (size,), generator=generator)
        other = (label + torch.randint(1, max(2, count), (size,), generator=generator)) % count
        sound = _pick(self._sounds, label, generator)
        partner = pairs.partner[sound]
        picture = torch.where(partner >= 0, partner, _pick(self._pictures, label, generator))
        wrong = _pick(self._pictures, other, generator)
        return Batch(pairs.pixels[picture], label, sound, pairs.pixels[wrong], picture, wrong)


def read_pairs(paths: Sequence[Path], side: int, cache: Path, classes: Sequence[str] = ()) -> Pairs:
    """Read data sets as pairs of K classes, pictures squeezed to side x side.

    A folder with pairs.csv gives its themes, any other what `models.datasets` recognises, its categories.
    classes: which; by default all that have FEWEST pictures and FEWEST sounds. Raises UserError if there are none.
    """
    seen, heard = _sources(paths)
    names = _classes(seen, heard, classes, paths)
    seen = [source for source in seen if source.category in names]
    heard = [source for source in heard if source.category in names]
    shown = pictures.prepare([source.file for source in seen], cache)
    played = sounds.prepare([source.file for source in heard], RATE, cache)
    read = {file: i for i, file in enumerate(shown.files)}
    seen = [source for source in seen if source.file in read]
    place = {source.name: i for i, source in enumerate(seen) if source.name}
    by_file = {source.file: source for source in heard}
    heard = [by_file[file] for file in played.files]
    windows, owner = _cut(played)
    label = torch.tensor([names.index(source.category) for source in heard])
    return Pairs(
        tuple(names),
        _squeezed(shown.pixels, side),
        torch.tensor([names.index(source.category) for source in seen]),
        torch.tensor([source.test for source in seen]),
        windows,
        label[owner],
        torch.tensor([source.test for source in heard])[owner],
        owner,
        torch.tensor([place.get(source.name, -1) for source in heard])[owner],
    )


def _pick(groups: list[Tensor], labels: Tensor, generator: Generator) -> Tensor:
    chances = torch.rand(len(labels), generator=generator)
    return torch.stack([groups[k][int(chance * len(groups[k]))]
                        for k, chance in zip(labels.tolist(), chances.tolist(), strict=True)])


def categories(paths: Sequence[Path]) -> list[str]:
    """The classes that `read_pairs` takes by default."""
    return _classes(*_sources(paths), (), paths)


def _sources(paths: Sequence[Path]) -> tuple[list[Source], list[Source]]:
    seen, heard = [], []
    for path in paths:
        found = _themes(path) if (path / "pairs.csv").is_file() else _items(path)
        seen += found[0]
        heard += found[1]
    return seen, heard


def _themes(path: Path) -> tuple[list[Source], list[Source]]:
    """The themes of pairs.csv as classes, held out as for the eye and the ear."""
    seen, heard = [], []
    photographs, recordings = read_pictures(path), read_sounds(path)
    for theme in read_themes(path):
        seen += [Source(p.file, theme.name, p.held_out) for p in photographs if p.category in theme.pictures]
        heard += [Source(s.file, theme.name, s.held_out) for s in recordings if s.category in theme.sounds]
    return seen, heard


def _items(path: Path) -> tuple[list[Source], list[Source]]:
    """What a reader yields: split as published, else one in five originals of each category is for the test."""
    items = open_dataset(path).items
    test: set[str] = set()
    if not any(item.split for item in items):
        for kind in ("picture", "sound"):
            originals: dict[str, set[str]] = defaultdict(set)
            for item in items:
                if getattr(item, kind):
                    originals[item.category].add(item.original)
            test |= held_recordings(originals.values())
    seen, heard = [], []
    for item in items:
        held = item.split in TEST_SPLITS if item.split else item.original in test
        name = str(item.sound) if item.picture and item.sound else ""
        if item.picture:
            seen.append(Source(item.picture, item.category, held, name))
        if item.sound:
            heard.append(Source(item.sound, item.category, held, name))
    return seen, heard


def _classes(seen: list[Source], heard: list[Source], wanted: Sequence[str], paths: Sequence[Path]) -> list[str]:
    categories = sorted({source.category for source in seen} & {source.category for source in heard})
    if missing := [name for name in wanted if name not in categories]:
        raise UserError(f"{', '.join(map(str, paths))}: no pictures with sounds of {', '.join(missing)}; there are: "
                        f"{', '.join(categories) or 'none'}")
    enough = [name for name in categories
              if min(sum(s.category == name for s in seen), sum(s.category == name for s in heard)) >= FEWEST]
    if not (names := list(wanted) or enough):
        raise UserError(f"{', '.join(map(str, paths))}: no category has {FEWEST} pictures and {FEWEST} sounds; "
                        "expected folders by category, pairs.csv, Sub-URMP or what `phonoscope dataset build` makes")
    return names


def _cut(recordings: sounds.Waves) -> tuple[Tensor, Tensor]:
    """Half seconds (int16 [M,SAMPLES]) of all recordings one after the other, and which recording each is from.

    Of a recording that is too quiet everywhere the loudest is kept; one that is shorter is followed by silence.
    """
    windows, owner = [], []
    for i in tqdm(range(len(recordings)), desc="cutting", unit="sound", disable=None):
        wave = recordings[i]
        wave = F.pad(wave, (0, max(0, SAMPLES - len(wave))))
        chunks = wave.unfold(0, SAMPLES, SAMPLES)
        level = 20 * torch.log10(chunks.square().mean(1).sqrt().clamp_min(1e-9))
        loud = level > min(QUIETEST_DB, float(level.max()) - 1e-3)
        windows.append((chunks[loud] * 32767).round().short())
        owner.append(torch.full((int(loud.sum()),), i))
    return torch.cat(windows), torch.cat(owner)


def _squeezed(pixels: Tensor, side: int) -> Tensor:
    """uint8 [N,S,S,3] -> uint8 [N,3,side,side]."""
    parts = [F.interpolate(part.permute(0, 3, 1, 2).float(), size=(side, side), mode="area").round().byte()
             for part in pixels.split(256)]
    return torch.cat(parts)
