"""Memory with a name and a mutex, as programs on Windows share it."""

import contextlib
import ctypes
import sys
from collections.abc import Iterator
from ctypes import wintypes

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError

assert sys.platform == "win32"

_PAGE_READWRITE = 0x04
_FILE_MAP_ALL_ACCESS = 0xF001F
_NO_FILE = wintypes.HANDLE(-1)
_GOT = (0x00, 0x80)  # WAIT_OBJECT_0, and WAIT_ABANDONED: who held it died
_PATIENCE_MS = 20

_kernel = ctypes.WinDLL("kernel32", use_last_error=True)
for _name, _result, *_arguments in (
    ("CreateFileMappingW", wintypes.HANDLE, wintypes.HANDLE, wintypes.LPVOID, wintypes.DWORD, wintypes.DWORD,
     wintypes.DWORD, wintypes.LPCWSTR),
    ("MapViewOfFile", wintypes.LPVOID, wintypes.HANDLE, wintypes.DWORD, wintypes.DWORD, wintypes.DWORD,
     ctypes.c_size_t),
    ("UnmapViewOfFile", wintypes.BOOL, wintypes.LPVOID),
    ("CreateMutexW", wintypes.HANDLE, wintypes.LPVOID, wintypes.BOOL, wintypes.LPCWSTR),
    ("WaitForSingleObject", wintypes.DWORD, wintypes.HANDLE, wintypes.DWORD),
    ("ReleaseMutex", wintypes.BOOL, wintypes.HANDLE),
    ("CloseHandle", wintypes.BOOL, wintypes.HANDLE),
):
    _function = getattr(_kernel, _name)
    _function.restype, _function.argtypes = _result, _arguments


class Memory:
    """`size` bytes called `name`, whose mutex is called `mutex`; those that are there already are shared.

    Raises UserError if Windows refuses.
    """

    def __init__(self, name: str, mutex: str, size: int) -> None:
        self._handles: list[int] = []
        self._address: int | None = None
        try:
            mapping = self._kept(_kernel.CreateFileMappingW(_NO_FILE, None, _PAGE_READWRITE, 0, size, name), name)
            self._mutex = self._kept(_kernel.CreateMutexW(None, False, mutex), mutex)
            self._address = _kernel.MapViewOfFile(mapping, _FILE_MAP_ALL_ACCESS, 0, 0, size)
            if not self._address:
                raise self._refusal(name)
        except UserError:  # it is tried again and again
            self.close()
            raise
        self._bytes = np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(self._address))

    @contextlib.contextmanager
    def locked(self) -> Iterator[NDArray[np.uint8] | None]:
        """Hold the mutex and yield the bytes; None if another program holds it for longer than a moment."""
        if _kernel.WaitForSingleObject(self._mutex, _PATIENCE_MS) not in _GOT:
            yield None
            return
        try:
            yield self._bytes
        finally:
            _kernel.ReleaseMutex(self._mutex)

    def close(self) -> None:
        """Give it back; it goes when nobody has it any more."""
        if self._address:
            _kernel.UnmapViewOfFile(self._address)
        for handle in self._handles:
            _kernel.CloseHandle(handle)

    def _kept(self, handle: int | None, name: str) -> int:
        if not handle:
            raise self._refusal(name)
        self._handles.append(handle)
        return handle

    def _refusal(self, name: str) -> UserError:
        error = ctypes.WinError(ctypes.get_last_error())
        return UserError(f"sharedmem: Windows refuses the memory '{name}': {error.strerror}")
