"""Ableton Link with another real peer: who joins changes nothing, the beat is shared, only a turned knob sets it."""

import importlib.util
import json
import subprocess
import sys
from typing import Any

import pytest

from bridge.link import LinkPeer
from engine.clock import MonotonicClock
from engine.errors import UserError
from engine.shared import Session

NETWORK = ["unshare", "-rn", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"]
"""Runs a command in a network of its own, where nobody else's Link session is."""


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    if importlib.util.find_spec("link") is None:
        pytest.skip("Ableton Link is not installed: pip install 'phonoscope[link]'")
    try:
        subprocess.run([*NETWORK, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this system allows no network of one's own (unshare -rn)")
    run = subprocess.run([*NETWORK, sys.executable, "-m", "tests.link_session"], capture_output=True, text=True,
                         timeout=200)
    assert run.returncode == 0, run.stderr
    result: dict[str, Any] = json.loads(run.stdout)
    return result


def test_joining_takes_the_sessions_beat_and_changes_nothing(told: dict[str, Any]) -> None:
    assert told["found"]
    assert told["theirs_after_join"] == pytest.approx(100, abs=0.01)
    assert told["ours_after_join"] == pytest.approx(100, abs=0.2)
    assert abs(told["phase_after_join"]) < 0.02


def test_the_turned_knob_sets_everybodys_tempo(told: dict[str, Any]) -> None:
    assert told["theirs_after_turn"] == pytest.approx(90, abs=0.01)
    assert abs(told["phase_after_turn"]) < 0.02


def test_left_alone_the_beat_goes_on_and_who_joins_finds_it(told: dict[str, Any]) -> None:
    assert told["left"]
    assert told["alone"] == pytest.approx(90, abs=0.2)
    assert told["largest_step"] < 0.001
    assert told["found_again"]
    assert told["theirs_who_joined_us"] == pytest.approx(90, abs=0.2)
    assert abs(told["phase_who_joined_us"]) < 0.02


def test_without_the_extra_it_is_said_what_to_install(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "link", None)
    with pytest.raises(UserError, match=r"phonoscope\[link\]"):
        LinkPeer(session, MonotonicClock())
