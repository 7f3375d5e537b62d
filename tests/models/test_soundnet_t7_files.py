"""Torch7 files: what they hold is read, and a damaged or hostile one is refused without harm."""

import struct
from pathlib import Path

import numpy as np
import pytest

from engine.errors import UserError
from models.t7 import T7Object, read_t7
from tests.models.torch7 import Closure, Lua, sequential, write_t7


def test_values_and_objects_are_read(tmp_path: Path) -> None:
    whole = np.arange(24, dtype=np.float32)
    network = sequential(
        Lua("nn.Linear", {"weight": whole.reshape(4, 6), "again": whole.reshape(4, 6).T, "train": False}),
        Lua("nn.Odd", {"double": np.linspace(0, 1, 5), "none": None, "text": "wörter", "run": Closure(b"code")}),
    )
    network.fields["itself"] = network
    for cuda in (False, True):
        read = read_t7(write_t7(tmp_path / "a.t7", network, cuda))
        assert isinstance(read, T7Object) and read.name == "nn.Sequential" and read.fields["itself"] is read
        linear, odd = read.fields["modules"][1.0].fields, read.fields["modules"][2.0].fields
        np.testing.assert_array_equal(linear["weight"], whole.reshape(4, 6))
        np.testing.assert_array_equal(linear["again"], whole.reshape(4, 6).T)
        np.testing.assert_array_equal(odd["double"], np.linspace(0, 1, 5))
        assert linear["train"] is False and odd["text"] == "wörter" and odd["none"] is None and odd["run"] is None


@pytest.fixture
def body(tmp_path: Path) -> bytes:
    weights = {"weight": np.ones((3, 2), np.float32), "name": "x", "on": True}
    return write_t7(tmp_path / "whole.t7", sequential(Lua("nn.A", weights), Lua("nn.B", weights))).read_bytes()


def test_a_file_that_was_cut_anywhere_is_refused(body: bytes, tmp_path: Path) -> None:
    file = tmp_path / "cut.t7"
    for length in range(len(body)):
        file.write_bytes(body[:length])
        with pytest.raises(UserError, match="not a Torch7 binary file, or a damaged one"):
            read_t7(file)


def test_any_wrong_byte_is_survived(body: bytes, tmp_path: Path) -> None:
    file = tmp_path / "wrong.t7"
    for at in range(len(body)):
        for flip in (0x01, 0x80, 0xFF):
            file.write_bytes(body[:at] + bytes([body[at] ^ flip]) + body[at + 1 :])
            try:
                read_t7(file)
            except UserError:
                continue


def tensor(shape: tuple[int, ...], strides: tuple[int, ...], offset: int, values: int) -> bytes:
    """A FloatTensor over a storage of so many values, whatever it claims."""
    def named(name: bytes) -> bytes:
        return struct.pack("<i", 3) + b"V 1" + struct.pack("<i", len(name)) + name

    head = struct.pack("<ii", 4, 1) + named(b"torch.FloatTensor")
    head += struct.pack(f"<i{2 * len(shape) + 1}q", len(shape), *shape, *strides, offset)
    storage = struct.pack("<ii", 4, 2) + named(b"torch.FloatStorage") + struct.pack("<q", values)
    return head + storage + bytes(4 * values)


@pytest.mark.parametrize(("shape", "strides", "offset"), [
    ((3, 3), (3, 1), 1), ((8,), (1,), 2), ((2,), (-1,), 8), ((2,), (1,), 0), ((1,), (1,), 10**18), ((0, 2), (2, 1), 1),
    ((10**9, 10**9), (0, 0), 1), ((2,), (2**62,), 1),
])  # fmt: skip
def test_a_tensor_never_reaches_beyond_its_numbers(
    shape: tuple[int, ...], strides: tuple[int, ...], offset: int, tmp_path: Path
) -> None:
    file = tmp_path / "tensor.t7"
    file.write_bytes(tensor((4, 2), (2, 1), 1, 8))
    assert read_t7(file).shape == (4, 2)
    file.write_bytes(tensor(shape, strides, offset, 8))
    with pytest.raises(UserError, match="tensor"):
        read_t7(file)


def test_huge_sizes_and_endless_nesting_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.t7"
    nested = b"".join(struct.pack("<iiii", 3, i, 1, 5) + struct.pack("<i", 0) for i in range(1, 5000))
    for body in (struct.pack("<ii", 2, 2**31 - 1), struct.pack("<ii", 2, -5), struct.pack("<iii", 3, 1, 2**31 - 1),
                 nested, struct.pack("<i", 99), b""):
        file.write_bytes(body)
        with pytest.raises(UserError, match="damaged"):
            read_t7(file)
