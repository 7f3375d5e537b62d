"""OSC packets to messages (OSC 1.0 and the types of 1.1), strictly: what isn't exactly OSC raises Malformed.

Only the missing type tag string of old senders is tolerated, where no arguments follow. Time tags are read over.
"""

import struct
from typing import Any

from engine.errors import UserError

DEEPEST = 8
"""Bundles within bundles, and lists within lists."""
_BUNDLE = b"#bundle\0"
_HEAD = 16
_NUMBERS = {"i": struct.Struct(">i"), "f": struct.Struct(">f"), "h": struct.Struct(">q"), "d": struct.Struct(">d")}
_SIZE = struct.Struct(">i")

Heard = tuple[str, tuple[Any, ...]]
"""Address, arguments: int, float, str, bool, None (nil), IMPULSE, bytes (blob, MIDI, colour, time), lists of these."""


class Malformed(UserError):
    """A packet isn't OSC; says what is wrong with it."""


class Impulse:
    """OSC 1.1's bang, the infinitum of OSC 1.0."""

    def __repr__(self) -> str:
        return "impulse"


IMPULSE = Impulse()
_CONSTANTS = {"T": True, "F": False, "N": None, "I": IMPULSE}


def parse(packet: bytes) -> list[Heard]:
    """Return the messages of a packet in their order, those of its bundles too; Malformed if any of it isn't OSC."""
    if len(packet) % 4 or not packet:
        raise Malformed("expected a positive multiple of 4")
    messages: list[Heard] = []
    _element(packet, 0, len(packet), 0, messages)
    return messages


def _element(packet: bytes, begin: int, end: int, depth: int, messages: list[Heard]) -> None:
    if packet[begin:begin + 1] == b"/":
        messages.append(_message(packet, begin, end))
        return
    if packet[begin:begin + 8] != _BUNDLE or end - begin < _HEAD:
        raise Malformed("neither a message, which begins with /, nor a bundle")
    if depth >= DEEPEST:
        raise Malformed(f"bundles nested deeper than {DEEPEST}")
    at = begin + _HEAD
    while at < end:
        size = _SIZE.unpack_from(packet, at)[0]  # all sizes are multiples of 4, so there are 4 bytes left
        at += 4
        if size <= 0 or size % 4 or size > end - at:
            raise Malformed(f"an element of {size} bytes where {end - at} are left")
        _element(packet, at, at + size, depth + 1, messages)
        at += size


def _message(packet: bytes, begin: int, end: int) -> Heard:
    address, at = _text(packet, begin, end)
    if at == end:
        return address, ()
    if packet[at:at + 1] != b",":
        raise Malformed(f"{address}: {end - at} bytes of arguments without type tags; expected tags such as \",f\"")
    tags, at = _text(packet, at, end)
    arguments: list[Any] = []
    lists = [arguments]
    for tag in tags[1:]:
        if tag in _NUMBERS:
            number = _NUMBERS[tag]
            if at + number.size > end:
                raise Malformed(f"{address}: cut short within its arguments")
            lists[-1].append(number.unpack_from(packet, at)[0])
            at += number.size
        elif tag in "sS":
            text, at = _text(packet, at, end)
            lists[-1].append(text)
        elif tag in _CONSTANTS:
            lists[-1].append(_CONSTANTS[tag])
        elif tag in "brmct":
            value, at = _opaque(packet, at, end, tag, address)
            lists[-1].append(value)
        elif tag == "[":
            if len(lists) > DEEPEST:
                raise Malformed(f"{address}: lists nested deeper than {DEEPEST}")
            lists[-1].append([])
            lists.append(lists[-1][-1])
        elif tag == "]" and len(lists) > 1:
            lists.pop()
        else:
            raise Malformed(f"{address}: there is no type '{tag}'" if tag != "]" else f"{address}: a ] without its [")
    if len(lists) > 1 or at != end:
        raise Malformed(f"{address}: a [ without its ]" if len(lists) > 1 else f"{address}: {end - at} bytes too many")
    return address, tuple(arguments)


def _opaque(packet: bytes, at: int, end: int, tag: str, address: str) -> tuple[bytes | str, int]:
    """Return a blob, a colour, a MIDI message or a time as bytes, a character as text, and where it ends."""
    size = 8 if tag == "t" else 4
    if tag == "b" and at + 4 <= end:
        size = _SIZE.unpack_from(packet, at)[0]
        at += 4
    behind = at + (size + 3) // 4 * 4
    if size < 0 or behind > end or packet[at + size:behind].strip(b"\0"):
        raise Malformed(f"{address}: cut short within its arguments")
    value = packet[at:at + size]
    return (chr(value[3]) if tag == "c" else value), behind


def _text(packet: bytes, at: int, end: int) -> tuple[str, int]:
    """Return the text that begins at `at`, a multiple of 4, and where what follows begins."""
    null = packet.find(b"\0", at, end)
    behind = (null // 4 + 1) * 4
    if null < 0 or packet[null:behind].strip(b"\0"):
        raise Malformed("a text that doesn't end with 1 to 4 zeros")
    try:
        return packet[at:null].decode(), behind
    except UnicodeDecodeError:
        raise Malformed("a text that isn't UTF-8") from None
