"""Output `ndi`: pictures for every program that speaks NDI, on this machine and in the network.

target: the name of the source; "" is Phonoscope. NDI announces it in the whole network and listens on every address.
"""

from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bridge.outputs import FrameOutput
from engine.errors import UserError

_DEFAULT = "Phonoscope"
_MISSING = ("ndi: the library of NDI is not here ({error}); install it by pip install 'phonoscope[ndi]'. It is no free "
            "software: by using it you agree to the NDI SDK licence, https://ndi.video/legal")


class NdiOutput(FrameOutput):
    """A source `name`. rate: told to receivers; nothing waits for it.

    For another size of picture the source is made anew, and receivers are without it for about a second.
    """

    def __init__(self, name: str, rate: float) -> None:
        self._name, self._rate = name, Fraction(rate).limit_denominator(1001)
        self._shape: tuple[int, ...] = ()
        self._sender: Any = None

    def send(self, frame: NDArray[np.uint8], time: float) -> None:
        """Hand a picture to the library, which sends it on threads of its own."""
        if frame.shape != self._shape:
            self.close()
            self._sender, self._shape = _sender(self._name, self._rate, frame.shape), frame.shape
        self._sender.write_video_async(cv2.cvtColor(frame, cv2.COLOR_RGB2RGBA).reshape(-1))

    def receivers(self) -> int:
        """How many are connected."""
        return int(self._sender.get_num_connections(0)) if self._sender else 0

    def close(self) -> None:
        """Take the source from the network."""
        if self._sender:
            self._sender.close()
            self._sender = None


def open_output(target: str, rate: float) -> NdiOutput:
    """Get ready to send as `target`, which appears with the first picture."""
    try:
        import cyndilib  # noqa: F401
    except (ImportError, OSError) as error:
        raise UserError(_MISSING.format(error=error)) from None
    return NdiOutput(target or _DEFAULT, rate)


def _sender(name: str, rate: Fraction, shape: tuple[int, ...]) -> Any:
    """Return an open sender of pictures of this shape."""
    from cyndilib.sender import Sender
    from cyndilib.video_frame import VideoSendFrame
    from cyndilib.wrapper import FourCC

    video = VideoSendFrame()
    video.set_resolution(shape[1], shape[0])
    video.set_frame_rate(rate)
    video.set_fourcc(FourCC.RGBX)
    sender = Sender(name, clock_video=False, clock_audio=False)
    sender.set_video_frame(video)
    sender.open()
    return sender
