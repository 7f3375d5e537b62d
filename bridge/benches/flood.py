"""A flood of OSC messages from another process: is any lost, does the newest value win, what does it cost?

The OSC face takes the flood in a process that does nothing else: lost is the part of the messages that never arrived,
wrong the knobs that don't stand where their last message put them, cpu the part of one core that taking them needs.
ping_ is the round trip of a ping through the face meanwhile. python_osc_ is the same for python-osc's
BlockingOSCUDPServer and Dispatcher, which store each value in a dictionary, in a thread of this process.
"""

import argparse
from collections.abc import Callable
from typing import Any

HELP = "OSC messages that pour in: losses, newest value, processor time, beside python-osc"
_HERE = "127.0.0.1"
_PATIENCE_S = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope bench flood`."""
    parser.add_argument("--rate", type=float, default=20_000, metavar="N", help="messages per second; default 20000")
    parser.add_argument("--seconds", type=float, default=5, metavar="S", help="how long to measure each; default 5")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Return the figures."""
    from bridge.turns import take_turns

    take_turns()
    return {"rate": args.rate, **_ours(args.rate, args.seconds),
            **{f"python_osc_{name}": value for name, value in _python_osc(args.rate, args.seconds).items()}}


def _ours(rate: float, seconds: float) -> dict[str, Any]:
    import contextlib
    import socket

    from bridge.namespace import ROOT
    from bridge.osc import OscFace
    from bridge.osc_out import encode
    from bridge.timing import timed
    from engine.shared import Session
    from engine.show import OscConfig

    with contextlib.closing(Session.create({})) as session, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        face = OscFace(session, OscConfig(f"{_HERE}:0", targets=()))
        face.start()
        try:
            asker.connect((_HERE, face.port))
            asker.settimeout(_PATIENCE_S)
            figures = _flooded(face.port, rate, seconds, lambda: int(session.told("faces/osc_received")), session.get)

            def ask() -> None:
                asker.send(encode((f"{ROOT}/ping", (1,))))
                asker.recv(1 << 16)

            pings = _during(face.port, rate, lambda: timed(ask, seconds))
        finally:
            face.close()
        return {**figures, "ping_p50_ms": pings["p50_ms"], "ping_p95_ms": pings["p95_ms"]}


def _python_osc(rate: float, seconds: float) -> dict[str, Any]:
    import threading

    from pythonosc.dispatcher import Dispatcher
    from pythonosc.osc_server import BlockingOSCUDPServer

    from bridge.flood import knobs
    from bridge.namespace import ROOT

    values: dict[str, float] = {}
    count = [0]

    def store(address: str, path: list[str], value: float) -> None:
        values[path[0]] = value
        count[0] += 1

    dispatcher = Dispatcher(strict_timing=False)
    for knob in knobs():
        dispatcher.map(f"{ROOT}/param/{knob.path}", store, knob.path)
    with BlockingOSCUDPServer((_HERE, 0), dispatcher) as server:
        thread = threading.Thread(target=server.serve_forever, name="python-osc", daemon=True)
        thread.start()
        try:
            return _flooded(server.server_address[1], rate, seconds, lambda: count[0], lambda path: values.get(path))
        finally:
            server.shutdown()
            thread.join()


def _flooded(port: int, rate: float, seconds: float, received: Callable[[], int],
             value: Callable[[str], float | None]) -> dict[str, Any]:
    """Return what came of a flood."""
    import time

    from bridge.flood import Flood, knobs, wrong

    flood = Flood(port, rate)
    cpu, begun = time.process_time(), time.monotonic()
    time.sleep(seconds)
    used, lasted = time.process_time() - cpu, time.monotonic() - begun
    sent, last = flood.end()
    time.sleep(0.5)  # what is still in the socket
    values = {knob.path: value(knob.path) for knob in knobs()}
    return {"sent_per_s": round(sent / lasted), "lost": round(1 - received() / sent, 6), "wrong": wrong(values, last),
            "cpu": round(used / lasted, 4)}


def _during(port: int, rate: float, measure: Callable[[], dict[str, float]]) -> dict[str, float]:
    from bridge.flood import Flood

    flood = Flood(port, rate)
    try:
        return measure()
    finally:
        flood.end()
