"""Compiled code is kept between starts, also beside a package that nobody can write to, and never beyond its source."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[2] / "engine"
START = """
import numpy as np
from engine.sound import stale_code
stale_code.discard()
from engine.sound.live import hear
hear(np.zeros((2, 1000), np.float32), np.zeros(2, np.int64), np.zeros((8, 1), np.float32))
print("kept" if hear.stats.cache_hits else "compiled")
"""
READ_ONLY = ["unshare", "--mount", "sh", "-c",
             'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"']


def start(folder: Path, home: Path, *before: str) -> str:
    """Run a start in `folder`, by a command that begins with `before`; return whether code was kept or compiled."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA", "XDG"))}
    done = subprocess.run([*before, sys.executable, "-c", START], cwd=folder, capture_output=True, text=True,
                          env=environment | {"HOME": str(home), "PYTHONPATH": str(folder)}, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("read_only", [False, True], ids=["writable", "read-only"])
def test_the_second_start_compiles_nothing_and_a_changed_source_is_compiled_anew(tmp_path: Path,
                                                                                 read_only: bool) -> None:
    package, home = tmp_path / "package", tmp_path / "home"
    home.mkdir()
    shutil.copytree(ENGINE, package / "engine", ignore=shutil.ignore_patterns("__pycache__", "shipped"))
    before = [*READ_ONLY, str(package)] if read_only else []
    if read_only and subprocess.run([*before, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no read-only folder can be made here: that takes unshare and the rights to mount")
    assert [start(package, home, *before) for _ in range(2)] == ["compiled", "kept"]
    with (package / "engine" / "sound" / "lanes.py").open("a") as source:  # what `hear` is made of lies in other files
        source.write("\n")
    assert [start(package, home, *before) for _ in range(2)] == ["compiled", "kept"]
