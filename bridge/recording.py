"""Writes a rendering to a file: sound alone, or pictures and sound."""

import contextlib
from collections.abc import Iterable, Iterator
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


class Pictures:
    """The pictures of a film in `container`: H.264, all brought to the size of the first (even, as the codec needs)."""

    def __init__(self, container: av.container.OutputContainer, fps: float,
                 options: dict[str, str] | None = None) -> None:
        self.fps = Fraction(fps).limit_denominator(1001)
        self._container = container
        self._stream = container.add_stream("h264", rate=self.fps, options=options or {})
        self._stream.pix_fmt = "yuv420p"

    def write(self, picture: NDArray[np.uint8], number: int) -> None:
        """Append `picture`, RGB uint8 [height, width, 3], as the film's picture `number`, from 0."""
        if not self._stream.codec_context.is_open:
            height, width, _ = picture.shape
            self._stream.width, self._stream.height = width - width % 2, height - height % 2
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame = frame.reformat(self._stream.width, self._stream.height, "yuv420p")
        frame.pts, frame.time_base = number, 1 / self.fps
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._container.mux(self._stream.encode(None))


class _Mp4:
    """H.264 and AAC."""

    def __init__(self, container: av.container.OutputContainer, rate: int, fps: float, channels: int) -> None:
        self._container = container
        self._layout = "mono" if channels == 1 else "stereo"
        self._pictures = Pictures(container, fps)
        self._audio = container.add_stream("aac", rate=rate, layout=self._layout)
        self._rate = rate
        self._samples = 0

    def picture(self, picture: NDArray[np.uint8], t: float) -> None:
        self._pictures.write(picture, round(t * self._pictures.fps))

    def sound(self, block: NDArray[np.float32]) -> None:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block.T), format="fltp", layout=self._layout)
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._samples, Fraction(1, self._rate)
        self._samples += len(block)
        self._container.mux(self._audio.encode(frame))

    def finish(self) -> None:
        """Write what the encoders still hold."""
        self._pictures.finish()
        self._container.mux(self._audio.encode(None))


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


def record_film(recorder: Recorder, pictures: Iterable[tuple[NDArray[np.uint8], float]], samples: NDArray[np.float32],
                rate: int, fps: float) -> Iterator[float]:
    """Record pictures, each with its time, s, and the sound under it, float32 [n, channels] at `rate` Hz; yield the
    times as they are done."""
    heard = 0
    for picture, t in pictures:
        recorder.picture(picture, t)
        until = round((t + 1 / fps) * rate)
        recorder.sound(samples[heard:until])
        heard = until
        yield t
