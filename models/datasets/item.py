"""What every reader of a data set yields."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Item:
    """One example: a picture, a sound, both (what is seen while this is heard), or a whole video.

    category: "" where it is not known. original: the recording, photograph or video that it was cut from; all that was
    cut from one original belongs on the same side of a split. fold, split: as published, where they are ("train",
    "validation", "test"). source, licence: where they are stated.
    """

    category: str
    original: str
    picture: Path | None = None
    sound: Path | None = None
    video: Path | None = None
    fold: int | None = None
    split: str = ""
    source: str = ""
    licence: str = ""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that the item needs."""
        return tuple(file for file in (self.picture, self.sound, self.video) if file)


@dataclass(frozen=True)
class Dataset:
    """A data set that was recognised. kind: which; remarks: what of it could not be had, ready to be shown."""

    path: Path
    kind: str
    items: tuple[Item, ...]
    remarks: tuple[str, ...] = ()
