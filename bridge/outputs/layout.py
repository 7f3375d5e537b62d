"""The layout of the file by which the output `mmap` hands pictures to other programs.

Little-endian; the first 64 bytes are the header:

    0   char[8]  "PHONOFRM"
    8   u32      version, 1
    12  u32      offset of the pixels, 64
    16  u64      sequence: odd while a picture is being written, even when it is whole
    24  u32      width
    28  u32      height
    32  u32      channels, 4
    36  u32      0
    40  f64      clock time, s, of what the picture shows (the machine's monotonic clock)
    48  u64      number of the picture, from 1; 0 before the first
    56  u64      bytes that the file has for pixels

Then RGBA, uint8, top row first. A reader notes the sequence, copies header and pixels, and has a whole picture if the
sequence was even and still is the same. The file never shrinks or moves while it is open, and stays when the writer
ends: one that comes later goes on in it.
"""

import tempfile
from pathlib import Path

import numpy as np

MAGIC = b"PHONOFRM"
VERSION = 1
PIXELS_AT = 64
CHANNELS = 4
ROOM = 1024 * 1024 * CHANNELS
"""Bytes for pixels that every file has at least."""
HEADER = np.dtype([("magic", "S8"), ("version", "<u4"), ("pixels_at", "<u4"), ("sequence", "<u8"), ("width", "<u4"),
                   ("height", "<u4"), ("channels", "<u4"), ("zero", "<u4"), ("time", "<f8"), ("number", "<u8"),
                   ("room", "<u8")])
DEFAULT_NAME = "phonoscope-dream.frames"


def default_file() -> Path:
    """Return where the file is if nobody says otherwise: in memory where the system has such a folder."""
    memory = Path("/dev/shm")
    return (memory if memory.is_dir() else Path(tempfile.gettempdir())) / DEFAULT_NAME
