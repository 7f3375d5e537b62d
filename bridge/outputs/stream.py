"""Output `stream`: H.264 over the network, to a media server or a receiver (bridge.outputs.destination).

target: its address.
"""

import contextlib
import threading

import av
import numpy as np
from numpy.typing import NDArray

from bridge.outputs import FrameOutput
from bridge.outputs.carrier import LISTENS_FOR, Carrier, need_ffmpeg
from bridge.outputs.destination import Destination, destination
from bridge.outputs.h264 import LiveVideo
from engine.clock import Clock, MonotonicClock
from engine.player import TRY_AGAIN

_PATIENCE = 8.0
"""Seconds for which the network may take nothing."""
_LOOK = 0.1


class Stream(FrameOutput):
    """A stream to `to`. It encodes and sends on a thread of its own, always the newest picture.

    PyAV holds the interpreter while it connects, so a server that accepts and then says nothing stops the process; who
    watches it starts it anew.
    """

    def __init__(self, to: Destination, rate: float, clock: Clock) -> None:
        self._to, self._rate, self._clock = to, rate, clock
        self._change = threading.Condition()
        self._picture: tuple[NDArray[np.uint8], float] | None = None
        self._missed = 0
        self._sent = False
        self._busy_since: float | None = None
        self._fault = ""
        self._ends = False
        self._carrier: Carrier | None = None
        self._thread = threading.Thread(target=self._run, name="stream", daemon=True)
        self._thread.start()

    def send(self, frame: NDArray[np.uint8], time: float) -> None:
        """Leave a picture for the thread; OSError if the other side is gone."""
        self._check()
        with self._change:
            self._missed += self._picture is not None and self._sent
            self._picture = (frame, time)
            self._change.notify()

    def receivers(self) -> int:
        """1 once something was sent; of datagrams nobody knows whether they are received."""
        self._check()
        return int(self._sent)

    def missed(self) -> int:
        """Pictures that were not sent because encoding or the network was slower than they came."""
        return self._missed

    def close(self) -> None:
        """End the stream; SystemExit if the network holds the thread, so that the process has to be another."""
        with self._change:
            self._ends = True
            self._change.notify()
        self._thread.join(0.5)
        if self._thread.is_alive() and self._carrier:
            self._carrier.close()
        self._thread.join(0.5)
        if self._thread.is_alive():
            raise SystemExit(TRY_AGAIN)

    def _check(self) -> None:
        since = self._busy_since
        if since is not None and self._clock.now() - since > _PATIENCE:
            raise OSError(f"stream: {self._to.name} has taken nothing for {_PATIENCE:.0f} s")
        if self._fault:
            raise OSError(f"stream: {self._to.name}: {self._fault}")

    def _run(self) -> None:
        try:
            if self._to.scheme == "srt":
                self._carry()
            else:
                self._film(None)
        except (OSError, av.FFmpegError) as error:
            self._fault = error.strerror or str(error)

    def _carry(self) -> None:
        """Send through a carrier, as soon as that has found the other side."""
        while not self._ends:
            carrier = self._carrier = Carrier(self._to)
            begun = self._clock.now()
            try:
                while not (carrier.connected.wait(_LOOK) or carrier.ended or self._ends):
                    pass
                if carrier.connected.is_set():
                    self._film(carrier)
                elif carrier.ended and not (self._to.listens and self._clock.now() - begun > LISTENS_FOR / 2):
                    raise OSError(carrier.complaint())
            except BrokenPipeError:
                if not self._to.listens:
                    raise OSError(carrier.complaint()) from None
                self._busy_since, self._sent = None, False  # who called has left; the next one may call
            finally:
                carrier.close()

    def _film(self, carrier: Carrier | None) -> None:
        """Encode and send until asked to end."""
        video: LiveVideo | None = None
        origin: float | None = None
        try:
            while (picture := self._next()) is not None:
                self._busy_since = self._clock.now()
                frame, time = picture
                origin = time if origin is None else origin
                if video is not None and video.shape != frame.shape:
                    video.close()
                    video = None
                if video is None:
                    where = carrier.pipe if carrier else self._to.url
                    video = LiveVideo(where, self._to, frame.shape, self._rate, origin)
                video.write(frame, time)
                self._busy_since, self._sent = None, True
        finally:
            if video is not None:
                with contextlib.suppress(OSError, av.FFmpegError):  # what broke it is known already
                    video.close()

    def _next(self) -> tuple[NDArray[np.uint8], float] | None:
        """Wait for a picture; None when it is time to end."""
        with self._change:
            self._change.wait_for(lambda: self._ends or self._picture is not None)
            picture, self._picture = self._picture, None
            return None if self._ends else picture


def open_output(target: str, rate: float) -> Stream:
    """Open a stream to the address `target`."""
    to = destination(target)
    if to.scheme == "srt":
        need_ffmpeg()
    return Stream(to, rate, MonotonicClock())
