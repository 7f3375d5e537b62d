"""axe-core, the accessibility checker of Deque, fetched by npm."""

import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

_VERSION = "4.10.2"


def violations(page: Any, folder: Path) -> list[str]:
    """Return what axe-core finds wrong with an open page by WCAG 2 A and AA; skips the test without npm or network.

    folder: for what npm fetches.
    """
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    done = subprocess.run([npm, "pack", "--silent", f"axe-core@{_VERSION}"], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"npm can't fetch axe-core: {done.stderr.strip()[-200:]}")
    with tarfile.open(folder / f"axe-core-{_VERSION}.tgz") as archive:
        source = archive.extractfile("package/axe.min.js")
        assert source is not None
        page.evaluate(source.read().decode())
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']}).then(result => result.violations)")
    return [f"{rule['id']}: {rule['help']}: {node['html'][:160]}" for rule in found for node in rule["nodes"][:3]]
