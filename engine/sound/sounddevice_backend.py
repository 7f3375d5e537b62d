"""Real devices through PortAudio as sounddevice wraps it: its audio thread calls the compiled callback directly."""

from functools import cache
from typing import TYPE_CHECKING

import sounddevice as sd

from engine.sound.devices import Device, DeviceError, refused

if TYPE_CHECKING:
    from engine.sound.callback import CallbackState

ONE_CHANNEL_COUNT = False


@cache
def devices() -> list[Device]:
    """Return every device, as the system was when this process first asked, or at the last rescan()."""
    hosts = sd.query_hostapis()
    return [Device(i, d["name"], hosts[d["hostapi"]]["name"], d["max_input_channels"], d["max_output_channels"],
                   d["default_samplerate"], hosts[d["hostapi"]]["default_input_device"] == i,
                   hosts[d["hostapi"]]["default_output_device"] == i)
            for i, d in enumerate(sd.query_devices())]


def rescan() -> None:
    """Look at the system anew. Only while no stream is open: PortAudio has to be started again for it."""
    sd._terminate()
    sd._initialize()
    devices.cache_clear()


def default_host() -> str:
    """Return the name of the host API whose default devices are the system's, "" if there is none."""
    index = next((i for i in (sd.default.device[1], sd.default.device[0]) if i >= 0), None)
    return "" if index is None else devices()[index].host


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
        given = [(d.index, channels) for d, channels in ((input, state.input_channels), (output, state.output_channels))
                 if d]
        index, channels = zip(*given, strict=True) if len(given) == 2 else given[0]
        try:
            self._stream = sd._StreamBase(
                "duplex" if output and input else "output" if output else "input", samplerate=rate, blocksize=block,
                device=index, channels=channels, dtype="float32", latency="low", extra_settings=None,
                callback=sd._ffi.cast("PaStreamCallback*", state.function.address), finished_callback=None,
                clip_off=True, dither_off=True, never_drop_input=False,
                prime_output_buffers_using_stream_callback=False,
                userdata=sd._ffi.cast("void*", state.address), wrap_callback=None)
        except (sd.PortAudioError, ValueError) as error:
            wrong_rate = sd._lib.paInvalidSampleRate in error.args
            raise refused(output, input, rate, str(error), wrong_rate) from None

    @property
    def latency_ms(self) -> float:
        latency = self._stream.latency
        return 1e3 * float(latency[1] if isinstance(latency, tuple) else latency)

    @property
    def active(self) -> bool:
        return bool(self._stream.active)

    def start(self) -> None:
        try:
            self._stream.start()
        except sd.PortAudioError as error:
            raise DeviceError(f"{self._name} can't be started: {error}", retry=True) from None

    def close(self) -> None:
        self._stream.close()
