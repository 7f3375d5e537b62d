"""Uploads that should not be get a clear answer, memory stays bounded, nothing is fetched, the next one is served."""

import json
import os
import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from bridge.page.imagining import _attachment
from bridge.studio.process import MOST_MEMORY
from engine.shared import Session
from tests import bad_uploads
from tests.bridge.test_stage_page import Stage

PICTURE, SOUND = "/imagine/picture", "/dream/heard.wav"
TRICKS = {
    "../../etc/passwd.jpg": "passwd.jpg", "C:\\Windows\\system.ini": "system.ini", "a\0b\x1b[2J.png": "ab[2J.png",
    "x.png\r\nSet-Cookie: phonoscope=1\r\n\r\n<script>": "x.pngSet-Cookie: phonoscope=1<script>",
    "photo\u202egnp.exe": "photognp.exe", "\u2066isolated\u2069.jpg": "isolated.jpg", "..": "..", "/": "", "": "",
    'quote".html; filename="x': 'quote".html; filename="x', "🏖️ Strand.jpg": "🏖️ Strand.jpg",
    "x" * 10_000 + ".jpg": "x" * 80, "%s%n{0}${x}": "%s%n{0}${x}",
    "<img src=x onerror=alert(1)>.jpg": "<img src=x onerror=alert(1)>.jpg",
}
"""Names, and what is left of them."""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One for all: its studio starts once."""
    session = Session.create({"dream": {"on": True}})
    stage = Stage(session)
    yield stage
    stage.face.close()
    session.close()


def send(stage: Stage, path: str, body: bytes | None = None) -> tuple[int, Any, bytes]:
    """Return status, headers and body of the answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(f"http://{stage.place}{path}", body), timeout=120) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read()


def studio() -> int:
    """The process that works for the page."""
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        if b"bridge.studio.process" in status.read_bytes() and f"PPid:\t{os.getpid()}\n" in (
                status.parent / "status").read_text():
            return int(status.parent.name)
    raise AssertionError("there is no studio")


def memory(process: int, what: str = "VmRSS") -> int:
    """Return bytes."""
    found = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return 1024 * int(found[1])


def is_refused(answer: tuple[int, Any, bytes], name: str) -> None:
    status, headers, body = answer
    assert 400 <= status < 500, (name, status, body)
    assert headers["content-type"] == "application/json" and headers["x-content-type-options"] == "nosniff"
    said = json.loads(body)
    assert list(said) == ["error"] and 10 < len(said["error"]) < 400, name
    assert "root:" not in said["error"] and "Traceback" not in said["error"]


def test_what_is_no_picture_is_refused_and_memory_stays_bounded(stage: Stage) -> None:
    status, _, body = send(stage, PICTURE, bad_uploads.photograph())
    assert status == 200
    process, before, here = studio(), memory(studio()), memory(os.getpid())
    rejected = stage.session.told("faces/page_rejected")
    for count, (name, content) in enumerate(bad_uploads.pictures(), 1):
        is_refused(send(stage, f"{PICTURE}?name={quote(name)}", content), name)
        assert stage.session.told("faces/page_rejected") == rejected + count
    assert send(stage, PICTURE, bad_uploads.photograph())[2] == body
    assert studio() == process
    assert memory(process) - before < 100e6 and memory(process, "VmHWM") < MOST_MEMORY / 3
    assert memory(os.getpid()) - here < 100e6  # the files that this test makes among it


def test_what_is_no_sound_is_refused_and_nothing_is_fetched(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as lure:
        lure.settimeout(0.1)
        assert send(stage, SOUND, bad_uploads.wav())[0] == 200
        process, before = studio(), memory(studio())
        for name, content in bad_uploads.sounds():
            if b"%s" in content:
                content = content.replace(b"%s", b"http://127.0.0.1:%d" % lure.getsockname()[1])
            is_refused(send(stage, SOUND, content), name)
        for name, content in bad_uploads.harmless_sounds():
            status, _, body = send(stage, SOUND, content)
            assert (status, body[:4]) == (200, b"RIFF") or status == 422, name
            assert len(body) < 400_000, name
        with pytest.raises(TimeoutError):
            lure.accept()
    assert send(stage, SOUND, bad_uploads.wav())[0] == 200
    assert studio() == process
    assert memory(process) - before < 100e6


def test_names_are_shown_and_nothing_more(stage: Stage) -> None:
    photograph = bad_uploads.photograph()
    for name, left in TRICKS.items():
        status, headers, body = send(stage, f"{PICTURE}?name={quote(name)}", photograph)
        assert (status, json.loads(body)["name"]) == (200, left or "picture")
        assert "set-cookie" not in headers
        disposition = _attachment(left or "picture", "wav")
        assert re.fullmatch(r"attachment; filename\*=UTF-8''[\w.~%-]+\.wav", disposition, re.ASCII)
    assert send(stage, f"{PICTURE}?name=%ff%fe%80", photograph)[0] == 200  # no UTF-8
    assert send(stage, f"{PICTURE}?name=" + "x" * 20_000, photograph)[0] == 431


def test_a_broken_upload_in_the_middle_of_others_harms_none_of_them(stage: Stage) -> None:
    answers: list[int] = []

    def upload(body: bytes) -> None:
        answers.append(send(stage, PICTURE, body)[0])
    bodies = [bad_uploads.photograph(), b"no picture", bad_uploads.photograph(), b"%!PS"]
    threads = [threading.Thread(target=upload, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 200, 422, 422]
