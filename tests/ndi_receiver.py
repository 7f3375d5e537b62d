"""A program that receives NDI: python -m tests.ndi_receiver NAME

Writes a line for each picture that differs from the one before: width, height, red, green, blue of its middle.
"""

import sys

from bridge.outputs.receivers.ndi import pictures

last = ""
for picture in pictures(sys.argv[1]):
    height, width, _ = picture.shape
    line = " ".join(map(str, (width, height, *picture[height // 2, width // 2, :3])))
    if line != last:
        last = line
        print(line, flush=True)
