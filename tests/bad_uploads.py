"""Files that nobody should upload, made as they are needed: each a name and its bytes."""

import io
import json
import struct
import wave
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

HUGE = 100_000
"""Pixels along each side that a few bytes claim."""
ALLOWED = 10_900
"""Pixels along each side of what is just not too large to be decoded."""


def pictures() -> Iterator[tuple[str, bytes]]:
    """Files that are no pictures, broken ones, and such that would fill the memory."""
    yield from _of_another_kind()
    honest = _saved("JPEG", 640, 480)
    yield "truncated.jpg", honest[:len(honest) // 2]
    yield "only a head.jpg", honest[:20]
    yield "bits turned.jpg", bytes(b ^ 0x55 if 300 < i % 997 < 310 else b for i, b in enumerate(honest))
    yield "truncated.png", _saved("PNG", 640, 480)[:2000]
    yield "claims.png", _png(HUGE, HUGE, b"\0" * 1000)
    yield "claims much.png", _png(2**31 - 1, 2**31 - 1, b"\0" * 1000)
    yield "inflates.png", _png(20_000, 20_000, bytes(2501) * 20_000, depth=1, colour=0)
    yield "text inflates.png", _png(16, 16, bytes(17 * 3 * 16), text=bytes(20_000_000))
    yield "claims.gif", struct.pack("<6sHHBBB", b"GIF89a", 65535, 65535, 0x80, 0, 0) + bytes(6) + struct.pack(
        "<BHHHHB", 0x2C, 0, 0, 65535, 65535, 0) + b"\x02\x02\x4c\x01\0;"
    yield "claims.bmp", struct.pack("<2sIIIIiiHHIIiiII", b"BM", 2**31, 0, 54, 40, HUGE, HUGE, 1, 24, 0, 0, 1, 1, 0, 0)
    yield "claims.ppm", f"P6 {HUGE} {HUGE} 255\n".encode() + bytes(100)
    yield "claims.tif", _tiff(HUGE, HUGE)
    yield "claims.jpg", b"\xff\xd8\xff\xc0\0\x11\x08\xff\xdc\xff\xdc\x03\x01\x22\0\x02\x11\x01\x03\x11\x01" + bytes(100)
    yield "claims.webp", _webp(16_383)
    yield "claims.jp2", _jp2(HUGE)
    yield "beautiful.gif", b"GIF89a/*" + b"<script>alert(1)</script>*/=1;" + bytes(30)


def sounds() -> Iterator[tuple[str, bytes]]:
    """Files that are no sounds, broken ones, and such that would fill the memory or fetch something from elsewhere."""
    yield from _of_another_kind()
    yield "photograph.jpg", _saved("JPEG", 64, 64)
    honest = wav()
    yield "only a head.wav", honest[:44]
    yield "a million channels.wav", _wav(channels=65535, block=65535 * 2)
    yield "no channels.wav", _wav(channels=0)
    yield "no rate.wav", _wav(rate=0)
    yield "no bits.wav", _wav(bits=0, block=0)
    yield "playlist.m3u8", (b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\n%s/segment.ts\n"
                            b"#EXTINF:10.0,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
    yield "list.ffconcat", b"ffconcat version 1.0\nfile '%s/sound.wav'\nfile '/etc/passwd'\n"
    yield "session.sdp", b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"
    yield "manifest.mpd", (b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
                           b'mediaPresentationDuration="PT10S"><Period><AdaptationSet mimeType="audio/mp4">'
                           b'<Representation id="1" bandwidth="1"><BaseURL>%s/a.mp4</BaseURL></Representation>'
                           b"</AdaptationSet></Period></MPD>")
    yield "atoms.mp4", _box(b"ftyp", b"isom\0\0\2\0isom") + struct.pack(">I4sQ", 1, b"moov", 2**62)
    yield "table.mp4", _mp4(entries=2**31)
    yield "nested.mp4", _box(b"ftyp", b"isom\0\0\2\0isom") + _nested(500)


def harmless_sounds() -> Iterator[tuple[str, bytes]]:
    """Odd files that there is sound in all the same."""
    honest = wav()
    yield "claims 4 GB.wav", honest[:4] + b"\xff\xff\xff\xff" + honest[8:40] + b"\xff\xff\xff\xff" + honest[44:]
    yield "truncated.wav", honest[:len(honest) // 2 + 1]
    yield "no blocks.wav", _wav(block=0)
    yield "four billion a second.wav", _wav(rate=2**32 - 1)


def photograph() -> bytes:
    """Return an honest picture."""
    return _saved("JPEG", 640, 480)


def wav(seconds: float = 1.0) -> bytes:
    """Return an honest sound."""
    packed = io.BytesIO()
    with wave.open(packed, "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        tone = np.sin(np.arange(round(16_000 * seconds)) * 0.2) * np.linspace(0, 20_000, round(16_000 * seconds))
        sound.writeframes(tone.astype("<i2").tobytes())
    return packed.getvalue()


def heavy_pictures() -> Iterator[tuple[str, bytes]]:
    """Pictures of a few kilobytes that are just not too large to be decoded."""
    side = ALLOWED
    yield "large.png", _png(side, side, bytes(3 * side + 1) * side)
    yield "large and deep.png", _png(side, side, bytes(8 * side + 1) * side, depth=16, colour=6)
    for kind, options in (("WEBP", {}), ("GIF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("JPEG", {})):
        packed = io.BytesIO()
        Image.new("RGB", (side, side)).save(packed, kind, **options)
        yield f"large.{kind.lower()}", packed.getvalue()
    packed = io.BytesIO()
    Image.new("RGB", (side // 2, side // 2)).save(packed, "JPEG2000")
    yield "large.jp2", packed.getvalue()


def _of_another_kind() -> Iterator[tuple[str, bytes]]:
    yield "picture.svg", (b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
                          b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><text>&x;</text></svg>')
    yield "page.html", b"<!doctype html><script>alert(1)</script>"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/cron.d/x", bytes(10_000_000))
    yield "archive.zip", packed.getvalue()
    yield "print.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run showpage\n"
    yield "program.exe", b"MZ" + bytes(1000)
    yield "noise", np.random.default_rng(0).bytes(100_000)
    yield "zeros", bytes(100_000)
    yield "one byte", b"x"
    yield "words.json", json.dumps({"picture": "x" * 1000}).encode()


def _saved(kind: str, width: int, height: int) -> bytes:
    packed = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    Image.fromarray(noise).resize((width, height)).save(packed, kind)
    return packed.getvalue()


def _png(width: int, height: int, rows: bytes, depth: int = 8, colour: int = 2, text: bytes = b"") -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
            + (chunk(b"zTXt", b"Comment\0\0" + zlib.compress(text, 1)) if text else b"")
            + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


def _tiff(width: int, height: int) -> bytes:
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
               (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, 100)]
    return struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<HHII", *entry) for entry in entries) + bytes(104)


def _webp(side: int) -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", (64, 64)).save(packed, "WEBP", lossless=True)
    content = bytearray(packed.getvalue())
    at = content.index(b"VP8L") + 9
    bits = struct.unpack_from("<I", content, at)[0] & ~0xFFFFFFF | (side - 1) | (side - 1) << 14
    struct.pack_into("<I", content, at, bits)
    return bytes(content)


def _jp2(side: int) -> bytes:
    packed = io.BytesIO()
    Image.new("RGB", (64, 64)).save(packed, "JPEG2000")
    content = bytearray(packed.getvalue())
    at = content.index(b"ihdr") + 4
    struct.pack_into(">II", content, at, side, side)
    at = content.index(b"\xff\x51") + 6
    struct.pack_into(">II", content, at, side, side)
    return bytes(content)


def _wav(channels: int = 1, rate: int = 16_000, bits: int = 16, block: int = 2) -> bytes:
    data = bytes(range(256)) * 100
    return struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, channels, rate,
                       rate * block % 2**32, block % 65536, bits, b"data", len(data)) + data


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _nested(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = _box(b"moov", content)
    return content


def _mp4(entries: int) -> bytes:
    """A file whose tables claim so many entries."""
    table = _box(b"stsz", struct.pack(">III", 0, 0, entries)) + _box(b"stco", struct.pack(">II", 0, entries))
    media = (_box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 48_000, 2**31, 0, 0))
             + _box(b"hdlr", struct.pack(">II4s", 0, 0, b"soun") + bytes(13)) + _box(b"minf", _box(b"stbl", table)))
    return _box(b"ftyp", b"isom\0\0\2\0isom") + _box(b"moov", _box(b"trak", _box(b"mdia", media)))
