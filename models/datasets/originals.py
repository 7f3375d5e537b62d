"""What a file was cut from, told by the name that it had where it came from."""

from . import esc, urbansound


def recording_of(original: str) -> str:
    """The recording that an original file name points to.

    >>> recording_of("001 - Dog bark/1-100032-A.ogg"), recording_of("fold1/176714-2-0-18.wav")
    ('freesound 100032', 'freesound 176714')
    >>> recording_of("moodist/nature__wind @17.0s")
    'moodist/nature__wind'
    """
    known = esc.parse_name(original) or urbansound.parse_name(original)
    return known[1] if known else original.split(" @")[0]


def fold_of(original: str) -> int | None:
    """The fold in which ESC publishes it.

    The folds of other sets are not told: the numbers of two sets in one folder would mean different things.
    """
    known = esc.parse_name(original)
    return known[0] if known else None
