"""Opens what the instrument plays on and what it hears: one stream where the devices allow it, else two."""

import itertools
from collections.abc import Callable

from engine.shared import INPUT_CHANNELS, AudioRing
from engine.sound.callback import CallbackState
from engine.sound.devices import (
    DEFAULT,
    AudioStream,
    Device,
    DeviceError,
    TooFewChannels,
    backend,
    channels_for,
    file_of,
    find,
    split,
)
from engine.sound.file_device import ClockedStream, FileSource, WavSink
from engine.sound.mixer import Mixer


def open_audio(output: str, input: str, backend_name: str, rate: int, block: int, mixer: Mixer, ring: AudioRing,
               say: Callable[[str], None], resumes: bool = False) -> "Audio":
    """Open what is played on and what is heard, in one stream where the devices allow it.

    output, input: device strings. rate: Hz. block: frames. say: told when silence takes the place of a device.
    resumes: whether the instrument ran before; then silence takes the place of any input that is missing, so that a
    cable pulled out of the microphone stops no music, and a file that is played on is continued. The system's default
    devices may be missing at any time: a machine without them plays into silence, so that the rest goes on.
    Raises DeviceError if a device is missing or refuses or has fewer channels than the mixer's layout (stereo alone is
    mixed down for one), UserError if the backend is unknown.
    """
    outputs = (output, "null") if split(output) == DEFAULT else (output,)
    inputs = (input, "null") if input != "null" and (split(input) == DEFAULT or resumes) else (input,)
    failure: DeviceError | None = None
    for playing, hearing in itertools.product(outputs, inputs):
        try:
            audio = _open(playing, hearing, backend_name, rate, block, mixer, ring, resumes)
        except TooFewChannels:
            raise
        except DeviceError as error:
            failure = failure or error
            continue
        audio.output_missing, audio.input_missing = playing != output, hearing != input
        if failure:
            what = "no audio output, playing into silence" if audio.output_missing else "no microphone, hearing silence"
            say(f"{what}: {failure}")
        return audio
    assert failure is not None
    raise failure


class Audio:
    """The open streams with their callback states: `played` belongs to the output, `heard` to the input.

    With one stream for both directions they are the same state. `feeds_back` tells that a microphone may hear the
    loudspeakers, `is_real` that there is a driver, which may hang. `output_missing` and `input_missing` tell that
    silence takes the place of the device that was asked for, `what` names the devices.
    """

    def __init__(self, streams: list[AudioStream], played: CallbackState, heard: CallbackState, what: str,
                 feeds_back: bool = False, is_real: bool = True) -> None:
        self._streams = streams
        self.played, self.heard = played, heard
        self.what, self.feeds_back, self.is_real = what, feeds_back, is_real
        self.output_missing = self.input_missing = False

    @property
    def states(self) -> list[CallbackState]:
        """The distinct callback states."""
        return [self.played] if self.played is self.heard else [self.played, self.heard]

    @property
    def latency_ms(self) -> float:
        """Output latency in ms that the device reports."""
        return self._streams[0].latency_ms

    @property
    def trouble(self) -> str:
        """What goes wrong although the streams run, "" if nothing."""
        return " ".join(stream.trouble for stream in self._streams if stream.trouble)

    def start(self) -> None:
        """Start every stream; DeviceError, with all of them closed, if a device refuses."""
        try:
            for stream in self._streams:
                stream.start()
        except DeviceError:
            self.close()
            raise

    def close(self) -> None:
        """Stop and close every stream (see AudioStream.close)."""
        for stream in self._streams:
            stream.close()


def _open(output: str, input: str, backend_name: str, rate: int, block: int, mixer: Mixer, ring: AudioRing,
          resumes: bool) -> Audio:
    output_clocked = output == "null" or file_of(output, "output") is not None
    input_clocked = input == "null" or file_of(input, "input") is not None
    driver = None if output_clocked and input_clocked else backend(backend_name)
    devices = driver.devices() if driver else []
    host = driver.default_host() if driver else ""
    played_on = None if output_clocked else find(devices, host, output, "output")
    host = played_on.host if played_on else host  # so that the default input shares the output's stream
    heard_on = None if input_clocked else find(devices, host, input, "input")

    def state(outputs: int, inputs: int) -> CallbackState:
        return CallbackState(rate, ring, inputs, outputs, mixer if outputs else None, mixer if inputs else None)

    def real(output: Device | None, input: Device | None, state: CallbackState) -> AudioStream:
        assert driver is not None
        return driver.open_stream(output, input, rate, block, state)

    def clock(output: str | None, input: str | None, state: CallbackState) -> AudioStream:
        source = file_of(input, "input") if input else None
        sink = file_of(output, "output") if output else None
        return ClockedStream(state, rate, block, FileSource(source, rate) if source else None,
                             WavSink(sink, rate, mixer.layout.channels, resumes) if sink else None)

    outputs = channels_for(mixer.layout, played_on) if played_on else mixer.layout.channels
    inputs = min(INPUT_CHANNELS, heard_on.inputs) if heard_on else INPUT_CHANNELS
    what = f"{played_on.host + ': ' + played_on.name if played_on else output}, hearing " \
           f"{heard_on.host + ': ' + heard_on.name if heard_on else input}"
    if output_clocked and input_clocked:
        both = state(outputs, inputs)
        return Audio([clock(output, input, both)], both, both, what, is_real=False)
    if (driver and played_on and heard_on and played_on.host == heard_on.host
            and (inputs == outputs or not driver.ONE_CHANNEL_COUNT)):
        both = state(outputs, inputs)
        return Audio([real(played_on, heard_on, both)], both, both, what, feeds_back=True)
    played, heard = state(outputs, 0), state(0, inputs)
    hearing = real(None, heard_on, heard) if heard_on else clock(None, input, heard)
    try:
        playing = real(played_on, None, played) if played_on else clock(output, None, played)
    except DeviceError:
        hearing.close()
        raise
    return Audio([playing, hearing], played, heard, what, feeds_back=bool(played_on and heard_on))
