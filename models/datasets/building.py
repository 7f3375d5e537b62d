"""A data set of pairs out of videos: cut, drop what is silent or does not fit, split by video, remember what is done.

A run may be stopped or killed at any time. The next one goes on with the videos that are not in the ledger yet.
"""

import hashlib
import io
import os
import re
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.errors import UserError

from .chunks import SPLITS, Cut, Pair, Settings, read_ledger, read_pairs, save
from .cleaning import Judge
from .contact import SHEET, write_contact_sheet
from .cutting import RATE, Footage
from .videos import Video

Progress = Callable[[float, int, Path], None]
"""Called with how many videos are done (the current one in part), how many there are, and the current one."""
_OURS = re.compile(r".+-[0-9a-f]{8}_\d{4,}\.(jpg|flac)")
_UNFIT_FOR_NAMES = re.compile(r"[^\w.-]+")
_WORKSHOP = ".cutting"
_SAVING_SHARE = 0.05  # at most that much of the time goes into saving, which takes longer as the set grows
_JPEG_QUALITY = 95


@dataclass
class BuildReport:
    """What building did. new, unchanged: videos cut now, and before.

    The rest is of the whole set: pairs = train + test; quiet and unfit: chunks dropped at the floor and by cleaning;
    categories: pairs of each, by split. skipped, remarks: (file, why) of videos that give no pair, and of those that
    were taken with a reservation.
    """

    new: int = 0
    unchanged: int = 0
    pairs: int = 0
    train: int = 0
    test: int = 0
    quiet: int = 0
    unfit: int = 0
    categories: dict[str, dict[str, int]] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    wall_s: float = 0.0


def build(videos: Sequence[Video], folder: Path, settings: Settings, judge: Judge | None,
          progress: Progress = lambda done, total, file: None) -> BuildReport:
    """Cut the videos into pairs in `folder`, beside those that are there.

    Raises UserError if `folder` was built with other settings, or holds something else.
    """
    started = time.monotonic()
    work = _Build(folder, settings, judge)
    report = BuildReport()
    work.add(_unlike(videos, report.skipped), report, progress)
    work.sum_up(report)
    report.wall_s = round(time.monotonic() - started, 3)
    return report


def _unlike(videos: Sequence[Video], skipped: list[tuple[str, str]]) -> list[Video]:
    """The videos without copies of earlier ones: no video may come to lie on both sides of the split."""
    first: dict[str, Video] = {}
    for video in videos:
        twin = first.setdefault(video.sha256, video)
        if twin is not video:
            skipped.append((str(video.file), f"is the same video as {twin.file}"))
    return list(first.values())


class _Build:
    """cuts, pairs: what is done so far, by the hash of the video."""

    def __init__(self, folder: Path, settings: Settings, judge: Judge | None) -> None:
        self.folder, self.settings, self.judge = folder, settings, judge
        self.cuts: dict[str, Cut] = {}
        self.pairs: dict[str, list[Pair]] = defaultdict(list)
        self.saved, self.saving_s = time.monotonic(), 0.0
        ledger = read_ledger(folder)
        if ledger:
            self.take_up(*ledger)
        elif folder.exists() and {child.name for child in folder.iterdir()} - {_WORKSHOP, *SPLITS}:
            raise UserError(f"{folder}: is not empty, and was not made by `phonoscope dataset build`; expected a new "
                            "folder")

    def take_up(self, settings: Settings, cuts: Sequence[Cut]) -> None:
        """Go on from what an earlier run made; a video of which a file is gone is not done."""
        if settings != self.settings:
            asked = asdict(self.settings)
            was = ", ".join(f"{name} {value!r} (now {asked[name]!r})"
                            for name, value in asdict(settings).items() if value != asked[name])
            raise UserError(f"{self.folder}: was built with {was}; expected the same, or another folder")
        self.cuts = {cut.sha256: cut for cut in cuts}
        for pair in read_pairs(self.folder):
            self.pairs[pair.video_sha256].append(pair)
        for cut in cuts:
            pairs = self.pairs[cut.sha256]
            whole = all((self.folder / name).is_file() for pair in pairs for name in (pair.picture, pair.sound))
            if not whole or len(pairs) != cut.pairs:
                del self.cuts[cut.sha256]

    def add(self, videos: Sequence[Video], report: BuildReport, progress: Progress) -> None:
        """Cut those videos that are not done, and tell of all."""
        todo = []
        for video in videos:
            done = self.cuts.get(video.sha256)
            if done is None or done.category != video.category:
                self.cuts.pop(video.sha256, None)
                todo.append(video)
        report.new, report.unchanged = len(todo), len(videos) - len(todo)
        # By hash, because the order decides what goes into the test set, and names are no accident.
        todo.sort(key=lambda video: hashlib.sha256(f"{self.settings.seed} {video.sha256}".encode()).digest())
        self.sweep()
        try:
            for number, video in enumerate(todo):
                self.take(video, partial(_part_done, progress, number, len(todo), video.file))
                if time.monotonic() - self.saved > self.saving_s / _SAVING_SHARE:
                    self.save()
        finally:
            shutil.rmtree(self.folder / _WORKSHOP, ignore_errors=True)
            if todo:
                self.save()
        if todo or not (self.folder / SHEET).exists():
            write_contact_sheet(self.folder, list(self.cuts.values()), self.listed())
        for video in videos:
            cut = self.cuts[video.sha256]
            if cut.why:
                report.skipped.append((str(video.file), cut.why))
            elif cut.remark:
                report.remarks.append((str(video.file), cut.remark))

    def take(self, video: Video, progress: Callable[[float], None]) -> None:
        """Cut one video, and move what came of it into its place when all is there."""
        workshop = self.folder / _WORKSHOP
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir(parents=True)
        cut, pairs = _cut(video, workshop, self.settings, self.judge, progress)
        split = self.side(video.category) if pairs else ""
        placed = []
        for pair in pairs:
            picture = f"{split}/pictures/{video.category}/{pair.picture}"
            sound = f"{split}/sounds/{video.category}/{pair.sound}"
            for name, place in ((pair.picture, picture), (pair.sound, sound)):
                (self.folder / place).parent.mkdir(parents=True, exist_ok=True)
                os.replace(workshop / name, self.folder / place)
            placed.append(replace(pair, split=split, picture=picture, sound=sound))
        self.pairs[video.sha256] = placed
        self.cuts[video.sha256] = replace(cut, split=split)

    def side(self, category: str) -> str:
        """Where the next video of a category goes, so that the test set has its share of those that are of use.

        Of two videos it has one. A video that has its side keeps it when others are added.
        """
        sides = Counter(cut.split for cut in self.cuts.values() if cut.category == category and cut.split)
        videos = sides.total() + 1
        wanted = round(self.settings.test_share * videos)
        if videos > 1 and self.settings.test_share > 0:
            wanted = max(1, wanted)
        return "test" if sides["test"] < wanted else "train"

    def sweep(self) -> None:
        """Remove the pictures and sounds of videos that are not done, which a killed run left."""
        used = {name for pair in self.listed() for name in (pair.picture, pair.sound)}
        for split in SPLITS:
            for file in (self.folder / split).glob("*/*/*"):
                if _OURS.fullmatch(file.name) and file.relative_to(self.folder).as_posix() not in used:
                    file.unlink()

    def save(self) -> None:
        before = time.monotonic()
        save(self.folder, self.settings, self.cuts.values(), self.listed())
        self.saved = time.monotonic()
        self.saving_s = self.saved - before

    def listed(self) -> list[Pair]:
        """The pairs of all videos that are done, as they stand in the manifest."""
        pairs = [pair for sha256 in self.cuts for pair in self.pairs[sha256]]
        return sorted(pairs, key=lambda pair: (pair.split, pair.category, pair.picture))

    def sum_up(self, report: BuildReport) -> None:
        pairs = self.listed()
        sides = Counter(pair.split for pair in pairs)
        report.pairs, report.train, report.test = len(pairs), sides["train"], sides["test"]
        report.quiet = sum(cut.quiet for cut in self.cuts.values())
        report.unfit = sum(cut.unfit for cut in self.cuts.values())
        for category in sorted({pair.category for pair in pairs}):
            of_it = Counter(pair.split for pair in pairs if pair.category == category)
            report.categories[category] = {split: of_it[split] for split in SPLITS}


def _cut(video: Video, workshop: Path, settings: Settings, judge: Judge | None,
         progress: Callable[[float], None]) -> tuple[Cut, list[Pair]]:
    """Write the pictures and sounds of a video into `workshop`; the pairs name them as they are there."""
    count: Counter[str] = Counter()
    pairs = []
    why = remark = ""
    name = f"{_UNFIT_FOR_NAMES.sub('_', video.file.stem)[:60]}-{video.sha256[:8]}"
    try:
        with Footage(video.file) as footage:
            for chunk in footage.chunks(settings.chunk):
                progress(min(1.0, chunk.time / footage.seconds) if footage.seconds else 0.0)
                count["chunks"] += 1
                if chunk.level <= settings.floor:
                    count["quiet"] += 1
                    continue
                verdict = judge(chunk.picture, chunk.samples, RATE) if judge else None
                if verdict and not verdict.place:
                    count["unfit"] += 1
                    continue
                picture, sound = f"{name}_{chunk.number + 1:04d}.jpg", f"{name}_{chunk.number + 1:04d}.flac"
                pairs.append(Pair("", video.category, picture, sound, video.file.name, round(chunk.time, 3),
                                  chunk.level, verdict.place if verdict else "", verdict.kl if verdict else "",
                                  video.sha256, _write(workshop / picture, _jpeg(chunk.picture)),
                                  _write(workshop / sound, _flac(chunk.samples))))
            cut_s = count["chunks"] * settings.chunk
            if footage.trouble or cut_s < 0.95 * footage.seconds - settings.chunk:
                remark = (f"damaged or cut short: picture and sound of {cut_s:g} s of {footage.seconds:g} s could be "
                          f"decoded{footage.trouble and f' ({footage.trouble})'}")
    except UserError as error:
        why = str(error).removeprefix(f"{video.file}: ")
    if not pairs and not why:
        why = _why_nothing(count, settings)
    return Cut(video.sha256, video.file.name, video.category, "", count["chunks"], len(pairs), count["quiet"],
               count["unfit"], why, remark), pairs


def _part_done(progress: Progress, number: int, total: int, file: Path, part: float) -> None:
    progress(number + part, total, file)


def _why_nothing(count: Counter[str], settings: Settings) -> str:
    if not count["chunks"]:
        return f"is shorter than {settings.chunk:g} s, or nothing of it could be decoded"
    reasons = [f"{count['quiet']} at or below {settings.floor:g} dBFS"]
    if settings.cleaned_by:
        reasons.append(f"{count['unfit']} whose picture and sound do not fit")
    return f"no chunk of it is left: of {count['chunks']}, {', '.join(reasons)}"


def _write(file: Path, body: bytes) -> str:
    file.write_bytes(body)
    return hashlib.sha256(body).hexdigest()


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    body = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
    return body.tobytes()


def _flac(samples: NDArray[np.float32]) -> bytes:
    packed = io.BytesIO()
    soundfile.write(packed, samples, RATE, format="FLAC", subtype="PCM_16")
    return packed.getvalue()
