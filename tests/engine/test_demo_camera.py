"""The built-in camera: what an audience would notice, and what the eye and the player rely on."""

import itertools

import numpy as np
import pytest

from engine.errors import UserError
from engine.sight.demo import SCENE_THEMES, SCENES, render_scene, scene_at, walk

SMALL = (72, 128)


def blocks(picture: np.ndarray) -> np.ndarray:
    """Means of 8 x 8 blocks: the grain of the film averages out, what moves stays."""
    h, w, _ = picture.shape
    return picture.reshape(h // 8, 8, w // 8, 8, 3).mean((1, 3))


def test_scenes_are_drawn_again_exactly_even_after_being_forgotten() -> None:
    first = {name: render_scene(name, 5.3, size=SMALL, seed=3) for name in SCENES}
    for name, picture in first.items():  # more scenes than are kept
        assert picture.dtype == np.uint8 and picture.shape == (*SMALL, 3)
        assert np.array_equal(render_scene(name, 5.3, size=SMALL, seed=3), picture), name
        assert not np.array_equal(render_scene(name, 5.3, size=SMALL, seed=4), picture), name


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_is_neither_black_nor_flat_nor_burnt_out(name: str) -> None:
    picture = render_scene(name, 3.0, size=SMALL).astype(float)
    assert 15 < picture.mean() < 225
    assert picture.mean(2).std() > 12
    assert (picture.min(2) > 250).mean() < 0.25
    assert np.abs(picture[..., 0] - picture[..., 2]).mean() > 4, "colourless"


@pytest.mark.parametrize("name", SCENES)
def test_odd_and_upright_sizes_are_drawn(name: str) -> None:
    for size in ((16, 17), (61, 47)):
        assert render_scene(name, 8.0, size=size).shape == (*size, 3)


@pytest.mark.parametrize("name", [n for n in SCENES if n != "thunderstorm"])
def test_a_scene_moves_but_never_jumps(name: str) -> None:
    times = 4.0 + np.arange(31) / 30
    frames = np.stack([blocks(render_scene(name, t, size=SMALL)) for t in times])
    steps = np.abs(np.diff(frames, axis=0)).mean((1, 2, 3))
    assert steps.max() < 3, "jumps"
    assert np.abs(frames[-1] - frames[0]).mean() > 0.5, "stands still"


def test_lightning_strikes_within_half_a_minute_and_goes_out() -> None:
    levels = np.array([render_scene("thunderstorm", t, size=(36, 64)).mean() for t in np.arange(0, 30, 1 / 15)])
    quiet = np.median(levels)
    assert levels.max() > quiet * 1.25
    assert (levels < quiet * 1.1).mean() > 0.6


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_still_moves_after_forty_days(name: str) -> None:
    day = 86400.0
    first, later = (blocks(render_scene(name, 40 * day + t, size=SMALL)) for t in (0.0, 3.0))
    assert first.std() > 8
    assert np.abs(later - first).mean() > 0.5


def test_every_scene_has_a_sound_theme() -> None:
    assert set(SCENE_THEMES) == set(SCENES)
    assert len(SCENES) >= 12


def test_the_walk_visits_every_scene_before_repeating_and_never_stays() -> None:
    stops = [scene_at(12.0 * k + 1, seed=5)[0] for k in range(4 * len(SCENES))]
    for start in range(0, len(stops), len(SCENES)):
        assert set(stops[start : start + len(SCENES)]) == set(SCENES)
    assert all(a != b for a, b in itertools.pairwise(stops))
    assert [scene_at(12.0 * k + 11.9, seed=5)[1] for k in range(20)] == stops[1:21]
    assert stops != [scene_at(12.0 * k + 1, seed=6)[0] for k in range(4 * len(SCENES))]


def test_the_walk_dissolves_from_one_scene_into_the_next() -> None:
    name, following, share = scene_at(11.0, seed=1, dwell=12.0, fade=2.0)
    assert share == pytest.approx(0.5)
    assert scene_at(9.9, seed=1, dwell=12.0, fade=2.0)[2] == 0
    middle = walk(11.0, size=SMALL, seed=1, dwell=12.0, fade=2.0).astype(float)
    both = [render_scene(n, 11.0, size=SMALL, seed=1).astype(float) for n in (name, following)]
    assert np.abs(middle - (both[0] + both[1]) / 2).max() <= 1


def test_the_walk_has_no_seam_where_a_dissolve_ends() -> None:
    before, after = (walk(t, size=SMALL, seed=2).astype(float) for t in (12.0 - 1 / 60, 12.0 + 1 / 60))
    assert np.abs(after - before).mean() < 16
    assert scene_at(12.0 - 1e-6, seed=2)[2] == pytest.approx(1, abs=1e-3)


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(UserError, match="sea_at_dusk"):
        render_scene("ballroom", 0.0)
    with pytest.raises(UserError, match="16"):
        render_scene("forest", 0.0, size=(8, 8))
    with pytest.raises(UserError, match="fade"):
        scene_at(0.0, dwell=2.0, fade=3.0)
