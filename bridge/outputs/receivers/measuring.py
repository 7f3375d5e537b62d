"""Measures an output against a receiver: `phonoscope bench outputs`."""

import contextlib
import importlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bridge.outputs.face import OutputsFace
from bridge.outputs.receivers.stamp import stamp
from engine.shared import Session
from engine.show import OutputConfig, Show

_SIDE = 512
_MOST_PER_S = 240
_PATIENCE_S = 20.0
_LEAVE_S = 2.0
_HOPE_S = 6.0
"""Seconds that an output has that complains: its receiver may only be about to start."""
_WARM_S = 1.0
"""Begins to count after so long: a codec's first pictures, and sockets whose buffers have yet to grow, tell little."""
_LAST_S = 0.3
"""Time that the last picture has to arrive."""
_TICKS = 100  # USER_HZ of Linux, of the times in /proc

Figures = dict[str, Any]
Publish = Callable[[NDArray[np.uint8]], float]


def measured(kind: str, target: str, received: bool, rate: float, seconds: float) -> Figures:
    """Return the figures of the output `kind`. received: there is a receiver, else what is sent counts as arrived."""
    with _place(target) as place:
        if not received:
            with _sending(kind, place, rate) as (session, said):
                return _of_what_is_sent(session, said, rate, seconds)
        with _sending(kind, place, _MOST_PER_S) as (session, said), _Receiver(kind, place) as receiver:
            return _figures(receiver, _Source(_appearing(session)), rate, seconds, said,
                            lambda: _cpu_seconds(int(session.told("output/1/pid"))))


def measured_bare(kind: str, target: str, rate: float, seconds: float) -> Figures:
    """Return the figures of a yardstick (bridge.outputs.receivers.bare_...)."""
    with _place(target) as place, _Receiver(kind, place) as receiver:
        sender = importlib.import_module(f"bridge.outputs.receivers.{kind}").Sender(place, _SIDE, _SIDE)
        spent = 0.0

        def show(picture: NDArray[np.uint8]) -> float:
            nonlocal spent
            pixels = cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA)
            begun, cpu = time.monotonic(), time.thread_time()
            sender.send(pixels)
            spent += time.thread_time() - cpu
            return begun

        return _figures(receiver, _Source(show), rate, seconds, [], lambda: spent)


def _figures(receiver: "_Receiver", source: "_Source", rate: float, seconds: float, said: list[str],
             cpu_seconds: Callable[[], float | None]) -> Figures:
    """Show pictures until the first arrives, then count: at that rate, and at more than most outputs can."""
    begun = time.monotonic()
    while not receiver.arrived:
        source.run(rate, 0.1)
        if time.monotonic() - begun > (_HOPE_S if said else _PATIENCE_S):
            return {"not_here": said[0] if said else f"nothing arrived within {_PATIENCE_S:.0f} s"}
    source.run(rate, min(_WARM_S, seconds))
    first, cpu = len(source.appeared), cpu_seconds()
    source.run(rate, seconds)
    spent = cpu_seconds()
    time.sleep(_LAST_S)
    last = len(source.appeared)
    took = [1e3 * (receiver.arrived[number] - source.appeared[number])
            for number in range(first, last) if number in receiver.arrived]
    source.run(_MOST_PER_S, seconds)
    time.sleep(_LAST_S)
    most = sum(number in receiver.arrived for number in range(last, len(source.appeared)))
    if not took:
        return {"not_here": "nothing arrived any more"}
    figures = {"p50_ms": round(float(np.percentile(took, 50)), 2), "p99_ms": round(float(np.percentile(took, 99)), 2),
               "lost": last - first - len(took), "most_per_s": round(most / seconds, 1)}
    if cpu is not None and spent is not None:
        figures["cpu_ms"] = round(1e3 * (spent - cpu) / len(took), 2)
    return figures


def _of_what_is_sent(session: Session, said: list[str], rate: float, seconds: float) -> Figures:
    """Return the figures of an output that nobody receives while it is measured."""
    def sent() -> float:
        return session.told("output/1/frames")

    source, deadline = _Source(_appearing(session)), time.monotonic() + _PATIENCE_S
    while not sent():
        source.run(rate, 0.1)
        if said or time.monotonic() > deadline:
            return {"not_here": said[0] if said else f"nothing was sent within {_PATIENCE_S:.0f} s"}
    source.run(rate, min(_WARM_S, seconds))
    cpu, before = _cpu_seconds(int(session.told("output/1/pid"))), sent()
    source.run(rate, seconds)
    time.sleep(_LAST_S)
    spent, count = _cpu_seconds(int(session.told("output/1/pid"))), sent() - before
    if not count:
        return {"not_here": said[-1] if said else "nothing was sent any more"}
    figures = {"sending_ms": round(session.told("output/1/latency_ms"), 2), "lost": round(rate * seconds - count)}
    if cpu is not None and spent is not None:
        figures["cpu_ms"] = round(1e3 * (spent - cpu) / count, 2)
    return figures


def _appearing(session: Session) -> Publish:
    """Return what lets pictures appear in `session`."""
    def show(picture: NDArray[np.uint8]) -> float:
        session.dream.write(picture, time.monotonic())
        return time.monotonic()

    return show


class _Source:
    """Makes pictures that are stamped with their number. publish: shows one, and returns when it was there, clock s."""

    def __init__(self, publish: Publish) -> None:
        rough = np.random.default_rng(0).integers(0, 256, (16, 32, 3), dtype=np.uint8)
        self._scene: NDArray[Any] = cv2.resize(rough, (2 * _SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)
        self._publish = publish
        self.appeared: list[float] = []
        """When each appeared, clock s."""

    def run(self, rate: float, seconds: float) -> None:
        """Show pictures at a steady rate: a view that moves over a scene of large blobs."""
        begun = time.monotonic()
        for number in range(round(rate * seconds)):
            at = 2 * len(self.appeared) % _SIDE
            picture = self._scene[:, at:at + _SIDE].copy()
            stamp(picture, len(self.appeared))
            time.sleep(max(0.0, begun + number / rate - time.monotonic()))
            self.appeared.append(self._publish(picture))


class _Receiver:
    """The process of a receiver; `arrived`: clock time in seconds at which each picture was there, by its number."""

    def __init__(self, kind: str, target: str) -> None:
        self.arrived: dict[int, float] = {}
        self._process = subprocess.Popen([sys.executable, "-m", "bridge.outputs.receivers", kind, target],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self._thread = threading.Thread(target=self._listen, name="receiver-tells", daemon=True)
        self._thread.start()

    def __enter__(self) -> "_Receiver":
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            number, when = line.split()
            self.arrived.setdefault(int(number), float(when))


@contextlib.contextmanager
def _sending(kind: str, target: str, rate: float) -> Iterator[tuple[Session, list[str]]]:
    """Run an output; yields its session and the list of what it says."""
    outputs = (OutputConfig(kind, target, rate=rate),)
    session, said = Session.create(Show(outputs=outputs).to_dict()), list[str]()
    face = OutputsFace(session, outputs, said.append)
    try:
        face.start()
        yield session, said
    finally:
        face.close()
        session.close()


@contextlib.contextmanager
def _place(target: str) -> Iterator[str]:
    """Fill a folder that goes again, or a free port, into `target`."""
    with tempfile.TemporaryDirectory(prefix="phonoscope-bench-") as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        yield target.format(folder=folder, port=port)


def _cpu_seconds(pid: int) -> float | None:
    """Return the processor time that a process has used, s; None where that can't be known."""
    try:
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    except (OSError, ValueError):
        return None
    return (int(user) + int(system)) / _TICKS
