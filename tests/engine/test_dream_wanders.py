"""The walk through the latent space: repeatable, smooth, normal everywhere, on the beat if asked, thrown by onsets."""

from itertools import pairwise

import numpy as np
import pytest

from engine.dream.painter.walk import Line, Walk
from engine.tempo.timeline import Tempo

BPM_120 = Tempo(0.0, 0.0, 120.0)
FPS = 50


def walked(walk: Walk, seconds: float, begin: float = 0.0, speed: float = 0.0, step: float = 0.0) -> np.ndarray:
    """Return the latents [frames, length] of so many seconds."""
    latents = []
    for frame in range(round(seconds * FPS)):
        walk.move(begin + frame / FPS, speed, step, 0.0, BPM_120)
        latents.append(walk.latent(0.0, 1.0))
    return np.array(latents)


def test_the_same_seed_and_time_lead_to_the_same_place_whenever_one_sets_out() -> None:
    late = Walk(16, 7)
    before = walked(Walk(16, 7), 60, speed=0.3)
    np.testing.assert_allclose(walked(late, 10, begin=50, speed=0.3)[10:], before[-490:], atol=0.02)
    assert not np.allclose(walked(Walk(16, 8), 1, speed=0.3), before[:FPS], atol=0.1)


def test_every_point_of_the_line_is_standard_normal_and_nothing_jumps() -> None:
    line = Line(4000, 3)
    points = [line.at(position) for position in np.arange(-3, 3, 0.05)]
    for point in points:
        assert point.mean() == pytest.approx(0, abs=0.08) and point.std() == pytest.approx(1, abs=0.05)
    paces = [float(np.linalg.norm(b - a)) for a, b in pairwise(points)]
    assert max(paces) < 3 * min(paces)
    turns = [float(np.linalg.norm(c - 2 * b + a)) for a, b, c in zip(points, points[1:], points[2:], strict=False)]
    assert max(turns) < 0.3 * max(paces)


def test_on_the_beat_it_stands_still_between_steps_and_each_step_leads_elsewhere() -> None:
    latents = walked(Walk(64, 1), 4, speed=0.3, step=1)
    rest = latents[FPS // 2 - 2::FPS // 2]  # just before each beat, the first of which is at 0.5 s
    assert all(np.linalg.norm(a - b) > 4 for a, b in pairwise(rest))
    moved = np.linalg.norm(np.diff(latents, axis=0), axis=1).reshape(-1)
    beats = np.flatnonzero(moved > 1) + 1
    assert set((beats // (FPS // 2)).tolist()) == set(range(1, 8))  # a step at every beat
    assert all(beat % (FPS // 2) < 8 for beat in beats.tolist())  # which is over after 160 ms


@pytest.mark.parametrize(("step", "steps"), [(0.25, 32), (0.5, 16), (2, 4), (4, 2)])
def test_steps_may_be_parts_of_a_beat_or_several(step: float, steps: int) -> None:
    walk = Walk(4, 1)
    walked(walk, 4.1, step=step)
    assert walk._target == steps


def test_turning_the_steps_on_and_off_never_throws_it_back() -> None:
    walk = Walk(64, 2)
    walked(walk, 3, speed=0.5)
    positions = []
    for frame in range(300):
        t = 3 + frame / FPS
        walk.move(t, 0.5, 1.0 if 100 <= frame < 200 else 0.0, 0.0, BPM_120)
        positions.append(walk._position)
    assert min(np.diff(positions)) > -0.1
    assert max(np.diff(positions)) < 0.6


def test_an_onset_throws_it_ahead_within_a_few_pictures() -> None:
    thrown, calm = Walk(64, 5), Walk(64, 5)
    for frame in range(20):
        thrown.move(frame / FPS, 0, 0, 1.0 if frame == 10 else 0.0, BPM_120)
        calm.move(frame / FPS, 0, 0, 0.0, BPM_120)
    assert np.linalg.norm(thrown.latent(0, 1) - calm.latent(0, 1)) > 4
    assert thrown._position - calm._position == pytest.approx(1, abs=0.02)


def test_truncation_scales_and_chaos_keeps_the_spread() -> None:
    walk = Walk(4000, 9)
    walk.move(1.0, 0.3, 0, 0, BPM_120)
    assert not walk.latent(0.5, 0).any()
    for chaos in (0, 0.3, 1):
        assert walk.latent(chaos, 0.7).std() == pytest.approx(0.7, abs=0.04)
    assert np.linalg.norm(walk.latent(0, 1) - walk.latent(1, 1)) > 50
