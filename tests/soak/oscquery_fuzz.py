"""Throw garbage at the OSCQuery server of a playing instrument, and measure what was promised.

    python -m tests.soak.oscquery_fuzz                                  1,000,000 requests and frames
    python -m tests.soak.oscquery_fuzz --count 20000 --seed 7

Most are WebSocket frames (broken OSC, broken JSON, commands for what isn't there), others HTTP requests, raw bytes,
giant heads, broken frames, and connections that are left open or never read. Nothing of it may change a knob, escape
as an exception, be answered with a status of 5xx, or stop the sound. Prints one JSON object; ends with 1 if something
of that happened.
"""

import argparse
import contextlib
import json
import os
import random
import socket
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bridge.namespace import NAMESPACE
from engine.parameters import PARAMETERS
from tests.instrument import DEVICES, playing
from tests.oscquery_client import OscQueryClient, packet

BATCH = 250
UPGRADE = (b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
PATHS = tuple(NAMESPACE)
KNOBS = tuple(f"/phono/param/{p.path}" for p in PARAMETERS)
ATTRIBUTES = ("", "VALUE", "TYPE", "RANGE", "CONTENTS", "HOST_INFO", "HTML", "value", "=", "VALUE&TYPE", "%00")


class Garbage:
    """Seeded."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def frames(self) -> bytes:
        """BATCH whole WebSocket frames."""
        return b"".join(self._frame() for _ in range(BATCH))

    def broken_frame(self) -> bytes:
        """A frame that ends the connection, perhaps."""
        head = bytes(self._random.randrange(256) for _ in range(2))
        return head + self._random.randbytes(self._random.randrange(200))

    def requests(self) -> bytes:
        """BATCH HTTP requests for what is there and for what isn't."""
        return b"".join(self._request() for _ in range(BATCH))

    def head(self) -> bytes:
        """Bytes that are no HTTP request, or one that nobody should send."""
        choice = self._random.randrange(4)
        if choice == 0:
            return self._random.randbytes(self._random.randrange(1, 2000)) + b"\r\n\r\n"
        if choice == 1:
            return b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * self._random.randrange(20_000, 300_000)
        whole = bytearray(self._request() if choice == 2 else UPGRADE)
        for _ in range(self._random.randrange(1, 4)):
            whole[self._random.randrange(len(whole))] = self._random.randrange(256)
        return bytes(whole)

    def _frame(self) -> bytes:
        if self._random.random() < 0.4:
            return _framed(1, self._command())
        return _framed(self._random.choice((2, 2, 2, 9, 10)), self._osc()[:125])

    def _command(self) -> bytes:
        choice = self._random.randrange(5)
        if choice == 0:
            return self._random.randbytes(self._random.randrange(40)).decode("latin-1").encode()
        command = self._random.choice(("LISTEN", "IGNORE", "PATH_ADDED", "listen", "", 1, None, ["LISTEN"]))
        data = self._random.choice((self._random.choice(PATHS), "/phono", "", "/" * 30, 3, None, {}, ["/phono"]))
        text = json.dumps({"COMMAND": command, "DATA": data}).encode()
        return text if choice > 1 else text[:self._random.randrange(len(text))]

    def _osc(self) -> bytes:
        """No OSC packet, or one that nobody takes."""
        knob = self._random.choice(KNOBS)
        choice = self._random.randrange(6)
        if choice == 0:
            return self._random.randbytes(self._random.randrange(100))
        if choice == 1:
            return packet(knob, 1.0)[:-self._random.randrange(1, 5)]
        if choice == 2:
            return packet(knob, *self._random.choice((("x",), (1.0, 2.0), (b"blob",), (), (None,), (float("nan"),))))
        if choice == 3:
            return packet(f"{knob}/{self._random.randrange(99)}", 1.0)
        if choice == 4:
            return packet(f"/phono/state/{self._random.randrange(99)}", 1.0)
        size = self._random.choice((0, 4, 2**31 - 1, -4, 3))
        return b"#bundle\0" + bytes(8) + struct.pack(">i", size) + packet(knob, "x")

    def _request(self) -> bytes:
        path = self._random.choice(PATHS) if self._random.random() < 0.5 else f"/{self._random.randbytes(9).hex()}"
        method = self._random.choice(("GET", "GET", "GET", "HEAD", "POST", "DELETE", "BREW"))
        host = self._random.choice(("localhost", "localhost", "127.0.0.1:1", "evil.example", ""))
        return f"{method} {path}?{self._random.choice(ATTRIBUTES)} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def _framed(opcode: int, content: bytes) -> bytes:
    size = bytes([0x80 | len(content)]) if len(content) < 126 else b"\xfe" + struct.pack(">H", len(content))
    return bytes([0x80 | opcode]) + size + bytes(4) + content


class Thrower:
    """Sends to `port` and looks at what comes back."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: dict[str, socket.socket] = {}
        self._left: list[socket.socket] = []
        self.statuses: Counter[str] = Counter()

    def keep(self, name: str, begin: bytes, content: bytes) -> None:
        """Send on a connection that stays open, a new one if it was closed."""
        try:
            if name not in self._streams:
                self._streams[name] = self._connect()
                if begin:
                    self._streams[name].sendall(begin)
                    self._note(self._streams[name].recv(4096))
            self._exchange(self._streams[name], content)
        except OSError:
            self._drop(name)

    def once(self, begin: bytes, content: bytes) -> None:
        """Send on a connection of its own."""
        with contextlib.suppress(OSError), self._connect() as stream:
            stream.settimeout(0.02)
            if begin:
                stream.sendall(begin)
                self._note(stream.recv(4096))
            stream.sendall(content)
            self._note(stream.recv(4096))

    def leave(self, content: bytes) -> None:
        """Send and neither read nor close; the last few such connections stay open."""
        with contextlib.suppress(OSError):
            stream = self._connect()
            stream.sendall(content)
            self._left.append(stream)
        while len(self._left) > 20:
            self._left.pop(0).close()

    def _connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._port), timeout=10)

    def _exchange(self, stream: socket.socket, content: bytes) -> None:
        """Send while reading, so that neither end waits for the other."""
        stream.setblocking(False)
        at, quiet = 0, 0
        while at < len(content) or quiet < 3:
            try:
                at += stream.send(content[at:at + 65536])
            except BlockingIOError:
                time.sleep(0.001)
            try:
                answer = stream.recv(1 << 20)
                if not answer:
                    raise ConnectionResetError
                self._note(answer)
            except BlockingIOError:
                quiet += 1
                time.sleep(0.001)

    def _note(self, answer: bytes) -> None:
        for line in answer.split(b"HTTP/1.1 ")[1:]:
            self.statuses[line[:3].decode("latin-1")] += 1

    def _drop(self, name: str) -> None:
        if name in self._streams:
            self._streams.pop(name).close()


def fuzz(port: int, count: int, seed: int, look: Callable[[int], None]) -> Counter[str]:
    """Throw `count` requests and frames; `look` is called with how many there were, now and then."""
    garbage, thrower, dice = Garbage(seed), Thrower(port), random.Random(seed)
    thrown = 0
    while thrown < count:
        choice = dice.random()
        if choice < 0.75:
            thrower.keep(f"frames {dice.randrange(4)}", UPGRADE, garbage.frames())
            thrown += BATCH
        elif choice < 0.85:
            thrower.keep("requests", b"", garbage.requests())
            thrown += BATCH
        elif choice < 0.90:
            thrower.once(UPGRADE, garbage.broken_frame())
            thrown += 1
        elif choice < 0.97:
            thrower.once(b"", garbage.head())
            thrown += 1
        else:
            thrower.leave(dice.choice((UPGRADE, b"GET / HT", b"")) + garbage.head())
            thrown += 1
        look(thrown)
    return thrower.statuses


def _megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "stderr").open("w+b") as said:
        show = f'[oscquery]\nlisten = "127.0.0.1:{port}"\nannounce = false\n'
        with playing(Path(folder), *DEVICES, show=show, stderr=said) as instrument:
            session = instrument.session
            while session.told("sound/blocks") == 0:  # a busy machine may take minutes
                time.sleep(0.5)
            before = session.parameters.copy()
            sizes: list[float] = []
            changed: list[int] = []

            def look(thrown: int) -> None:
                if thrown // 10_000 > len(sizes):
                    sizes.append(_megabytes(instrument.process.pid))
                    if not np.array_equal(session.parameters, before):
                        changed.append(thrown)

            missed, rejected = session.told("sound/missed"), session.told("faces/oscquery_rejected")
            begun = time.monotonic()
            statuses = fuzz(port, args.count, args.seed, look)
            seconds = time.monotonic() - begun
            blocks = session.told("sound/blocks")
            time.sleep(1)
            figures: dict[str, Any] = {
                "thrown": args.count, "seconds": round(seconds, 1), "rejected": session.told("faces/oscquery_rejected")
                - rejected, "statuses": dict(statuses), "missed": session.told("sound/missed") - missed,
                "knobs_changed_at": changed, "memory_mb": sizes[::max(1, len(sizes) // 10)],
                "still_plays": session.told("sound/blocks") > blocks,
                "still_answers": OscQueryClient(port).ask(KNOBS[0], "VALUE")[0] == 200, "exit": instrument.end()}
        said.seek(0)
        figures["tracebacks"] = said.read().count(b"Traceback")
    print(json.dumps(figures, indent=1))
    well = (not changed and not figures["tracebacks"] and not any(status[0] == "5" for status in statuses)
            and figures["still_plays"] and figures["still_answers"] and figures["exit"] == 0)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
