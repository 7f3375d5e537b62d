"""What goes out over OSC: pure functions from the session's state to messages, and from messages to datagrams.

Two kinds of traffic are kept apart. State (parameters, features, scene, layers) is coalesced: only what changed, and
everything once a second, so that a front end that starts late is complete within a second. Events are never coalesced
and carry a number.
"""

import struct
from collections.abc import Iterable, Iterator

from pythonosc.osc_message_builder import OscMessageBuilder

from engine.library import Library
from engine.parameters import LAYERS, PARAMETERS
from engine.shared import EVENT_RINGS, NO_CLIP, SCENE_TOP, TELEMETRY, Event, Session
from engine.tempo.timeline import Tempo

Message = tuple[str, tuple[float | int | str, ...]]

ROOT = "/phono"
MAX_DATAGRAM = 1400
"""Bytes; larger ones are cut or lost by common receivers."""
FULL_STATE_EVERY = 1.0
FEATURES_SENT = ("rms", "peak", "centroid", "flux", "onset", "pitch", "pitch_confidence", "tempo", "beat_phase",
                 "beat_confidence")
_BUNDLE_HEAD = b"#bundle\0" + struct.pack(">Q", 1)  # time tag 1: immediately
_PRIVATE = ("alive", "pid")


def encode(message: Message) -> bytes:
    """Return the OSC datagram of one message: numbers as int32 or float32, text as string."""
    address, arguments = message
    builder = OscMessageBuilder(address)
    for argument in arguments:
        kind = "s" if isinstance(argument, str) else "i" if isinstance(argument, int) else "f"
        builder.add_arg(argument, kind)
    return bytes(builder.build().dgram)


def datagrams(messages: Iterable[Message]) -> Iterator[bytes]:
    """Pack messages, in order, into as few bundles of at most MAX_DATAGRAM bytes as possible."""
    bundle = _BUNDLE_HEAD
    for message in messages:
        content = encode(message)
        element = struct.pack(">i", len(content)) + content
        if len(bundle) + len(element) > MAX_DATAGRAM and bundle != _BUNDLE_HEAD:
            yield bundle
            bundle = _BUNDLE_HEAD
        bundle += element
    if bundle != _BUNDLE_HEAD:
        yield bundle


class State:
    """Turns the session's present state into the messages that a front end has not seen yet."""

    def __init__(self, session: Session, library: Library) -> None:
        self._session = session
        self._library = library
        self._sent: dict[str, tuple[float | int | str, ...]] = {}
        self._full_at = -1.0
        self._beats = 0

    def changes(self, now: float, echo: Iterable[str] = ()) -> list[Message]:
        """Return the messages for `now` (clock seconds): what changed, the paths in `echo`, or all once a second."""
        messages = [*self._parameters(), *self._eye(), *self._tempo(now), *self._seen(), *self._heard()]
        full = now - self._full_at >= FULL_STATE_EVERY
        if full:
            self._full_at = now
            self._beats += 1
            messages += [(f"{ROOT}/state/{name}", (self._session.told(name),)) for name in TELEMETRY
                         if not name.endswith(_PRIVATE)]
            messages.append((f"{ROOT}/heartbeat", (self._beats,)))
        echoed = {f"{ROOT}/param/{path}" for path in echo}
        fresh = [m for m in messages if full or m[0] in echoed or self._sent.get(m[0]) != m[1]]
        self._sent.update(fresh)
        return fresh

    def _parameters(self) -> Iterator[Message]:
        for parameter, value in zip(PARAMETERS, self._session.parameters.tolist(), strict=True):
            yield f"{ROOT}/param/{parameter.path}", (value,)

    def _eye(self) -> Iterator[Message]:
        eye = self._session.eye.read()
        if eye is not None:
            name, file = (eye[key].item().decode(errors="replace") for key in ("name", "file"))
            yield f"{ROOT}/model/eye", (name, file)

    def _tempo(self, now: float) -> Iterator[Message]:
        record = self._session.tempo.read()
        if record is not None:
            tempo = Tempo.of(record)
            yield f"{ROOT}/tempo", (tempo.bpm, tempo.beat_at(now) % self._session.get("tempo/bar"),
                                    int(record["source"]), int(record["peers"]))

    def _heard(self) -> Iterator[Message]:
        features = self._session.features.read()
        if features is None:
            return
        for name in FEATURES_SENT:
            yield f"{ROOT}/feature/{name}", (float(features[name]),)
        yield f"{ROOT}/feature/bands", tuple(features["bands"].tolist())

    def _seen(self) -> Iterator[Message]:
        match = self._session.match.read()
        if match is None:
            return
        classes, clips = self._library.classes, self._library.clips
        for rank in range(SCENE_TOP):
            yield f"{ROOT}/scene/{rank + 1}", (classes[int(match["scene"][rank])],
                                               round(float(match["scene_p"][rank]), 3))
        for layer in range(LAYERS):
            index = int(match["clip"][layer])
            name, category = ("", "") if index == NO_CLIP else (clips[index].title, clips[index].category)
            yield f"{ROOT}/layer/{layer + 1}", (name, category, round(float(match["weight"][layer]), 3),
                                                round(float(match["kl"][layer]), 3))


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
