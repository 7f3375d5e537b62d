"""Memory that crosses processes: one session folder of mapped files, each with one writer.

A session is a folder in memory-backed storage where the system has it. The conductor creates and removes it; players
and faces attach to it by its path. Every region has a fixed size and a single writing process (the parameter block:
the conductor). Nothing blocks: a reader either gets a whole value or is told that there is none.

    parameters  float64 per registered parameter          conductor -> everyone
    telemetry   float64 per name in TELEMETRY              each slot has one writer
    match       Mailbox(MATCH): scene and layer targets    SIGHT -> SOUND, faces
    model-*     Mailbox(MODEL): the eye and the dream      SIGHT, PAINTER -> faces
    wish-*      Mailbox(WISH): what faces ask for          conductor's process -> conductor
    voice       Mailbox(VOICE): the newest generated clip  SIGHT -> SOUND
    tempo       Mailbox(TEMPO): the beat                   conductor's process -> SOUND, DREAM, faces
    features    Mailbox(FEATURES): analysis of the input   DREAM -> faces
    dream       FrameSlot: the newest painted picture      PAINTER -> faces
    events/*    EventRing, one per writing process         -> faces
    input       AudioRing: what the microphone hears       SOUND -> DREAM, PAINTER
    frame       FrameSlot: the first camera's newest frame SIGHT -> PAINTER, faces
    latency/*   Histogram of a latency                     -> report
"""

import contextlib
import hashlib
import json
import mmap
import os
import platform
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from time import monotonic
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.modelnames import Kind
from engine.parameters import INDEX, LAYERS, PARAMETERS, parameter
from engine.telemetry import PLAYERS, TELEMETRY, TELEMETRY_INDEX

if platform.machine().lower() in ("x86_64", "amd64"):

    def fence() -> None:
        """Order memory accesses: this processor keeps loads in order and stores in order, and no more is needed."""
else:
    from engine.atomics import fence

SCENE_TOP = 5
WHY_TOP = 3
"""How many classes are named that a picture and a clip have in common."""
NO_CLIP = -1

MATCH = np.dtype([
    ("frame_time", "f8"),      # when the newest frame was captured, clock seconds
    ("frames", "u8"),          # frames embedded so far
    ("scene", "i4", SCENE_TOP),        # the most probable classes ahead, best first (index into the eye's classes)
    ("scene_name", "S64", SCENE_TOP),  # what they are called
    ("scene_p", "f4", SCENE_TOP),      # their smoothed probabilities
    ("command", "u8"),         # counts changes of the layer targets; 0 means none yet
    ("command_time", "f8"),    # when the newest targets were decided
    ("cut", "i4"),             # 1 if a scene cut caused them
    ("fade", "f8"),            # crossfade length, s
    ("library", "u8"),         # of the clips: number of the wish that brought it, 0 for the show's own
    ("folder", "S1024"),       # where it lies
    ("clip", "i4", LAYERS),    # library index per layer, NO_CLIP for an empty one
    ("title", "S96", LAYERS),      # what the clips are called
    ("category", "S64", LAYERS),   # and their classes
    ("weight", "f4", LAYERS),  # level of the layer, 0 to 1
    ("kl", "f4", LAYERS),      # KL(picture || clip) in nats, of the newest picture where the layer was seen
    ("azimuth", "f4", LAYERS),     # where the layer's picture was seen, degrees, 0 ahead, 90 left
    ("why", "S64", (LAYERS, WHY_TOP)),     # the classes that picture and clip have most in common, most first
    ("why_p", "f4", (LAYERS, WHY_TOP)),    # their probabilities in the newest picture where the layer was seen
    ("why_q", "f4", (LAYERS, WHY_TOP)),    # and in the clip
])
"""What SIGHT sees and which clips it wants to hear."""

MODEL = np.dtype([("name", "S64"), ("sha256", "S64"), ("file", "S1024")])
"""The model file that a player uses: what its manifest calls it, its hash (hex) and its path."""

WISH = np.dtype([("number", "u8"), ("file", "S1024")])
"""The newest wish for another model or library, counted from 1: its path, empty for the shipped model and the show's
library."""

LIVE_MODELS: tuple[Kind, ...] = ("eye", "dream")
"""Kinds of models that can be changed while the instrument plays."""
Wish = Kind | Literal["library"]
WISHES: tuple[Wish, ...] = (*LIVE_MODELS, "library")
"""All that can be changed while the instrument plays."""

TEMPO = np.dtype([
    ("time", "f8"),            # clock seconds at which `beat` was reached
    ("beat", "f8"),            # beats since the clock's beginning; bars begin at multiples of tempo/bar
    ("bpm", "f8"),             # beats per minute
    ("source", "i4"),          # who keeps time now: the values of tempo/source
    ("peers", "i4"),           # Ableton Link peers
])
"""The beat: at clock time t it is beat + (t - time) * bpm / 60."""

MOST_VOICE = 4 * 192_000
VOICE = np.dtype([("frames", "i4"), ("sound", "f4", MOST_VOICE)])
"""A clip, mono at the mixer's rate: so many frames of `sound`."""

BANDS = 8
FEATURES = np.dtype([
    ("time", "f8"),        # clock time of the last sample of the hop
    ("hop", "u8"),         # hops analysed so far
    ("rms", "f4"),         # dBFS
    ("peak", "f4"),        # dBFS
    ("bands", "f4", BANDS),    # dBFS
    ("centroid", "f4"),    # Hz
    ("flux", "f4"),        # 0 and up
    ("onset", "f4"),       # strength of the newest onset, decays
    ("pitch", "f4"),       # Hz, 0 when unvoiced
    ("pitch_confidence", "f4"),  # 0 to 1
    ("tempo", "f4"),       # beats per minute, 0 until known
    ("beat_phase", "f4"),  # 0 to 1
    ("beat_confidence", "f4"),   # 0 to 1
])
"""One hop of the analysis of the live input."""


class Event(IntEnum):
    """Things that happen at a moment and must not be coalesced."""

    ONSET = 1           # a: strength
    BEAT = 2            # a: tempo in BPM
    CUT = 3             # a: change, 0 to 1, b: azimuth of the view, degrees
    LAYERS = 4          # a: command number
    CAMERA_LOST = 5     # a: number of the camera, from 0
    CAMERA_BACK = 6     # likewise
    PLAYER_STARTED = 7  # a: index in PLAYERS, b: restarts so far
    PLAYER_LOST = 8     # a: index in PLAYERS, b: exit status
    EYE_SWAPPED = 9     # a: number of the wish
    EYE_REFUSED = 10    # a: number of the wish
    DREAM_SWAPPED = 11  # a: number of the wish
    DREAM_REFUSED = 12  # a: number of the wish
    LIBRARY_SWAPPED = 13    # a: number of the wish
    LIBRARY_REFUSED = 14    # a: number of the wish
    CUE = 15            # a: number of the cue, from 1
    LEARNT = 16         # a: index of the parameter


EVENT = np.dtype([("number", "u8"), ("time", "f8"), ("kind", "i4"), ("pad", "i4"), ("a", "f8"), ("b", "f8")])
"""One event; `time` is when the thing happened, not when it was noticed."""

HISTOGRAMS = ("embed", "camera_to_command", "onset_to_osc", "sound_to_frame")
EVENT_RINGS = (*PLAYERS, "conductor")
INPUT_FRAMES = 1 << 18
INPUT_CHANNELS = 2
FRAME_SHAPE = (360, 640, 3)
DREAM_SHAPE = (1024, 1024, 3)
_PREFIX = "phonoscope-"
_LAYOUT = "layout"


class Mailbox:
    """The newest record of one writer; readers copy it whole or get None (a seqlock)."""

    def __init__(self, buffer: mmap.mmap, dtype: np.dtype[Any]) -> None:
        self._sequence: NDArray[np.uint64] = np.frombuffer(buffer, np.uint64, 1)
        self._record: NDArray[Any] = np.frombuffer(buffer, dtype, 1, 64)

    @staticmethod
    def size(dtype: np.dtype[Any]) -> int:
        """Return the bytes that a mailbox for `dtype` occupies."""
        return 64 + dtype.itemsize

    @property
    def written(self) -> int:
        """How many records were ever written."""
        return int(self._sequence[0]) // 2

    def write(self, record: NDArray[Any]) -> None:
        """Publish `record` (a scalar array of the mailbox's dtype)."""
        begun = int(self._sequence[0]) | 1  # odd already if an earlier writer died here
        self._sequence[0] = begun
        fence()
        self._record[0] = record
        fence()
        self._sequence[0] = begun + 1

    def read(self) -> NDArray[Any] | None:
        """Return a copy of the newest record as a 0-d array, or None before the first or if the writer is slow."""
        for _ in range(8):
            before = int(self._sequence[0])
            fence()
            record = self._record[0].copy()
            fence()
            if before == int(self._sequence[0]) and before % 2 == 0:
                return np.asarray(record) if before else None
        return None


class EventRing:
    """The last 256 events of one writer, numbered from 1; each reader keeps its own place and learns of losses."""

    CAPACITY = 256

    def __init__(self, buffer: mmap.mmap) -> None:
        self._writing = threading.Lock()
        self._written: NDArray[np.uint64] = np.frombuffer(buffer, np.uint64, 1)
        self._events: NDArray[Any] = np.frombuffer(buffer, EVENT, self.CAPACITY, 64)

    @classmethod
    def size(cls) -> int:
        """Return the bytes that a ring occupies."""
        return 64 + cls.CAPACITY * EVENT.itemsize

    @property
    def written(self) -> int:
        """How many events were ever written."""
        return int(self._written[0])

    def write(self, kind: Event, time: float, a: float = 0.0, b: float = 0.0) -> None:
        """Append an event that happened at `time` (clock seconds); from any thread of the one process that writes."""
        with self._writing:
            number = self.written + 1
            self._events[number % self.CAPACITY] = (number, time, int(kind), 0, a, b)
            fence()
            self._written[0] = number

    def read(self, after: int) -> tuple[list[Any], int]:
        """Return the events numbered above `after`, oldest first, and how many of them were lost to overwriting."""
        written = self.written
        fence()
        first = max(after + 1, written - self.CAPACITY + 2)
        events = [self._events[number % self.CAPACITY].copy() for number in range(first, written + 1)]
        fence()
        whole = [event for number, event in zip(range(first, written + 1), events, strict=True)
                 if int(event["number"]) == number]
        return whole, max(0, written - after) - len(whole)


class AudioRing:
    """The newest seconds of the live input, written by the audio callback, float32 [INPUT_FRAMES, INPUT_CHANNELS].

    `header` is written by the callback alone: [0] frames ever written, [1] clock time of the last of them in
    nanoseconds. `frames` is indexed modulo its length.
    """

    def __init__(self, buffer: mmap.mmap) -> None:
        self.header: NDArray[np.int64] = np.frombuffer(buffer, np.int64, 8)
        self.frames: NDArray[np.float32] = np.frombuffer(
            buffer, np.float32, INPUT_FRAMES * INPUT_CHANNELS, 64).reshape(INPUT_FRAMES, INPUT_CHANNELS)

    @staticmethod
    def size() -> int:
        """Return the bytes that the ring occupies."""
        return 64 + INPUT_FRAMES * INPUT_CHANNELS * 4

    @property
    def written(self) -> int:
        """Frames ever written."""
        return int(self.header[0])

    def position_and_time(self) -> tuple[int, float]:
        """Return the frames ever written and the clock time in seconds of the last one, as one consistent pair."""
        for _ in range(8):
            written = int(self.header[0])
            fence()
            nanoseconds = int(self.header[1])
            fence()
            if written == int(self.header[0]):
                break
        return written, nanoseconds * 1e-9

    def read(self, start: int, count: int) -> NDArray[np.float32] | None:
        """Return a copy [count, channels] of the frames from `start`, or None if they aren't all there (any more)."""
        if start < 0 or start + count > self.written:
            return None
        fence()
        at = start % INPUT_FRAMES
        first = min(count, INPUT_FRAMES - at)
        out = np.concatenate([self.frames[at:at + first], self.frames[:count - first]])
        fence()
        # The callback may be writing its next block already: keep a generous distance to it.
        return out if self.written + 8192 - start <= INPUT_FRAMES else None


class FrameSlot:
    """The newest picture of one writer, RGB uint8 [height, width, 3], triple-buffered.

    largest: shape of as many pixels as it holds at most, with which its buffer was made (`size`).
    """

    _HEADER = np.dtype([("sequence", "u8"), ("time", "f8"), ("height", "i4"), ("width", "i4"), ("appeared", "f8")])

    def __init__(self, buffer: mmap.mmap, largest: tuple[int, int, int]) -> None:
        self._largest = largest
        self._newest: NDArray[np.uint64] = np.frombuffer(buffer, np.uint64, 1)
        self._headers: NDArray[Any] = np.frombuffer(buffer, self._HEADER, 3, 64)
        self._pixels: NDArray[np.uint8] = np.frombuffer(
            buffer, np.uint8, 3 * int(np.prod(largest)), 256).reshape(3, -1)

    @staticmethod
    def size(largest: tuple[int, int, int]) -> int:
        """Return the bytes that the slot occupies."""
        return 256 + 3 * int(np.prod(largest))

    @property
    def number(self) -> int:
        """Number of the newest frame, 0 before the first."""
        return int(self._newest[0])

    def write(self, frame: NDArray[np.uint8], time: float) -> None:
        """Publish `frame`, captured at `time`; ValueError if it has more pixels than the slot."""
        height, width, _ = frame.shape
        if frame.size > self._pixels.shape[1]:
            raise ValueError(f"frame {frame.shape} exceeds {self._largest}")
        sequence = int(self._newest[0]) + 1
        buffer = sequence % 3
        self._headers[buffer] = (0, time, height, width, 0)
        fence()
        self._pixels[buffer, :frame.size] = frame.reshape(-1)
        self._headers[buffer] = (sequence, time, height, width, monotonic())
        fence()
        self._newest[0] = sequence

    def read(self) -> tuple[NDArray[np.uint8], float, int] | None:
        """Return (copy of the newest frame, its time, its number), or None if there is none."""
        for _ in range(4):
            sequence = int(self._newest[0])
            if sequence == 0:
                return None
            fence()
            header = self._headers[sequence % 3].copy()
            count = int(header["height"]) * int(header["width"]) * 3
            frame = self._pixels[sequence % 3, :count].copy()
            fence()
            if int(header["sequence"]) == sequence == int(self._headers[sequence % 3]["sequence"]):
                return frame.reshape(int(header["height"]), int(header["width"]), 3), float(header["time"]), sequence
        return None

    def appeared(self, number: int, otherwise: float) -> float:
        """Return the machine's monotonic time, s, at which frame `number` was there; `otherwise` if it is replaced."""
        header = self._headers[number % 3].copy()
        return float(header["appeared"]) if int(header["sequence"]) == number else otherwise


class Histogram:
    """Distribution of a latency over a whole run in bounded memory: logarithmic bins, 2 % wide, 0.01 ms to 100 s."""

    BINS = 814
    _LOW_MS, _RATIO = 0.01, 1.02

    def __init__(self, buffer: mmap.mmap) -> None:
        self._counts: NDArray[np.uint64] = np.frombuffer(buffer, np.uint64, self.BINS)

    @classmethod
    def size(cls) -> int:
        """Return the bytes that a histogram occupies."""
        return cls.BINS * 8

    def add(self, seconds: float) -> None:
        """Count one latency."""
        position = np.log(max(seconds * 1e3, self._LOW_MS) / self._LOW_MS) / np.log(self._RATIO)
        self._counts[min(int(position), self.BINS - 1)] += np.uint64(1)

    @property
    def count(self) -> int:
        """How many latencies were counted."""
        return int(self._counts.sum())

    @property
    def counts(self) -> NDArray[np.uint64]:
        """How many latencies each bin holds by now, uint64 [BINS]: a copy."""
        return self._counts.copy()

    def percentile_ms(self, percent: float, since: NDArray[np.uint64] | None = None) -> float | None:
        """Return the latency in ms that `percent` of all do not exceed (upper edge of its bin); None without any.

        since: what `counts` once was; those that were counted before are left out.
        """
        counts = self._counts - since if since is not None else self._counts.copy()
        if not counts.sum():
            return None
        bin_ = int(np.searchsorted(np.cumsum(counts), counts.sum() * percent / 100))
        return float(round(self._LOW_MS * self._RATIO ** (min(bin_, self.BINS - 1) + 1), 3))


class Session:
    """All shared regions of one running instrument. Create it once, attach to it from every other process."""

    def __init__(self, folder: Path, create: bool) -> None:
        self.folder = folder
        if create:
            for name, size in _regions():
                path = folder / name
                with path.open("wb") as file:
                    file.truncate(size)
        self.parameters: NDArray[np.float64] = np.frombuffer(self._map("parameters"), np.float64)
        self.turning = threading.Lock()
        """Held while parameters are changed, so that a morph and a hand that turns the same knob see each other."""
        self.telemetry: NDArray[np.float64] = np.frombuffer(self._map("telemetry"), np.float64)
        self.match = Mailbox(self._map("match"), MATCH)
        self.models = {kind: Mailbox(self._map(f"model-{kind}"), MODEL) for kind in LIVE_MODELS}
        self.wishes = {wish: Mailbox(self._map(f"wish-{wish}"), WISH) for wish in WISHES}
        self.voice = Mailbox(self._map("voice"), VOICE)
        self.tempo = Mailbox(self._map("tempo"), TEMPO)
        self.features = Mailbox(self._map("features"), FEATURES)
        self.events = {name: EventRing(self._map(f"events-{name}")) for name in EVENT_RINGS}
        self.input = AudioRing(self._map("input"))
        self.frame = FrameSlot(self._map("frame"), FRAME_SHAPE)
        self.dream = FrameSlot(self._map("dream"), DREAM_SHAPE)
        self.latency = {name: Histogram(self._map(f"latency-{name}")) for name in HISTOGRAMS}

    @classmethod
    def create(cls, config: dict[str, Any]) -> "Session":
        """Make a new session whose `config` (JSON-serialisable) every player can read; parameters at their defaults.

        Also removes the folders that instruments left behind which were killed before they could.
        """
        root = _root()
        _sweep(root)
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=root))
        session = cls(folder, create=True)
        session.parameters[:] = [p.default for p in PARAMETERS]
        (folder / _LAYOUT).write_text(_layout())
        _write_config(folder, config)  # last: where it is, the session is complete
        return session

    @classmethod
    def attach(cls, folder: str | Path) -> "Session":
        """Open the session in `folder`; UserError if there is none, or one whose regions hold something else."""
        folder = Path(folder)
        if not (folder / "config.json").exists():
            raise UserError(f"{folder} holds no running instrument")
        layout = folder / _LAYOUT
        if not layout.exists() or layout.read_text() != _layout():
            raise UserError(f"{folder} holds an instrument of another version; end it and start it again")
        return cls(folder, create=False)

    def reconfigure(self, config: dict[str, Any]) -> None:
        """Let every player that starts from now on read another configuration. Conductor only."""
        _write_config(self.folder, config)

    @property
    def config(self) -> dict[str, Any]:
        """The configuration that players start with."""
        config: dict[str, Any] = json.loads((self.folder / "config.json").read_text())
        return config

    def close(self) -> None:
        """Remove the session's folder. Mappings that are still open stay valid until their processes end."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def get(self, path: str) -> float:
        """Return the present value of the parameter `path` (KeyError if there is none)."""
        return float(self.parameters[INDEX[path]])

    def set(self, path: str, value: float) -> float:
        """Store `value`, clamped to the parameter's range, and return what was stored. Conductor's process only.

        Raises UserError for an unknown path or a value that is not finite.
        """
        accepted = parameter(path).accept(value)
        with self.turning:
            self.parameters[INDEX[path]] = accepted
        return accepted

    def ask_for(self, wish: Wish, file: str) -> None:
        """Ask the conductor for another model or library: the path of its file or folder, "" for the shipped model and
        the show's library.

        wish: one of WISHES. Conductor's process only. Raises UserError if that can't be a path.
        """
        path = os.fsencode(file)
        if len(path) > WISH["file"].itemsize or b"\0" in path:
            raise UserError(f"the {wish} '{file[:40]}': expected a path of up to {WISH['file'].itemsize} bytes")
        with self.turning:  # several faces ask, and a mailbox has one writer
            before = self.wishes[wish].read()
            self.wishes[wish].write(np.array((1 if before is None else before["number"] + 1, path), WISH))

    def tell_model(self, kind: Kind, name: str, sha256: str, path: Path) -> None:
        """Publish which model of a kind is in use (the player that uses it only)."""
        self.models[kind].write(np.array((name.encode(), sha256.encode(), os.fsencode(path)), MODEL))

    def tell(self, name: str, value: float) -> None:
        """Write the telemetry slot `name`."""
        self.telemetry[TELEMETRY_INDEX[name]] = value

    def told(self, name: str) -> float:
        """Return the telemetry slot `name`."""
        return float(self.telemetry[TELEMETRY_INDEX[name]])

    def count(self, name: str, increment: float = 1) -> None:
        """Add to the telemetry slot `name` (its one writer only)."""
        self.telemetry[TELEMETRY_INDEX[name]] += increment

    def _map(self, name: str) -> mmap.mmap:
        with (self.folder / name).open("r+b") as file:
            return mmap.mmap(file.fileno(), 0)


def _regions() -> Iterator[tuple[str, int]]:
    yield "parameters", len(PARAMETERS) * 8
    yield "telemetry", len(TELEMETRY) * 8
    yield "match", Mailbox.size(MATCH)
    for kind in LIVE_MODELS:
        yield f"model-{kind}", Mailbox.size(MODEL)
    for wish in WISHES:
        yield f"wish-{wish}", Mailbox.size(WISH)
    yield "voice", Mailbox.size(VOICE)
    yield "tempo", Mailbox.size(TEMPO)
    yield "features", Mailbox.size(FEATURES)
    for name in EVENT_RINGS:
        yield f"events-{name}", EventRing.size()
    yield "input", AudioRing.size()
    yield "frame", FrameSlot.size(FRAME_SHAPE)
    yield "dream", FrameSlot.size(DREAM_SHAPE)
    for name in HISTOGRAMS:
        yield f"latency-{name}", Histogram.size()


def _layout() -> str:
    """Return what differs as soon as any region holds something else."""
    records = [record.descr for record in (MATCH, MODEL, WISH, TEMPO, VOICE, FEATURES, EVENT)]
    held = (list(_regions()), [p.path for p in PARAMETERS], list(TELEMETRY), records)
    return hashlib.sha256(repr(held).encode()).hexdigest()


def fitting(text: str, field: np.dtype[Any]) -> bytes:
    """Return `text` as UTF-8, cut between characters to what the field of bytes can hold."""
    return text.encode(errors="replace")[:field.itemsize].decode(errors="ignore").encode()


def _write_config(folder: Path, config: dict[str, Any]) -> None:
    """Write it whole or not at all: a player may be about to read it."""
    part = folder / "config.part"
    part.write_text(json.dumps(config))
    part.replace(folder / "config.json")


def _root() -> Path:
    shm = Path("/dev/shm")
    return shm if sys.platform == "linux" and os.access(shm, os.W_OK) else Path(tempfile.gettempdir())


def is_abandoned(folder: Path) -> bool:
    """Whether the process that made the session `folder` is gone."""
    owner = folder.name.removeprefix(_PREFIX).split("-")[0]
    return owner.isdigit() and not _runs(int(owner))


def running() -> list[Session]:
    """Return the sessions of the instruments of this version and this user that play on this machine."""
    found = []
    for folder in _root().glob(f"{_PREFIX}*-*"):
        with contextlib.suppress(UserError, OSError):  # of others, or removed meanwhile
            if not is_abandoned(folder):
                found.append(Session.attach(folder))
    return found


def _sweep(root: Path) -> None:
    for folder in root.glob(f"{_PREFIX}*-*"):
        if is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _runs(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # os.kill would end the process there; what it leaves is in the temporary folder
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
