"""A video cut into short chunks: what is heard, and the first frame of what is seen meanwhile (Chen et al. 2017,
section 4). Decoded by FFmpeg (PyAV) in one pass, so that the length of a video does not matter.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import av
import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError

RATE = 44_100
"""Sampling rate of the chunks, Hz."""
_GAP_S = 0.05
_Frame = TypeVar("_Frame", av.AudioFrame, av.VideoFrame)
_LOCAL = {"protocol_whitelist": "file"}  # a playlist in disguise must not make FFmpeg fetch anything from elsewhere


@dataclass(frozen=True, eq=False)
class Chunk:
    """number: from 0, its place in the video. time: where it begins, seconds. picture: uint8 [height, width, 3] RGB.

    samples: float32 [n] mono at RATE. level: their root mean square in dBFS (1.0 is 0 dB), -inf for silence.
    """

    number: int
    time: float
    picture: NDArray[np.uint8]
    samples: NDArray[np.float32]
    level: float


class Footage:
    """An open video with picture and sound. seconds: how long it says it is; 0 if it doesn't.

    trouble: what of it could not be decoded, "" if nothing was amiss so far.
    """

    def __init__(self, file: Path) -> None:
        """Raises UserError if it can't be opened, or lacks picture or sound."""
        self.trouble = ""
        self._file = file
        self._sound, self._picture = self._open(), self._open()
        self.seconds = (self._sound.duration or 0) / av.time_base
        self._begin = Fraction(self._sound.start_time or 0, av.time_base)
        for track, streams in (("sound", self._sound.streams.audio), ("picture", self._picture.streams.video)):
            if not streams:
                self.__exit__()
                raise UserError(f"{file}: has no {track}")

    def __enter__(self) -> "Footage":
        return self

    def __exit__(self, kind: type[BaseException] | None = None, error: BaseException | None = None,
                 trace: TracebackType | None = None) -> None:
        self._sound.close()
        self._picture.close()

    def chunks(self, seconds: float) -> Iterator[Chunk]:
        """Yield the whole chunks of that length, in order; those during which no frame begins are left out."""
        frames = self._first_frames(seconds)
        frame = next(frames, None)
        for number, samples in enumerate(self._sounds(round(seconds * RATE))):
            while frame and frame[0] < number:
                frame = next(frames, None)
            if not frame:
                return
            if frame[0] == number:
                yield Chunk(number, number * seconds, frame[1], samples, level_of(samples))

    def _open(self) -> "av.container.InputContainer":
        try:
            return av.open(f"file:{self._file}", options=_LOCAL)
        except (av.error.FFmpegError, OSError) as error:
            raise UserError(f"{self._file}: is no video that can be read ({error.strerror})") from None

    def _frames(self, container: "av.container.InputContainer", stream: "av.AudioStream | av.VideoStream",
                kind: type[_Frame]) -> Iterator[_Frame]:
        """Decode what can be decoded of a track, noting trouble."""
        stream.codec_context.thread_type = "AUTO"
        try:
            for packet in container.demux(stream):
                try:
                    yield from (frame for frame in packet.decode() if isinstance(frame, kind))
                except av.error.InvalidDataError as error:
                    self.trouble = error.strerror or "invalid data"
        except av.error.FFmpegError as error:
            self.trouble = error.strerror or "invalid data"

    def _sounds(self, length: int) -> Iterator[NDArray[np.float32]]:
        """Yield blocks [length] one after the other from the beginning of the video; gaps in the track are silent."""
        resampler = av.AudioResampler("fltp", "mono", RATE)
        waiting = np.empty(0, np.float32)
        at = 0  # of the end of `waiting`, in samples from the beginning
        frames = self._frames(self._sound, self._sound.streams.audio[0], av.AudioFrame)
        for frame in chain(frames, [None]):  # at None the resampler gives what it held back
            try:
                resampled = resampler.resample(frame)
            except ValueError as error:  # the format of the sound changed on the way
                self.trouble = str(error)
                return
            for mixed in resampled:
                samples = np.clip(np.nan_to_num(mixed.to_ndarray()[0]), -1, 1)  # damaged tracks decode to anything
                begin = at if mixed.time is None else round((mixed.time - self._begin) * RATE)
                if begin < 0:
                    samples, begin = samples[-begin:], 0
                if begin - at > _GAP_S * RATE:
                    waiting = np.concatenate([waiting, np.zeros(begin - at, np.float32)])
                    at = begin
                waiting = np.concatenate([waiting, samples])
                at += len(samples)
                while len(waiting) >= length:
                    yield waiting[:length]
                    waiting = waiting[length:]

    def _first_frames(self, seconds: float) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Yield (number of the chunk, picture) for each chunk during which a frame begins."""
        last = -1
        for frame in self._frames(self._picture, self._picture.streams.video[0], av.VideoFrame):
            if frame.pts is None or frame.time_base is None:
                continue
            since = frame.pts * frame.time_base - self._begin
            number = math.floor(since / Fraction(seconds))
            if number > last:
                last = number
                upright = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)
                yield number, np.ascontiguousarray(upright)


def level_of(samples: NDArray[np.float32]) -> float:
    """Root mean square of samples in dBFS; -inf for silence.

    >>> level_of(np.full(4, 0.1, np.float32))
    -20.0
    """
    mean_square = float(np.mean(np.square(samples, dtype=np.float64)))
    return round(10 * math.log10(mean_square), 2) if mean_square > 0 else -math.inf
