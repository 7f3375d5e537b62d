"""What becomes of a file: a clip of at most a minute that can be played, or the reason why not."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import audiofile
from engine.errors import UserError
from engine.library import LONGEST_S
from engine.pcm import RATE

SUFFIXES = (
    ".wav", ".wave", ".w64", ".rf64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".m4b", ".aac", ".aif",
    ".aiff", ".aifc", ".au", ".caf", ".wma", ".wv", ".ac3", ".amr",
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv", ".3gp", ".ogv",
)
"""Files that count as sounds; a video stands for its first audio track."""
SHORTEST_S = 0.25
SILENT = 1e-4  # -80 dBFS
_CLIPPED = 1e-3


class LeftOut(Exception):
    """A file can't be used; the message is why."""


@dataclass(frozen=True)
class Intake:
    """samples: float32 [n, 1 or 2] at RATE within -1 to 1; tags: of the file; remarks: what was wrong with it."""

    samples: NDArray[np.float32]
    tags: dict[str, str]
    remarks: tuple[str, ...]


def take_in(file: Path) -> Intake:
    """Return the clip that stands for `file`; LeftOut if none can."""
    try:
        recording = audiofile.read(file, LONGEST_S)
    except UserError as error:
        raise LeftOut(str(error).removeprefix(f"{file}: ")) from None
    except Exception as error:  # a decoder may meet anything in a file, and no file may stop the run
        raise LeftOut(f"can't be decoded ({type(error).__name__}: {error})") from None
    seconds = len(recording.samples) / recording.rate
    if seconds < SHORTEST_S:
        told = f"; {recording.remarks[0]}" if recording.remarks else ""
        raise LeftOut(f"is too short: {seconds:.3f} s, expected {SHORTEST_S:g} s or more{told}")
    clipped = _clipped(recording.samples)
    remarks = recording.remarks + ((f"is clipped: {clipped:.1%} of it is at full scale",) if clipped > _CLIPPED else ())
    samples = audiofile.resample(recording.samples, recording.rate, RATE)
    peak = float(np.abs(samples).max())
    if peak < SILENT:
        raise LeftOut("is silent (its peak is below -80 dBFS)")
    if peak > 1:  # a recording in float, or what resampling and downmixing add
        samples /= np.float32(peak)
    return Intake(samples, recording.tags, remarks)


def _clipped(samples: NDArray[np.float32]) -> float:
    """The share of samples that lie in flat tops: several in a row at the highest level, full scale or above."""
    level = np.abs(samples)
    peak = level.max()
    if peak < 0.99:
        return 0.0
    top = level >= 0.9999 * peak
    flat = top[2:] & top[1:-1] & top[:-2]
    within = np.zeros_like(top)
    for i in range(3):
        within[i:i + len(flat)] |= flat
    return float(within.mean())
