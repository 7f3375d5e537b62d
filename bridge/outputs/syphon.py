"""Output `syphon`: pictures for other programs on a Mac, as textures on the graphics card, by syphon-python.

target: the server's name; "" is "Phonoscope".
"""

import sys
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bridge.outputs import FrameOutput
from engine.errors import UserError

_DEFAULT = "Phonoscope"


class SyphonServer(FrameOutput):
    """The server `name`."""

    def __init__(self, name: str) -> None:
        try:
            import syphon
            from Foundation import NSDate, NSRunLoop
            from syphon.utils.numpy import copy_image_to_mtl_texture
            from syphon.utils.raw import create_mtl_texture
        except ImportError as error:
            raise UserError(f"syphon: syphon-python is not installed ({error}); pip install "
                            "'phonoscope[syphon]'") from None
        self._copy, self._create = copy_image_to_mtl_texture, create_mtl_texture
        self._pump = lambda: NSRunLoop.currentRunLoop().runUntilDate_(NSDate.date())
        self._server = syphon.SyphonMetalServer(name)
        self._texture: Any = None

    def send(self, frame: NDArray[np.uint8], time: float) -> None:
        """Publish `frame`."""
        height, width, _ = frame.shape
        if self._texture is None or (self._texture.width(), self._texture.height()) != (width, height):
            self._texture = self._create(self._server.device, width, height)
        self._copy(cv2.cvtColor(frame, cv2.COLOR_RGB2RGBA), self._texture)
        # Syphon counts rows from the bottom, and the first of ours is the top one.
        self._server.publish_frame_texture(self._texture, is_flipped=True)

    def receivers(self) -> int:
        """Return 1 if anybody receives; lets those who come learn of the server, too."""
        self._pump()
        return int(self._server.has_clients)

    def close(self) -> None:
        """End the server."""
        self._server.stop()


def open_output(target: str, rate: float) -> SyphonServer:
    """Publish as the server `target`."""
    if sys.platform != "darwin":
        raise UserError("syphon: Syphon is there on macOS only; use spout on Windows, or mmap, ndi or mjpeg")
    return SyphonServer(target or _DEFAULT)
