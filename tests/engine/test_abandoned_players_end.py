"""No player is left running by an instrument that was killed, however early."""

import subprocess
import sys


def test_a_player_that_starts_after_its_instrument_was_killed_ends_by_itself() -> None:
    make = "from engine.shared import Session; print(Session.create({'seed': 0}).folder)"
    folder = subprocess.run([sys.executable, "-c", make], capture_output=True, text=True, check=True).stdout.strip()
    ended = subprocess.run([sys.executable, "-m", "engine.dream", folder], timeout=200)
    assert ended.returncode == 0
