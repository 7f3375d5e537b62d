"""Devices without hardware: a clock that calls back block by block, files as microphone and as speakers.

The blocks are paced by an absolute clock in a Python thread, which needs the GIL for each: good for renders to disk,
rehearsals and machines without a sound card, not for deadlines.
"""

import contextlib
import queue
import threading
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from engine.clock import Clock, MonotonicClock
from engine.shared import INPUT_CHANNELS
from engine.sound.callback import (
    INPUT_UNDERFLOW,
    OUTPUT_OVERFLOW,
    OUTPUT_UNDERFLOW,
    CallbackState,
)
from engine.sound.devices import DeviceError
from engine.sound.track import Track

_PIECE = 4096
_QUEUE_SECONDS = 2.0
_LATEST = 0.25
"""A clocked device that is this many seconds late drops them instead of catching up."""


class FileSource:
    """A sound file as a microphone: loops for ever, at the engine's rate, read ahead by its own thread.

    Raises DeviceError if the file is missing, unreadable or empty.
    """

    def __init__(self, path: Path, rate: int) -> None:
        try:
            self._file = soundfile.SoundFile(path)
        except (OSError, RuntimeError) as error:
            raise DeviceError(f"{path} can't be heard: {error}", retry=False) from None
        if self._file.frames == 0:
            raise DeviceError(f"{path} can't be heard: it holds no sound", retry=False)
        self.trouble = ""
        self._resample = (None if self._file.samplerate == rate else
                          soxr.ResampleStream(self._file.samplerate, rate, INPUT_CHANNELS, dtype="float32"))
        self._pieces: queue.Queue[NDArray[np.float32]] = queue.Queue(int(_QUEUE_SECONDS * rate / _PIECE))
        self._rest = np.zeros((0, INPUT_CHANNELS), np.float32)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="file microphone", daemon=True)
        self._thread.start()

    def read(self, out: NDArray[np.float32]) -> bool:
        """Fill `out` [frames, 2] with what comes next; False if the disk was too slow and zeros were put in."""
        done = 0
        while done < len(out):
            if not len(self._rest):
                try:
                    self._rest = self._pieces.get_nowait()
                except queue.Empty:
                    out[done:] = 0
                    return False
            count = min(len(out) - done, len(self._rest))
            out[done:done + count] = self._rest[:count]
            self._rest = self._rest[count:]
            done += count
        return True

    def wait(self) -> None:
        """Return when the first samples are there."""
        while self._pieces.empty() and self._thread.is_alive():
            self._closed.wait(0.001)

    def close(self) -> None:
        """Stop reading."""
        self._closed.set()
        with contextlib.suppress(queue.Empty):
            self._pieces.get_nowait()
        self._thread.join()
        self._file.close()

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                piece = self._next()
            except (OSError, RuntimeError) as error:
                self.trouble = f"{self._file.name} can't be heard any more: {error}"
                return
            while len(piece) and not self._closed.is_set():
                with contextlib.suppress(queue.Full):
                    self._pieces.put(piece, timeout=0.2)
                    break

    def _next(self) -> NDArray[np.float32]:
        """Read the next _PIECE frames, beginning again at the end of the file, as [n, 2] at the engine's rate."""
        sound = np.zeros((_PIECE, INPUT_CHANNELS), np.float32)
        done = empty = 0
        while done < _PIECE:
            part = self._file.read(_PIECE - done, dtype="float32", always_2d=True)
            sound[done:done + len(part)] = part[:, :INPUT_CHANNELS]
            done += len(part)
            empty = 0 if len(part) else empty + 1
            if empty == 2:
                raise RuntimeError("it holds no sound")
            if not len(part):
                self._file.seek(0)
        if self._resample is None:
            return sound
        if not np.isfinite(sound).all():
            self.trouble = f"{self._file.name} holds samples that are not finite; they are heard as silence"
            np.nan_to_num(sound, copy=False, nan=0, posinf=0, neginf=0)
        return self._resample.resample_chunk(sound)


class WavSink:
    """A WAV file (24 bit) as speakers, written by its own thread; it goes on in numbered parts (engine.sound.track).

    resumes: whether what was played before a restart is kept; then it goes on in a next part.
    Raises DeviceError if the file can't be written.
    """

    def __init__(self, path: Path, rate: int, channels: int, resumes: bool) -> None:
        try:
            self._track = Track(path, rate, channels, overwrite=not resumes)
        except OSError as error:
            raise DeviceError(f"{path} can't be written: {error.strerror}", retry=False) from None
        self._pieces: queue.Queue[NDArray[np.float32] | None] = queue.Queue(1024)
        self.trouble = ""
        self._thread = threading.Thread(target=self._run, name="file speakers", daemon=True)
        self._thread.start()

    def write(self, sound: NDArray[np.float32]) -> bool:
        """Append a copy of `sound` [frames, channels]; False if the disk is too slow and it was dropped."""
        try:
            self._pieces.put_nowait(sound.copy())
        except queue.Full:
            return False
        return True

    def close(self) -> None:
        """Write what is left and make the file whole."""
        self._pieces.put(None)
        self._thread.join()
        with contextlib.suppress(OSError):  # it was said already
            self._track.close()

    def _run(self) -> None:
        try:
            while (sound := self._pieces.get()) is not None:
                self._track.write(sound)
        except OSError as error:
            self.trouble = f"{self._track.path} can't be written any more: {error.strerror}"
            while self._pieces.get() is not None:
                continue  # whoever closes it waits until it has seen the end


class ClockedStream:
    """Calls back at an absolute pace: `block` frames every block / rate seconds of `clock`.

    state: its input hears `source` (without one: silence), its output goes to `sink` (without one: nowhere).
    """

    def __init__(self, state: CallbackState, rate: int, block: int, source: FileSource | None, sink: WavSink | None,
                 clock: Clock | None = None) -> None:
        self._state, self._rate, self._block = state, rate, block
        self._source, self._sink = source, sink
        self._clock = clock or MonotonicClock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audio clock", daemon=True)

    @property
    def latency_ms(self) -> float:
        return 1e3 * self._block / self._rate

    @property
    def active(self) -> bool:
        return self._thread.is_alive()

    @property
    def trouble(self) -> str:
        return " ".join(part.trouble for part in (self._source, self._sink) if part and part.trouble)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        for part in (self._source, self._sink):
            if part:
                part.close()

    def _run(self) -> None:
        compiled = self._state.function.ctypes
        inp = np.zeros((self._block, self._state.input_channels), np.float32)
        out = np.zeros((self._block, self._state.output_channels), np.float32)
        times = np.zeros(3)  # PaStreamCallbackTimeInfo: input, now, output
        if self._source:
            self._source.wait()
        due = self._clock.now()
        flags = 0
        while not self._stop.wait(max(0.0, due - self._clock.now())):
            late = self._clock.now() - due
            if late > _LATEST:
                due += late
                flags |= OUTPUT_UNDERFLOW
            times[:] = due, self._clock.now(), due + _LATEST
            if self._source and not self._source.read(inp):
                flags |= INPUT_UNDERFLOW
            compiled(inp.ctypes.data if inp.size else 0, out.ctypes.data if out.size else 0, self._block,
                     times.ctypes.data, flags, self._state.address)
            flags = OUTPUT_OVERFLOW if self._sink and not self._sink.write(out) else 0
            due += self._block / self._rate
