"""Cameras by name: every kind of file and stream becomes RGB of a bounded size, and broken ones don't stop the rest."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.clock import MonotonicClock, VirtualClock
from engine.errors import UserError
from engine.sight.camera import _v4l2_cameras, camera_opener, list_cameras, open_camera, open_recording
from engine.sight.pictures import fit, read_picture
from engine.sight.sources import Folder, Paced, Video
from tests.mjpeg import MjpegServer

RED, GREEN, BLUE = (200, 30, 30), (30, 200, 30), (30, 30, 200)


def plain(colour: tuple[int, int, int], height: int = 90, width: int = 160) -> NDArray[np.uint8]:
    return np.full((height, width, 3), colour, np.uint8)


def write(path: Path, rgb: NDArray[np.uint8]) -> Path:
    assert cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return path


def looks(picture: NDArray[np.uint8] | None, colour: tuple[int, int, int], tolerance: float = 12) -> bool:
    assert picture is not None and picture.dtype == np.uint8
    return bool(np.abs(picture.reshape(-1, 3).mean(0) - colour).max() < tolerance)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Ten frames at 10 a second, brighter from one to the next."""
    path = tmp_path / "ramp.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for i in range(10):
        writer.write(np.full((48, 64, 3), 20 * i + 20, np.uint8))
    writer.release()
    return path


def brightness(picture: NDArray[np.uint8] | None) -> int:
    """The number of the frame of `video` that this is."""
    assert picture is not None
    return round((float(picture.mean()) - 20) / 20)


def test_large_pictures_shrink_to_the_frame_slot_and_keep_their_aspect() -> None:
    assert fit(plain(RED, 1080, 1920)).shape == (360, 640, 3)
    assert fit(plain(RED, 1920, 1080)).shape == (360, 202, 3)
    assert fit(plain(RED, 200, 200)).shape == (200, 200, 3)
    assert fit(plain(RED, 4, 3000)).shape == (16, 640, 3)
    assert fit(plain(RED, 1, 1)).shape == (16, 16, 3)


def test_every_kind_of_picture_becomes_rgb(tmp_path: Path) -> None:
    write(tmp_path / "colour.png", plain(RED))
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((40, 50), 90, np.uint8))
    cv2.imwrite(str(tmp_path / "deep.png"), np.full((40, 50, 3), (0x1e1e, 0x1e1e, 0xc8c8), np.uint16))
    cv2.imwrite(str(tmp_path / "clear.png"), np.full((40, 50, 4), (30, 30, 200, 10), np.uint8))
    assert looks(read_picture(tmp_path / "colour.png"), RED, 1)
    assert looks(read_picture(tmp_path / "grey.png"), (90, 90, 90), 1)
    assert looks(read_picture(tmp_path / "deep.png"), RED, 1)
    assert looks(read_picture(tmp_path / "clear.png"), RED, 1)


def test_cmyk_and_rotated_jpegs_are_read_as_people_see_them(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow writes the CMYK picture")
    image.fromarray(plain(RED)).convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    assert looks(read_picture(tmp_path / "cmyk.jpg"), RED)
    tall = image.fromarray(plain(GREEN))
    exif = tall.getexif()
    exif[0x0112] = 6  # the camera was held upright
    tall.save(tmp_path / "upright.jpg", exif=exif)
    assert read_picture(tmp_path / "upright.jpg").shape == (160, 90, 3)


@pytest.mark.parametrize("body", [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_a_broken_picture_is_named(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(body)
    with pytest.raises(UserError, match=r"broken\.png"):
        read_picture(path)
    with pytest.raises(UserError, match=r"broken\.png"):
        open_camera(str(path), VirtualClock())


def test_a_folder_shows_its_pictures_in_turn_and_skips_broken_ones_once(tmp_path: Path) -> None:
    write(tmp_path / "a.png", plain(RED))
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8 broken")
    write(tmp_path / "c.png", plain(BLUE))
    (tmp_path / "notes.txt").write_text("no picture")
    said: list[str] = []
    folder = Folder(tmp_path, said.append, seconds=2)
    shown = [folder.at(t) for t in (0, 1.9, 2, 3.9, 4, 6, 8)]
    for picture, colour in zip(shown, (RED, RED, BLUE, BLUE, RED, BLUE, RED), strict=True):
        assert looks(picture, colour, 1)
    assert folder.skipped == 1
    assert len(said) == 1 and "b.jpg" in said[0] and "skipped" in said[0]


def test_pictures_that_join_a_folder_are_shown_and_an_emptied_folder_is_a_lost_camera(tmp_path: Path) -> None:
    write(tmp_path / "a.png", plain(RED))
    folder = Folder(tmp_path, print, seconds=1)
    assert looks(folder.at(0), RED, 1)
    write(tmp_path / "b.png", plain(GREEN))
    assert looks(folder.at(1), RED, 1) and looks(folder.at(2), GREEN, 1)
    (tmp_path / "a.png").unlink()
    (tmp_path / "b.png").unlink()
    assert folder.at(3) is None
    with pytest.raises(UserError, match="holds no pictures"):
        Folder(tmp_path, print)


def test_a_video_is_a_function_of_time_in_loops(video: Path) -> None:
    recording = open_recording(str(video))
    assert recording.fps == 10
    assert [brightness(recording.at(t)) for t in (0, 0.05, 0.1, 0.5, 0.9, 1.0, 1.3, 2.9, 3.0)] == \
        [0, 0, 1, 5, 9, 0, 3, 9, 0]


def test_a_video_that_vanishes_is_a_lost_camera(video: Path) -> None:
    recording = Video(str(video), "ramp")
    video.unlink()
    assert recording.at(0.5) is not None
    assert recording.at(1.5) is None


class Sleeper(VirtualClock):
    """A clock that sleeping moves."""

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)


def test_a_recording_keeps_real_time_and_leaves_out_what_is_late(video: Path) -> None:
    clock = Sleeper(100)
    paced = Paced(Video(str(video), "ramp"), clock, clock.sleep)

    def read() -> tuple[int, float]:
        frame = paced.read()
        assert frame is not None
        return brightness(frame.picture), round(frame.time - 100, 6)

    assert [read() for _ in range(3)] == [(0, 0), (1, 0.1), (2, 0.2)]
    clock.advance(0.35)  # at 0.55
    assert read() == (5, 0.55)
    assert read() == (6, 0.6)
    clock.advance(60)  # the machine slept: go on, rather than run after a minute
    assert read()[0] == 7


def test_what_a_camera_is_called_decides_what_opens(tmp_path: Path, video: Path) -> None:
    clock = MonotonicClock()
    still = write(tmp_path / "still.jpg", plain(GREEN))
    folder = tmp_path / "many"
    folder.mkdir()
    write(folder / "1.png", plain(BLUE))
    for spec, name in ((str(video), "ramp.avi"), (str(still), "still.jpg"), (str(folder), "many/"), ("demo", "demo")):
        source = open_camera(spec, clock)
        frame = source.read()
        assert source.name == name and frame is not None and frame.picture.shape[2] == 3
        source.close()


def test_the_first_camera_is_the_demo_where_there_is_none_and_stays_so() -> None:
    if list_cameras():
        pytest.skip("this machine has a camera")
    opener = camera_opener("auto", MonotonicClock(), seed=3)
    assert [opener().name, opener().name] == ["demo", "demo"]


@pytest.mark.parametrize(("spec", "said"), [
    ("no such camera", "expected a number, part of a camera's name"),
    ("97", "it doesn't open"),
    ("http://someone:secret@127.0.0.1:9/video", "it doesn't open"),
])
def test_what_does_not_open_is_said_without_passwords(spec: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        open_camera(spec, MonotonicClock())
    assert "secret" not in str(error.value)


def test_a_gstreamer_pipeline_needs_a_build_that_has_it() -> None:
    if cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
        source = open_camera("videotestsrc ! videoconvert ! appsink", MonotonicClock())
        assert source.read() is not None
        source.close()
    else:
        with pytest.raises(UserError, match="without GStreamer"):
            open_camera("videotestsrc ! videoconvert ! appsink", MonotonicClock())


def test_cameras_have_the_names_that_linux_gives_them(tmp_path: Path) -> None:
    for node, index, name in (("video2", "0", "Doc Cam"), ("video0", "0", "HD Webcam"), ("video1", "1", "HD Webcam")):
        (tmp_path / node).mkdir()
        (tmp_path / node / "index").write_text(f"{index}\n")
        (tmp_path / node / "name").write_text(f"{name}\n")
    (tmp_path / "video7").mkdir()  # unplugged this moment
    assert _v4l2_cameras(tmp_path) == [{"index": 0, "name": "HD Webcam"}, {"index": 2, "name": "Doc Cam"}]


def test_a_stream_over_http_arrives_in_true_colours() -> None:
    with MjpegServer([plain(BLUE, 480, 640)]) as server:
        source = open_camera(server.url, MonotonicClock())
        frame = source.read()
        assert frame is not None and frame.picture.shape == (360, 480, 3) and looks(frame.picture, BLUE)
        source.close()


def test_a_broken_frame_in_a_stream_is_not_the_end_of_it() -> None:
    good = plain(RED)
    with MjpegServer([cv2.imencode(".jpg", good)[1].tobytes(), b"\xff\xd8 broken \xff\xd9"], fps=60) as server:
        source = open_camera(server.url, MonotonicClock())
        assert all(source.read() is not None for _ in range(10))
        source.close()
