"""Scene cuts: found at the first frames of a new scene, and not where only noise, motion or one odd frame is."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.modelfile import load_model, shipped_model
from engine.sight.eye import Eye
from engine.sight.pictures import Picture, fit, read_picture
from engine.sight.scene import SceneTracker
from engine.sight.sources import Video

RNG = np.random.default_rng(5)
THRESHOLD, SMOOTHING, STEP = 0.35, 1.0, 1 / 30
CLASSES = 12


def scene(seed: int) -> tuple[Picture, NDArray[np.float32]]:
    """A picture of broad coloured forms, and a distribution that favours one class."""
    rng = np.random.default_rng(seed)
    picture = cv2.resize(rng.integers(0, 256, (5, 7, 3), dtype=np.uint8), (160, 90), interpolation=cv2.INTER_CUBIC)
    p = np.full(CLASSES, 0.03, np.float32)
    p[seed % CLASSES] = 1
    return np.asarray(picture, np.uint8), p / p.sum()


def noisy(picture: Picture, p: NDArray[np.float32], amount: float = 0.1) -> tuple[Picture, NDArray[np.float32]]:
    grain = picture + RNG.normal(0, 8, picture.shape)
    p = p * np.exp(RNG.normal(0, amount, p.shape)).astype(np.float32)
    return np.clip(grain, 0, 255).astype(np.uint8), p / p.sum()


class Run:
    """A tracker that is fed frame after frame and notes the numbers of those that cut."""

    def __init__(self) -> None:
        self.tracker = SceneTracker()
        self.count = 0
        self.cuts: list[int] = []
        self.p = np.zeros(0, np.float32)

    def feed(self, picture: Picture, p: NDArray[np.float32], smoothing: float = SMOOTHING) -> None:
        seen = self.tracker.step(p, p, picture, self.count * STEP, smoothing, THRESHOLD)
        if seen.cut:
            self.cuts.append(self.count)
        self.p = seen.p
        self.count += 1


def test_a_cut_is_found_at_its_first_frame_and_the_smoothing_starts_anew() -> None:
    run = Run()
    for seed in range(8):
        for _ in range(10):
            picture, p = noisy(*scene(seed))
            run.feed(picture, p)
            if run.count % 10 == 1:
                np.testing.assert_array_equal(run.p, p)
    assert run.cuts == [10, 20, 30, 40, 50, 60, 70]


def test_noise_is_no_cut() -> None:
    run = Run()
    for _ in range(300):
        run.feed(*noisy(*scene(1), amount=1.0))
    assert run.cuts == []


def test_a_misreading_of_a_like_picture_is_no_cut_however_long_it_lasts() -> None:
    run = Run()
    picture, p = scene(1)
    other = scene(2)[1]
    for i in range(60):
        run.feed(*noisy(picture, other if 20 <= i < 40 else p))
    assert run.cuts == []
    assert run.p.argmax() == 1


@pytest.mark.parametrize("odd", ["black", "white", "noise"])
def test_one_odd_frame_is_no_cut_and_leaves_no_trace(odd: str) -> None:
    run = Run()
    frame = {"black": np.zeros((90, 160, 3), np.uint8), "white": np.full((90, 160, 3), 255, np.uint8),
             "noise": RNG.integers(0, 256, (90, 160, 3), dtype=np.uint8)}[odd]
    for i in range(40):
        if i == 20:
            before = run.p
            run.feed(frame, scene(7)[1], smoothing=0)
            np.testing.assert_array_equal(run.p, before)
        else:
            run.feed(*noisy(*scene(1)), smoothing=0)
    assert run.cuts == []


def test_a_covered_lens_is_a_new_scene_at_its_second_frame() -> None:
    run = Run()
    for i in range(40):
        run.feed(*(noisy(*scene(1)) if i < 20 else (np.zeros((90, 160, 3), np.uint8), scene(7)[1])))
    assert run.cuts == [21]


def test_a_dissolve_is_followed_without_a_cut() -> None:
    run = Run()
    (a, p), (b, q) = scene(1), scene(2)
    for i in range(120):
        mix = np.clip((i - 20) / 75, 0, 1)
        run.feed(*noisy(np.asarray(a * (1 - mix) + b * mix, np.uint8),
                        np.asarray(p * (1 - mix) + q * mix, np.float32)))
    assert run.cuts == [] and run.p.argmax() == 2


@pytest.mark.parametrize("fps", [5, 30])
def test_smoothing_runs_in_seconds_whatever_the_frame_rate(fps: int) -> None:
    tracker = SceneTracker()
    picture, p = scene(1)
    q = scene(2)[1]
    east, north = np.eye(2, dtype=np.float32)
    tracker.step(p, east, picture, 10, 2, THRESHOLD)
    for i in range(1, fps + 1):
        scene_now = tracker.step(q, north, picture, 10 + i / fps, 2, THRESHOLD)
    rest = np.exp(-1 / 2)
    np.testing.assert_allclose(scene_now.p, q + (p - q) * rest, atol=1e-5)
    np.testing.assert_allclose(scene_now.embedding, np.array([rest, 1 - rest]) / np.hypot(rest, 1 - rest), atol=1e-5)


@pytest.fixture(scope="module")
def eye() -> Eye:
    return Eye(load_model(shipped_model("eye"), "eye"))


def test_cuts_between_real_photographs_are_found_at_once(shared_data: Path, eye: Eye) -> None:
    folders = sorted((shared_data / "scenes").iterdir())
    photographs = [fit(read_picture(sorted(f.glob("*.[jw]*"))[3])) for f in folders if f.is_dir()]
    run = Run()
    for photograph in photographs:
        for _ in range(3):
            frame = np.clip(photograph + RNG.normal(0, 4, photograph.shape), 0, 255).astype(np.uint8)
            run.feed(frame, eye.see(frame)[0])
    first = [3 * i for i in range(1, len(photographs))]
    assert len(first) >= 20
    late = [c for c in run.cuts if c not in first]
    assert all(c - 1 in first for c in late), "nothing between the cuts"
    assert len(run.cuts) >= 0.9 * len(first) and len(late) <= 0.1 * len(first)


def test_a_moving_camera_on_one_scene_makes_no_cuts(shared_data: Path, eye: Eye) -> None:
    for path in sorted((shared_data / "camera").glob("*.mp4")):
        video = Video(str(path), path.name)
        run = Run()
        for i in range(80):
            frame = video.at(i / 10)
            assert frame is not None
            run.feed(frame, eye.see(frame)[0])
        assert run.cuts == [], path.name
