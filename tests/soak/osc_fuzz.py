"""Throw malformed and random OSC packets at the instrument: nothing may change but the counter of rejected ones.

    python -m tests.soak.osc_fuzz --count 1000000
    python -m tests.soak.osc_fuzz --count 1000000 --play 120

Without --play each packet goes into the inbox, one in eight by a TCP stream, and an independent judge says of each
whether it is OSC: what isn't must be rejected and change nothing; what is must not raise. With --play a whole
instrument plays, and so many that aren't OSC are sent to its UDP socket within so many seconds; blocks of sound and
those that were missed are counted, beside those of as long a time before. Prints one JSON object.
"""

import argparse
import json
import logging
import random
import socket
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.parsing import osc_types

from bridge.desk import Desk
from bridge.jack import jack_server
from bridge.namespace import NAMESPACE
from bridge.osc_framing import BadStream, LengthPrefixed, Slip, framing_of
from bridge.osc_in import Inbox
from engine.clock import VirtualClock
from engine.morph import Morpher
from engine.parameters import INDEX, PARAMETERS
from engine.shared import Session
from engine.snapshots import Snapshots
from engine.telemetry import PLAYERS
from tests.instrument import COUNTERS, DEVICES, playing

Verdict = Literal["osc", "not osc", "unknown"]
_BUNDLE = b"#bundle\0"
_ADDRESSES = (*NAMESPACE, "/", "/elsewhere", "/phono/param/layer/17/gain", "/phono/parameter")
_TAGS = "ifsbhdTFNItScrm[]"
_WILD = "*?[]{}!,-"


class Fuzzer:
    """Packets, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        # Half of them well-formed at first, so that mutations come near to what is taken.
        self._kinds = (self._bytes, self._message, self._message, self._bundle, self._mutated, self._mutated,
                       self._mutated, self._wild, self._giant)
        self._weights = (10, 10, 10, 5, 30, 30, 30, 10, 0.02)

    def packet(self) -> bytes:
        """Return the next one."""
        return self._random.choices(self._kinds, self._weights)[0]()

    def stream(self, packets: list[bytes]) -> list[bytes]:
        """Return the packets as a TCP stream, damaged or not, in the pieces in which it arrives."""
        framing = self._random.choice((LengthPrefixed, Slip))
        stream = b"".join(map(framing.frame, packets))
        if self._random.random() < 0.5:
            stream = self._damage(stream)
        cuts = sorted(self._random.randrange(len(stream) + 1) for _ in range(self._random.randrange(4)))
        pieces = (stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True))
        return [piece for piece in pieces if piece]

    def _bytes(self) -> bytes:
        return self._random.randbytes(self._random.randrange(300))

    def _message(self) -> bytes:
        return self._built(self._random.choice(_ADDRESSES))

    def _wild(self) -> bytes:
        letters = list(self._random.choice(_ADDRESSES))
        for _ in range(self._random.randrange(1, 8)):
            wild = self._random.choice(_WILD) * self._random.choice((1, 1, 9))
            letters.insert(self._random.randrange(len(letters)) + 1, wild)
        return self._built("".join(letters))

    def _built(self, address: str) -> bytes:
        tags = "".join(self._random.choices(_TAGS, k=self._random.choice((0, 1, 1, 1, 1, 2, 3, 7))))
        if self._random.random() < 0.7:
            tags = self._random.choice(("f", "i", "s", "T", "d"))
        return _padded(address) + _padded("," + tags) + b"".join(map(self._argument, tags))

    def _argument(self, tag: str) -> bytes:
        number = self._random.choice((0, 1, -1, self._random.uniform(-100, 100), self._random.uniform(-1e30, 1e30)))
        if tag in "fd":
            return struct.pack(f">{tag}", self._random.choice((number, number, float("nan"), float("inf"))))
        if tag in "sS":
            return _padded("".join(self._random.choices("abc/0é", k=self._random.randrange(9))))
        if tag == "b":
            blob = self._random.randbytes(self._random.randrange(9))
            return struct.pack(">i", len(blob)) + blob + bytes(-len(blob) % 4)
        return self._random.randbytes({"h": 8, "t": 8}.get(tag, 4 if tag in "icrm" else 0))

    def _bundle(self, depth: int = 0) -> bytes:
        content = b""
        for _ in range(self._random.randrange(4)):
            nested = depth < 12 and self._random.random() < 0.3
            element = self._bundle(depth + 1) if nested else self._message()
            size = len(element) if self._random.random() < 0.9 else self._random.choice((0, -1, 3, 1 << 30, -(1 << 31)))
            content += struct.pack(">i", size) + element
        return _BUNDLE + self._random.randbytes(8) + content

    def _mutated(self) -> bytes:
        return self._damage(self._random.choice((self._message, self._bundle, self._wild))())

    def _damage(self, packet: bytes) -> bytes:
        damaged = bytearray(packet)
        for _ in range(self._random.choice((1, 1, 2, 5))):
            if not damaged:
                break
            place = self._random.randrange(len(damaged))
            match self._random.randrange(6):
                case 0:
                    damaged[place] ^= 1 << self._random.randrange(8)
                case 1:
                    damaged[place] = self._random.randrange(256)
                case 2:
                    del damaged[place:]
                case 3:
                    damaged[place:place] = self._random.randbytes(self._random.choice((1, 3, 4)))
                case 4:
                    del damaged[place:place + self._random.choice((1, 4))]
                case 5:
                    damaged[place:place + 4] = struct.pack(">i", self._random.choice((0, -1, 1 << 30, 65536)))
        return bytes(damaged)

    def _giant(self) -> bytes:
        count = self._random.randrange(1, 2000)
        match self._random.randrange(4):
            case 0:
                return self._random.randbytes(60_000)
            case 1:
                return self._built("/phono/param/" + "*?" * (5 * count))
            case 2:
                nested = self._message()
                for _ in range(count):
                    nested = _BUNDLE + bytes(8) + struct.pack(">i", len(nested)) + nested
                return nested[:65_000]
        element = self._built(f"/phono/param/layer/*/*{{{count},a,p}}*")
        times = min(count, 60_000 // (len(element) + 4))
        return _BUNDLE + bytes(8) + (struct.pack(">i", len(element)) + element) * times


def judge(packet: bytes) -> Verdict:
    """Say whether a packet is OSC: python-osc reads it and writes the same bytes again, and bundles are tiled exactly.

    What python-osc doesn't know, or writes otherwise than it reads although it is right, is unknown.
    """
    if len(packet) % 4 or not packet:
        return "not osc"
    if not packet.startswith(_BUNDLE):
        return _judged(packet)
    if len(packet) < 16:
        return "not osc"
    at, verdicts = 16, set[Verdict]()
    while at < len(packet):
        size = int.from_bytes(packet[at:at + 4], signed=True)
        if size <= 0 or at + 4 + size > len(packet):
            return "not osc"
        try:
            verdicts.add(judge(packet[at + 4:at + 4 + size]))
        except RecursionError:
            return "not osc"
        at += 4 + size
    return "not osc" if "not osc" in verdicts else "unknown" if "unknown" in verdicts else "osc"


def _judged(message: bytes) -> Verdict:
    if message[:1] != b"/":
        return "not osc"
    try:
        address, at = osc_types.get_string(message, 0)
        tags = osc_types.get_string(message, at)[0] if at < len(message) else None
        if tags is None:
            return "osc" if message == _padded(address) else "not osc"
        if set(tags[1:]) - set("ifsbhdTFrm"):
            return "unknown" if set(tags[1:]) <= set(_TAGS) else "not osc"
        arguments = OscMessage(message).params
    except Exception:
        return "not osc"
    if any(one != one or one == b"" for one in arguments):
        return "unknown"
    builder = OscMessageBuilder(address)
    for tag, argument in zip(tags[1:], arguments, strict=True):
        builder.add_arg(argument, tag)
    return "osc" if builder.build().dgram == message else "not osc"


def _padded(text: str) -> bytes:
    encoded = text.encode()
    return encoded + bytes(4 - len(encoded) % 4)


class Stage:
    """An inbox whose every wish is noted."""

    def __init__(self) -> None:
        self.session = Session.create({})
        self.asked = 0
        snapshots = Snapshots(ready={"a": {}})
        self.inbox = Inbox(self.session, Desk(Morpher(self.session, VirtualClock(), snapshots), self._ask, self, self))
        self._records: list[logging.LogRecord] = []
        handler = logging.Handler(logging.ERROR)
        handler.emit = self._records.append  # type: ignore[method-assign]
        logging.getLogger("phonoscope.osc").addHandler(handler)
        logging.getLogger("phonoscope.osc").propagate = False
        logging.disable(logging.WARNING)  # python-osc warns of each packet

    def names(self) -> tuple[str, ...]:
        return ("a",)

    def _ask(self, *arguments: Any) -> None:
        self.asked += 1

    launch = launch_program = next = previous = learn = unlearn = cancel = _ask

    def throw(self, packet: bytes, verdict: Verdict) -> str | None:
        """Give the inbox a packet; returns what is wrong with what came of it."""
        before, asked, wishes = self.session.parameters.copy(), self.asked, self._wishes()
        received = self.inbox.receive(packet)
        changed = not np.array_equal(before, self.session.parameters) or asked != self.asked or wishes != self._wishes()
        if self._records:
            return f"it failed: {self._records[0].getMessage()}"
        if verdict == "not osc" and (changed or received.accepted or len(received.rejected) != 1):
            return f"it isn't OSC, but: {received}"
        if not received.accepted + len(received.rejected) and verdict != "osc":
            return "nothing was counted"
        if any(not p.low <= value <= p.high for p, value in
               ((PARAMETERS[INDEX[path]], self.session.get(path)) for path in received.changed)):
            return "a parameter left its range"
        return None

    def _wishes(self) -> tuple[float, ...]:
        return (self.session.told("faces/voices_asked"),
                *(mailbox.written for mailbox in self.session.wishes.values()))

    def close(self) -> None:
        logging.disable(logging.NOTSET)
        logging.getLogger("phonoscope.osc").handlers.clear()
        logging.getLogger("phonoscope.osc").propagate = True
        self.session.close()


def fuzz(count: int, seed: int, progress: bool = False) -> dict[str, Any]:
    """Throw `count` packets at an inbox; returns how many were what, and what went wrong."""
    fuzzer, stage = Fuzzer(seed), Stage()
    verdicts = Counter[str]()
    faults: list[str] = []
    slowest, begun, thrown = 0.0, time.monotonic(), 0
    try:
        for packet in _by_udp_and_tcp(fuzzer, verdicts):
            if thrown == count or len(faults) > 10:
                break
            thrown += 1
            verdict = judge(packet)
            verdicts[verdict] += 1
            then = time.thread_time()
            fault = stage.throw(packet, verdict)
            slowest = max(slowest, time.thread_time() - then)
            if fault:
                faults.append(f"{packet[:200]!r}: {fault}")
            if progress and thrown % 50_000 == 0:
                print(f"{thrown} thrown in {time.monotonic() - begun:.0f} s, {dict(verdicts)}", file=sys.stderr)
    finally:
        stage.close()
    return {"thrown": thrown, **verdicts, "slowest_ms": round(slowest * 1e3, 1),
            "seconds": round(time.monotonic() - begun, 1), "faults": faults}


def _by_udp_and_tcp(fuzzer: Fuzzer, counts: Counter[str]) -> Iterator[bytes]:
    """Yield packets as they come out of sockets."""
    while True:
        for _ in range(21):
            yield fuzzer.packet()
        pieces = fuzzer.stream([fuzzer.packet() for _ in range(3)])
        try:
            framing = framing_of(pieces[0][:1]) if pieces else Slip()
            for piece in pieces:
                packets, wrong = framing.feed(piece)
                counts["bad frames"] += len(wrong)
                yield from packets
        except BadStream:
            counts["bad streams"] += 1


def fuzz_instrument(count: int, seed: int, seconds: float) -> dict[str, Any]:
    """Send packets that aren't OSC to a playing instrument; returns what it counted, and blocks missed."""
    fuzzer = Fuzzer(seed)
    with (tempfile.TemporaryDirectory() as folder, jack_server(256, 48_000) as server,
          playing(Path(folder), *DEVICES[:-1], "jack:system" if server else "null") as instrument):
        session = instrument.session
        for counter in COUNTERS.values():
            instrument.wait(lambda counter=counter: session.told(counter) > 0, counter)
        host, port = session.config["osc"]["listen"].split(":")
        quiet = _sounded(session, lambda: time.sleep(seconds))
        before = session.parameters.copy()

        def send() -> None:
            begun, sent = time.monotonic(), 0
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                while sent < count:
                    packet = fuzzer.packet()
                    if judge(packet) == "not osc":
                        out.sendto(packet, (host, int(port)))
                        sent += 1
                    if sent / count > (time.monotonic() - begun) / seconds:
                        time.sleep(0.001)

        meanwhile = _sounded(session, send)
        instrument.wait(lambda: session.told("faces/osc_rejected") + session.told("faces/osc_lost_in") >= count,
                        "all to be counted")
        return {"sent": count, "rejected": session.told("faces/osc_rejected"),
                "lost": session.told("faces/osc_lost_in"), "accepted": session.told("faces/osc_received"),
                "before": quiet, "meanwhile": meanwhile,
                "changed": int(np.count_nonzero(before != session.parameters))}


def _sounded(session: Session, do: Callable[[], None]) -> dict[str, float]:
    """Return how many blocks sounded and were missed, and how many players were restarted, while something is done."""
    def counted() -> dict[str, float]:
        return {"blocks": session.told("sound/blocks"), "missed": session.told("sound/missed"),
                "restarts": sum(session.told(f"{player}/restarts") for player in PLAYERS)}

    before = counted()
    do()
    return {name: count - before[name] for name, count in counted().items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--play", type=float, metavar="SECONDS", help="throw them at a playing instrument")
    args = parser.parse_args()
    found = fuzz_instrument(args.count, args.seed, args.play) if args.play else fuzz(args.count, args.seed, True)
    print(json.dumps(found))
    sys.exit(bool(found.get("faults")))


if __name__ == "__main__":
    main()
