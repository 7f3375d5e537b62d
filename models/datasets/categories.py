"""Pictures or sounds in a folder per category, at any depth: sea/1.jpg is of category "sea", scenes/sea/1.jpg of
"scenes/sea".

What lies in two trees, one of pictures and one of sounds, is paired by its category alone: images/violin/1.jpg and
audio/violin/1.wav are both "violin". So INIS is read (ImageNet's pictures of instruments and recordings of solo
players; Chen et al. 2017, section 4).

Any manifest.csv (or manifest_NAME.csv) in the folder or below may say of a `file` its `original` (what it was cut
from), `source` and `licence`.
"""

from pathlib import Path

from .files import PICTURES, SOUNDS, files_in
from .item import Dataset, Item
from .manifest import read_table
from .originals import fold_of, recording_of

KIND = "categories"
LAYOUT = "a folder per category: sea/1.jpg or sea/1.wav, with or without manifest.csv"
_TREES = frozenset(["images", "image", "pictures", "img", "audio", "sounds", "sound"])


def recognise(path: Path) -> bool:
    """Whether there are pictures or sounds in folders."""
    return any(file.parent != path for file in files_in(path, PICTURES | SOUNDS))


def read(path: Path) -> Dataset:
    """Every picture and sound in a folder, each of a category, known to a manifest or not."""
    rows = {file: row
            for manifest in sorted(path.rglob("manifest*.csv")) for row in read_table(manifest, ("file",))
            if (file := manifest.parent / row["file"]).suffix.lower() in PICTURES | SOUNDS}
    two_trees = len(_TREES.intersection(child.name for child in path.iterdir())) == 2
    items = []
    for file in sorted({*files_in(path, PICTURES | SOUNDS), *rows}):
        place = file.relative_to(path).parent.parts[1 if two_trees else 0:]
        if not place:
            continue
        row = rows.get(file, {})
        original = row.get("original", "")
        picture, sound = (file, None) if file.suffix.lower() in PICTURES else (None, file)
        items.append(Item("/".join(place), recording_of(original) if original else file.relative_to(path).as_posix(),
                          picture, sound, fold=fold_of(original), source=row.get("source", ""),
                          licence=row.get("licence", "")))
    return Dataset(path, KIND, tuple(items))
