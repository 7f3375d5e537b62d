"""A playing instrument and its outputs: pictures leave, a receiver that stops slows nothing, and all end together."""

import json
import os
import socket
import tomllib
from pathlib import Path

from bridge.osc_out import encode
from bridge.outputs.mmap_reader import MappedPictures
from tests.instrument import COUNTERS, DEVICES, Instrument, playing
from tests.jitter import Receiver


def ask(instrument: Instrument, address: str) -> None:
    host, _, port = tomllib.loads(instrument.show.read_text())["osc"]["listen"].rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(encode((address, ())), (host, int(port)))


def test_dream_and_camera_leave_while_it_plays(tmp_path: Path) -> None:
    receiver = Receiver()
    outputs = ("--output", f"mmap:{tmp_path / 'dream'}", "--output", f"mmap@camera:{tmp_path / 'camera'}",
               "--output", f"jitter:127.0.0.1:{receiver.port}")
    with playing(tmp_path, *DEVICES, *outputs, "--report", tmp_path / "report.json") as instrument:
        session = instrument.session

        def told(number: int, name: str) -> float:
            return session.told(f"output/{number}/{name}")

        instrument.wait(lambda: all(told(number, "frames") > 5 for number in (1, 2, 3)), "pictures to leave")
        for name, shape in (("dream", (512, 512, 4)), ("camera", (360, 640, 4))):
            got = MappedPictures(tmp_path / name).read()
            assert got is not None and got[0].shape == shape and got[0][..., :3].std() > 0
        instrument.wait(lambda: receiver.received > 2, "Max to receive")
        assert receiver.newest is not None and receiver.newest.cells.shape == (512, 512, 4)

        receiver.reading.clear()
        instrument.wait(lambda: told(3, "missed") > 20, "the receiver to miss pictures")
        for name in (*COUNTERS.values(), "output/1/frames", "output/2/frames"):
            assert instrument.advances(name)
        assert told(1, "restarts") == told(2, "restarts") == told(3, "restarts") == 0
        receiver.reading.set()
        before = receiver.received
        instrument.wait(lambda: receiver.received > before + 5, "Max to go on")

        before = receiver.connections  # it may have connected anew by itself, to one that read nothing for so long
        ask(instrument, "/phono/output/3/restart")
        instrument.wait(lambda: told(3, "restarts") == 1 and receiver.connections > before, "the output to come back")
        assert instrument.advances("output/3/frames")

        pids = [int(told(number, "pid")) for number in (1, 2, 3)]
        assert instrument.end() == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    receiver.close()
    figures = json.loads((tmp_path / "report.json").read_text())["outputs"]
    assert [(one["kind"], one["picture"], one["restarts"]) for one in figures] == [
        ("mmap", "dream", 0), ("mmap", "camera", 0), ("jitter", "dream", 1)]
    assert all(one["frames"] > 5 and one["latency_ms"] > 0 for one in figures) and figures[2]["missed"] > 20
    assert os.access(tmp_path / "dream", os.R_OK)  # it stays, for who reads on after a restart
