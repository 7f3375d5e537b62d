"""Output `v4l2`: a camera that other programs see, by pyvirtualcam.

target: its device, such as /dev/video10 of v4l2loopback on Linux; "" for the first one. On macOS and Windows it is the
virtual camera of OBS.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge.outputs import FrameOutput
from engine.errors import UserError

_FIRST_SIZE = 640, 360


class VirtualCamera(FrameOutput):
    """The camera `device`, "" for the first one, of `rate` pictures a second."""

    def __init__(self, device: str, rate: float) -> None:
        try:
            import pyvirtualcam
        except ImportError as error:
            raise UserError(f"v4l2: pyvirtualcam is not installed ({error}); pip install 'phonoscope[v4l2]'") from None
        self._make, self._device, self._rate = pyvirtualcam.Camera, device, rate
        self._camera = self._opened(*_FIRST_SIZE)

    def send(self, frame: NDArray[np.uint8], time: float) -> None:
        """Show `frame`; the camera is opened anew for one of another size."""
        height, width, _ = frame.shape
        if (width, height) != (self._camera.width, self._camera.height):
            self._camera.close()
            self._camera = self._opened(width, height)
        self._camera.send(frame)

    def close(self) -> None:
        """Give the camera back."""
        self._camera.close()

    def _opened(self, width: int, height: int) -> Any:
        try:
            return self._make(width, height, self._rate, device=self._device or None)
        except RuntimeError as error:
            why = str(error).partition("\n")[0]
            raise UserError(f"v4l2: there is no virtual camera {self._device or 'here'} ({why}); on Linux: modprobe "
                            "v4l2loopback; on macOS and Windows: install OBS") from None


def open_output(target: str, rate: float) -> VirtualCamera:
    """Show pictures as the camera `target`."""
    return VirtualCamera(target, rate)
