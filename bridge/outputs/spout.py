"""Output `spout`: pictures for other programs on Windows, as textures on the graphics card, by SpoutGL.

target: the sender's name; "" is "Phonoscope".
"""

import sys

import cv2
import numpy as np
from numpy.typing import NDArray

from bridge.outputs import FrameOutput
from engine.errors import UserError

_DEFAULT = "Phonoscope"


class SpoutSender(FrameOutput):
    """The sender `name`."""

    def __init__(self, name: str) -> None:
        try:
            import SpoutGL
            from SpoutGL.enums import GL_RGBA
        except ImportError as error:
            raise UserError(f"spout: SpoutGL is not installed ({error}); pip install 'phonoscope[spout]'") from None
        self._name, self._rgba = name, GL_RGBA
        self._sender = SpoutGL.SpoutSender()
        self._sender.createOpenGL()
        self._sender.setSenderName(name)

    def send(self, frame: NDArray[np.uint8], time: float) -> None:
        """Publish `frame`; OSError if the graphics card refuses."""
        height, width, _ = frame.shape
        pixels = cv2.cvtColor(frame, cv2.COLOR_RGB2RGBA)
        # Not turned over: the first row of an image, unlike that of a texture, is the top one to Spout.
        if not self._sender.sendImage(pixels, width, height, self._rgba, False, 0):
            raise OSError("spout: the picture was refused; has this machine a graphics card with DirectX 11?")
        self._sender.setFrameSync(self._name)

    def close(self) -> None:
        """End the sender."""
        self._sender.releaseSender()
        self._sender.closeOpenGL()


def open_output(target: str, rate: float) -> SpoutSender:
    """Publish as the sender `target`."""
    if sys.platform != "win32":
        raise UserError("spout: Spout is there on Windows only; use syphon on macOS, or mmap, ndi or mjpeg")
    return SpoutSender(target or _DEFAULT)
