"""Takes what the output `ndi` sends, by cyndilib."""

import time
from collections.abc import Iterator

import numpy as np
from cyndilib.finder import Finder
from cyndilib.receiver import Receiver
from cyndilib.video_frame import VideoFrameSync
from cyndilib.wrapper import RecvBandwidth, RecvColorFormat
from numpy.typing import NDArray

_LOOK = 0.001
_SEARCH = 0.2


def pictures(target: str) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures of the source `target` of this machine."""
    finder = Finder()
    finder.open()
    while not (found := [name for name in finder.get_source_names() if name.endswith(f" ({target})")]):
        finder.wait_for_sources(_SEARCH)
        finder.update_sources()
    receiver = Receiver(color_format=RecvColorFormat.RGBX_RGBA, bandwidth=RecvBandwidth.highest)
    frame = VideoFrameSync()
    receiver.frame_sync.set_video_frame(frame)
    receiver.set_source(finder.get_source(found[0]))
    seen = 0.0
    while True:
        receiver.frame_sync.capture_video()
        if frame.xres and (newest := frame.get_timestamp_posix()) != seen:
            seen = newest
            yield frame.get_array().reshape(frame.yres, frame.xres, 4).copy()
        time.sleep(_LOOK)
