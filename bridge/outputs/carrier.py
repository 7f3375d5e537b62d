"""Carries MPEG-TS to where PyAV can't: the program ffmpeg, which speaks SRT, sends what it gets unchanged."""

import contextlib
import functools
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from typing import IO

from bridge.outputs.destination import TS_PACKETS, Destination
from engine.errors import UserError

LISTENS_FOR = 60.0
"""Seconds after which a program that nobody called ends: one that lost us must not hold its port for ever."""
_STUFFING = (b"\x47\x1f\xff\x10" + b"\xff" * 184) * (TS_PACKETS // 188)
_REPORT = re.compile(rb"\w+=")
_ADDRESS = re.compile(r"\w+://\S+(?<!:)")
_NO_FFMPEG = ("stream: SRT needs the program ffmpeg, built with SRT; install it (Debian: apt install ffmpeg, macOS: "
              "brew install ffmpeg, Windows: winget install ffmpeg), or use rtsp:// or udp:// instead")


def need_ffmpeg() -> None:
    """Raise UserError unless the program is there and speaks SRT."""
    if "srt" not in _protocols():
        raise UserError(_NO_FFMPEG)


@functools.cache
def _protocols() -> list[str]:
    program = shutil.which("ffmpeg")
    if program is None:
        return []
    return subprocess.run([program, "-hide_banner", "-protocols"], capture_output=True, text=True).stdout.split()


class Carrier:
    """One such program; `pipe` takes MPEG-TS, and is broken once the program has ended."""

    def __init__(self, to: Destination) -> None:
        self._to = to
        waiting = ["-listen_timeout", str(round(LISTENS_FOR * 1e6))] if to.listens else []
        # What comes in is taken as data that it doesn't know: nothing is looked into, so nothing is delayed.
        with _preset(to.hidden) as (hidden, inherited):
            self._process = subprocess.Popen(
                ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostats", "-progress", "pipe:1", "-f", "data",
                 "-raw_packet_size", str(TS_PACKETS), "-blocksize", str(TS_PACKETS), "-i", "pipe:0", "-map", "0",
                 "-c", "copy", "-f", "data", "-flush_packets", "1", *hidden, *waiting, to.url],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0,
                pass_fds=inherited)
        assert self._process.stdin is not None
        self.pipe: IO[bytes] = self._process.stdin
        self.connected = threading.Event()
        """Set once the other side is there: the program reports progress only then."""
        self._complaint = ""
        self._reader = threading.Thread(target=self._read, name="ffmpeg-says", daemon=True)
        self._reader.start()
        with contextlib.suppress(BrokenPipeError):  # it ended at once, and its complaint says why
            self.pipe.write(_STUFFING)  # it waits for something to send before it says anything

    @property
    def ended(self) -> bool:
        """Whether the program has ended."""
        return self._process.poll() is not None

    def complaint(self) -> str:
        """Return why the program ended, in its words."""
        self._reader.join(1.0)
        return self._complaint or f"ffmpeg ended with status {self._process.poll()}"

    def close(self) -> None:
        """End the program."""
        self._process.kill()
        self._process.wait()
        self.pipe.close()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as said:
            self._hear(said)

    def _hear(self, said: IO[bytes]) -> None:
        for line in said:
            if _REPORT.match(line):
                self.connected.set()
            elif not self._complaint:
                words = re.sub(rb"^\[\w+ @ \w+\] ", b"", line.strip()).decode(errors="replace")
                self._complaint = _ADDRESS.sub(self._to.name, words)


@contextlib.contextmanager
def _preset(settings: dict[str, str]) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """Yield options of ffmpeg that make it read `settings` where nobody else can, and descriptors that it inherits."""
    if not settings:
        yield [], ()
    elif os.name != "posix":  # nothing is inherited so there; and only its user sees a program's command line
        yield [word for name, value in settings.items() for word in (f"-{name}", value)], ()
    else:
        end, begin = os.pipe()
        try:
            with os.fdopen(begin, "w") as preset:
                preset.writelines(f"{name}={value}\n" for name, value in settings.items())
            yield ["-fpre", f"/dev/fd/{end}"], (end,)
        finally:
            os.close(end)
