"""Outputs that need a system, a library or a driver: who lacks it is told what, and what to do."""

import importlib.util
import sys
from pathlib import Path

import pytest

from bridge.outputs import open_output
from engine.errors import UserError


@pytest.mark.skipif(sys.platform == "darwin", reason="it is possible there")
def test_syphon_is_for_macs() -> None:
    with pytest.raises(UserError, match="macOS only; use spout on Windows, or mmap, ndi or mjpeg"):
        open_output("syphon", "", 60)


@pytest.mark.skipif(sys.platform == "win32", reason="it is possible there")
def test_spout_is_for_windows() -> None:
    with pytest.raises(UserError, match="Windows only; use syphon on macOS, or mmap, ndi or mjpeg"):
        open_output("spout", "", 60)


def test_a_virtual_camera_needs_a_library_and_a_driver() -> None:
    if importlib.util.find_spec("pyvirtualcam") is None:
        expected = r"pip install 'phonoscope\[v4l2\]'"
    elif Path("/sys/module/v4l2loopback").exists() or sys.platform != "linux":
        pytest.skip("it is possible here")
    else:
        expected = "modprobe v4l2loopback"
    with pytest.raises(UserError, match=expected):
        open_output("v4l2", "", 60)
