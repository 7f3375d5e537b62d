"""The terminal that the instrument plays in, read key by key instead of line by line.

Ctrl-C, Ctrl-Z and Ctrl-\\ keep their meanings, and whoever suspends or ends the program by them finds the terminal as
it was.
"""

import sys
from typing import Any, Protocol


class Terminal(Protocol):
    """Where keys are pressed."""

    def read(self) -> bytes:
        """Return what was typed since the last call, without waiting for it."""

    def close(self) -> None:
        """Give the terminal back as it was."""


if sys.platform == "win32":
    import msvcrt

    _ARROWS = {"M": b"\x1b[C", "K": b"\x1b[D"}

    class _Terminal:
        def __init__(self, file: int) -> None:
            pass

        def read(self) -> bytes:
            typed = b""
            while msvcrt.kbhit():
                key = msvcrt.getwch()
                # A key without a character is told in two parts.
                typed += _ARROWS.get(msvcrt.getwch(), b"") if key in ("\x00", "\xe0") else key.encode(errors="ignore")
            return typed

        def close(self) -> None:
            pass

else:
    import contextlib
    import os
    import select
    import signal
    import termios
    import tty
    from types import FrameType

    _MOST = 1024

    class _Terminal:
        """Main thread only. It reads, and changes the terminal's mode, only while the program is in the foreground:
        in the background the system would stop it for that."""

        def __init__(self, file: int) -> None:
            self._file = file
            self._before: Any = None  # the mode to give back
            self._is_set = False
            self._handlers = {number: signal.signal(number, handler) for number, handler in (
                (signal.SIGTSTP, self._let_go), (signal.SIGQUIT, self._let_go), (signal.SIGCONT, self._resume))}

        def read(self) -> bytes:
            try:
                if os.tcgetpgrp(self._file) != os.getpgrp():
                    return b""
                if not self._is_set:
                    before = self._before or termios.tcgetattr(self._file)
                    self._before, self._is_set = before, True
                    tty.setcbreak(self._file, termios.TCSANOW)
                    if not self._is_set:  # a signal came in between
                        termios.tcsetattr(self._file, termios.TCSANOW, before)
                ready, _, _ = select.select([self._file], [], [], 0)
                return os.read(self._file, _MOST) if ready else b""
            except (OSError, termios.error):  # the terminal is gone
                return b""

        def close(self) -> None:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            self._restore()

        def _restore(self) -> None:
            with contextlib.suppress(OSError, termios.error):
                if self._is_set and os.tcgetpgrp(self._file) == os.getpgrp():
                    termios.tcsetattr(self._file, termios.TCSANOW, self._before)
            self._before, self._is_set = None, False

        def _let_go(self, number: int, frame: FrameType | None) -> None:
            """Give the terminal back, and only then be suspended, or ended, by the signal."""
            self._restore()
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
            signal.signal(number, self._let_go)

        def _resume(self, number: int, frame: FrameType | None) -> None:
            self._is_set = False  # others may have set their own mode since


def open_terminal() -> Terminal | None:
    """Return the terminal that standard input is; None if it is none."""
    return _Terminal(sys.stdin.fileno()) if sys.stdin is not None and sys.stdin.isatty() else None
