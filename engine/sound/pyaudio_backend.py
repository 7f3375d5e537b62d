"""Real devices through PyAudio, the second backend.

PyAudio hands blocks over in Python, so each block needs the GIL before the compiled callback can compute it. Use
blocks of 256 frames or more, and the sounddevice backend where deadlines matter.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyaudio

from engine.sound.devices import Device, DeviceError, refused

if TYPE_CHECKING:
    from engine.sound.callback import CallbackState

ONE_CHANNEL_COUNT = True
_TIMES = ("input_buffer_adc_time", "current_time", "output_buffer_dac_time")


@cache
def devices() -> list[Device]:
    """Return every device, as the system was when this process first asked, or at the last rescan()."""
    audio = _portaudio()
    hosts = [audio.get_host_api_info_by_index(i) for i in range(audio.get_host_api_count())]
    found = []
    for i in range(audio.get_device_count()):
        device = audio.get_device_info_by_index(i)
        host = hosts[int(device["hostApi"])]
        found.append(Device(i, str(device["name"]), str(host["name"]), int(device["maxInputChannels"]),
                            int(device["maxOutputChannels"]), float(device["defaultSampleRate"]),
                            host["defaultInputDevice"] == i, host["defaultOutputDevice"] == i))
    return found


def rescan() -> None:
    """Look at the system anew. Only while no stream is open: PortAudio has to be started again for it."""
    _portaudio().terminate()
    _portaudio.cache_clear()
    devices.cache_clear()


def default_host() -> str:
    """Return the name of the host API whose default devices are the system's, "" if there is none."""
    try:
        return str(_portaudio().get_default_host_api_info()["name"])
    except OSError:
        return ""


def open_stream(output: Device | None, input: Device | None, rate: int, block: int,
                state: "CallbackState") -> "_Stream":
    """Open the devices (of one host API) as one stream; DeviceError if they refuse."""
    return _Stream(output, input, rate, block, state)


class _Stream:
    trouble = ""

    def __init__(self, output: Device | None, input: Device | None, rate: int, block: int,
                 state: "CallbackState") -> None:
        self._state = state
        self._name = " and ".join(d.name for d in (output, input) if d)
        self._compiled = state.function.ctypes
        self._times = np.zeros(3)
        self._channels = state.output_channels or state.input_channels
        self._out = np.zeros((0, self._channels), np.float32)
        try:
            with _quiet():
                self._stream = _portaudio().open(
                    rate, self._channels, pyaudio.paFloat32, input=input is not None, output=output is not None,
                    input_device_index=input.index if input else None,
                    output_device_index=output.index if output else None, frames_per_buffer=block, start=False,
                    stream_callback=self._call)
        except (OSError, ValueError) as error:
            raise refused(output, input, rate, str(error), pyaudio.paInvalidSampleRate in error.args) from None
        self._plays = output is not None

    def _call(self, heard: bytes | None, frames: int, times: Mapping[str, float],
              flags: int) -> tuple[bytes | None, int]:
        if len(self._out) != frames:
            self._out = np.zeros((frames, self._channels), np.float32)
        self._times[:] = [times[name] for name in _TIMES]
        inp = np.frombuffer(heard, np.float32) if heard else None
        self._compiled(inp.ctypes.data if inp is not None else 0, self._out.ctypes.data if self._plays else 0, frames,
                       self._times.ctypes.data, flags, self._state.address)
        return self._out.tobytes() if self._plays else None, pyaudio.paContinue

    @property
    def latency_ms(self) -> float:
        return 1e3 * float(self._stream.get_output_latency() if self._plays else self._stream.get_input_latency())

    @property
    def active(self) -> bool:
        return bool(self._stream.is_active())

    def start(self) -> None:
        try:
            self._stream.start_stream()
        except OSError as error:
            raise DeviceError(f"{self._name} can't be started: {error}", retry=True) from None

    def close(self) -> None:
        self._stream.close()


@cache
def _portaudio() -> pyaudio.PyAudio:
    with _quiet():
        return pyaudio.PyAudio()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep ALSA's and JACK's complaints about every device that they fail to find off the terminal."""
    kept = os.dup(2)
    void = os.open(os.devnull, os.O_WRONLY)
    os.dup2(void, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(void)
        os.close(kept)
