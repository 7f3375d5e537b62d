"""Sound files, WAV and FLAC of 24 bit, that can be played whatever interrupts their being written.

Once a second of sound everything goes to the disk, and then the header says how much there is. So a power cut leaves a
whole file, up to two seconds short. (libsndfile would write sizes at the end alone, and a FLAC file without its length
is one that it can't read.) A file ends before 4 GB, which is what the sizes in WAV (RIFF) and memory cards (FAT32)
hold, and goes on in another: every program can play each.
"""

import contextlib
import errno
import io
import os
import struct
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.files import fresh, sync, sync_names

SUFFIXES = (".wav", ".flac")
FLAC_CHANNELS = 8
"""Channels that a FLAC file can hold (RFC 9639, section 9.1.3)."""
LIMIT = 4_000_000_000
"""Bytes after which a file goes on in another."""
_FULL = 1 << 23
_BYTES = 3
_PCM = bytes.fromhex("0100000000001000800000aa00389b71")
"""KSDATAFORMAT_SUBTYPE_PCM, the GUID of integer samples."""


class Track:
    """A recording in one file after the other: `path`, then with -2, -3 ... added to its name, a new one after `limit`
    bytes. A file that is there already is never overwritten unless `overwrite` says so: the next free name is taken.

    path: ends in .wav, or .flac for up to FLAC_CHANNELS channels. rate: Hz.
    Every method raises OSError if the disk refuses; after that only `close` is left to do.
    """

    def __init__(self, path: Path, rate: int, channels: int, overwrite: bool = False, limit: int = LIMIT) -> None:
        self._first, self._rate, self._channels, self._limit = path, rate, channels, limit
        self.unsettled = 0
        """Frames that a power cut would lose."""
        self._begin(overwrite)

    @property
    def path(self) -> Path:
        """The present file."""
        return self._path

    def write(self, sound: NDArray[np.float32]) -> None:
        """Append `sound` [frames, channels], clipped at full scale."""
        self._room()
        self._file.write(np.rint(np.clip(sound * _FULL, -_FULL, _FULL - 1)).astype(np.int32))
        self._settle(len(sound))

    def skip(self, frames: int) -> None:
        """Append silence."""
        for at in range(0, frames, self._rate):
            count = min(frames - at, self._rate)
            self._room()
            self._file.skip(count)
            self._settle(count)

    def close(self) -> None:
        """Make the file whole, with what the disk took of it, and leave it."""
        if self._disk.closed:  # a next one could not be begun
            return
        try:
            self._file.finish()
        finally:
            self._disk.close()

    def _begin(self, overwrite: bool) -> None:
        self._disk, self._path = (io.FileIO(self._first, "w"), self._first) if overwrite else fresh(self._first)
        try:
            kind = _Flac if self._path.suffix.lower() == ".flac" else _Wav
            self._file: _Format = kind(self._disk, self._rate, self._channels)
            with contextlib.suppress(OSError):  # some network folders can't
                sync_names(self._path.parent)
        except BaseException:  # whatever it was, the file is given back, and it goes on its way
            self._disk.close()
            raise

    def _room(self) -> None:
        if self._disk.tell() >= self._limit:
            self.close()
            self.unsettled = 0
            self._begin(overwrite=False)

    def _settle(self, frames: int) -> None:
        if self.unsettled + frames < self._rate:
            self.unsettled += frames
            return
        if not self._path.exists():  # a removed file can be written to for ever
            raise FileNotFoundError(errno.ENOENT, "the file was removed", str(self._path))
        self.unsettled = self._file.settle()


class _Format(Protocol):
    """What a format makes of samples, int32 [frames, channels], of which 24 bits count."""

    def write(self, samples: NDArray[np.int32]) -> None: ...

    def skip(self, frames: int) -> None: ...

    def settle(self) -> int:
        """Bring to the disk what there is, then a header that tells of it; return the frames that are held back."""
        ...

    def finish(self) -> None:
        """Write the last header, of what the disk took."""
        ...


class _Wav:
    """RIFF WAVE of integer PCM, with more than two channels as WAVEFORMATEXTENSIBLE (Microsoft, mmreg.h)."""

    def __init__(self, disk: io.FileIO, rate: int, channels: int) -> None:
        self._disk, self._frame = disk, _BYTES * channels
        form = struct.pack("<HHIIHH", 1, channels, rate, rate * self._frame, self._frame, 8 * _BYTES)
        if channels > 2:  # mask 0: no channel is a certain loudspeaker's, the first goes to the first output
            form = struct.pack("<H", 0xFFFE) + form[2:] + struct.pack("<HHI", 22, 8 * _BYTES, 0) + _PCM
        self._form = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data"
        self._begin = 8 + len(self._form) + 4
        self._head(0)

    def write(self, samples: NDArray[np.int32]) -> None:
        _put(self._disk, samples.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :_BYTES].tobytes())

    def skip(self, frames: int) -> None:
        self._disk.seek(frames * self._frame, io.SEEK_CUR)
        self._disk.truncate()  # what is left out reads as zeros, and takes no time

    def settle(self) -> int:
        sync(self._disk)
        place = self._disk.tell()
        self._head(self._bytes())
        self._disk.seek(place)
        return 0

    def finish(self) -> None:
        size = self._bytes()
        self._head(size)
        if size % 2:  # chunks are of even length
            self._disk.seek(self._begin + size)
            _put(self._disk, b"\0")
        sync(self._disk)

    def _bytes(self) -> int:
        """Return how many bytes of whole frames the file holds."""
        return (os.fstat(self._disk.fileno()).st_size - self._begin) // self._frame * self._frame

    def _head(self, size: int) -> None:
        self._disk.seek(0)
        _put(self._disk, b"RIFF" + struct.pack("<I", self._begin - 8 + size + size % 2) + self._form
             + struct.pack("<I", size))


class _Flac:
    """FLAC (RFC 9639), encoded by libsndfile, with its length entered all along."""

    _BLOCK = 4096
    """Frames that libFLAC encodes at a time; it may hold one such block back."""
    _LENGTH = 21
    """Where in the file (section 8.2) the length is: 36 bits, after 4 that say 24 bits a sample."""

    def __init__(self, disk: io.FileIO, rate: int, channels: int) -> None:
        self._disk, self._channels, self._frames = disk, channels, 0
        self._outlet = _Outlet(disk)
        self._encoder = soundfile.SoundFile(self._outlet, "w", rate, channels, "PCM_24", format="FLAC")

    def write(self, samples: NDArray[np.int32]) -> None:
        self._encoder.write(samples << 8)
        self._frames += len(samples)
        self._outlet.check()

    def skip(self, frames: int) -> None:
        self.write(np.zeros((frames, self._channels), np.int32))

    def settle(self) -> int:
        sync(self._disk)
        place = self._disk.tell()
        length = max(0, self._frames // self._BLOCK - 1) * self._BLOCK
        self._disk.seek(self._LENGTH)
        _put(self._disk, struct.pack(">BI", 0x70 | length >> 32, length & 0xFFFFFFFF))
        self._disk.seek(place)
        return self._frames - length

    def finish(self) -> None:
        self._encoder.close()
        self._outlet.check()
        sync(self._disk)


class _Outlet:
    """What libsndfile writes to. It calls from C, where nothing can be raised: the first fault is kept, and from then
    on nothing changes the file."""

    def __init__(self, disk: io.FileIO) -> None:
        self._disk = disk
        self._fault: OSError | None = None
        self.seek, self.tell = disk.seek, disk.tell

    def write(self, data: bytes) -> int:
        if not self._fault:
            try:
                _put(self._disk, data)
            except OSError as error:
                self._fault = error
        return len(data)

    def check(self) -> None:
        """Raise the fault if there was one."""
        if self._fault:
            raise self._fault


def _put(disk: io.FileIO, data: bytes) -> None:
    """Write all of `data`; a disk that is nearly full takes a part and refuses the rest."""
    rest = memoryview(data)
    while rest:
        rest = rest[disk.write(rest):]
