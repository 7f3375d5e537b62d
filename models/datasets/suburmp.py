"""Sub-URMP: musicians seen and heard, half a second each (Chen, Srivastava, Duan, Xu, "Deep Cross-Modal Audio-Visual
Generation", ACM Multimedia Thematic Workshops 2017, section 4).

A frame `img/SPLIT/INSTRUMENT/NAME.jpg` belongs to the sound `chunk/SPLIT/INSTRUMENT/NAME.wav`. A NAME like
violin02_4500 says which performance it is from and where in it, in milliseconds.
"""

import re
from collections import defaultdict
from pathlib import Path

from .files import PICTURES, SOUNDS, files_in
from .item import Dataset, Item

KIND = "sub-urmp"
LAYOUT = "img/train/violin/violin02_4500.jpg and chunk/train/violin/violin02_4500.wav"
SOURCE = "Sub-URMP (Chen et al. 2017)"
_PERFORMANCE = re.compile(r"(.*[^\d_].*)_\d+")


def recognise(path: Path) -> bool:
    """Whether this is Sub-URMP as published."""
    return (path / "img").is_dir() and (path / "chunk").is_dir()


def read(path: Path) -> Dataset:
    """The pairs; a frame without its sound, or the reverse, is an item of its own."""
    pairs: dict[tuple[str, ...], dict[str, Path]] = defaultdict(dict)
    for tree, part, suffixes in (("img", "picture", PICTURES), ("chunk", "sound", SOUNDS)):
        for file in files_in(path / tree, suffixes):
            pairs[file.relative_to(path / tree).with_suffix("").parts][part] = file
    return Dataset(path, KIND, tuple(
        Item(place[1], _original(place), files.get("picture"), files.get("sound"), split=place[0], source=SOURCE)
        for place, files in sorted(pairs.items()) if len(place) == 3))


def _original(place: tuple[str, ...]) -> str:
    """The performance; where the names do not tell it, all of an instrument's in that split count as one."""
    performance = _PERFORMANCE.fullmatch(place[-1])
    return performance[1] if performance else "/".join(place[:-1])
