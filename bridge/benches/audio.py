"""How SOUND keeps its deadlines: the real process on a real audio server, while other threads hog its interpreter.

It plays on the JACK server that runs, else on one of its own without hardware, else, without jackd, on the silent
clocked device, which needs the interpreter itself and so is spared the hogs. Nothing is heard: the master's gain is at
its lowest. missed are blocks that were not computed in time, flagged those that the driver complained about;
longest_gap_ms is since the device was opened, callback_load the part of a block's time that computing it takes.
"""

import argparse
import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.shared import Session

HELP = "blocks of sound that come too late, on an audio server, with threads that hog the interpreter"
_RATE = 48_000
_GRAIN_S = 0.1
_PATIENCE_S = 180.0  # the very first start compiles the kernel
_LOOK_S = 0.01


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope bench audio`."""
    parser.add_argument("--block", type=int, default=64, metavar="FRAMES", help="frames per block; default 64")
    parser.add_argument("--grains", type=int, default=256, metavar="N", help="grains at once; default 256")
    parser.add_argument("--hogs", type=int, default=2, metavar="N", help="hogging threads; default 2")
    parser.add_argument("--seconds", type=float, default=10, metavar="S", help="how long to measure; default 10")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Return the figures; UserError if SOUND can't play."""
    import time

    from bridge.jack import jack_server
    from engine.library import shipped_library
    from engine.parameters import LAYERS
    from engine.shared import Session
    from engine.show import Show, SoundConfig

    with contextlib.ExitStack() as stack:
        server = stack.enter_context(jack_server(args.block, _RATE))
        device, hogs = ("jack:system", args.hogs) if server else ("null", 0)
        show = Show(library=str(shipped_library()), sound=SoundConfig(device, device, rate=_RATE, block=args.block))
        session = stack.enter_context(contextlib.closing(Session.create(show.to_dict())))
        _ask_for(args.grains, session)
        wait = stack.enter_context(_sound(session, hogs))
        wait(lambda: session.told("sound/clips_loaded") >= LAYERS and session.told("sound/grains") >= 0.9 * args.grains)
        counters = ("blocks", "missed", "flagged")
        before = {name: session.told(f"sound/{name}") for name in counters}
        end = time.monotonic() + args.seconds
        wait(lambda: time.monotonic() >= end and session.told("sound/blocks") > before["blocks"])
        counted = {name: int(session.told(f"sound/{name}") - before[name]) for name in counters}
        return {"device": server or "clocked device", "block_frames": int(session.told("sound/block")),
                "hogs": hogs, "grains": int(session.told("sound/grains")), **counted,
                "longest_gap_ms": round(session.told("sound/longest_gap_ms"), 3),
                "callback_load": round(session.told("sound/cpu_load"), 4),
                "device_latency_ms": round(session.told("sound/latency_ms"), 3)}


def _ask_for(grains: int, session: "Session") -> None:
    """Let as many grains sound at once, on all layers alike, and nobody hear them."""
    import numpy as np

    from engine.errors import UserError
    from engine.parameters import LAYERS, matching, parameter
    from engine.shared import MATCH

    most = int(LAYERS * parameter("layer/1/density").high * _GRAIN_S)
    if not 1 <= grains <= most:
        raise UserError(f"--grains {grains}: expected 1 to {most}")
    for name, value in (("density", grains / (_GRAIN_S * LAYERS)), ("density_jitter", 0), ("duration", 1e3 * _GRAIN_S)):
        for knob in matching(f"layer/*/{name}"):
            session.set(knob.path, value)
    session.set("master/gain", parameter("master/gain").low)
    targets = np.zeros((), MATCH)
    targets["command"], targets["clip"], targets["weight"], targets["fade"] = 1, np.arange(LAYERS), 1, 0.1
    session.match.write(targets)


@contextlib.contextmanager
def _sound(session: "Session", hogs: int) -> Iterator[Callable[[Callable[[], bool]], None]]:
    """Run SOUND; yields a function that waits for something, and raises UserError where that comes to nothing."""
    import os
    import subprocess
    import sys
    import time

    from engine.errors import UserError

    process = subprocess.Popen([sys.executable, "-m", "engine.sound", str(session.folder)], stdin=subprocess.DEVNULL,
                               env={**os.environ, "PHONOSCOPE_GIL_HOGS": str(hogs)})

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not condition():
            if process.poll() is not None or time.monotonic() > deadline:
                raise UserError("SOUND does not play; its message is above")
            time.sleep(_LOOK_S)

    try:
        yield wait
    finally:
        process.terminate()
        process.wait()
