"""What indexing tells of itself."""

from dataclasses import dataclass, field


@dataclass
class IndexReport:
    """What indexing did: counts of clips, and (file, why) of files that were left out or taken with a reservation.

    heard_again: clips that were known, but not to this ear. damaged: clips, rows and lines of the library that were not
    what had once been written, and were made again. audio_hours_per_minute: hours of sound that the ear heard in a
    minute of this run.
    """

    clips: int = 0
    new: int = 0
    heard_again: int = 0
    unchanged: int = 0
    removed: int = 0
    damaged: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    seconds_of_audio: float = 0.0
    wall_s: float = 0.0
    audio_hours_per_minute: float = 0.0
