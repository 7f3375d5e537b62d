"""How OSC packets follow each other on a TCP stream: with a length before each (OSC 1.0), or by SLIP (OSC 1.1)."""

import re
import struct
from collections.abc import Callable

from engine.errors import UserError

LARGEST = 1 << 16
"""Bytes of one packet."""
_LENGTH = struct.Struct(">I")
_END, _ESCAPE = b"\xc0", b"\xdb"
_ESCAPED_END, _ESCAPED_ESCAPE = b"\xdb\xdc", b"\xdb\xdd"
_WRONG_ESCAPE = re.compile(rb"\xdb(?![\xdc\xdd])")

Found = tuple[list[bytes], list[str]]
"""Packets that are complete, and what is wrong with others."""


class BadStream(UserError):
    """What comes makes no sense from here on; says why."""


class LengthPrefixed:
    """Each packet follows its length, a big-endian 32-bit integer."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> Found:
        """Take what came and return what it completes. BadStream if a length can't be one."""
        stream, at = self._rest + received, 0
        packets = []
        while at + 4 <= len(stream):
            size = _LENGTH.unpack_from(stream, at)[0]
            if size > LARGEST:
                raise BadStream(f"a packet of {size} bytes; expected at most {LARGEST}")
            if at + 4 + size > len(stream):
                break
            if size:  # an empty one is a greeting
                packets.append(stream[at + 4:at + 4 + size])
            at += 4 + size
        self._rest = stream[at:]
        return packets, []

    @staticmethod
    def frame(packet: bytes) -> bytes:
        """Return `packet` as it goes over the stream."""
        return _LENGTH.pack(len(packet)) + packet


class Slip:
    """RFC 1055, with an END before each packet, too."""

    def __init__(self) -> None:
        self._rest = b""
        self._overlong = False

    def feed(self, received: bytes) -> Found:
        """Take what came and return what it completes."""
        *complete, self._rest = (self._rest + received).split(_END)
        packets, wrong = [], []
        for frame in complete:
            if self._overlong or len(frame) > 2 * LARGEST:
                wrong.append(f"a packet of more than {LARGEST} bytes")
            elif _WRONG_ESCAPE.search(frame):
                wrong.append("a wrong SLIP escape")
            elif frame:
                packets.append(frame.replace(_ESCAPED_END, _END).replace(_ESCAPED_ESCAPE, _ESCAPE))
            self._overlong = False
        if len(self._rest) > 2 * LARGEST:
            self._rest, self._overlong = b"", True
        return packets, wrong

    @staticmethod
    def frame(packet: bytes) -> bytes:
        """Return `packet` as it goes over the stream."""
        return _END + packet.replace(_ESCAPE, _ESCAPED_ESCAPE).replace(_END, _ESCAPED_END) + _END


Framing = LengthPrefixed | Slip

_FIRST: dict[bytes, Callable[[], Framing]] = {b"\0": LengthPrefixed, _END: Slip, b"/": Slip, b"#": Slip}


def framing_of(first: bytes) -> Framing:
    """Return the framing of a stream that begins with the byte `first`; BadStream if that can't be.

    Lengths begin with 0, since packets are small; SLIP begins with its END, or the packet itself.
    """
    if first not in _FIRST:
        raise BadStream(f"it begins with byte {first.hex()}; expected the length of a packet, or SLIP")
    return _FIRST[first]()
