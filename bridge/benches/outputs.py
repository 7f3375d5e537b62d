"""How soon and how cheaply pictures arrive in another program, for each way by which they can leave here.

A picture of 512 x 512 appears so many times a second and goes through the output's process to a receiver, which is a
process of its own. From its appearance to its being a whole picture there (decoded, where it was encoded): p50_ms,
p99_ms. cpu_ms: processor time of the output's process for each picture (Linux only). lost: pictures that appeared and
did not arrive. most_per_s: how many arrive each second if 240 appear. bare_memory is a copy into mapped memory,
bare_socket a TCP connection with nothing around it; times_bare: how many times as long an output takes as the one it is
made on. A film file is written and nobody reads it meanwhile: its pictures have arrived when they are encoded. A way
that isn't there says why.
"""

import argparse
from typing import Any, NamedTuple

_LONGEST_S = 60
_FASTEST = 240
HELP = "latency, processor time and losses of each way by which pictures leave"


class Way(NamedTuple):
    """How a kind of output is measured.

    target: of the output and its receiver (bridge.outputs.receivers); {folder} is a folder, {port} a free port.
    against: the yardstick, "" if there is none and no receiver either. kind: of the output, if the way is called
    otherwise.
    """

    target: str
    against: str = "bare_socket"
    kind: str = ""


WAYS = {
    "mmap": Way("{folder}/frames", "bare_memory"),
    "jitter": Way("127.0.0.1:{port}"),
    "mjpeg": Way("127.0.0.1:{port}"),
    "websocket": Way("127.0.0.1:{port}"),
    "udp": Way("udp://127.0.0.1:{port}", kind="stream"),
    "srt": Way("srt://127.0.0.1:{port}", kind="stream"),
    "rtsp": Way("rtsp://127.0.0.1:{port}/live", kind="stream"),
    "ndi": Way("phonoscope-bench-{port}"),
    "file": Way("{folder}/film.mkv", ""),
}
_BARE = {"bare_memory": "{folder}/bare", "bare_socket": "127.0.0.1:{port}"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope bench outputs`."""
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"which to measure: {', '.join(WAYS)} (default: all)")
    parser.add_argument("--seconds", type=float, default=3, metavar="S", help="how long to measure each; default 3")
    parser.add_argument("--rate", type=float, default=60, metavar="N", help="pictures a second; default 60")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Return the figures."""
    from bridge.outputs.receivers.measuring import measured, measured_bare
    from engine.errors import UserError

    if unknown := set(args.kinds) - WAYS.keys():
        raise UserError(f"there is no bench of {', '.join(sorted(unknown))}; expected some of {', '.join(WAYS)}")
    if not 0 < args.seconds <= _LONGEST_S:
        raise UserError(f"--seconds {args.seconds:g}: expected more than 0, up to {_LONGEST_S}")
    if not 1 <= args.rate <= _FASTEST:
        raise UserError(f"--rate {args.rate:g}: expected 1 to {_FASTEST} pictures a second")
    figures = {kind: measured_bare(kind, target, args.rate, args.seconds) for kind, target in _BARE.items()}
    for kind in args.kinds or WAYS:
        way = WAYS[kind]
        found = measured(way.kind or kind, way.target, bool(way.against), args.rate, args.seconds)
        bare = figures.get(way.against, {}).get("p50_ms")
        if bare and "p50_ms" in found:
            found["times_bare"] = round(found["p50_ms"] / bare, 2)
        figures[kind] = found
    return figures
