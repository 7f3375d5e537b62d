"""Recordings of every kind as float32: libsndfile reads the plain formats, FFmpeg (PyAV) the rest and video."""

import io
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from engine.errors import UserError

_BLOCK = 1 << 16
_UNKNOWN_LENGTH = 0xFFFFFF00  # what streaming writers put where the length belongs
_MPEG = b"ID3", b"\xff"
"""How MP3 files begin. libmpg123 inside libsndfile would write its complaints straight to the terminal."""


@dataclass(frozen=True)
class Recording:
    """A decoded file: samples float32 [n, 1 or 2], finite; rate in Hz; its tags (lower-case names).

    remarks: what was wrong with the file and how it was put right, ready to be shown; mostly empty.
    """

    samples: NDArray[np.float32]
    rate: int
    tags: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass
class _Decoded:
    blocks: list[NDArray[np.float32]]
    rate: int
    tags: dict[str, str]
    announced_s: float | None
    trouble: str = ""


def decode(path: str | Path) -> tuple[NDArray[np.float32], int]:
    """Return a whole recording as (samples float32 [n, 1 or 2], rate in Hz); see `read` for the errors."""
    recording = read(path)
    return recording.samples, recording.rate


def read(path: str | Path, longest_s: float = math.inf) -> Recording:
    """Read at most the first `longest_s` seconds of a sound file, or of the first audio track of a video.

    More than two channels are mixed down to stereo (ITU-R BS.775, without the LFE). Samples that are not finite become
    0. What can be decoded of a damaged file is returned. Each of these is told in the remarks.
    Raises UserError if nothing can be read, with the reason.
    """
    file = Path(path)
    try:
        if not file.is_file():
            raise UserError(f"{file}: " + ("is not a file" if file.exists() else "there is no such file"))
        if file.stat().st_size == 0:
            raise UserError(f"{file}: the file is empty")
        decoded = ((None if file.suffix.lower() == ".mp3" else _by_sndfile(file, longest_s))
                   or _by_ffmpeg(str(file), f"file:{file}", "file", longest_s))
    except OSError as error:
        raise UserError(f"{file}: can't be read: {error.strerror or error}") from None
    return _recording(str(file), decoded, longest_s)


def read_bytes(content: bytes, name: str, longest_s: float = math.inf) -> Recording:
    """Read the content of such a file likewise; name: what errors call it. It can make nothing else be read."""
    decoded = ((None if content.startswith(_MPEG) else _by_sndfile(io.BytesIO(content), longest_s))
               or _by_ffmpeg(name, io.BytesIO(content), "none", longest_s))
    return _recording(name, decoded, longest_s)


def resample(samples: NDArray[np.float32], rate: int, to_rate: int) -> NDArray[np.float32]:
    """Return samples [n, channels] of `rate` Hz at `to_rate` Hz (soxr, high quality)."""
    if rate == to_rate:
        return samples
    resampled: NDArray[np.float32] = soxr.resample(samples, rate, to_rate)
    return np.ascontiguousarray(resampled, np.float32)


def _recording(name: str, decoded: _Decoded, longest_s: float) -> Recording:
    if not decoded.blocks:
        raise UserError(f"{name}: no sound could be decoded{decoded.trouble and f' ({decoded.trouble})'}")
    samples = np.ascontiguousarray(np.concatenate(decoded.blocks))
    return Recording(samples, decoded.rate, decoded.tags, tuple(_put_right(name, samples, decoded, longest_s)))


def _put_right(name: str, samples: NDArray[np.float32], decoded: _Decoded, longest_s: float) -> list[str]:
    remarks = []
    seconds = len(samples) / decoded.rate
    expected_s = min(decoded.announced_s or 0.0, longest_s)
    if decoded.trouble or seconds < 0.995 * expected_s - 0.05:
        announced = f" of {decoded.announced_s:.2f} s" if decoded.announced_s else ""
        remarks.append(f"damaged or cut short: only {seconds:.2f} s{announced} could be decoded"
                       f"{decoded.trouble and f' ({decoded.trouble})'}")
    finite = np.isfinite(samples)
    if not finite.all():
        bad = int(samples.size - np.count_nonzero(finite))
        if bad == samples.size:
            raise UserError(f"{name}: none of its samples is a finite number")
        samples[~finite] = 0
        remarks.append(f"{bad} samples were not finite numbers and became silence")
    return remarks


def _by_sndfile(file: Path | IO[bytes], longest_s: float) -> _Decoded | None:
    """Decode by libsndfile; None if FFmpeg is better at this file: unknown here, surround, or damaged."""
    try:
        source = soundfile.SoundFile(file)
    except soundfile.LibsndfileError:
        return None
    with source:
        if source.channels > 2:
            return None  # FFmpeg knows each format's order of channels
        tags = {name: text for name in ("title", "artist", "copyright", "license", "comment")
                if (text := getattr(source, name))}
        decoded = _Decoded([], source.samplerate, tags, source.frames * _truncation(source) / source.samplerate)
        wanted = longest_s * source.samplerate
        try:
            while wanted > 0 and len(block := source.read(int(min(_BLOCK, wanted)), "float32", always_2d=True)):
                decoded.blocks.append(block)
                wanted -= len(block)
        except soundfile.LibsndfileError:
            return None  # damaged: FFmpeg gets more out of it
        return decoded


def _truncation(source: soundfile.SoundFile) -> float:
    """How many times longer than what is there the header of a WAV or AIFF file says its sound is."""
    sizes = re.search(r"(?:data|SSND) : (\d+) \(should be (\d+)\)", source.extra_info)
    if sizes is None:
        return 1.0
    announced, there = int(sizes[1]), int(sizes[2])
    return announced / there if 0 < there < announced < _UNKNOWN_LENGTH else 1.0


def _by_ffmpeg(name: str, source: str | IO[bytes], protocols: str, longest_s: float) -> _Decoded:
    """protocols: by which FFmpeg may fetch more. A playlist in disguise must not make it fetch from elsewhere."""
    import av  # slow to import, and the live players read nothing that needs it

    try:
        with av.open(source, "r", options={"protocol_whitelist": protocols}) as container:
            if not container.streams.audio:
                raise UserError(f"{name}: has no audio track")
            stream = container.streams.audio[0]
            if stream.codec_context is None:
                raise UserError(f"{name}: its sound is of a kind that can't be decoded")
            tags = {name.lower(): text for name, text in {**container.metadata, **stream.metadata}.items() if text}
            announced_s = (float(stream.duration * stream.time_base) if stream.duration and stream.time_base
                           else container.duration / 1e6 if container.duration else None)
            decoded = _Decoded([], 0, tags, announced_s)
            resampler = av.AudioResampler("fltp", "mono" if stream.channels == 1 else "stereo")
            count = 0
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except av.error.InvalidDataError as error:
                    decoded.trouble = error.strerror or "invalid data"
                    continue
                for frame in frames:
                    decoded.rate = decoded.rate or frame.sample_rate
                    blocks = [mixed.to_ndarray().T.astype(np.float32) for mixed in resampler.resample(frame)]
                    decoded.blocks += blocks
                    count += sum(map(len, blocks))
                if decoded.rate and count >= longest_s * decoded.rate:
                    break
    except av.error.FFmpegError as error:
        raise UserError(f"{name}: is no sound or video that can be read ({error.strerror})") from None
    except ValueError as error:  # the format of the sound changed on the way
        decoded.trouble = str(error)
    if decoded.blocks and math.isfinite(longest_s):
        samples = np.concatenate(decoded.blocks)
        decoded.blocks = [samples[:int(longest_s * decoded.rate)]]
    return decoded
