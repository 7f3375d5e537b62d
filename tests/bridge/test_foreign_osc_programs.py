"""Programs of other makers turn every knob and hear the echo: liblo's tools by UDP and TCP, SuperCollider's sclang."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge.osc import OscFace
from engine.parameters import PARAMETERS, Parameter
from engine.shared import Session
from engine.show import OscConfig, OscTarget
from tests.servers import free_port, until

PATIENCE = 60.0

SCLANG = """
var wanted = Dictionary[{wanted}], missing = wanted.keys.asSet;
var instrument = NetAddr("127.0.0.1", {port});
thisProcess.addOSCRecvFunc {{ |message|
    var path = message[0].asString;
    if (wanted.includesKey(path)) {{
        if ((message[1] - wanted[path]).abs <= (1e-5 * wanted[path].abs)) {{ missing.remove(path) }};
        if (missing.isEmpty) {{ "EVERY KNOB WAS HEARD".postln; 0.exit }}
    }}
}};
fork {{
    loop {{
        missing.copy.do {{ |path| instrument.sendMsg(path, wanted[path]); 0.001.wait }};
        2.wait
    }}
}};
"""


def turned(knob: Parameter) -> float:
    """Return a value that the knob doesn't have yet, as a float32."""
    for part in (0.75, 1.0, 0.0):
        value = knob.accept(float(np.float32(knob.low + part * (knob.high - knob.low))))
        if value != knob.default:
            return value
    raise AssertionError(knob.path)


WANTED = {f"/phono/param/{knob.path}": turned(knob) for knob in PARAMETERS}


@pytest.fixture
def port() -> int:
    return free_port(socket.SOCK_DGRAM)


@pytest.fixture
def face(session: Session, port: int) -> Iterator[OscFace]:
    """A face that sends to `port`."""
    face = OscFace(session, OscConfig("127.0.0.1:0", "127.0.0.1:0",
                                               targets=(OscTarget(f"127.0.0.1:{port}"),)))
    face.start()
    yield face
    face.close()


def all_stand(session: Session) -> bool:
    return all(np.float32(session.get(path.removeprefix("/phono/param/"))) == np.float32(value)
               for path, value in WANTED.items())


class Dump:
    """liblo's oscdump: the newest value that it printed of each address with one float."""

    def __init__(self, port: int) -> None:
        self._process = subprocess.Popen(["oscdump", "-L", str(port)], stdout=subprocess.PIPE, text=True)
        self.heard: dict[str, float] = {}
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            _, address, tags, *arguments = line.split()
            if tags == "f":
                self.heard[address] = float(arguments[0])

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()


@pytest.mark.skipif(not shutil.which("oscsendfile"), reason="liblo's tools are not installed (liblo-tools)")
@pytest.mark.parametrize("protocol", ["udp", "tcp"])
def test_liblo_turns_every_knob_and_hears_it(face: OscFace, session: Session, port: int, tmp_path: Path,
                                             protocol: str) -> None:
    wishes = tmp_path / "wishes.txt"
    wishes.write_text("".join(f"00000000.{number:08x} {address} f {value!r}\n"
                              for number, (address, value) in enumerate(WANTED.items())))
    own_port = face.port if protocol == "udp" else face.tcp_port
    dump = Dump(port)
    try:
        subprocess.run(["oscsendfile", f"osc.{protocol}://127.0.0.1:{own_port}/", wishes], check=True, timeout=PATIENCE)
        until(lambda: all_stand(session), PATIENCE, "every knob turned")
        until(lambda: all(dump.heard.get(address) == pytest.approx(value, rel=1e-5, abs=1e-5)
                          for address, value in WANTED.items()), PATIENCE, "every echo heard")
    finally:
        dump.end()


@pytest.mark.skipif(not shutil.which("sclang"), reason="sclang is not installed (supercollider-language)")
def test_supercollider_turns_every_knob_and_hears_it(face: OscFace, session: Session, port: int,
                                                     tmp_path: Path) -> None:
    script = tmp_path / "knobs.scd"
    wanted = ", ".join(f'"{address}" -> {value!r}' for address, value in WANTED.items())
    script.write_text(SCLANG.format(wanted=wanted, port=face.port))
    # It is made for a desktop: without a screen, and as root, it needs to be told so.
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path),
                   "QT_QPA_PLATFORM": "offscreen", "QTWEBENGINE_DISABLE_SANDBOX": "1",
                   "QTWEBENGINE_CHROMIUM_FLAGS": "--no-sandbox --disable-gpu"}
    ended = subprocess.run(["sclang", "-D", "-u", str(port), script], env=environment, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=120)
    assert "EVERY KNOB WAS HEARD" in ended.stdout, ended.stdout[-2000:]
    assert all_stand(session)
