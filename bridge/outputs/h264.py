"""Live video: H.264 without a picture of delay, in a container that FFmpeg writes to an address or a pipe."""

from fractions import Fraction
from typing import IO, Any

import av
import numpy as np
from numpy.typing import NDArray

from bridge.outputs.destination import Destination

_CLOCK = 90_000
_KEY_EVERY = _CLOCK
"""A receiver that joins sees something after a second at most."""
_MOST_BITS, _BURST = "8M", "2M"
_LIBX264 = {"preset": "veryfast", "tune": "zerolatency", "crf": "21", "maxrate": _MOST_BITS, "bufsize": _BURST,
            "forced-idr": "1", "threads": "1"}
_BT709 = 1


class LiveVideo:
    """Pictures of one size, encoded and written as they come.

    where: an address, or what is to be written to. rate: pictures a second, roughly. origin: when the
    stream began, clock s. Every method raises
    av.FFmpegError or OSError if the way is broken; they block as long as the network does.
    """

    def __init__(self, where: str | IO[bytes], to: Destination, shape: tuple[int, ...], rate: float,
                 origin: float) -> None:
        self.shape = shape
        self._height, self._width = shape[0] - shape[0] % 2, shape[1] - shape[1] % 2
        self._origin = origin
        self._last = self._key = -_KEY_EVERY
        options = {"flush_packets": "1", **to.options}
        self._container: Any = av.open(where, "w", format=to.container, options=options)
        try:
            stream: Any = self._container.add_stream(*_codec(rate))
        except ValueError:
            self._container.close()
            raise OSError(f"the FFmpeg in this PyAV has no encoder for {to.scheme}") from None
        self._stream, context = stream, stream.codec_context
        context.width, context.height, context.pix_fmt = self._width, self._height, "yuv420p"
        context.time_base = Fraction(1, _CLOCK)
        context.gop_size = 600  # key frames come by time
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = av.video.reformatter.ColorRange.MPEG

    def write(self, picture: NDArray[np.uint8], time: float) -> None:
        """Write a picture of the shape that was said, RGB uint8, that appeared at `time` (clock s)."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:self._height, :self._width]), format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG", threads=1)
        frame.pts = self._last = max(self._last + _CLOCK // 1000, round((time - self._origin) * _CLOCK))
        frame.time_base = Fraction(1, _CLOCK)
        if self._last - self._key >= _KEY_EVERY:
            self._key = self._last
            frame.pict_type = av.video.frame.PictureType.I
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """End the stream."""
        self._container.close()


def _codec(rate: float) -> tuple[str, Fraction, dict[str, str]]:
    """Return the encoder, the rate and options: x264, or MPEG-4 where PyAV was built without it."""
    fraction = Fraction(rate).limit_denominator(1001)
    if "libx264" in av.codecs_available:
        return "libx264", fraction, _LIBX264
    return "mpeg4", fraction, {"b": _MOST_BITS}
