"""Making a library from a folder of sounds: decode, embed, hash and store, only what is new."""

import time
from pathlib import Path

from engine.errors import UserError
from engine.indexing.job import Job, Progress
from engine.indexing.report import IndexReport
from engine.indexing.work import Ear

__all__ = ["Ear", "IndexReport", "Progress", "index"]


def index(folder: str | Path, library: str | Path, ear: Ear, in_place: bool = False,
          progress: Progress | None = None, verify: bool = False) -> IndexReport:
    """Make `library` hold the sounds of `folder` and its folders, the name of each one's folder being its category.

    Files that were indexed before and did not change (size and time, else content) are not decoded again; files that
    are gone leave; another ear listens again to the stored clips; what is damaged is made again. What can't be used is
    skipped and reported. All cores work at it.

    in_place: store no clips, play the sounds from `folder`. verify: trust no size and time, read every file against its
    hash. progress: called as (files done, files in all, file) when what was done for that file is on the disk. However
    a run ends, what was done stays, and the next one does the rest.
    Raises UserError if there is no such folder or no sound file in it (nothing is changed then), the library is the
    same folder or can't be written, or another run is at work on it.
    """
    begun = time.monotonic()
    folder, target = Path(folder).absolute(), Path(library).absolute()
    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such folder; expected a folder with sound files")
    if folder == target:
        raise UserError(f"{folder}: the library needs a folder of its own, for example {folder / 'library'}")
    job = Job(folder, target, ear, in_place, verify)
    try:
        report = job.run(progress or (lambda done, total, file: None))
    except OSError as error:
        raise UserError(f"the library {target} can't be written: {error.filename or ''} "
                        f"{error.strerror or error}") from None
    report.wall_s = round(time.monotonic() - begun, 3)
    report.audio_hours_per_minute = round(job.seconds_heard / 3600 / (report.wall_s / 60), 3)
    return report
