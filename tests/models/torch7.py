"""Writes Torch7's binary files, as torch7's `File.lua` does, to read them back."""

import struct
from pathlib import Path
from typing import Any

import numpy as np

KINDS = {np.dtype("f4"): "Float", np.dtype("f8"): "Double", np.dtype("i8"): "Long"}


class Lua:
    """An object of the class `name`."""

    def __init__(self, name: str, fields: Any) -> None:
        self.name, self.fields = name, fields


class Closure:
    """A function with its code."""

    def __init__(self, code: bytes) -> None:
        self.code = code


def write_t7(file: Path, value: Any, cuda: bool = False) -> Path:
    """Write None, bool, number, str, dict, list, array, Lua or Closure; `cuda` as if it lay on a GPU."""
    parts: list[bytes] = []
    numbers: dict[int, int] = {}
    storages: dict[int, object] = {}
    keep = []  # while the file is written no two things may have one id

    def reference(kind: int, thing: Any) -> bool:
        keep.append(thing)
        new = id(thing) not in numbers
        number = numbers.setdefault(id(thing), len(numbers) + 1)
        parts.append(struct.pack("<ii", kind, number))
        return new

    def text(words: str) -> None:
        parts.append(struct.pack("<i", len(words.encode())) + words.encode())

    def named(name: str) -> None:
        text("V 1")
        text(name)

    def put(thing: Any) -> None:
        if thing is None:
            parts.append(struct.pack("<i", 0))
        elif isinstance(thing, bool):
            parts.append(struct.pack("<ii", 5, thing))
        elif isinstance(thing, int | float):
            parts.append(struct.pack("<id", 1, thing))
        elif isinstance(thing, str):
            parts.append(struct.pack("<i", 2))
            text(thing)
        elif isinstance(thing, np.ndarray):
            put_array(thing)
        elif isinstance(thing, Closure):
            if reference(8, thing):
                parts.append(struct.pack("<i", len(thing.code)) + thing.code)
                put({})
        elif isinstance(thing, Lua):
            if reference(4, thing):
                named(thing.name)
                put(thing.fields)
        else:
            items = dict(enumerate(thing, 1)) if isinstance(thing, list) else thing
            if reference(3, thing):
                parts.append(struct.pack("<i", len(items)))
                for key, item in items.items():
                    put(key)
                    put(item)

    def put_array(array: np.ndarray) -> None:
        kind = "Cuda" if cuda and array.dtype == np.float32 else KINDS[array.dtype]
        if not reference(4, array):
            return
        named(f"torch.{kind}Tensor")
        if not array.size:
            parts.append(struct.pack("<iqi", 0, 1, 0))
            return
        strides = [stride // array.itemsize for stride in array.strides]
        parts.append(struct.pack(f"<i{2 * array.ndim + 1}q", array.ndim, *array.shape, *strides, 1))
        whole = array if array.base is None else array.base
        storage = storages.setdefault(id(whole), object())
        if reference(4, storage):
            named(f"torch.{kind}Storage")
            parts.append(struct.pack("<q", whole.size) + whole.tobytes())

    put(value)
    file.write_bytes(b"".join(parts))
    return file


def sequential(*modules: Any) -> Lua:
    """A network of Lua modules."""
    return Lua("nn.Sequential", {"modules": list(modules), "train": False})
