"""Lists of sounds and of screenshots of the videos they come from, as SoundNet is trained from (Aytar, Vondrick,
Torralba, NIPS 2016; README and data/donkey_audio.lua of cvondrick/soundnet) and Flickr-SoundNet is given.

A line of the text file is one of these; paths are relative to the file, and tabs separate paths with spaces:

    sounds/1234.mp3                     a sound
    sounds/1234.mp3 5                   a sound and the number of its category, as for SoundNet's fine-tuning
    sounds/1234.mp3 shots/a.jpg ...     a sound and screenshots
    frames/1234.mp4/00000001.jpg 0      a screenshot of a video; its sound is frames/1234.mp3 or mp3/1234.mp3
"""

from functools import cache
from pathlib import Path

from engine.errors import UserError

from .files import PICTURES, SOUNDS
from .item import Dataset, Item

KIND = "list"
LAYOUT = "a text file whose lines name a sound and its screenshots: sounds/1.mp3 frames/1.jpg"
_SOUND_FOLDERS = ("mp3", "mp3s", "audio", "sounds")


def recognise(path: Path) -> bool:
    """Whether this is a text file; what its lines say is seen when it is read."""
    return path.is_file() and path.suffix.lower() in (".txt", ".lst", ".tsv")


def read(path: Path) -> Dataset:
    """An item for each screenshot, and for each sound without any. Lines that name neither are remarked on."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: can't be read as text ({error})") from None
    items: list[Item] = []
    strange: list[int] = []
    for number, line in enumerate(lines, 1):
        words = [word.strip() for word in (line.split("\t") if "\t" in line else line.split())]
        found = _items(path.parent, words)
        items += found
        if words and not found:
            strange.append(number)
    remarks = (f"{len(strange)} lines name neither a sound nor a picture, the first is line {strange[0]}",)
    return Dataset(path, KIND, tuple(items), remarks if strange else ())


def _items(folder: Path, words: list[str]) -> list[Item]:
    sounds = [folder / word for word in words if Path(word).suffix.lower() in SOUNDS]
    pictures = [folder / word for word in words if Path(word).suffix.lower() in PICTURES]
    if not sounds:  # the number after a screenshot is a mere filler
        return [Item("", picture.parent.name, picture, _sound_of(picture.parent)) for picture in pictures]
    sound, original = sounds[0], sounds[0].stem
    category = next((word for word in words if word.isdecimal()), "")
    if not pictures:
        return [Item(category, original, sound=sound)]
    return [Item(category, original, picture, sound) for picture in pictures]


@cache
def _sound_of(video: Path) -> Path:
    """The sound file that belongs to a folder of screenshots; a likely name if there is none."""
    beside = [video.with_suffix(".mp3"), video.with_name(f"{video.name}.mp3")]
    elsewhere = [above.with_name(folder) / name.relative_to(above)
                 for name in beside for above in name.parents if above.name for folder in _SOUND_FOLDERS]
    return next((place for place in beside + elsewhere if place.is_file()), beside[0])
