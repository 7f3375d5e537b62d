"""Audio devices by name, and one small interface to the streams of every backend.

A device is written `[HOST:]NAME`: NAME is a part of its name in any case, HOST a host API (`jack:`, `alsa:pulse`,
`wasapi:speakers`, `coreaudio:`). Nothing, or `default`, is the system's default device; `null` is a clocked device
that plays nothing and hears silence; a path ending in .wav (or, to hear, .flac, .ogg, .aiff, .mp3) is a file.
Devices are never chosen by number: numbers change when something is plugged in.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from engine.errors import UserError
from engine.sound.spatial import LAYOUTS, STEREO, Layout

if TYPE_CHECKING:  # naming and listing devices needs no compiled kernel
    from engine.sound.callback import CallbackState

Direction = Literal["output", "input"]
BACKENDS = ("sounddevice", "pyaudio")
DEFAULT = ("", "")
"""What `split` makes of the system's default device."""
_HOSTS = ("jack", "alsa", "oss", "pulse", "coreaudio", "wasapi", "directsound", "mme", "wdmks", "asio")
_READABLE = (".wav", ".flac", ".ogg", ".aif", ".aiff", ".mp3")
_WRITABLE = (".wav",)


class DeviceError(UserError):
    """A device can't be used. `retry` tells whether waiting may help (a server that is down, a cable pulled out)."""

    def __init__(self, message: str, retry: bool) -> None:
        super().__init__(message)
        self.retry = retry


class TooFewChannels(DeviceError):
    """A device is there, but the layout has more channels: a person has to choose another of the two."""

    def __init__(self, name: str, channels: int, layout: Layout) -> None:
        fitting = ", ".join(other.name for other in LAYOUTS.values() if other.channels <= channels)
        super().__init__(f"{name} has {channels} output channel{'s' if channels > 1 else ''}, the layout "
                         f"'{layout.name}' needs {layout.channels}; choose another device or a layout that fits "
                         f"(--layout, or layout under [sound] in the show file): {fitting}", retry=False)


@dataclass(frozen=True, slots=True)
class Device:
    """One device of a backend; `index` is valid in this process only, `default` among the devices of its host."""

    index: int
    name: str
    host: str
    inputs: int
    outputs: int
    rate: float
    default_input: bool
    default_output: bool

    def channels(self, direction: Direction) -> int:
        """Return how many channels it has in that direction."""
        return self.outputs if direction == "output" else self.inputs

    def is_default(self, direction: Direction) -> bool:
        """Whether it is its host API's default in that direction."""
        return self.default_output if direction == "output" else self.default_input


class AudioStream(Protocol):
    """A running connection to devices that calls `stream_callback` block by block."""

    @property
    def latency_ms(self) -> float:
        """Latency in ms that the device reports (of its output, if it has one)."""
        ...

    @property
    def active(self) -> bool:
        """Whether the stream still runs."""
        ...

    @property
    def trouble(self) -> str:
        """What goes wrong although the stream runs, "" if nothing."""
        ...

    def start(self) -> None:
        """Begin to call back; DeviceError if the device refuses."""
        ...

    def close(self) -> None:
        """Stop and give the device back. May hang for ever if its driver died: call it where that does no harm."""
        ...


class Backend(Protocol):
    """A way to real devices: a module of this package."""

    ONE_CHANNEL_COUNT: bool
    """Whether both directions of a stream must have as many channels."""

    def devices(self) -> list[Device]:
        """Return every device, as the system was when this process first asked, or at the last rescan()."""
        ...

    def rescan(self) -> None:
        """Look at the system anew. Only while no stream is open: PortAudio has to be started again for it."""
        ...

    def default_host(self) -> str:
        """Return the name of the host API whose default devices are the system's, "" if there is none."""
        ...

    def open_stream(self, output: Device | None, input: Device | None, rate: int, block: int,
                    state: "CallbackState") -> AudioStream:
        """Open the devices (of one host API) as one stream; DeviceError if they refuse."""
        ...


def backend(name: str) -> Backend:
    """Load a backend; UserError if it is unknown or not installed."""
    if name not in BACKENDS:
        raise UserError(f"there is no audio backend '{name}'; expected one of {', '.join(BACKENDS)}")
    try:
        module: Backend = importlib.import_module(f"engine.sound.{name}_backend")
    except (ImportError, OSError) as error:  # OSError: the PortAudio library itself is missing
        raise UserError(f"the audio backend '{name}' is not installed ({error}); "
                        f"install it with: pip install {name}") from None
    return module


def list_devices() -> list[dict[str, str | int | float]]:
    """Return every audio device of every installed backend, as rows for people and for JSON."""
    rows: list[dict[str, str | int | float]] = []
    for name in BACKENDS:
        try:
            devices = backend(name).devices()
        except UserError:
            continue
        rows += [{"backend": name, "host": d.host, "name": d.name, "inputs": d.inputs, "outputs": d.outputs,
                  "rate": d.rate} for d in devices]
    return rows


def is_there(spec: str, direction: Direction, backend_name: str) -> bool:
    """Tell whether the device or file `spec` is there, as far as this process can know (see Backend.devices)."""
    file = file_of(spec, direction)
    if file is not None:
        return file.exists()
    driver = backend(backend_name)
    try:
        find(driver.devices(), driver.default_host(), spec, direction)
    except DeviceError:
        return False
    return True


def file_of(spec: str, direction: Direction) -> Path | None:
    """Return the path if `spec` names a file, else None; DeviceError if it is a file that can't serve."""
    suffix = Path(spec).suffix.lower()
    if suffix in (_WRITABLE if direction == "output" else _READABLE):
        return Path(spec)
    if suffix in _READABLE:
        raise DeviceError(f"{spec}: sound can be written to .wav files only", retry=False)
    return None


def find(devices: list[Device], default_host: str, spec: str, direction: Direction) -> Device:
    """Return the device that `spec` means; DeviceError tells what was asked and what there is."""
    host, name = split(spec)
    usable = [d for d in devices if d.channels(direction)]
    of_host = [d for d in usable if host in _plain(d.host)]
    if name:
        found = ([d for d in of_host if d.name.lower() == name] or [d for d in of_host if name in d.name.lower()])
        found.sort(key=lambda d: d.host != default_host)  # stable: the system's own host API first
    else:
        found = [d for d in of_host if d.is_default(direction) and (host or d.host == default_host)]
    if found:
        return found[0]
    asked = f"audio {direction} '{spec}'" if host or name else f"default audio {direction}"
    there = "\n".join(f"  {d.host}: {d.name}" for d in usable) or "  none"
    hint = " (no JACK server answers)" if host == "jack" and not of_host else ""
    raise DeviceError(f"there is no {asked}{hint}; audio {direction}s found:\n{there}\n"
                      "`phonoscope devices` lists everything; `null` stands for no device at all",
                      retry=host == "jack" or not name)


def channels_for(layout: Layout, device: Device) -> int:
    """Return how many output channels of the device the layout takes: all of its own, or one for stereo where there is
    no other. Raises TooFewChannels.
    """
    if device.outputs >= layout.channels:
        return layout.channels
    if layout == STEREO:
        return 1
    raise TooFewChannels(device.name, device.outputs, layout)


def refused(output: Device | None, input: Device | None, rate: int, why: str, wrong_rate: bool) -> DeviceError:
    """Return the error of devices that can't be opened; only with a wrong rate there is no use in trying again."""
    devices = [d for d in (output, input) if d]
    hint = f"; use its own rate: {devices[0].rate:g} Hz" if wrong_rate else ""
    return DeviceError(f"{' and '.join(dict.fromkeys(d.name for d in devices))} can't be opened at {rate} Hz: "
                       f"{why}{hint}", retry=not wrong_rate)


def split(spec: str) -> tuple[str, str]:
    """Split `[HOST:]NAME` into (host, name), both in lower case and "" for the default; names may hold colons."""
    if spec.strip().lower() in ("", "default"):
        return DEFAULT
    head, colon, tail = spec.partition(":")
    if colon and _plain(head) in _HOSTS:
        return _plain(head), tail.strip().lower().removeprefix("default")
    return "", spec.strip().lower()


def _plain(host: str) -> str:
    return host.lower().replace(" ", "").replace("-", "")
