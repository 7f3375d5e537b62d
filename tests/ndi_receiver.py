"""A program that receives NDI: python -m tests.ndi_receiver NAME

Writes a line for each picture that it sees and that differs from the one before: width, height, red, green, blue of
its middle.
"""

import os
import sys
import time

from cyndilib.finder import Finder
from cyndilib.receiver import Receiver
from cyndilib.video_frame import VideoFrameSync
from cyndilib.wrapper import RecvBandwidth, RecvColorFormat

finder = Finder()
finder.open()
while not (found := [name for name in finder.get_source_names() if f"({sys.argv[1]})" in name]):
    finder.wait_for_sources(0.2)
    finder.update_sources()
receiver = Receiver(color_format=RecvColorFormat.RGBX_RGBA, bandwidth=RecvBandwidth.highest)
frame = VideoFrameSync()
receiver.frame_sync.set_video_frame(frame)
receiver.set_source(finder.get_source(found[0]))
last = ""
while os.getppid() != 1:
    receiver.frame_sync.capture_video()
    if frame.xres:
        picture = frame.get_array().reshape(frame.yres, frame.xres, 4)
        line = " ".join(map(str, (frame.xres, frame.yres, *picture[frame.yres // 2, frame.xres // 2, :3])))
        if line != last:
            last = line
            print(line, flush=True)
    time.sleep(0.005)
