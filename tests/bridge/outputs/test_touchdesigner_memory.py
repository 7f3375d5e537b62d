"""The bytes and names of TouchDesigner's shared memory, read by a parser written from the layout.

Offsets: 0 magic 0xd95ef835, 4 version, 8 width, 12 height, 16 and 20 aspect, 24 pixel format (37 RGBA8), 32 size of the
pixels (64 bits), 40 where they begin. Of the memory that tells of it: 0 magic 0x56ed34ba, 4 version, 8 supported, 10
the name's tail (32 wide characters), 74 detach; 76 bytes on Windows.
"""

import ctypes
import sys

import numpy as np
import pytest

from bridge.outputs.sharedmem import open_output
from bridge.outputs.sharedmem_layout import HEADER_SIZE, INFO_SIZE, header, info, names, write_pixels
from engine.errors import UserError
from tests.outputs import picture


class Header(ctypes.LittleEndianStructure):
    _fields_ = (("magic", ctypes.c_uint32), ("version", ctypes.c_int32), ("width", ctypes.c_int32),
                ("height", ctypes.c_int32), ("aspectx", ctypes.c_float), ("aspecty", ctypes.c_float),
                ("pixel_format", ctypes.c_uint32), ("size", ctypes.c_int64), ("offset", ctypes.c_int32))


class Info(ctypes.LittleEndianStructure):
    _fields_ = (("magic", ctypes.c_int32), ("version", ctypes.c_int32), ("supported", ctypes.c_bool),
                ("tail", ctypes.c_uint16 * 32), ("detach", ctypes.c_bool))


def test_a_picture_is_read_by_the_layout_bottom_row_first() -> None:
    frame = picture(3, 5)
    memory = np.zeros(HEADER_SIZE + 1024, np.uint8)
    memory[:HEADER_SIZE] = np.frombuffer(header(5, 3), np.uint8)
    write_pixels(frame, memory[HEADER_SIZE:])
    assert ctypes.sizeof(Header) == HEADER_SIZE == 48
    got = Header.from_buffer_copy(memory.tobytes())
    assert (got.magic, got.version, got.width, got.height, got.pixel_format) == (0xD95EF835, 1, 5, 3, 37)
    assert (got.size, got.offset, got.aspectx / got.aspecty) == (5 * 3 * 4, 48, pytest.approx(5 / 3))
    pixels = memory[got.offset:got.offset + got.size].reshape(3, 5, 4)
    assert (pixels[::-1, :, :3] == frame).all() and (pixels[..., 3] == 255).all()
    assert not memory[got.offset + got.size:].any()


@pytest.mark.parametrize("detach", [False, True])
def test_a_receiver_learns_whether_the_sender_is_there(detach: bool) -> None:
    assert ctypes.sizeof(Info) == INFO_SIZE == 76
    got = Info.from_buffer_copy(info(detach))
    assert (got.magic, got.version, got.supported, got.detach) == (0x56ED34BA, 2, False, detach)
    assert not any(got.tail)


def test_the_names_are_those_that_touchdesigner_looks_for() -> None:
    assert names("stage") == ("TouchSHMstage", "TouchSHMstageMutex", "TouchSHMTouchSHMstage4jhd783h",
                              "TouchSHMTouchSHMstage4jhd783hMutex")


@pytest.mark.skipif(sys.platform == "win32", reason="it is possible there")
def test_elsewhere_than_on_windows_it_says_what_to_use_instead() -> None:
    with pytest.raises(UserError, match=r"on Windows only; use the output mmap"):
        open_output("", 60)


@pytest.mark.skipif(sys.platform != "win32", reason="TouchDesigner's shared memory is there on Windows only")
def test_the_memory_can_be_found_by_its_name_on_windows() -> None:
    import mmap
    output = open_output("phonoscope-test", 60)
    output.send(picture(3, 5), 0.0)
    with mmap.mmap(-1, HEADER_SIZE + 60, tagname="TouchSHMphonoscope-test") as memory:
        got = Header.from_buffer_copy(memory[:HEADER_SIZE])
        assert (got.magic, got.width, got.height) == (0xD95EF835, 5, 3)
        assert memory[HEADER_SIZE:HEADER_SIZE + 3] == picture(3, 5)[2, 0].tobytes()
    output.close()
