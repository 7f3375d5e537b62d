"""NDI: sender and receiver, each a process, in a network of their own; what is said where the library is missing."""

import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.outputs.ndi import open_output
from engine.errors import UserError
from engine.show import OutputConfig
from tests.outputs import sending
from tests.video import plain

INSIDE = "PHONOSCOPE_TEST_INSIDE"
_ALONE = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "-"]


@pytest.fixture
def alone(tmp_path: Path) -> dict[str, str]:
    """Environment in which NDI finds sources on this machine without a name service."""
    if importlib.util.find_spec("cyndilib") is None:
        pytest.skip("cyndilib (the extra ndi) is not installed")
    if subprocess.run([*_ALONE, "true"], capture_output=True).returncode:
        pytest.skip("no network of its own can be made here (unshare --net)")
    (tmp_path / "ndi-config.v1.json").write_text(json.dumps(
        {"ndi": {"networks": {"ips": "127.0.0.1"}, "adapters": {"allowed": ["127.0.0.1"]}}}))
    return {**os.environ, "NDI_CONFIG_DIR": str(tmp_path), INSIDE: "1"}


def test_another_program_sees_the_pictures_by_name(alone: dict[str, str]) -> None:
    # NDI listens on all addresses, so that sender and receiver go into a network that nobody else is in.
    done = subprocess.run([*_ALONE, sys.executable, "-m", "pytest", "-q", "-x", f"{__file__}::test_inside"],
                          env=alone, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def seen() -> Iterator["subprocess.Popen[str]"]:
    receiver = subprocess.Popen([sys.executable, "-m", "tests.ndi_receiver", "a dream"],
                                stdout=subprocess.PIPE, text=True)
    yield receiver
    receiver.kill()
    receiver.wait()


@pytest.mark.skipif(INSIDE not in os.environ, reason="is run by the test above, in a network of its own")
def test_inside(seen: "subprocess.Popen[str]") -> None:
    lines: list[list[int]] = []

    def read() -> None:
        assert seen.stdout is not None
        for line in seen.stdout:
            lines.append([int(word) for word in line.split()])

    def sees(width: int, height: int, *colour: int) -> bool:
        return any(line[:2] == [width, height] and all(abs(a - b) < 20 for a, b in zip(line[2:], colour, strict=True))
                   for line in lines)

    threading.Thread(target=read, daemon=True).start()
    with sending(OutputConfig("ndi", "a dream")) as outputs:
        for height, width, colour in ((48, 64, (230, 30, 20)), (48, 64, (20, 200, 40)), (96, 160, (30, 40, 220))):
            picture = plain(*colour, height, width)
            wanted = width, height, *colour
            outputs.wait(lambda wanted=wanted: sees(*wanted), f"{wanted}", picture)
        outputs.wait(lambda: outputs.told(1, "receivers") == 1, "the figure", picture)
        seen.kill()
        outputs.wait(lambda: outputs.told(1, "receivers") == 0, "the receiver's end to be noticed", picture)
        assert outputs.said == [] and outputs.told(1, "restarts") == 0


def test_without_the_library_it_is_said_what_to_install_and_on_what_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cyndilib", None)
    with pytest.raises(UserError, match=r"phonoscope\[ndi\].*licence"):
        open_output("", 30)
