"""SIGHT: what frames lead to, the same live and offline, and across a restart of its process."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from engine.clock import VirtualClock
from engine.errors import UserError
from engine.modelfile import load_model, shipped_model
from engine.player import CONFIGURATION_WRONG
from engine.shared import MATCH, NO_CLIP, Event, Session
from engine.sight.camera import Change
from engine.sight.eye import Eye, check_classes
from engine.sight.player import Limiter, Looker
from engine.sight.sources import Frame
from engine.sight.stage import Sight
from tests.engine.seeing import CLASSES, DEFAULTS, LABELS, STEP, ColourEye, library, log_q, matcher, picture
from tests.mjpeg import MjpegServer

PATIENCE = 60.0


def test_the_scene_and_the_layers_follow_the_pictures() -> None:
    sight = Sight(ColourEye(), matcher(), DEFAULTS.__getitem__)
    first = sight.step(picture(0), 0)
    assert first.targets.changed and not first.cut and first.fade == DEFAULTS["crossfade/time"]
    assert LABELS[first.targets.clip[0]] == "coast" and first.scene.tolist()[0] == 0
    assert first.scene.tolist()[4] == -1, "the eye knows four classes only"
    for i in range(1, 30):
        assert not sight.step(picture(0, i), i * STEP).targets.changed
    cut = sight.step(picture(3), 1)
    assert cut.cut and cut.change > 0.5 and cut.fade == DEFAULTS["crossfade/cut"]
    assert cut.targets.changed and LABELS[cut.targets.clip[cut.targets.weight.argmax()]] == "church"
    assert cut.scene[0] == 3


def test_frozen_layers_stay_through_cuts() -> None:
    values = dict(DEFAULTS)
    sight = Sight(ColourEye(), matcher(), values.__getitem__)
    before = sight.step(picture(0), 0).targets
    values["match/freeze"] = 1
    frozen = sight.step(picture(3), 1)
    assert frozen.cut and frozen.scene[0] == 3
    assert not frozen.targets.changed and frozen.targets.clip.tolist() == before.clip.tolist()
    assert frozen.targets.kl[0] > before.kl[0]


def test_the_same_frames_at_the_same_times_lead_to_the_same() -> None:
    def run() -> list[bytes]:
        sight = Sight(ColourEye(), matcher(), DEFAULTS.__getitem__)
        out = []
        for i in range(120):
            seen = sight.step(picture(i // 25 % 4, i), i * STEP)
            out.append(b"".join(np.asarray(v).tobytes() for v in (
                seen.p, seen.embedding, seen.scene, seen.cut, seen.targets.clip, seen.targets.weight, seen.targets.kl)))
        return out

    assert run() == run()


def test_the_shipped_eye_repeats_itself_bit_for_bit() -> None:
    frames = [np.random.default_rng(i).integers(0, 256, (90, 160, 3), dtype=np.uint8) for i in range(3)]
    runs = []
    for _ in range(2):
        eye = Eye(load_model(shipped_model("eye"), "eye", "cpu"))
        runs.append(b"".join(eye.see(frame)[0].tobytes() for frame in frames))
    assert runs[0] == runs[1]


def looker(session: Session, clock: VirtualClock, folder: Path) -> Looker:
    return Looker(session, ColourEye(), library(folder, CLASSES, log_q(), LABELS), clock)


def test_what_is_seen_is_published(session: Session, tmp_path: Path) -> None:
    clock = VirtualClock(50)
    look = looker(session, clock, tmp_path)
    for i in range(60):
        captured = clock.now()
        clock.advance(0.01)
        look.look(Frame(picture(0 if i < 30 else 3, i), captured))
        clock.advance(STEP - 0.01)
        look.tell_rate()
    record = session.match.read()
    assert record is not None
    assert (int(record["frames"]), int(record["scene"][0]), int(record["command"])) == (60, 3, 2)
    assert record["cut"] == 1 and record["fade"] == pytest.approx(DEFAULTS["crossfade/cut"])
    assert LABELS[record["clip"][record["weight"].argmax()]] == "church" and NO_CLIP in record["clip"]
    newest = session.frame.read()
    assert newest is not None and newest[2] == 60
    np.testing.assert_array_equal(newest[0], picture(3, 59))
    events, _ = session.events["sight"].read(0)
    assert [Event(int(e["kind"])).name for e in events] == ["LAYERS", "CUT", "LAYERS"]
    assert [int(e["a"]) for e in events if e["kind"] == Event.LAYERS] == [1, 2]
    assert events[1]["time"] == pytest.approx(51, abs=0.01)
    assert session.latency["embed"].count == 60 and session.latency["camera_to_command"].count == 2
    assert session.latency["camera_to_command"].percentile_ms(50) == pytest.approx(10, rel=0.03)
    assert session.told("sight/frames") == 60 and session.told("sight/fps") == pytest.approx(30, abs=1)


def test_a_restart_keeps_layers_and_goes_on_counting(session: Session, tmp_path: Path) -> None:
    clock = VirtualClock(50)
    looker(session, clock, tmp_path).look(Frame(picture(0), clock.now()))
    before = session.match.read()
    assert before is not None
    clock.advance(1.5)
    again = looker(session, clock, tmp_path)
    seen = again.look(Frame(picture(3), clock.now()))
    after = session.match.read()
    assert after is not None
    assert not seen.cut and not seen.targets.changes, "the first frame after a restart is no cut, and layers are held"
    assert after["clip"].tolist() == before["clip"].tolist() and after["frames"] == 2
    clock.advance(3)
    again.look(Frame(picture(3, 1), clock.now()))
    final = session.match.read()
    assert final is not None and final["command"] > before["command"]


def test_a_camera_that_is_lost_and_back_is_an_event_each(session: Session, tmp_path: Path) -> None:
    look = looker(session, VirtualClock(), tmp_path)
    look.tell_change(Change(False, 3.0, "gone"))
    look.tell_change(Change(True, 4.0, "back"))
    events, _ = session.events["sight"].read(0)
    assert [(int(e["kind"]), float(e["time"])) for e in events] == [(Event.CAMERA_LOST, 3), (Event.CAMERA_BACK, 4)]
    assert session.told("sight/reconnects") == 1


def test_an_eye_and_a_library_must_speak_of_the_same_classes(tmp_path: Path) -> None:
    other = library(tmp_path, ("a", "b", "c", "d"), log_q(), LABELS)
    with pytest.raises(UserError, match="other scene classes"):
        check_classes(ColourEye.classes, other)


@pytest.mark.parametrize(("camera", "wanted", "passed"), [(30, 30, 300), (60, 30, 300), (25, 30, 250), (30, 5, 50)])
def test_the_frame_rate_is_bounded_evenly_in_spite_of_jitter(camera: int, wanted: int, passed: int) -> None:
    limiter = Limiter(wanted)
    jitter = np.random.default_rng(1).uniform(-0.1, 0.1, camera * 10) / camera
    count = sum(limiter.lets_pass(i / camera + jitter[i]) for i in range(camera * 10))
    assert count == pytest.approx(passed, abs=2)


@dataclass
class Playing:
    session: Session
    process: subprocess.Popen[str]

    def until(self, what: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not what():
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.01)


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., Playing]]:
    """Starts the player as a process, with the shipped eye and a library of four clips, on cameras."""
    classes = load_model(shipped_model("eye"), "eye").classes
    q = np.full((4, len(classes)), 0.1 / len(classes), np.float32)
    q[np.arange(4), np.arange(4) * 90] += 0.9
    library(tmp_path, classes, np.log(q / q.sum(1, keepdims=True)), list("abcd")).save()
    started: list[Playing] = []

    def start(*cameras: str, session: Session | None = None, **sight: object) -> Playing:
        session = session or Session.create({"sight": {"camera": cameras, "model": "", "voice": "", "fps": 0} | sight,
                                             "sound": {"rate": 48000},
                                             "library": str(tmp_path), "seed": 0})
        process = subprocess.Popen([sys.executable, "-m", "engine.sight", str(session.folder)],
                                   stderr=subprocess.PIPE, text=True)
        started.append(Playing(session, process))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()
        one.session.close()


def test_the_process_plays_loses_its_camera_is_killed_and_goes_on(play: Callable[..., Playing]) -> None:
    with MjpegServer([picture(0)]) as server:
        playing = play(server.url)
        session = playing.session

        def frames() -> int:
            record = session.match.read()
            return 0 if record is None else int(record["frames"])

        playing.until(lambda: frames() > 3)
        server.stop()
        playing.until(lambda: session.events["sight"].written >= 2)
        server.start()
        seen = frames()
        playing.until(lambda: frames() > seen and session.told("sight/reconnects") == 1)
        events, _ = session.events["sight"].read(0)
        assert [int(e["kind"]) for e in events][:3] == [Event.LAYERS, Event.CAMERA_LOST, Event.CAMERA_BACK]
        before = session.match.read()
        assert before is not None
        playing.process.kill()
        playing.process.wait()
        seen = frames()
        again = play(server.url, session=session)
        again.until(lambda: frames() > seen + 3)
        after = session.match.read()
        assert after is not None and after["command"] == before["command"]
        assert after["clip"].tolist() == before["clip"].tolist()
        again.process.terminate()
        assert again.process.wait(PATIENCE) == 0


def test_of_two_cameras_one_is_lost_and_holds_its_layers_while_the_other_goes_on(play: Callable[..., Playing]) -> None:
    with MjpegServer([picture(0)]) as ahead, MjpegServer([picture(3)]) as left:
        playing = play(ahead.url, f"{left.url}@90")
        session = playing.session

        def record() -> np.ndarray:
            found = session.match.read()
            return np.zeros((), MATCH) if found is None else found

        playing.until(lambda: record()["frames"] and (record()["clip"][:2] != NO_CLIP).all())
        assert record()["azimuth"][:4].tolist() == [0, 90, 0, 90]
        playing.until(lambda: session.told("sight/connected") == 2)
        left.stop()
        playing.until(lambda: session.told("sight/connected") == 1)
        before = record()
        playing.until(lambda: record()["frames"] > before["frames"] + 5)
        assert record()["clip"][1::2].tolist() == before["clip"][1::2].tolist() and record()["clip"][1] != NO_CLIP
        left.start()
        playing.until(lambda: session.told("sight/connected") == 2 and session.told("sight/reconnects") == 1)
        events, _ = session.events["sight"].read(0)
        kinds = (Event.CAMERA_LOST, Event.CAMERA_BACK)
        assert [(int(e["kind"]), int(e["a"])) for e in events if e["kind"] in kinds] == [(kind, 1) for kind in kinds]


def test_a_model_that_is_missing_is_said_and_is_not_tried_again(play: Callable[..., Playing], tmp_path: Path) -> None:
    playing = play("demo", model=str(tmp_path / "none.ts"))
    said = playing.process.communicate(timeout=PATIENCE)[1]
    assert playing.process.returncode == CONFIGURATION_WRONG
    assert "none.ts" in said and "Traceback" not in said
