"""What `phonoscope dataset build` keeps, where it puts it, and what a stop at any moment leaves behind."""

import csv
import hashlib
import math
import shutil
import subprocess
import sys
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import cv2
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from engine.errors import UserError
from models.datasets import building
from models.datasets.building import BuildReport, build
from models.datasets.chunks import Settings
from models.datasets.cleaning import Judge
from models.datasets.opening import open_dataset
from models.datasets.videos import find_videos, identify
from tests.models.footage import make_video

LOUD = [-20, -20, -20]


def make(videos: Path, out: Path, settings: Settings | None = None, judge: Judge | None = None) -> BuildReport:
    return build([identify(file) for file in find_videos([videos])], out, settings or Settings(), judge)


def manifest(out: Path) -> list[dict[str, str]]:
    with open(out / "manifest.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def sides(out: Path) -> dict[str, set[str]]:
    """The sides on which each video has pairs."""
    found = defaultdict(set)
    for row in manifest(out):
        found[row["video"]].add(row["split"])
    return found


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Six videos of two categories, three chunks each."""
    for i in range(6):
        make_video(tmp_path / "videos" / ("sea" if i < 3 else "fire") / f"v{i}.mkv", LOUD, hue=40 * i)
    return tmp_path / "videos"


def test_pairs_lie_by_split_and_category_with_their_hashes(videos: Path, tmp_path: Path) -> None:
    report = make(videos, tmp_path / "out")
    rows = manifest(tmp_path / "out")
    assert report.pairs == len(rows) == 18 and report.train == 12 and report.test == 6
    assert report.categories == {"fire": {"train": 6, "test": 3}, "sea": {"train": 6, "test": 3}}
    for row in rows:
        for kind, suffix in (("picture", "jpg"), ("sound", "flac")):
            file = tmp_path / "out" / row[kind]
            assert file.relative_to(tmp_path / "out").parts[:3] == (row["split"], f"{kind}s", row["category"])
            assert file.suffix == f".{suffix}"
            assert hashlib.sha256(file.read_bytes()).hexdigest() == row[f"{kind}_sha256"]
        samples, rate = soundfile.read(tmp_path / "out" / row["sound"])
        assert rate == 44100 and samples.shape == (22050,)
        assert float(row["level"]) == pytest.approx(-20, abs=0.01)
        picture = cv2.imread(str(tmp_path / "out" / row["picture"]))
        assert picture[..., 1].mean() == pytest.approx(10 + 40 * float(row["time"]), abs=3)
    original = next((videos / "sea").glob("v0.mkv"))
    assert {row["video_sha256"] for row in rows if row["video"] == "v0.mkv"} == {identify(original).sha256}


def test_chunks_at_or_below_the_floor_are_dropped_and_counted(tmp_path: Path) -> None:
    make_video(tmp_path / "videos" / "a.mkv", [-44.9, -45.0, -45.1, -math.inf, -3])
    report = make(tmp_path / "videos", tmp_path / "out")
    assert report.quiet == 3
    assert sorted(float(row["time"]) for row in manifest(tmp_path / "out")) == [0.0, 2.0]


def test_no_video_is_on_both_sides_and_each_category_is_on_both(videos: Path, tmp_path: Path) -> None:
    for i in range(8):
        make_video(videos / "sea" / f"more{i}.mkv", [-20], hue=i)
    for seed in range(2):
        out = tmp_path / f"out{seed}"
        make(videos, out, Settings(seed=seed))
        found = sides(out)
        assert all(len(side) == 1 for side in found.values())
        assert sum(side == {"test"} for side in found.values()) == 3  # of 11 and of 3 videos
    assert len({frozenset(name for name, side in sides(tmp_path / f"out{seed}").items() if side == {"test"})
                for seed in range(2)}) == 2


def test_a_copy_under_another_name_is_named_and_left_out(tmp_path: Path) -> None:
    for i in range(4):
        video = make_video(tmp_path / "videos" / "sea" / f"a{i}.mkv", [-20], hue=i)
        shutil.copy(video, video.with_name(f"b{i}.mkv"))
    report = make(tmp_path / "videos", tmp_path / "out")
    assert len(report.skipped) == 4 and all("is the same video as" in why for _, why in report.skipped)
    by_content = defaultdict(set)
    for row in manifest(tmp_path / "out"):
        by_content[row["video_sha256"]].add(row["split"])
    assert len(by_content) == 4 and all(len(side) == 1 for side in by_content.values())


def test_broken_and_useless_videos_are_named_and_the_rest_goes_on(shared_data: Path, videos: Path,
                                                                  tmp_path: Path) -> None:
    bad = videos / "bad"
    make_video(bad / "mute.mkv", LOUD, tracks=["picture"])
    make_video(bad / "radio.mkv", LOUD, tracks=["sound"])
    make_video(bad / "silent.mkv", [-math.inf] * 3)
    make_video(bad / "blink.mkv", [-20])
    (bad / "empty.mp4").touch()
    (bad / "text.mp4").write_text("no video")
    body = (shared_data / "paired_av" / "harp_001.mp4").read_bytes()
    (bad / "half.mp4").write_bytes(body[:len(body) // 2])
    report = make(videos, tmp_path / "out", Settings(chunk=1.0))
    skipped = {Path(file).name: why for file, why in report.skipped}
    assert skipped.keys() == {"mute.mkv", "radio.mkv", "silent.mkv", "blink.mkv", "empty.mp4", "text.mp4"}
    assert "no sound" in skipped["mute.mkv"] and "no picture" in skipped["radio.mkv"]
    assert "of 1, 1 at or below -45 dBFS" in skipped["silent.mkv"] and "shorter than 1 s" in skipped["blink.mkv"]
    [(remarked, remark)] = report.remarks
    assert Path(remarked).name == "half.mp4" and "cut short" in remark and "of 10.08 s" in remark
    assert report.pairs == 6 + sum(row["video"] == "half.mp4" for row in manifest(tmp_path / "out"))
    again = make(videos, tmp_path / "out", Settings(chunk=1.0))
    assert again.new == 0 and again.skipped == report.skipped and again.remarks == report.remarks


def test_a_second_run_does_nothing(videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make(videos, tmp_path / "out")
    before = contents(tmp_path / "out")
    monkeypatch.setattr(building, "Footage", None)  # to decode would fail
    second = make(videos, tmp_path / "out")
    assert (second.new, second.unchanged, second.pairs) == (0, 6, first.pairs)
    assert contents(tmp_path / "out") == before


KILLED = """
import functools, os, sys
from pathlib import Path
from models.datasets import building, chunks
from models.datasets.videos import find_videos, identify

def dies_at(number, function):
    calls = iter(range(1, number))
    return lambda *args, **options: function(*args, **options) if next(calls, None) else os._exit(9)

modules = {"building": building, "chunks": chunks, "os": os}
module, function, number = sys.argv[3:6]
setattr(modules[module], function, dies_at(int(number), getattr(modules[module], function)))
videos = [identify(file) for file in find_videos([Path(sys.argv[1])])]
building.build(videos, Path(sys.argv[2]), building.Settings(), None)
"""


@pytest.mark.parametrize(("module", "function", "number"), [
    ("building", "_jpeg", 5), ("os", "replace", 12), ("chunks", "replace_text", 4),
    ("building", "write_contact_sheet", 1),
], ids=["cutting", "moving", "saving", "drawing"])
def test_a_killed_run_leaves_nothing_half_and_the_next_goes_on(videos: Path, tmp_path: Path, module: str, function: str,
                                                               number: int) -> None:
    out = tmp_path / "out"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(videos), str(out), module, function, str(number)],
                            cwd=Path(__file__).parents[2], timeout=100)
    assert killed.returncode == 9
    for row in manifest(out):
        assert hashlib.sha256((out / row["picture"]).read_bytes()).hexdigest() == row["picture_sha256"]
        assert hashlib.sha256((out / row["sound"]).read_bytes()).hexdigest() == row["sound_sha256"]
    report = make(videos, out)
    assert report.unchanged == (6 if function == "write_contact_sheet" else 1)
    whole = tmp_path / "whole" / "out"
    make(videos, whole)
    assert contents(out) == contents(whole)


def test_leftovers_of_a_killed_run_do_not_reach_the_other_side(videos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    make(videos, out)
    row = manifest(out)[0]
    stray = out / row["picture"].replace(row["split"], "train" if row["split"] == "test" else "test", 1)
    stray.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(out / row["picture"], stray)
    own = stray.with_name("mine.jpg")
    shutil.copy(out / row["picture"], own)
    make(videos, out)
    assert not stray.exists() and own.exists()


def test_videos_that_come_later_leave_the_others_where_they_are(videos: Path, tmp_path: Path) -> None:
    make(videos, tmp_path / "out")
    before = sides(tmp_path / "out")
    for i in range(7):
        make_video(videos / "fire" / f"later{i}.mkv", [-20], hue=i)
    report = make(videos, tmp_path / "out")
    after = sides(tmp_path / "out")
    assert report.new == 7 and report.unchanged == 6
    assert {name: after[name] for name in before} == before
    assert sum(side == {"test"} for name, side in after.items()) == 3  # 2 of 10 and 1 of 3


def test_a_video_of_which_a_file_is_gone_is_cut_again(videos: Path, tmp_path: Path) -> None:
    make(videos, tmp_path / "out")
    before = contents(tmp_path / "out")
    (tmp_path / "out" / manifest(tmp_path / "out")[4]["sound"]).unlink()
    report = make(videos, tmp_path / "out")
    assert report.new == 1 and report.pairs == 18
    assert all(len(side) == 1 for side in sides(tmp_path / "out").values())
    assert len(contents(tmp_path / "out")) == len(before)


def test_a_video_that_moved_to_another_category_moves_in_the_set(videos: Path, tmp_path: Path) -> None:
    make(videos, tmp_path / "out")
    (videos / "rain").mkdir()
    (videos / "sea" / "v0.mkv").rename(videos / "rain" / "v0.mkv")
    report = make(videos, tmp_path / "out")
    assert report.new == 1
    assert {row["category"] for row in manifest(tmp_path / "out") if row["video"] == "v0.mkv"} == {"rain"}
    named = {row[kind] for row in manifest(tmp_path / "out") for kind in ("picture", "sound")}
    on_disk = contents(tmp_path / "out").keys() - {"manifest.csv", "videos.json", "contact.html"}
    assert on_disk == named


def test_other_options_and_other_folders_are_refused(videos: Path, tmp_path: Path) -> None:
    make(videos, tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(UserError, match=r"floor -45\.0 \(now -30\.0\)"):
        make(videos, tmp_path / "out", Settings(floor=-30.0))
    assert contents(tmp_path / "out") == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("dear to me")
    with pytest.raises(UserError, match="not empty"):
        make(videos, tmp_path / "mine")
    (tmp_path / "out" / "videos.json").write_text("{")
    with pytest.raises(UserError, match=r"videos\.json"):
        make(videos, tmp_path / "out")


def see(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Of half second i: class i above all, then the next four."""
    i = int(picture[0, 0, 1]) // 20
    return np.roll(np.array([0.6, 0.1, 0.1, 0.1, 0.1, *[0] * 11], np.float32), i)


def hear(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Classes 0 to 4 in what is louder than -15 dBFS, 10 to 14 in the rest."""
    first = 0 if 10 * np.log10(np.mean(samples**2)) > -15 else 10
    return np.log(np.roll(np.array([*[0.189] * 5, *[0.005] * 11], np.float32), first))


def test_cleaning_keeps_the_pairs_of_which_both_say_the_same(tmp_path: Path) -> None:
    make_video(tmp_path / "videos" / "a.mkv", [-10, -10, -20, -10, -60])
    judge = Judge("loudness", [f"place {i}" for i in range(16)], see, hear)
    report = make(tmp_path / "videos", tmp_path / "out", Settings(cleaned_by=judge.name), judge)
    assert (report.pairs, report.unfit, report.quiet) == (3, 1, 1)
    assert [(float(row["time"]), row["place"]) for row in manifest(tmp_path / "out")] == [
        (0.0, "place 0"), (0.5, "place 1"), (1.5, "place 3")]
    first, second, _ = (float(row["kl"]) for row in manifest(tmp_path / "out"))
    entropy = 0.6 * math.log(0.6) + 0.4 * math.log(0.1)
    assert first == pytest.approx(entropy - math.log(0.189), abs=1e-3)
    assert second == pytest.approx(entropy - 0.9 * math.log(0.189) - 0.1 * math.log(0.005), abs=1e-3)


class Links(HTMLParser):
    """Collects what a page refers to, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [unquote(urlsplit(value).path) for name, value in attrs
                       if name in ("src", "data-sound") and value]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_contact_sheet_shows_pairs_of_all_categories_whatever_their_names(tmp_path: Path) -> None:
    odd = "see & <b>höre 100%#1"
    for i in range(2):
        make_video(tmp_path / "videos" / odd / f"v{i} x.mkv", LOUD * 3, hue=i)
    make_video(tmp_path / "videos" / "silent" / "s.mkv", [-math.inf] * 2)
    make(tmp_path / "videos", tmp_path / "out")
    page = Links()
    page.feed((tmp_path / "out" / "contact.html").read_text(encoding="utf-8"))
    assert len(page.links) == 36
    assert all((tmp_path / "out" / link).is_file() for link in page.links)
    assert odd in page.text and "2 at or below -45 dBFS" in page.text
    assert len(open_dataset(tmp_path / "out").items) == 18


def test_find_videos_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    for path, complaint in ((tmp_path / "gone", "no such video"), (tmp_path / "none", "there is no video")):
        with pytest.raises(UserError, match=complaint):
            find_videos([path])
    video = make_video(tmp_path / "a" / "v.mkv", [-20])
    assert find_videos([video, tmp_path / "a", tmp_path]) == [video]
