"""`phonoscope walk`: what it says, what it serves and to whom, and the walk of a playing instrument."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile

from bridge.cli import main
from bridge.desk import Desk
from bridge.osc_out import State
from bridge.page.face import PageFace
from bridge.walk.places import walk_in
from bridge.walk.serving import serve
from bridge.walk.site import build
from engine.clock import MonotonicClock
from engine.indexing import index
from engine.modelfile import load_model, shipped_model
from engine.morph import Morpher
from engine.shared import Session
from engine.show import PageConfig
from engine.snapshots import Snapshots
from tests.axe import violations
from tests.bridge import walks
from tests.browser import opened, until
from tests.engine.seeing import ColourEye
from tests.engine.sounds import RATE, FirstEar, tone

SEAM = """async () => {
    const { clips: [{ sound, lead, seconds }] } = await (await fetch("walk.json")).json();
    const context = new OfflineAudioContext(1, 1, 32000);
    const decoded = await context.decodeAudioData(await (await fetch(sound)).arrayBuffer());
    const samples = decoded.getChannelData(0), begin = Math.round(lead * 32000), period = Math.round(seconds * 32000);
    const turn = Array.from(samples.subarray(begin, begin + 1000));
    const apart = turn.map((x, i) => Math.abs(x - samples[begin + period + i]));
    return [Math.max(...apart), Math.max(...turn.map(Math.abs))];
}"""
"""How far the first samples of a loop are from those that follow its end, and how loud they are."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of two panoramas."""
    folder = tmp_path_factory.mktemp("walked")
    pictures = walks.save(folder / "Lake", pier=(0, 1, 2, 3), yard=(3, 3, 3, 2))
    build(walk_in(pictures), walks.library(folder), ColourEye(), folder / "site", lambda *step: None)
    return folder / "site"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of two sounds for the shipped eye."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "sounds").mkdir()
    for hertz in (200, 500):
        soundfile.write(folder / "sounds" / f"{hertz}.wav", tone(hertz, 0.5), RATE)
    index(folder / "sounds", folder / "library", FirstEar(load_model(shipped_model("eye"), "eye").classes))
    return folder / "library"


def ask(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of an answer; the path is sent as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    told = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return told


def test_an_export_says_what_each_direction_looks_and_sounds_like(library: Path, tmp_path: Path,
                                                                  capsys: pytest.CaptureFixture[str]) -> None:
    pictures = walks.save(tmp_path / "pictures", pier=(0, 1, 2, 3), yard=(3, 3, 3, 2))
    (pictures / "walk.toml").write_text("""
        title = "Along the lake"
        [[panoramas]]
        picture = "yard.jpg"
        title = "[bold]Yard"
        links = [{to = "pier", azimuth = 90}]
        [[panoramas]]
        picture = "pier.jpg"
    """)
    command = ["walk", str(pictures), "--library", str(library), "--export", str(tmp_path / "site")]
    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["site"] == str(tmp_path / "site") and told["title"] == "Along the lake" and told["clips"] == 2
    yard = told["panoramas"][0]
    assert (yard["id"], yard["links"]) == ("bold-yard", [{"to": "pier", "azimuth": 90.0}])
    assert [one["azimuth"] for one in yard["directions"]] == [0, 90, 180, -90]
    first = yard["directions"][0]
    assert len(first["scene"]) == 3 and 0 < first["scene"][0]["p"] <= 1 and len(first["clips"]) == 2
    assert Path(first["clips"][0]["clip"]).is_file()
    own = (file for file in (tmp_path / "site").rglob("*") if file.is_file() and not file.name.startswith("."))
    assert told["bytes"] == sum(file.stat().st_size for file in own)
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "[bold]Yard" in out and "behind" in out and "Along the lake, 2 panoramas and 2 sounds" in out


def test_what_is_left_out_is_told_and_changes_the_exit_status(library: Path, tmp_path: Path,
                                                              capsys: pytest.CaptureFixture[str]) -> None:
    pictures = walks.save(tmp_path / "pictures", pier=(0, 1, 2, 3))
    (pictures / "broken.jpg").write_bytes(b"x")
    assert main(["walk", str(pictures), "--library", str(library), "--export", str(tmp_path / "site"), "--json"]) == 1
    out, err = capsys.readouterr()
    assert [Path(entry["file"]).name for entry in json.loads(out)["left_out"]] == ["broken.jpg"]
    assert "left out: picture" in err


@pytest.mark.parametrize(("given", "why"), [
    (["gone"], "there is no such file or folder"), (["pier.jpg"], "expected the folder that it is in, or a list"),
    (["wrong.toml"], "wrong.toml: expected panoramas")])
def test_what_is_no_walk_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str],
                                    why: str) -> None:
    (tmp_path / "pier.jpg").touch()
    (tmp_path / "wrong.toml").touch()
    assert main(["walk", str(tmp_path / given[0]), "--export", str(tmp_path / "site")]) == 1
    assert why in capsys.readouterr().err and not (tmp_path / "site").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to one process")
def test_without_export_it_is_served_until_ctrl_c_and_leaves_nothing(library: Path, tmp_path: Path) -> None:
    pictures = walks.save(tmp_path / "pictures", pier=(0, 1, 2, 3))
    (tmp_path / "tmp").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge.cli", "walk", str(pictures), "--library", str(library), "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")})
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    port = int(re.fullmatch(r"http://localhost:(\d+)/", told["address"])[1])  # type: ignore[index]
    assert json.loads(ask(port, "/walk.json")[2])["title"] == "pictures"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0 and "Ctrl-C ends" in err and "Traceback" not in err
    assert not [path for path in (tmp_path / "tmp").iterdir() if path.name.startswith("phonoscope")]


def test_a_served_site_is_for_its_own_pages_only_and_nothing_above_it_is_reached(site: Path) -> None:
    refused: list[str] = []
    server = serve(site, 0, refused.append)
    server.start()
    try:
        status, headers, body = ask(server.port, "/")
        assert status == 200 and b"<!doctype html>" in body
        assert "default-src 'none'" in headers["content-security-policy"]
        assert ask(server.port, "/", Host="evil.example")[0] == 403
        assert ask(server.port, "/walk.json", Origin="http://evil.example")[0] == 403
        assert len(refused) == 2
        for path in ("/../pier.jpg", "/%2e%2e/Lake/pier.jpg", "/sounds/..%2f..%2f../Lake/pier.jpg", "//etc/passwd",
                     "/..%5cLake%5cpier.jpg", "/%00", "/sounds/", "/.git"):
            assert ask(server.port, path)[0] == 404, path
        assert ask(server.port, "/walk.json", "POST")[0] == 405
        sound = json.loads((site / "walk.json").read_text())["clips"][0]["sound"]
        status, headers, body = ask(server.port, f"/{sound}", Range="bytes=0-99")
        assert status == 206 and headers["content-type"] == "audio/mpeg" and len(body) == 100
    finally:
        server.close()


def test_a_site_that_was_built_is_one_to_walk_through(site: Path) -> None:
    server = serve(site, 0, lambda reason: None)
    server.start()
    try:
        with opened(f"http://localhost:{server.port}/") as page:
            wrong: list[str] = []
            page.on("pageerror", lambda error: wrong.append(str(error)))
            until(page, "document.getElementById('enter') && !document.getElementById('enter').disabled")
            page.click("#enter")
            until(page, "document.body.dataset.at == 'pier'")
            assert page.inner_text("#title") == "Lake" and page.inner_text("#place") == "pier"
            page.click("text=yard >> nth=0")
            until(page, "document.body.dataset.at == 'yard'")
            assert "church" in page.inner_text("#sounds") and not wrong
            apart, loudest = page.evaluate(SEAM)
            assert loudest > 0.1 and apart < 1e-4, "a browser's decoder, too, finds a loop without a seam"
    finally:
        server.close()


Face = Callable[[str], PageFace]


@pytest.fixture
def face(session: Session) -> Iterator[Face]:
    """Serves the page of an instrument that has a walk."""
    session.reconfigure({"dream": {"on": False}})
    faces = []

    def started(walk: str, say: Callable[[str], None] = lambda line: None) -> PageFace:
        desk = Desk(Morpher(session, MonotonicClock(), Snapshots()))
        made = PageFace(session, State(session, desk.morpher, desk.cues), PageConfig("127.0.0.1:0", walk=walk), "Lake",
                        desk, say)
        made.start()
        faces.append(made)
        return made

    yield started
    for made in faces:
        made.close()


def port_of(face: PageFace) -> int:
    return int(face.address.split(":")[2].strip("/"))


def test_a_playing_instrument_shows_its_walk(face: Face, site: Path) -> None:
    port = port_of(face(str(site)))
    assert b"<title>Walk" in ask(port, "/walk/")[2]
    assert ask(port, "/walk")[1]["location"].endswith("/walk/")
    assert json.loads(ask(port, "/walk/walk.json")[2])["first"] == "pier"
    assert ask(port, "/walk/../walk.json")[0] == 404 and ask(port, "/walk/%2e%2e/Lake/pier.jpg")[0] == 404
    assert ask(port, "/walk/", "POST")[0] == 405
    assert ask(port, "/walk/walk.json", Origin="http://evil.example")[0] == 403


def test_as_long_as_there_is_no_walk_the_page_says_how_to_make_one(face: Face, tmp_path: Path) -> None:
    said: list[str] = []
    for walk in ("", str(tmp_path / "gone")):
        port = port_of(face(walk, said.append))
        status, _, body = ask(port, "/walk/")
        assert status == 200 and b"phonoscope walk my-panoramas" in body
        assert ask(port, "/walk/walk.json")[0] == 404 and ask(port, "/walk/", "POST")[0] == 405
    assert [line for line in said if "is no walk" in line] == [
        f"page.walk: {tmp_path / 'gone'} is no walk (there is no walk.json in it); make one with: "
        f"phonoscope walk PANORAMAS --export {tmp_path / 'gone'}"]
    with opened(f"http://127.0.0.1:{port}/walk/") as page:
        assert violations(page, tmp_path) == []


