"""Picture outputs while the instrument plays: restarted, switched, killed, hung, impossible; the others go on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import bridge.outputs.face
from bridge.desk import Desk
from bridge.osc_in import Inbox
from bridge.osc_out import encode
from bridge.outputs.mmap_reader import MappedPictures
from engine.shared import Session
from engine.show import OutputConfig, Show
from tests.outputs import Outputs, picture, sending

PICTURE = picture()


def mapped(folder: Path, name: str = "a", **values: object) -> OutputConfig:
    return OutputConfig("mmap", str(folder / name), **values)  # type: ignore[arg-type]


def sends(outputs: Outputs, number: int) -> bool:
    """Wait until output `number` has sent something more."""
    before = outputs.told(number, "frames")
    outputs.wait(lambda: outputs.told(number, "frames") > before, f"output {number} to send", PICTURE)
    return True


def test_a_picture_arrives_whole_and_is_counted(tmp_path: Path) -> None:
    with sending(mapped(tmp_path)) as outputs:
        outputs.wait(lambda: outputs.told(1, "alive"), "the output to start")
        outputs.show(PICTURE)
        outputs.wait(lambda: outputs.told(1, "frames") == 1, "the picture")
        got = MappedPictures(tmp_path / "a").read()
        assert got is not None and (got[0][..., :3] == PICTURE).all()
        outputs.wait(lambda: outputs.told(1, "receivers") == 1, "the figures")
        assert outputs.told(1, "dropped") == 0 and 0 < outputs.told(1, "latency_ms") < 10_000
        assert outputs.said == []


def test_dream_and_camera_leave_side_by_side(tmp_path: Path) -> None:
    camera = picture(seed=1)
    with sending(mapped(tmp_path, "dream"), mapped(tmp_path, "camera", picture="camera")) as outputs:
        outputs.show(PICTURE)
        outputs.session.frame.write(camera, 0.0)
        outputs.wait(lambda: outputs.told(1, "frames") and outputs.told(2, "frames"), "both")
        for name, expected in (("dream", PICTURE), ("camera", camera)):
            got = MappedPictures(tmp_path / name).read()
            assert got is not None and (got[0][..., :3] == expected).all()


def test_one_is_restarted_and_switched_over_osc_while_the_other_goes_on(tmp_path: Path) -> None:
    with sending(mapped(tmp_path, "a"), mapped(tmp_path, "b")) as outputs:
        inbox = Inbox(outputs.session, Desk(outputs=outputs.face))
        assert sends(outputs, 1) and sends(outputs, 2)
        pids = outputs.told(1, "pid"), outputs.told(2, "pid")
        assert inbox.receive(encode(("/phono/output/1/restart", ()))).accepted == 1
        outputs.wait(lambda: outputs.told(1, "pid") not in (0, pids[0]), "another process")
        assert sends(outputs, 1) and outputs.told(1, "restarts") == 1
        assert inbox.receive(encode(("/phono/output/1/active", (0,)))).accepted == 1
        outputs.wait(lambda: outputs.told(1, "pid") == 0, "it to end")
        assert outputs.told(1, "active") == 0 and outputs.told(1, "receivers") == 0
        assert sends(outputs, 2)
        assert inbox.receive(encode(("/phono/output/1/active", (1.0,)))).accepted == 1
        assert sends(outputs, 1)
        assert outputs.told(2, "pid") == pids[1] and outputs.told(2, "restarts") == 0
        assert outputs.said == []


@pytest.mark.parametrize("message", [("/phono/output/2/restart", ()), ("/phono/output/1/active", ()),
                                     ("/phono/output/1/active", ("on",)), ("/phono/output/9/restart", ())])
def test_a_wish_that_makes_no_sense_is_rejected(session: Session, message: tuple) -> None:
    face = bridge.outputs.face.OutputsFace(session, [OutputConfig("mmap")], print)
    assert len(Inbox(session, Desk(outputs=face)).receive(encode(message)).rejected) == 1


def test_one_that_is_killed_comes_back_by_itself_and_a_reader_notices_nothing(tmp_path: Path) -> None:
    with sending(mapped(tmp_path)) as outputs:
        assert sends(outputs, 1)
        reader = MappedPictures(tmp_path / "a")
        for time_ in (1, 2):
            os.kill(int(outputs.told(1, "pid")), signal.SIGKILL)
            outputs.wait(lambda time_=time_: outputs.told(1, "restarts") == time_, "a restart")
            before = reader.number
            outputs.wait(lambda before=before: reader.number > before, "the next picture", PICTURE)
        assert len(outputs.said) == 1 and "output/1: mmap" in outputs.said[0]  # twice the same is said once


def test_one_that_hangs_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge.outputs.face, "_HUNG", 0.5)
    with sending(mapped(tmp_path)) as outputs:
        assert sends(outputs, 1)
        hung = int(outputs.told(1, "pid"))
        os.kill(hung, signal.SIGSTOP)
        outputs.wait(lambda: outputs.told(1, "pid") not in (0, hung), "another process")
        assert sends(outputs, 1) and "no sign of life" in outputs.said[0]


def test_one_that_hangs_does_not_keep_the_instrument_from_ending(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge.outputs.face, "_GRACE", 0.3)
    with sending(mapped(tmp_path, "a"), mapped(tmp_path, "b")) as outputs:
        assert sends(outputs, 1) and sends(outputs, 2)
        pids = [int(outputs.told(number, "pid")) for number in (1, 2)]
        os.kill(pids[0], signal.SIGSTOP)
        outputs.face.close()
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
        assert outputs.told(1, "pid") == outputs.told(2, "pid") == 0


def test_what_cannot_be_opened_says_so_once_and_is_there_when_it_can_be(tmp_path: Path) -> None:
    with sending(OutputConfig("mmap", str(tmp_path / "later" / "a"))) as outputs:
        outputs.wait(lambda: outputs.said, "a complaint")
        process = outputs.told(1, "pid")
        (tmp_path / "later").mkdir()
        assert sends(outputs, 1)
        outputs.wait(lambda: len(outputs.said) > 1, "better news")
        assert len(outputs.said) == 2 and "can't be written" in outputs.said[0] and "is there now" in outputs.said[1]
        assert outputs.told(1, "pid") == process and outputs.told(1, "restarts") == 0


def test_outputs_end_with_an_instrument_that_is_killed(tmp_path: Path) -> None:
    text = f"""
import time
from engine.shared import Session
from engine.show import OutputConfig, Show
from bridge.outputs.face import OutputsFace
show = Show(outputs=(OutputConfig("mmap", {str(tmp_path / "a")!r}),))
session = Session.create(show.to_dict())
OutputsFace(session, show.outputs, print).start()
print(session.folder, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True) as instrument:
        assert instrument.stdout is not None
        session = Session.attach(instrument.stdout.readline().strip())
        outputs = Outputs(session, None)  # type: ignore[arg-type]
        try:
            outputs.wait(lambda: outputs.told(1, "alive"), "the output to start")
            pid = int(outputs.told(1, "pid"))
        finally:
            instrument.kill()
        outputs.wait(lambda: not Path(f"/proc/{pid}/exe").exists(), "it to end")
        session.close()


def test_the_processes_read_what_a_show_says() -> None:
    show = Show(outputs=(OutputConfig("jitter", "10.0.0.2:7474", "camera", 25),))
    assert Show.from_dict(show.to_dict()) == show
