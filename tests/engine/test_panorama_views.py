"""Panoramas: each view shows what lies in its direction, where a camera in the middle would see it."""

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.clock import MonotonicClock, VirtualClock
from engine.errors import UserError
from engine.library import Library, shipped_library
from engine.modelfile import load_model, shipped_model
from engine.shared import NO_CLIP
from engine.sight.camera import CameraThread, camera_opener, open_camera, open_recording
from engine.sight.eye import Eye
from engine.sight.match import Matcher
from engine.sight.panorama import FIELD, LARGEST, SIDE, places_of, shown
from engine.sight.pictures import Picture
from engine.sight.stage import Sight
from engine.sight.views import AROUND, views_of
from tests.engine.seeing import DEFAULTS, STEP
from tests.mjpeg import MjpegServer

GREY = (90, 90, 90)
RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 220, 20), (20, 20, 220), (240, 240, 240)
PANORAMA = views_of(["panorama:x"])


@pytest.fixture(scope="module")
def eye() -> Eye:
    return Eye(load_model(shipped_model("eye"), "eye", "cpu"))


def marked(*marks: tuple[float, float, tuple[int, int, int]], height: int = 512) -> Picture:
    """A grey panorama with a disc, about 6 degrees wide, at each azimuth and elevation (degrees)."""
    panorama = np.full((height, 2 * height, 3), GREY, np.uint8)
    azimuth = 180 - (np.arange(2 * height) + 0.5) / height * 180
    elevation = 90 - (np.arange(height) + 0.5) / height * 180
    for at, up, colour in marks:
        off = (azimuth[None] - at + 180) % 360 - 180
        panorama[np.hypot(off * np.cos(np.radians(up)), (elevation - up)[:, None]) < 3] = colour
    return panorama


def found(view: Picture, colour: tuple[int, int, int]) -> tuple[float, float] | None:
    """Column and row of the middle of what has this colour; None if nothing has."""
    rows, columns = np.nonzero(np.abs(view.astype(int) - colour).max(axis=2) < 60)
    return (float(columns.mean()), float(rows.mean())) if len(rows) else None


def test_a_view_shows_what_lies_in_its_direction_and_the_others_do_not() -> None:
    colours = dict(zip(AROUND, (RED, GREEN, BLUE, WHITE), strict=True))
    panorama = marked(*((at, 0, colour) for at, colour in colours.items()))
    assert found(panorama[:, :512], GREEN) and not found(panorama[:, 512:], GREEN), "the picture's left half is left"
    middle = (SIDE - 1) / 2
    for view in PANORAMA:
        cut = shown(panorama, view)
        assert cut.shape == (SIDE, SIDE, 3) and cut.dtype == np.uint8
        for at, colour in colours.items():
            assert found(cut, colour) == (pytest.approx((middle, middle), abs=0.5) if at == view.azimuth else None)


@pytest.mark.parametrize(("azimuth", "elevation"), [(20, 10), (-30, -25), (35, 35), (70, 0), (110, 0), (170, 20),
                                                    (-175, -10), (-120, 30), (-60, 0)])
def test_a_mark_lies_where_a_camera_in_the_middle_would_see_it(azimuth: float, elevation: float) -> None:
    """The gnomonic projection, worked out the other way round, from the direction to the place in the view."""
    view = min(PANORAMA, key=lambda view: abs((azimuth - view.azimuth + 180) % 360 - 180))
    off, up = np.radians(azimuth - view.azimuth), np.radians(elevation)
    half = SIDE / 2 / np.tan(np.radians(FIELD / 2))
    expected = SIDE / 2 - 0.5 - half * np.tan(off), SIDE / 2 - 0.5 - half * np.tan(up) / np.cos(off)
    assert found(shown(marked((azimuth, elevation, RED)), view), RED) == pytest.approx(expected, abs=1.5)


def test_the_views_see_everything_around_once_and_nothing_twice() -> None:
    columns = [places_of(*LARGEST, view.azimuth)[0] for view in PANORAMA]
    around = np.concatenate([middle[SIDE // 2] for middle in columns])
    assert len(set(around.astype(int) // 8)) == LARGEST[1] // 8, "each 3 degrees of the horizon"
    edges = [sorted((0.5 - (middle[SIDE // 2, end] + 0.5) / LARGEST[1]) * 360 for end in (0, -1)) for middle in columns]
    assert edges[0] == pytest.approx([-45, 45], abs=0.3) and edges[1] == pytest.approx([45, 135], abs=0.3)


def test_the_seam_behind_does_not_show() -> None:
    bright = np.linspace(0, 2 * np.pi, 1024, endpoint=False)
    panorama = np.repeat((128 + 100 * np.cos(bright)).astype(np.uint8)[None, :, None], 512, 0).repeat(3, 2)
    behind = shown(panorama, PANORAMA[2]).astype(int)
    assert np.abs(np.diff(behind[SIDE // 2, :, 0])).max() <= 3


def test_what_is_no_panorama_is_refused_by_name(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "flat.png"), np.zeros((90, 160, 3), np.uint8))
    with pytest.raises(UserError, match=r"flat\.png: a picture of 160 x 90 pixels is no panorama; expected one twice"):
        open_recording(f"panorama:{tmp_path / 'flat.png'}")
    cv2.imwrite(str(tmp_path / "round.png"), np.full((1000, 2000, 3), GREY, np.uint8))
    said: list[str] = []
    folder = open_recording(f"panorama:{tmp_path}@30", say=said.append)
    first = folder.at(0)
    assert first is not None and first.shape == (*LARGEST, 3), "finer than other pictures: it is cut into four"
    assert len(said) == 1 and "flat.png" in said[0] and said[0].endswith("skipped")
    source = open_camera(f"panorama:{tmp_path / 'round.png'}@30", VirtualClock())
    frame = source.read()
    assert frame is not None and frame.picture.shape == (*LARGEST, 3)


def test_a_stream_of_panoramas_is_one_and_another_stream_is_said_not_to_be() -> None:
    with MjpegServer([marked((90, 0, RED))]) as server:
        source = open_camera(f"panorama:{server.url}", MonotonicClock())
        frame = source.read()
        source.close()
        assert frame is not None and frame.picture.shape == (*LARGEST, 3)
    with MjpegServer([np.zeros((90, 160, 3), np.uint8)]) as server:
        camera = CameraThread(camera_opener(f"panorama:{server.url}", MonotonicClock()), MonotonicClock())
        deadline = time.monotonic() + 30
        while not (changes := camera.changes()):
            assert time.monotonic() < deadline and camera.newest(0.01) is None
        camera.stop(5)
    change, = changes
    assert not change.connected and "160 x 90 pixels is no panorama" in change.message


@pytest.mark.parametrize(("name", "azimuth", "category"), [
    ("forest_trees", 0, "birds_forest"), ("lake_pier", 0, "river_stream"), ("ship_cabin_indoor", 90, "kitchen_home"),
    ("city_station_towers", 90, "construction"), ("sea_sunset", 0, "sea_waves")])
def test_real_panoramas_sound_of_what_is_in_each_direction(shared_data: Path, eye: Eye, name: str, azimuth: float,
                                                           category: str) -> None:
    path = shared_data / "panoramas" / f"{name}.jpg"
    if not path.exists():
        pytest.skip(f"there is no {path}")
    shipped = Library.open(shipped_library())
    whole = open_recording(f"panorama:{path}").at(0)
    assert whole is not None
    sight = Sight(eye, Matcher.of(shipped), DEFAULTS.__getitem__, [view.azimuth for view in PANORAMA])
    for i, view in enumerate(PANORAMA):
        clips = sight.step(shown(whole, view), i * STEP, i).targets.clip[:4].tolist()
    assert NO_CLIP not in clips and len(set(clips)) == 4
    assert shipped.clips[clips[AROUND.index(azimuth)]].category == category
