"""What a show is: what is played on what, and how the knobs stand. engine.showfile reads it from a file."""

from dataclasses import asdict, dataclass, field
from typing import Any

from engine.errors import UserError
from engine.sound.spatial import parse_layout

BACKENDS = ("sounddevice", "pyaudio")
RATES = (8000, 192000)
BLOCKS = (16, 4096)
SEEDS = (0, 2**63 - 1)


@dataclass(frozen=True)
class SoundConfig:
    """Audio devices ("default", "[HOST:]NAME", "null" or a file), the binding to them, Hz, frames per block, what the
    output's channels are (see engine.sound.spatial.parse_layout), whether layers may play the microphone although
    loudspeakers play too, and the folder or .wav or .flac file that is recorded to."""

    output: str = "default"
    input: str = "default"
    backend: str = "sounddevice"
    rate: int = 48000
    block: int = 256
    layout: str = "stereo"
    feedback: bool = False
    record: str = "recordings"

    def __post_init__(self) -> None:
        for name, (low, high), unit in (("rate", RATES, "Hz"), ("block", BLOCKS, "frames")):
            if not low <= getattr(self, name) <= high:
                raise UserError(f"sound {name} {getattr(self, name)}: expected {low} to {high} {unit}")
        parse_layout(self.layout)


@dataclass(frozen=True)
class SightConfig:
    """Cameras ("auto", "demo", index, name, file, folder or URL; engine.sight.views says how a panorama and a direction
    are written), model file of the eye ("" is the shipped one), how many frames are seen each second by all views
    together (0: as many as the cameras give), and model file of the voice ("" is the shipped one)."""

    camera: tuple[str, ...] = ("auto",)
    model: str = ""
    fps: float = 0
    voice: str = ""


@dataclass(frozen=True)
class DreamConfig:
    """Whether pictures are painted of what is heard, with which model file ("" is the shipped one), at which of its
    sides (0: its largest), magnified to which size in pixels, and by which seed (None: the show's)."""

    on: bool = True
    model: str = ""
    side: int = 0
    width: int = 512
    height: int = 512
    seed: int | None = None


@dataclass(frozen=True)
class OscTarget:
    """Somebody that OSC is sent to, "host:port", and what: OSC patterns of addresses, each with all that lies below."""

    address: str
    send: tuple[str, ...] = ("/phono",)


@dataclass(frozen=True)
class OscConfig:
    """Where OSC is received by UDP and by TCP ("" for not at all), each "host:port", who it is sent to by UDP, and how
    many times a second at most."""

    listen: str = "127.0.0.1:9000"
    tcp: str = ""
    targets: tuple[OscTarget, ...] = (OscTarget("127.0.0.1:9001"),)
    rate_hz: float = 60


@dataclass(frozen=True)
class OscQueryConfig:
    """Where the OSCQuery server listens, "host:port" ("" for not at all), and whether it is announced by zeroconf."""

    listen: str = "127.0.0.1:9002"
    announce: bool = True


@dataclass(frozen=True)
class PageConfig:
    """Where the page for browsers is served, "host:port" ("" for not at all), the word that a browser must know if the
    host is open to the network ("": a new one each time, which is said), and the folder of the walk that it shows, made
    by `phonoscope walk` ("" for none)."""

    listen: str = "127.0.0.1:9003"
    token: str = ""
    walk: str = ""


@dataclass(frozen=True)
class MidiConfig:
    """Controllers, by part of the names of their ports; each is heard, and told what changes if it has an input."""

    controllers: tuple[str, ...] = ()


OUTPUT_KINDS = ("mmap", "sharedmem", "jitter", "ndi", "syphon", "spout", "v4l2", "mjpeg", "websocket", "stream", "file")
PICTURES = ("dream", "camera")
OUTPUT_FILES = ("mmap", "file")
"""Kinds of outputs whose target is a file."""


@dataclass(frozen=True)
class OutputConfig:
    """A way by which pictures leave: its kind (bridge.outputs), where to (what that means depends on the kind), which
    picture, and how many of them a second at most."""

    kind: str
    target: str = ""
    picture: str = "dream"
    rate: float = 60


def parse_output(text: str) -> OutputConfig:
    """Return the output that is written KIND[@PICTURE][:TARGET]; UserError if there is no such kind or picture."""
    how, _, target = text.partition(":")
    kind, at, picture = how.partition("@")
    if kind not in OUTPUT_KINDS or (at and picture not in PICTURES):
        raise UserError(f"output '{how}': expected KIND, KIND:TARGET or KIND@camera:TARGET, where KIND is one of "
                        + ", ".join(OUTPUT_KINDS))
    return OutputConfig(kind, target, picture or PICTURES[0])


@dataclass(frozen=True)
class CueConfig:
    """A named scene: what of the instrument it changes, "" for what it leaves alone.

    snapshot: recalled over `seconds`, on the next "beat" or "bar" if `quantise` says so. library, eye, dream, mapping:
    files. program: the MIDI program that launches it, None for its place in the list.
    """

    name: str
    snapshot: str = ""
    seconds: float = 0
    quantise: str = ""
    library: str = ""
    eye: str = ""
    dream: str = ""
    mapping: str = ""
    program: int | None = None


@dataclass(frozen=True)
class TempoConfig:
    """MIDI ports, by part of their names, that the clock comes in from and goes out to ("" for none), and whether to
    join an Ableton Link session."""

    midi_in: str = ""
    midi_out: str = ""
    link: bool = False


@dataclass(frozen=True)
class Show:
    """A whole show.

    parameters: values by path, within their ranges; what is absent stays at its default. snapshots: such values by the
    snapshot's name.
    """

    name: str = "Phonoscope"
    seed: int = 0
    library: str = ""
    mapping: str = ""
    sound: SoundConfig = field(default_factory=SoundConfig)
    sight: SightConfig = field(default_factory=SightConfig)
    dream: DreamConfig = field(default_factory=DreamConfig)
    osc: OscConfig = field(default_factory=OscConfig)
    oscquery: OscQueryConfig = field(default_factory=OscQueryConfig)
    page: PageConfig = field(default_factory=PageConfig)
    midi: MidiConfig = field(default_factory=MidiConfig)
    tempo: TempoConfig = field(default_factory=TempoConfig)
    outputs: tuple[OutputConfig, ...] = ()
    cues: tuple[CueConfig, ...] = ()
    parameters: dict[str, float] = field(default_factory=dict)
    snapshots: dict[str, dict[str, float]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold of it, keys as the fields; the players read this."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Show":
        """Return the show that `to_dict` described."""
        return cls(**values | {
            "sound": SoundConfig(**values["sound"]),
            "sight": SightConfig(**values["sight"] | {"camera": tuple(values["sight"]["camera"])}),
            "dream": DreamConfig(**values["dream"]),
            "osc": OscConfig(**values["osc"] | {"targets": tuple(
                OscTarget(target["address"], tuple(target["send"])) for target in values["osc"]["targets"])}),
            "oscquery": OscQueryConfig(**values["oscquery"]),
            "page": PageConfig(**values["page"]),
            "midi": MidiConfig(tuple(values["midi"]["controllers"])),
            "tempo": TempoConfig(**values["tempo"]),
            "outputs": tuple(OutputConfig(**output) for output in values["outputs"]),
            "cues": tuple(CueConfig(**cue) for cue in values["cues"]),
        })
