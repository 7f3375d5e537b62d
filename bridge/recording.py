"""Writes a rendering to a file: sound alone, or pictures and sound."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.errors import UserError
from engine.files import drafting


class Recorder(Protocol):
    """Takes pictures and sound in the order of their times."""

    def picture(self, picture: NDArray[np.uint8], t: float) -> None:
        """Take a picture, RGB uint8 [height, width, 3], shown from t seconds on."""
        ...

    def sound(self, block: NDArray[np.float32]) -> None:
        """Take the next samples, float32 [frames, channels]."""
        ...


class _Wav:
    """24-bit samples, pictures dropped."""

    def __init__(self, file: soundfile.SoundFile) -> None:
        self._file = file

    def picture(self, picture: NDArray[np.uint8], t: float) -> None:
        """A sound file holds no picture."""

    def sound(self, block: NDArray[np.float32]) -> None:
        self._file.write(block)


class _Mp4:
    """H.264 and AAC. All pictures are brought to the size of the first (even, as the codec needs)."""

    def __init__(self, container: av.container.OutputContainer, rate: int, fps: float, channels: int) -> None:
        self._container = container
        self._layout = "mono" if channels == 1 else "stereo"
        self._video = container.add_stream("h264", rate=Fraction(fps).limit_denominator(1001))
        self._video.pix_fmt = "yuv420p"
        self._audio = container.add_stream("aac", rate=rate, layout=self._layout)
        self._rate, self._fps = rate, Fraction(fps).limit_denominator(1001)
        self._samples = 0

    def picture(self, picture: NDArray[np.uint8], t: float) -> None:
        if not self._video.codec_context.is_open:
            height, width, _ = picture.shape
            self._video.width, self._video.height = width - width % 2, height - height % 2
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame = frame.reformat(self._video.width, self._video.height, "yuv420p")
        frame.pts, frame.time_base = round(t * self._fps), 1 / self._fps
        self._container.mux(self._video.encode(frame))

    def sound(self, block: NDArray[np.float32]) -> None:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block.T), format="fltp", layout=self._layout)
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._samples, Fraction(1, self._rate)
        self._samples += len(block)
        self._container.mux(self._audio.encode(frame))

    def finish(self) -> None:
        """Write what the encoders still hold."""
        for stream in (self._video, self._audio):
            self._container.mux(stream.encode(None))


@contextlib.contextmanager
def open_recorder(path: Path, rate: int, fps: float, channels: int) -> Iterator[Recorder]:
    """Open `path` (.wav or .mp4) for writing sound of `channels` at `rate` Hz and pictures at `fps`.

    The file is there when it is complete, and not at all if writing is broken off. Raises UserError for another ending,
    for an .mp4 of more than two channels, or if the file can't be written.
    """
    if path.suffix.lower() not in (".wav", ".mp4"):
        raise UserError(f"--out {path}: expected a name that ends in .wav or .mp4")
    if path.suffix.lower() == ".mp4" and channels > 2:
        raise UserError(f"--out {path}: an .mp4 holds two channels, the layout has {channels}; expected a .wav, or the "
                        "layout stereo, mono or binaural")
    try:
        with drafting(path) as draft:
            if path.suffix.lower() == ".wav":
                with soundfile.SoundFile(draft, "w", rate, channels, "PCM_24", format="WAV") as file:
                    yield _Wav(file)
            else:
                with av.open(str(draft), "w", format="mp4") as container:
                    recorder = _Mp4(container, rate, fps, channels)
                    yield recorder
                    recorder.finish()
    except (OSError, soundfile.LibsndfileError) as error:
        raise UserError(f"--out {path}: can't be written: {error}") from None
