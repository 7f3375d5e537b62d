"""Reads Torch7's binary files (`torch.save`), in which SoundNet's weights were published.

The format is that of torch7's `File.lua`, `generic/Tensor.c` and `generic/Storage.c` on a 64-bit machine. It may hold
Lua functions, which are passed over, and sizes are checked against the file, so nothing in it can run or overflow.
"""

import math
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError

NIL, NUMBER, STRING, TABLE, OBJECT, BOOLEAN, FUNCTION, OLD_CLOSURE, CLOSURE = range(9)
KINDS = {"Byte": "u1", "Char": "i1", "Short": "<i2", "Int": "<i4", "Long": "<i8", "Float": "<f4", "Double": "<f8"}
KINDS |= {f"Cuda{kind}": code for kind, code in KINDS.items()} | {"Cuda": "<f4"}
STORAGES = {f"torch.{kind}Storage": np.dtype(code) for kind, code in KINDS.items()}
TENSORS = {f"torch.{kind}Tensor" for kind in KINDS}
DEEPEST = 100  # objects within objects


@dataclass(eq=False)
class T7Object:
    """An object of a Lua class, such as `nn.ReLU`; `fields` is its table."""

    name: str
    fields: Any = field(default_factory=dict)


def read_t7(file: Path) -> Any:
    """What the file holds: None, bool, float, str, dict, T7Object, or an array for a tensor or a storage.

    Raises UserError where it is damaged or no such file.
    """
    reader = _Reader(file.read_bytes())
    try:
        return reader.item(0)
    except _Damage as damage:
        raise UserError(f"{file}: not a Torch7 binary file, or a damaged one: byte {reader.at}: {damage}") from None


class _Damage(Exception):
    """The bytes are not what Torch7 writes."""


class _Reader:
    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0
        self.seen: dict[int, Any] = {}

    def take(self, size: int) -> memoryview:
        if not 0 <= size <= len(self.body) - self.at:
            raise _Damage(f"expected {size} more bytes, got {len(self.body) - self.at}")
        self.at += size
        return memoryview(self.body)[self.at - size : self.at]

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def text(self) -> str:
        return str(self.take(self.number("<i")), "utf-8", "replace")

    def item(self, depth: int) -> Any:
        if depth > DEEPEST:
            raise _Damage(f"expected at most {DEEPEST} objects within each other")
        kind = self.number("<i")
        if kind == NIL:
            return None
        if kind == NUMBER:
            return self.number("<d")
        if kind == STRING:
            return self.text()
        if kind == BOOLEAN:
            return self.number("<i") == 1
        if kind == FUNCTION:
            return self.function(depth)
        if kind not in (TABLE, OBJECT, OLD_CLOSURE, CLOSURE):
            raise _Damage(f"expected a kind of value from 0 to {CLOSURE}, got {kind}")
        index = self.number("<i")
        if index in self.seen:
            return self.seen[index]
        if kind == TABLE:
            return self.table(index, depth)
        if kind == OBJECT:
            return self.object(index, depth)
        self.seen[index] = None
        return self.function(depth)

    def function(self, depth: int) -> None:
        self.take(self.number("<i"))  # its code
        self.item(depth + 1)  # what it closes over

    def table(self, index: int, depth: int) -> dict[Any, Any]:
        table: dict[Any, Any] = {}
        self.seen[index] = table  # before its items, which may hold it
        for _ in range(self.number("<i")):
            key, value = self.item(depth + 1), self.item(depth + 1)
            if isinstance(key, str | float | bool):
                table[key] = value
        return table

    def object(self, index: int, depth: int) -> Any:
        name = self.text()
        if name.startswith("V "):  # of the class; old files lack it
            name = self.text()
        if name in STORAGES:
            self.seen[index] = self.storage(STORAGES[name])
        elif name in TENSORS:
            self.seen[index] = self.tensor(depth)
        else:
            new = T7Object(name)
            self.seen[index] = new
            new.fields = self.item(depth + 1)
        return self.seen[index]

    def storage(self, dtype: np.dtype[Any]) -> NDArray[Any]:
        return np.frombuffer(self.take(self.number("<q") * dtype.itemsize), dtype)

    def tensor(self, depth: int) -> NDArray[Any]:
        dimensions = self.number("<i")
        shape = np.frombuffer(self.take(8 * dimensions), "<i8").tolist()
        strides = np.frombuffer(self.take(8 * dimensions), "<i8").tolist()
        offset = self.number("<q") - 1
        values = self.item(depth + 1)
        if values is None or not dimensions:
            return np.empty(0, np.float32)
        if not isinstance(values, np.ndarray) or values.ndim != 1 or dimensions > 16:
            raise _Damage("expected a storage of numbers for a tensor")
        last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
        if min(shape) < 1 or min(strides) < 0 or not 0 <= offset <= last < len(values):
            raise _Damage(f"a tensor {shape} reaches beyond its {len(values)} numbers")
        if math.prod(shape) > len(values):
            raise _Damage(f"a tensor {shape} has more values than its {len(values)} numbers")
        strides = [stride * values.itemsize for stride in strides]
        return np.lib.stride_tricks.as_strided(values[offset:], shape, strides, writeable=False)
