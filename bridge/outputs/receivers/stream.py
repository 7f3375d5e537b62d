"""Takes what the output `stream` sends, by the program ffmpeg, set to wait for as little as it can."""

import subprocess
from collections.abc import Iterator
from typing import IO

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = ["-fflags", "nobuffer", "-flags", "low_delay", "-probesize", "32768", "-analyzeduration", "100000",
            "-threads", "1"]
_LISTENS = {"rtsp": ["-rtsp_flags", "listen"], "rtmp": ["-listen", "1"]}


def pictures(target: str) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures that are sent to the address `target`."""
    scheme = target.partition(":")[0]
    url = f"{target}?mode=listener" if scheme == "srt" else target
    program = subprocess.Popen(
        ["ffmpeg", "-loglevel", "quiet", *_AT_ONCE, *_LISTENS.get(scheme, []), "-i", url, "-fps_mode", "passthrough",
         "-c:v", "ppm", "-f", "image2pipe", "-flush_packets", "1", "-"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert program.stdout is not None
    try:
        yield from _decoded(program.stdout)
    finally:
        program.kill()
        program.wait()


def _decoded(ppm: IO[bytes]) -> Iterator[NDArray[np.uint8]]:
    while ppm.readline() == b"P6\n":
        width, height = map(int, ppm.readline().split())
        ppm.readline()
        yield np.frombuffer(ppm.read(height * width * 3), np.uint8).reshape(height, width, 3)
