"""One run of indexing: which files need work, all cores at it, and each result on the disk before it counts as done."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from engine import ledger
from engine.errors import UserError
from engine.indexing.intake import SUFFIXES, LeftOut
from engine.indexing.origins import Origins
from engine.indexing.report import IndexReport
from engine.indexing.work import Ear, Known, Taken, Work
from engine.library import CLIPS, Clip, clip_of, entry_of, portable

Progress = Callable[[int, int, Path], None]
_LOCK = ".indexing"
_STORED = re.compile(r"\.?[0-9a-f]{16}\.(wav|flac)(\.\d+)?")
_BOOKS = re.compile(r"\.(library\.jsonl|heard-[0-9a-f]{16}\.f32)\.\d+|library\.json|embeddings\.safetensors")
"""What may be removed where nothing refers to it: clips, drafts of a killed run, and files of the first format."""


class Job:
    """Brings the library `target` up to date with the sounds of `folder`; `run` once. seconds_heard: of sound."""

    def __init__(self, folder: Path, target: Path, ear: Ear, in_place: bool, verify: bool) -> None:
        self._folder, self._target, self._ear, self._in_place, self._verify = folder, target, ear, in_place, verify
        self._heading = ledger.Heading(portable(folder, target), ear.name, ear.sha256, tuple(ear.classes))
        self._origins = Origins(folder)
        self._report = IndexReport()
        self._known: dict[Path, Known] = {}
        self._taken: dict[Path, Known] = {}
        self._appender: ledger.Appender | None = None
        self._done = 0
        self.seconds_heard = 0.0

    def run(self, progress: Progress) -> IndexReport:
        files = list(self._find())
        if not files:  # a drive that is not there must not empty the library
            raise UserError(f"{self._folder}: there are no sound files; the library {self._target} is left as it is")
        (self._target if self._in_place else self._target / CLIPS).mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self._target / _LOCK, timeout=0):
                self._bring_up_to_date(files, progress)
        except Timeout:
            raise UserError(f"the library {self._target} is being indexed by another run; wait until it has "
                            "ended") from None
        self._report.skipped.sort()
        self._report.remarks.sort()
        return self._report

    def _find(self) -> Iterator[Path]:
        """The sound files of the folder in a fixed order, without hidden ones and the library itself."""
        def unreadable(error: OSError) -> None:
            self._report.skipped.append((str(error.filename), f"can't be read: {error.strerror}"))

        for parent, folders, files in os.walk(self._folder, onerror=unreadable):
            folders[:] = sorted(f for f in folders if not f.startswith(".") and Path(parent, f) != self._target)
            for name in sorted(files):
                if not name.startswith(".") and name.lower().endswith(SUFFIXES):
                    yield Path(parent, name)

    def _bring_up_to_date(self, files: list[Path], progress: Progress) -> None:
        books, contents = self._read_books()
        self._report.removed = len(self._known.keys() - set(files))
        todo = []
        for file in files:
            known = None if self._verify else self._known.get(file)
            if known and known.row is not None and self._untouched(file, known.clip):
                self._taken[file] = replace(known, clip=self._named(known.clip, file))
                self._report.unchanged += 1
                self._done += 1
                progress(self._done, len(files), file)
            else:
                todo.append(file)
        try:
            self._work(todo, Work(self._target, self._ear, self._in_place, contents), len(files), progress)
        finally:
            if self._appender:
                self._appender.close()
        self._finish(books)

    def _read_books(self) -> tuple[ledger.Books | None, dict[str, Known]]:
        """Learn what the library holds; returns also the clips by the sha256 of the file that they stand for."""
        try:
            books = ledger.read(self._target, self._ear.sha256)
        except OSError:  # there is no library yet
            return None, {}
        self._report.damaged = books.damaged
        every = [Known(clip_of(entry, self._target), None) for entry in books.unheard()]
        every += [Known(clip_of(entry, self._target), row)
                  for entry, row in zip(books.clips(), books.heard, strict=True)]
        self._known = {known.clip.file: known for known in every}
        return books, {known.clip.sha256: known for known in every}

    def _untouched(self, file: Path, clip: Clip) -> bool:
        """Whether size and time say that neither the file nor what is stored of it was changed."""
        if self._in_place != (clip.stored is None):
            return False
        try:
            return all((state.st_size, state.st_mtime_ns) == (one.bytes, one.mtime_ns)
                       for state, one in ((file.stat(), clip), (clip.audio.stat(), clip.stored or clip)))
        except OSError:
            return False

    def _work(self, files: Sequence[Path], work: Work, total: int, progress: Progress) -> None:
        workers = os.cpu_count() or 1
        waiting, running = iter(files), dict[Future[Taken], Path]()
        with ThreadPoolExecutor(workers) as pool:
            try:
                while True:
                    for file in islice(waiting, 2 * workers - len(running)):
                        running[pool.submit(work.take, file, self._trusted(file))] = file
                    if not running:
                        return
                    finished, _ = wait(running, return_when=FIRST_COMPLETED)
                    self._enter({running.pop(future): future for future in finished}, total, progress)
            except BaseException:  # Ctrl-C too: what has not begun won't
                pool.shutdown(cancel_futures=True)
                raise

    def _trusted(self, file: Path) -> Clip | None:
        known = self._known.get(file)
        return known.clip if known and not self._verify else None

    def _enter(self, finished: dict[Path, Future[Taken]], total: int, progress: Progress) -> None:
        entered: dict[Path, Taken] = {}
        for file, future in finished.items():
            try:
                taken = future.result()
            except LeftOut as error:
                self._report.skipped.append((str(file), str(error)))
            else:
                entered[file] = replace(taken, clip=self._named(taken.clip, file))
        if entered:
            self._appender = self._appender or ledger.Appender(self._target, self._heading)
            self._appender.append((entry_of(taken.clip), taken.row) for taken in entered.values())
        for file, taken in entered.items():
            self._count(file, taken)
        for file in finished:
            self._done += 1
            progress(self._done, total, file)

    def _count(self, file: Path, taken: Taken) -> None:
        report = self._report
        self._taken[file] = Known(taken.clip, taken.row)
        report.remarks += [(str(file), remark) for remark in taken.remarks]
        report.damaged += taken.damaged
        if taken.done == "unchanged":
            report.unchanged += 1
            return
        self.seconds_heard += taken.clip.seconds
        if taken.done == "new":
            report.new += 1
        else:
            report.heard_again += 1

    def _named(self, clip: Clip, file: Path) -> Clip:
        """`clip` as the one that `file` stands for."""
        licence, source = self._origins.listed(file)
        return replace(clip, path=portable(file, self._target), title=file.stem.replace("_", " "),
                       category=file.parent.name if file.parent != self._folder else "",
                       licence=licence or clip.licence or self._origins.licence(file), source=source or clip.source)

    def _finish(self, books: ledger.Books | None) -> None:
        """Put the books in order, if anything changed, and remove what they no longer speak of."""
        clips = sorted(self._taken.values(), key=lambda known: known.clip.path)
        self._report.clips = len(clips)
        self._report.seconds_of_audio = round(sum(known.clip.seconds for known in clips), 3)
        before = {file: known.clip for file, known in self._known.items()}
        if (books and books.finished and not books.damaged and books.heading == self._heading
                and {file: known.clip for file, known in self._taken.items()} == before):
            return
        rows = [known.row for known in clips if known.row is not None]
        ledger.write(self._target, self._heading, (entry_of(known.clip) for known in clips),
                     np.stack(rows) if rows else np.zeros((0, len(self._heading.classes)), np.float32))
        self._sweep({known.clip.audio for known in clips})

    def _sweep(self, used: set[Path]) -> None:
        stored = (file for file in self._target.glob(f"{CLIPS}/*") if _STORED.fullmatch(file.name) and file not in used)
        books = (file for file in self._target.glob("*") if _BOOKS.fullmatch(file.name))
        for file in (*stored, *books):
            file.unlink(missing_ok=True)
