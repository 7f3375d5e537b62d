"""Several views: each has its own scene and layers, no view works against another, and they share the work of one."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.clock import VirtualClock
from engine.errors import UserError
from engine.library import Library, shipped_library
from engine.offline import Rendering, frame_rate
from engine.parameters import LAYERS
from engine.shared import NO_CLIP, Event, Session
from engine.show import Show
from engine.sight.panorama import SIDE, places_of, shown
from engine.sight.pictures import Picture
from engine.sight.player import Looker, Turns
from engine.sight.sources import Frame
from engine.sight.stage import Sight
from engine.sight.views import View, views_of
from tests.engine.seeing import CLASSES, DEFAULTS, LABELS, STEP, ColourEye, library, log_q, matcher, picture

PANORAMA = views_of(["panorama:x"])


def test_cameras_that_do_not_say_where_they_look_are_spread_around() -> None:
    def azimuths(*cameras: str) -> list[float]:
        return [view.azimuth for view in views_of(cameras)]

    assert views_of(["0"]) == (View(),)
    assert azimuths("0", "1") == [0, 180]
    assert azimuths("0", "1", "2") == [0, 120, -120]
    assert azimuths("0@45", "rtsp://me:x@host/live", "/dev/video1@-90.5", "1@270") == [45, 90, -90.5, -90]
    assert [(view.azimuth, view.within) for view in views_of(["panorama:a.jpg@90"])] == [
        (90, 0), (180, 90), (-90, 180), (0, -90)]
    assert [view.camera for view in views_of(["0", "panorama:x", "1"])] == [0, 1, 1, 1, 1, 2]
    with pytest.raises(UserError, match="20 views, a panorama 4; expected at most 16"):
        views_of(["panorama:x"] * 5)


def panorama_of(corners: tuple[int, int, int, int]) -> Picture:
    """A panorama in which ColourEye sees these classes, each all over one view: ahead, left, behind, right."""
    panorama = np.zeros((512, 1024, 3), np.uint8)
    for corner, view in zip(corners, PANORAMA, strict=True):
        columns, rows = places_of(512, 1024, view.azimuth)
        cut = cv2.resize(picture(corner), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
        panorama[rows.round().astype(int).clip(0, 511), columns.round().astype(int) % 1024] = cut
    return cv2.medianBlur(panorama, 3)


def sight_of(views: tuple[View, ...], **values: float) -> Sight:
    values = DEFAULTS | {path.replace("_", "/"): value for path, value in values.items()}
    return Sight(ColourEye(), matcher(), values.__getitem__, [view.azimuth for view in views])


def test_each_layer_plays_what_is_seen_in_its_direction() -> None:
    sight = sight_of(PANORAMA, match_layers=8, match_diversity=0)
    for i, view in enumerate(PANORAMA):
        seen = sight.step(shown(panorama_of((1, 0, 3, 2)), view), i * STEP, i)
    assert sight.azimuth.tolist() == [0, 90, 180, -90] * 4
    assert [LABELS[clip] for clip in seen.targets.clip[:8]] == ["forest", "coast", "church", "street"] * 2
    assert (seen.targets.clip[8:] == NO_CLIP).all() and len(set(seen.targets.clip[:8].tolist())) == 8
    assert (seen.targets.weight[:4] == 1).all(), "the best of each direction is at full level"


@pytest.mark.parametrize(("layers", "shares"), [(1, [1, 1, 1]), (3, [1, 1, 1]), (4, [2, 1, 1]), (8, [3, 3, 2])])
def test_layers_are_shared_evenly_and_each_view_has_one(layers: int, shares: list[int]) -> None:
    views = views_of(["0", "1", "2"])
    sight = sight_of(views, match_layers=layers, match_diversity=0)
    for i in range(3):
        seen = sight.step(picture(i), i * STEP, i)
    assert [int((seen.targets.clip[i::3] != NO_CLIP).sum()) for i in range(3)] == shares
    assert len(set(seen.targets.clip.tolist()) - {NO_CLIP}) == sum(shares), "no clip sounds twice"


def test_a_clip_that_sounds_in_one_direction_is_not_chosen_in_another() -> None:
    sight = sight_of(views_of(["0", "1"]), match_layers=2)
    first = sight.step(picture(0), 0, 0).targets
    both = sight.step(picture(0), STEP, 1).targets
    assert [LABELS[clip] for clip in both.clip[:2]] == ["coast", "coast"] and both.clip[0] != both.clip[1]
    assert both.clip[0] == first.clip[0]


def test_a_cut_in_one_view_leaves_the_others_as_they_are() -> None:
    sight = sight_of(views_of(["0", "1"]), match_layers=2)
    for i in range(20):
        sight.step(picture(i % 2, i), i * STEP, i % 2)
    before = sight.step(picture(0), 20 * STEP, 0).targets
    cut = sight.step(picture(3), 21 * STEP, 1)
    assert cut.cut and [change.layer for change in cut.targets.changes] == [1]
    assert LABELS[cut.targets.clip[1]] == "church"
    assert (cut.targets.clip[::2] == before.clip[::2]).all() and (cut.targets.kl[::2] == before.kl[::2]).all()
    after = sight.step(picture(0), 22 * STEP, 0)
    assert not after.cut and not after.targets.changes


def test_fewer_layers_are_given_back_by_each_view_at_its_turn() -> None:
    values = DEFAULTS | {"match/layers": 8.0, "match/diversity": 0.0}
    sight = Sight(ColourEye(), matcher(), values.__getitem__, [0, 180])
    sounding = []
    for i in range(6):
        values["match/layers"] = (8.0, 8.0, 2.0, 2.0, 4.0, 4.0)[i]
        seen = sight.step(picture(i % 2), i * STEP, i % 2)
        sounding.append(int((seen.targets.clip != NO_CLIP).sum()))
    assert sounding == [4, 8, 5, 2, 3, 4]


def test_the_looks_of_one_camera_are_shared_by_all_views() -> None:
    def looks(cameras: list[str], fps: float, lost: tuple[int, ...] = ()) -> list[int]:
        views = views_of(cameras)
        turns, counts = Turns(views, 30), [0] * len(views)
        for i in range(round(4 * fps)):
            for camera in range(len(cameras)):
                number = None if camera in lost else turns.view(camera, i / fps + camera * 1e-3)
                if number is not None:
                    counts[number] += 1
        return counts

    assert looks(["0"], 30) == [120]
    assert looks(["0", "1"], 30) == pytest.approx([60, 60], abs=2)
    assert looks(["panorama:0"], 30) == [30, 30, 30, 30]
    assert looks(["panorama:0"], 60) == pytest.approx([30] * 4, abs=1)
    assert looks(["panorama:0", "1"], 30) == pytest.approx([24] * 5, abs=2)
    assert looks(["0", "1", "2"], 30, lost=(1,)) == pytest.approx([40, 0, 40], abs=2)


def test_several_views_are_published_as_one_match(session: Session, tmp_path: Path) -> None:
    clock = VirtualClock(50)
    views = views_of(["side@90", "ahead@0"])
    look = Looker(session, ColourEye(), library(tmp_path, CLASSES, log_q(), LABELS), clock, views)
    side, ahead = picture(0), picture(3)
    look.look(Frame(side, clock.now()), 0)
    record = session.match.read()
    assert record is not None and record["scene"][0] == 0, "until the view ahead has shown something"
    clock.advance(STEP)
    look.look(Frame(ahead, clock.now()), 1)
    clock.advance(STEP)
    look.look(Frame(side, clock.now()), 0)
    record = session.match.read()
    assert record is not None
    assert record["azimuth"].tolist() == [90, 0] * (LAYERS // 2)
    assert [LABELS[clip] for clip in record["clip"][:2]] == ["coast", "church"]
    assert record["scene"][0] == 3 and record["frames"] == 3
    assert [name.decode() for name in record["why"][:3, 0]] == [CLASSES[0], CLASSES[3], CLASSES[0]]
    assert record["why_p"][0, 0] > 0.5 and record["why_q"][0, 0] > 0.5, "each by its own view's picture"
    newest = session.frame.read()
    assert newest is not None and newest[2] == 2
    np.testing.assert_array_equal(newest[0], side)


def test_a_panorama_fits_the_frame_slot_and_a_cut_says_where_it_was(session: Session, tmp_path: Path) -> None:
    clock = VirtualClock(50)
    look = Looker(session, ColourEye(), library(tmp_path, CLASSES, log_q(), LABELS), clock, PANORAMA)
    for i in range(40):
        panorama = panorama_of((0, 1, 2, 3) if i < 36 else (0, 3, 2, 3))
        look.look(Frame(panorama, clock.now()), i % 4)
        clock.advance(STEP)
    newest = session.frame.read()
    assert newest is not None and newest[0].shape == (320, 640, 3)
    events, _ = session.events["sight"].read(0)
    assert [float(event["b"]) for event in events if event["kind"] == Event.CUT] == [90]


def test_a_restart_with_other_views_goes_on_from_the_layers_that_sound(session: Session, tmp_path: Path) -> None:
    clock, sounds = VirtualClock(50), library(tmp_path, CLASSES, log_q(), LABELS)
    session.set("match/layers", 8)
    session.set("match/diversity", 0)
    Looker(session, ColourEye(), sounds, clock).look(Frame(picture(0), clock.now()))
    before = session.match.read()
    assert before is not None and (before["clip"] != NO_CLIP).sum() == 8
    clock.advance(1)
    again = Looker(session, ColourEye(), sounds, clock, PANORAMA)
    for i in range(4):
        seen = again.look(Frame(panorama_of((0, 1, 2, 3)), clock.now()), i)
        assert not seen.targets.changes, "held"
    after = session.match.read()
    assert after is not None and after["clip"].tolist() == before["clip"].tolist()
    assert after["azimuth"].tolist()[:4] == [0, 90, 180, -90]


class Fixed:
    """A camera that always shows the same."""

    name = "fixed"

    def __init__(self, picture: Picture, fps: float = 10.0) -> None:
        self.fps = fps
        self._picture = picture

    def at(self, seconds: float) -> Picture | None:
        return self._picture

    def close(self) -> None:
        pass


def rendered(cameras: list[Fixed], views: tuple[View, ...], folder: Path,
             on_frame: list[Picture] | None = None) -> tuple[Rendering, Library]:
    shipped = Library.open(shipped_library())
    eye = ShippedEye(shipped.classes)
    microphone = np.zeros((48000, 1), np.float32)
    rendering = Rendering(Show(), shipped, eye, cameras, microphone,
                          None if on_frame is None else lambda picture, t: on_frame.append(picture), views)
    return rendering, shipped


class ShippedEye(ColourEye):
    """ColourEye that speaks of the shipped library's classes: its own, in their places."""

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes
        self._at = [classes.index(name) for name in ("coast", "forest/broadleaf", "street", "church/indoor")]

    def see(self, frame: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        p, embedding = super().see(frame)
        out = np.zeros(len(self.classes), np.float32)
        out[self._at] = p
        return out, embedding


def test_offline_each_direction_is_rendered_and_the_same_again(tmp_path: Path) -> None:
    panorama = panorama_of((0, 1, 2, 3))
    pictures: list[Picture] = []
    runs = []
    for _ in range(2):
        pictures.clear()
        rendering, _ = rendered([Fixed(panorama)], PANORAMA, tmp_path, pictures)
        runs.append((b"".join(block.tobytes() for block in rendering), rendering.score.layers))
    assert runs[0] == runs[1]
    assert [(start.layer, start.azimuth) for start in runs[0][1]] == [(1, 0), (2, 90), (3, 180), (4, -90)]
    assert [start.t for start in runs[0][1]] == pytest.approx([0, 0.1, 0.2, 0.3]), "one look at each frame"
    assert len(pictures) == 10 and pictures[0].shape == (320, 640, 3)


def test_offline_several_cameras_take_turns_at_the_pace_of_the_fastest(tmp_path: Path) -> None:
    cameras = [Fixed(picture(0), 10), Fixed(picture(1), 5)]
    assert frame_rate(Show(), cameras) == 10
    rendering, shipped = rendered(cameras, views_of(["a", "b@-90"]), tmp_path)
    for _ in rendering:
        pass
    first = rendering.score.layers[0], next(start for start in rendering.score.layers if start.azimuth == -90)
    assert [(start.t, start.layer) for start in first] == [(0, 1), (0.1, 2)]
    assert shipped.clips[first[0].clip].category != shipped.clips[first[1].clip].category
