"""Odd and hostile picture files: what can be seen is seen rightly, and what can't be costs one clear line.

test_camera_sources.py has the plain cases.
"""

import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.errors import UserError
from engine.sight.pictures import SEEN, Picture, decode_picture, fit, read_picture

ORIENTATION = 0x0112
TURNS = [None, Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM,
         Image.Transpose.TRANSPOSE, Image.Transpose.ROTATE_90, Image.Transpose.TRANSVERSE, Image.Transpose.ROTATE_270]
"""How a camera that stores EXIF orientation 1 to 8 has turned the upright picture."""


def corners() -> Image.Image:
    """A picture 60 wide and 40 high whose quarters are red, green, blue and white, so that every turn shows."""
    pixels = np.empty((40, 60, 3), np.uint8)
    pixels[:20, :30], pixels[:20, 30:], pixels[20:, :30], pixels[20:, 30:] = (
        (200, 20, 20), (20, 200, 20), (20, 20, 200), (230, 230, 230))
    return Image.fromarray(pixels)


def differs(picture: Picture, expected: Image.Image) -> float:
    """The largest mean difference of a quarter from `expected`, in levels of 255."""
    wanted = np.asarray(expected.convert("RGB"), np.int16)
    assert picture.dtype == np.uint8 and picture.shape == wanted.shape
    return float(np.abs(picture.astype(np.int16) - wanted).reshape(2, 20, 2, 30, 3).mean((1, 3, 4)).max())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp", "photo.tif"])
def test_every_exif_orientation_is_seen_upright(tmp_path: Path, orientation: int, name: str) -> None:
    turn = TURNS[orientation - 1]
    stored = corners() if turn is None else corners().transpose(turn)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored.save(tmp_path / name, exif=exif, **({} if name.endswith("png") else {"quality": 95}))
    assert differs(read_picture(tmp_path / name), corners()) < 6


def sixteen_bit_grey() -> Image.Image:
    return Image.fromarray(np.asarray(corners().convert("L"), np.uint16) * 257)


def palette_with_alpha() -> Image.Image:
    image = corners().quantize(8)
    image.info["transparency"] = bytes([0, 128, 255])
    return image


@pytest.mark.parametrize(("image", "name", "options"), [
    (corners().convert("L"), "grey.jpg", {}),
    (corners().convert("1", dither=Image.Dither.NONE), "bits.png", {}),
    (corners().convert("LA"), "grey-alpha.png", {}),
    (corners().convert("CMYK"), "cmyk.jpg", {"quality": 95}),
    (corners().convert("CMYK"), "cmyk.tif", {}),
    (palette_with_alpha(), "palette.png", {}),
    (corners().quantize(8), "palette.gif", {}),
    (corners().convert("RGBA"), "alpha.webp", {"lossless": True}),
    (corners(), "wavelet.jp2", {}),
    (corners(), "plain.bmp", {}),
    (corners(), "plain.ppm", {}),
])
def test_every_kind_of_pixel_becomes_rgb(tmp_path: Path, image: Image.Image, name: str,
                                         options: dict[str, Any]) -> None:
    image.save(tmp_path / name, **options)
    assert differs(read_picture(tmp_path / name), image) < 6


@pytest.mark.parametrize("name", ["deep.png", "deep.tif"])
def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path: Path, name: str) -> None:
    sixteen_bit_grey().save(tmp_path / name)
    assert differs(read_picture(tmp_path / name), corners().convert("L")) < 2


@pytest.mark.parametrize("name", ["moving.gif", "moving.webp", "moving.png", "moving.tif"])
def test_of_an_animation_the_first_frame_is_seen(tmp_path: Path, name: str) -> None:
    later = [Image.new("RGB", (60, 40), colour) for colour in ("black", "yellow")]
    corners().save(tmp_path / name, save_all=True, append_images=later)
    with Image.open(tmp_path / name) as written:
        assert getattr(written, "n_frames", 1) == 3
    assert differs(read_picture(tmp_path / name), corners()) < 8


def test_the_content_counts_and_not_the_name(tmp_path: Path) -> None:
    corners().save(tmp_path / "picture.jpg", format="PNG")
    assert differs(read_picture(tmp_path / "picture.jpg"), corners()) == 0


def bomb(side: int) -> bytes:
    """A PNG of side x side black pixels, each row as good as nothing when compressed."""
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes((side + 7) // 8 + 1)) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process's memory is asked for in Linux's way")
def test_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb(30_000))
    assert path.stat().st_size < 200_000
    program = ("import resource, sys; from engine.errors import UserError; from engine.sight.pictures import *\n"
               "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
               "try: read_picture(sys.argv[1])\n"
               "except UserError as error: print(error)\n"
               "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)")
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    line, grown = done.stdout.splitlines()
    assert "bomb.png: 30000 x 30000 pixels are too many; expected at most 120 million" in line
    assert int(grown) < 20_000  # kB
    assert done.stderr == ""


def test_a_large_photograph_is_no_bomb(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(bomb(6_000))
    assert read_picture(path).shape == (6_000, 6_000, 3)


@pytest.mark.parametrize("name", ["cut.jpg", "cut.png", "cut.gif", "cut.webp", "cut.tif", "cut.bmp", "cut.jp2",
                                  "cut.ppm"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.9])
def test_a_truncated_picture_is_named_and_never_half_seen(tmp_path: Path, name: str, kept: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    path = tmp_path / name
    Image.fromarray(noise).save(path)
    body = path.read_bytes()
    path.write_bytes(body[:int(len(body) * kept)])
    with pytest.raises(UserError, match=rf"^picture .*{name}: .+") as refusal:
        read_picture(path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(("name", "body", "said"), [
    ("empty.png", b"", r"not a picture that can be decoded \(0 bytes\); expected bmp, gif"),
    ("drawing.jpg", b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>', "not a picture"),
    ("program.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "not a picture"),
    ("notes.webp", "für später".encode(), "not a picture"),
    ("nothing.gif", b"GIF89a\x00\x00\x00\x00\x00\x00\x00;", ""),
    ("claims.ppm", b"P6 -3 7 255\n", ""),
])
def test_what_is_no_picture_is_said_so(tmp_path: Path, name: str, body: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    with pytest.raises(UserError, match=rf"^picture .*{name}: .*{said}"):
        read_picture(path)


@pytest.mark.parametrize("name", ["large.jpg", "large.png", "grey.jpg"])
def test_of_a_large_photograph_no_more_is_decoded_than_is_looked_at(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 16, (3000, 4000, 1), np.uint8)
    image = Image.fromarray(np.asarray(corners().resize((4000, 3000))) + noise)
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    image.convert("L" if name == "grey.jpg" else "RGB").save(tmp_path / name, exif=exif, compress_level=1)
    whole = read_picture(tmp_path / name)
    small, width, height = decode_picture((tmp_path / name).read_bytes(), name, SEEN)
    assert (width, height) == (3000, 4000) and whole.shape == (4000, 3000, 3)
    assert small.nbytes <= whole.nbytes / 4
    assert np.abs(fit(small).astype(np.int16) - fit(whole)).mean() < 1


def test_an_upload_is_called_as_its_sender_calls_it() -> None:
    for body in (b"", b"no picture", bomb(30_000)):
        with pytest.raises(UserError, match=r"^picture holiday\.png: ") as refusal:
            decode_picture(body, "holiday.png", SEEN)
        assert "BytesIO" not in str(refusal.value)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.png: No such file"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(UserError, match="Is a directory"):
        read_picture(tmp_path)


def test_damage_anywhere_in_a_file_ends_in_a_picture_or_a_line(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    path = tmp_path / "damaged"
    for suffix in ("jpg", "png", "gif", "webp", "tif", "jp2"):
        corners().save(path.with_suffix(f".{suffix}"))
        body = bytearray(path.with_suffix(f".{suffix}").read_bytes())
        for _ in range(40):
            changed = body.copy()
            for at in random.integers(0, len(body), 3):
                changed[at] = random.integers(0, 256)
            path.write_bytes(changed)
            try:
                assert read_picture(path).ndim == 3
            except UserError as error:
                assert str(error).startswith(f"picture {path}: ")
