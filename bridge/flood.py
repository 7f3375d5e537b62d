"""A flood of OSC messages from a process of its own, for measurements."""

import multiprocessing
import socket
import time
from multiprocessing.connection import Connection
from typing import Any

from bridge.namespace import ROOT
from bridge.osc_out import encode
from engine.parameters import Parameter, matching

_TICK_S = 0.001
_FULL_SWING = 997


def knobs() -> list[Parameter]:
    """Return the knobs that a flood turns: those of layers that are rarely in use, without switches and the like."""
    return [knob for knob in matching("layer/9/*") + matching("layer/1[0-6]/*") if knob.curve in ("linear", "log")]


class Flood:
    """Sends `rate` messages a second to a UDP port of this machine from now on, each a float for one knob."""

    def __init__(self, port: int, rate: float) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_send, args=(port, rate, theirs), daemon=True)
        self._process.start()
        theirs.close()  # if the process ends before it says so, waiting for it ends, too
        self._pipe.recv()

    def end(self) -> tuple[int, dict[str, float]]:
        """Stop; returns how many messages were sent and the last value of each knob by its path."""
        self._pipe.send(None)
        sent, last = self._pipe.recv()
        self._process.join()
        return sent, last


def _send(port: int, rate: float, pipe: Connection) -> None:
    turned = knobs()
    last: dict[str, float] = {}
    sent = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        pipe.send(None)
        begun = time.monotonic()
        while not pipe.poll():
            for number in range(sent, int((time.monotonic() - begun) * rate)):
                knob = turned[number % len(turned)]
                value = knob.low + (knob.high - knob.low) * (number % _FULL_SWING) / _FULL_SWING
                out.sendto(encode((f"{ROOT}/param/{knob.path}", (float(value),))), ("127.0.0.1", port))
                last[knob.path] = value
                sent = number + 1
            time.sleep(_TICK_S)
    pipe.send((sent, last))


def wrong(values: dict[str, Any], last: dict[str, float]) -> int:
    """Return how many knobs don't stand where their last message put them."""
    import numpy as np

    return sum(values.get(knob.path) != knob.accept(float(np.float32(last[knob.path])))
               for knob in knobs() if knob.path in last)
