"""What goes out over OSC: pure functions from the session's state to messages, and from messages to datagrams.

Two kinds of traffic are kept apart. State (parameters, features, scene, layers) is coalesced: only what changed, and
everything once a second, so that a front end that starts late is complete within a second. Events are never coalesced
and carry a number.
"""

import functools
import math
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from bridge.desk import Cues
from bridge.namespace import FEATURE_DOCS, ROOT, TOLD
from engine.morph import Morpher
from engine.parameters import INDEX, LAYERS, PARAMETERS
from engine.shared import EVENT_RINGS, SCENE_TOP, Event, Session
from engine.tempo.timeline import Tempo

Message = tuple[str, tuple[float | int | str, ...]]

MAX_DATAGRAM = 1400
"""Bytes; larger ones are cut or lost by common receivers."""
FULL_STATE_EVERY = 1.0
MOST_KNOBS = 128
"""Knobs that are sent at once: a morph moves hundreds, and five datagrams at 60 Hz are enough."""
_LARGEST = 3.4028234e38
_FLOAT = struct.Struct(">f")
_BUNDLE_HEAD = b"#bundle\0" + struct.pack(">Q", 1)  # time tag 1: immediately
_PARAMETER_ADDRESSES = [f"{ROOT}/param/{p.path}" for p in PARAMETERS]
_TELEMETRY_ADDRESSES = [f"{ROOT}/state/{name}" for name in TOLD]


def encode(message: Message) -> bytes:
    """Return the OSC datagram of one message: numbers as int32 or float32 (64 bits where they need it), text as string.
    """
    address, arguments = message
    if len(arguments) == 1 and isinstance(arguments[0], float) and abs(arguments[0]) <= _LARGEST:
        return before_float(address) + _FLOAT.pack(arguments[0])  # nearly all are such, thousands a second in a morph
    tags, content = ",", b""
    for argument in arguments:
        tag, encoded = _argument(argument)
        tags, content = tags + tag, content + encoded
    return _text(address) + _text(tags) + content


@functools.cache
def before_float(address: str) -> bytes:
    """Return what comes before the float in a message to `address` that has no other argument."""
    return _text(address) + _text(",f")


def _argument(argument: float | int | str) -> tuple[str, bytes]:
    if isinstance(argument, str):
        return "s", _text(argument)
    if isinstance(argument, int):
        return ("i", struct.pack(">i", argument)) if -2**31 <= argument < 2**31 else ("h", struct.pack(">q", argument))
    # What is no number passes: it has a float32, too.
    return ("d", struct.pack(">d", argument)) if _LARGEST < abs(argument) < math.inf else ("f", _FLOAT.pack(argument))


def _text(text: str) -> bytes:
    encoded = text.encode()
    return encoded + bytes(4 - len(encoded) % 4)


def datagrams(messages: Iterable[Message]) -> Iterator[bytes]:
    """Pack messages, in order, into as few bundles of at most MAX_DATAGRAM bytes as possible."""
    return bundles(map(encode, messages))


def bundles(contents: Iterable[bytes]) -> Iterator[bytes]:
    """Pack encoded messages, in order, into as few bundles of at most MAX_DATAGRAM bytes as possible."""
    bundle = _BUNDLE_HEAD
    for content in contents:
        element = struct.pack(">i", len(content)) + content
        if len(bundle) + len(element) > MAX_DATAGRAM and bundle != _BUNDLE_HEAD:
            yield bundle
            bundle = _BUNDLE_HEAD
        bundle += element
    if bundle != _BUNDLE_HEAD:
        yield bundle


class State:
    """Turns the session's present state into the messages that a front end has not seen yet.

    morpher, cues: whose snapshots, morph and cues are told of, if there are. more: returns for clock seconds what else
    is part of the state.
    """

    def __init__(self, session: Session, morpher: Morpher | None = None,
                 cues: Cues | None = None, more: Callable[[float], Iterable[Message]] | None = None) -> None:
        self._session = session
        self._morpher = morpher
        self._cues = cues
        self._more = more
        self._launched_after = 0
        self._launched = 0
        self._turned_to = session.parameters.copy()  # knobs as they were sent; the first call sends them all
        self._next_knob = 0
        self._read: dict[str, object] = {}
        self._sent: dict[str, tuple[float | int | str, ...]] = {}
        self._most_names = Counter[str]()
        self._beats = 0
        self._began = -FULL_STATE_EVERY
        # What is repeated each second, in this order; what was sent for the first time joins at the end.
        self._round = [*_PARAMETER_ADDRESSES, *_TELEMETRY_ADDRESSES]
        self._repeated = 0

    def changes(self, now: float, echo: Iterable[str] = ()) -> list[Message]:
        """Return the messages for `now` (clock seconds).

        These are what changed, the knobs in `echo`, and the part of the whole that is due: the first call gives all of
        it, and from then on it is repeated in equal parts over FULL_STATE_EVERY, for a burst each second could overrun
        receivers such as Pure Data. Counters and meters are sent with their repetition only. Of knobs that change at
        once at most MOST_KNOBS are among the messages; the others follow in turn.
        """
        fresh = dict(self._repetition(now))
        fresh |= self._turned(echo)
        for address, arguments in (*self._models(), *self._tempo(now), *self._seen(), *self._heard(),
                                   *self._morphs(), *self._cue_list(),
                                   *(self._more(now) if self._more else ())):
            if self._sent.get(address) != arguments:
                if address not in self._sent:
                    self._round.append(address)
                fresh[address] = self._sent[address] = arguments
        return list(fresh.items())

    def _repetition(self, now: float) -> Iterator[Message]:
        passed = now - self._began
        if passed < FULL_STATE_EVERY:
            yield from self._repeat(int(len(self._round) * passed / FULL_STATE_EVERY))
            return
        yield from self._repeat(len(self._round))
        self._repeated = 0
        self._began = now if passed >= 2 * FULL_STATE_EVERY else self._began + FULL_STATE_EVERY
        self._beats += 1
        yield f"{ROOT}/heartbeat", (self._beats,)

    def _repeat(self, end: int) -> Iterator[Message]:
        """Repeat the part of the round up to `end`."""
        knobs, begin, self._repeated = len(PARAMETERS), self._repeated, max(self._repeated, end)
        for i in range(begin, end):
            address = self._round[i]
            if i < knobs:
                self._turned_to[i] = self._session.parameters[i]
                yield address, (float(self._turned_to[i]),)
            elif i < knobs + len(_TELEMETRY_ADDRESSES):
                yield address, (self._session.told(TOLD[i - knobs]),)
            else:
                yield address, self._sent[address]

    def _turned(self, echo: Iterable[str]) -> Iterator[Message]:
        self._turned_to[[INDEX[path] for path in echo]] = np.nan  # as if it had never been sent
        present = self._session.parameters.copy()
        changed = np.flatnonzero(present != self._turned_to)
        if len(changed) > MOST_KNOBS:
            changed = np.roll(changed, -np.searchsorted(changed, self._next_knob))[:MOST_KNOBS]
            self._next_knob = int(changed[-1]) + 1
        self._turned_to[changed] = present[changed]
        for i, value in zip(changed.tolist(), present[changed].tolist(), strict=True):
            yield _PARAMETER_ADDRESSES[i], (value,)

    def _is_new(self, name: str, content: object) -> bool:
        """Tell whether `content` of the source `name` differs from what it was asked about last."""
        new = self._read.get(name) != content
        self._read[name] = content
        return new

    def _models(self) -> Iterator[Message]:
        for kind, mailbox in self._session.models.items():
            model = mailbox.read()
            if model is not None and self._is_new(f"model/{kind}", model.tobytes()):
                name, file = (model[key].item().decode(errors="replace") for key in ("name", "file"))
                yield f"{ROOT}/model/{kind}", (name, file)

    def _tempo(self, now: float) -> Iterator[Message]:
        record = self._session.tempo.read()
        if record is not None:
            tempo = Tempo.of(record)
            yield f"{ROOT}/tempo", (tempo.bpm, tempo.beat_at(now) % self._session.get("tempo/bar"),
                                    int(record["source"]), int(record["peers"]))

    def _heard(self) -> Iterator[Message]:
        features = self._session.features.read()
        if features is None or not self._is_new("features", features.tobytes()):
            return
        for name in FEATURE_DOCS:
            yield f"{ROOT}/feature/{name}", (float(features[name]),)
        yield f"{ROOT}/feature/bands", tuple(features["bands"].tolist())

    def _seen(self) -> Iterator[Message]:
        match = self._session.match.read()
        if match is None or not self._is_new("match", match.tobytes()):
            return
        yield f"{ROOT}/library", (match["folder"].item().decode(errors="replace"),)
        for rank in range(SCENE_TOP):
            yield f"{ROOT}/scene/{rank + 1}", (match["scene_name"][rank].decode(),
                                               round(float(match["scene_p"][rank]), 3))
        for layer in range(LAYERS):
            yield f"{ROOT}/layer/{layer + 1}", (
                match["title"][layer].decode(), match["category"][layer].decode(),
                round(float(match["weight"][layer]), 3), round(float(match["kl"][layer]), 3))

    def _morphs(self) -> Iterator[Message]:
        if self._morpher is None:
            return
        ends = self._morpher.ends
        yield from self._names("snapshot", self._morpher.names())
        yield f"{ROOT}/morph", (*(ends or ("", "")), self._session.get("morph/position"))

    def _cue_list(self) -> Iterator[Message]:
        if self._cues is None:
            return
        names = self._cues.names()
        yield from self._names("cue", names)
        events, lost = self._session.events["conductor"].read(self._launched_after)
        self._launched_after += len(events) + lost
        for event in events:
            if event["kind"] == Event.CUE:
                self._launched = int(event["a"])
        name = names[self._launched - 1] if 0 < self._launched <= len(names) else ""
        yield f"{ROOT}/cue/current", (self._launched, name)

    def _names(self, kind: str, names: tuple[str, ...]) -> Iterator[Message]:
        """Tell how many names there are, and each; numbers that are left over by a deletion become empty."""
        if not self._is_new(kind, names):
            return
        yield f"{ROOT}/{kind}/count", (len(names),)
        most = self._most_names[kind] = max(self._most_names[kind], len(names))
        for number, name in enumerate((*names, *[""] * (most - len(names))), 1):
            yield f"{ROOT}/{kind}/{number}", (name,)


class Events:
    """Follows every event ring; reports each event once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._read = {name: session.events[name].written for name in EVENT_RINGS}
        self.lost = 0

    def new(self, now: float) -> list[tuple[Message, Event, float]]:
        """Return (message, kind, time) of each event since the last call.

        The message's arguments are number, age in seconds, and the event's two values.
        """
        found: list[tuple[Message, Event, float]] = []
        for name, ring in self._session.events.items():
            if ring.written == self._read[name]:
                continue
            events, lost = ring.read(self._read[name])
            self.lost += lost
            self._read[name] += len(events) + lost
            for event in events:
                kind, time = Event(int(event["kind"])), float(event["time"])
                message: Message = (f"{ROOT}/event/{kind.name.lower()}",
                           (int(event["number"]), now - time, float(event["a"]), float(event["b"])))
                found.append((message, kind, time))
        return found
