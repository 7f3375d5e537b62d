"""The whole instrument from camera to loudspeaker: its real processes, the demo camera, a recording as microphone.

It plays, unheard, on the JACK server that runs, else on one of its own without hardware, else, without jackd, on the
silent clocked device. first_sound_s is from the start of the processes to the first grain. camera_to_command_ms is from
a picture to what it changes in the mixer; so that there is something to change, the number of layers is turned back and
forth. onset_to_osc_ms is from a sound that begins in the microphone to its message. sound_to_frame_ms is from the
newest sound in a painted picture to that picture; dream_fps are the pictures painted each second, dream_late those left
out because their time had passed. Latencies are since the start. cpu_ is the part of one core that a player takes, on
Linux only. With --osc so many messages pour in each second from another process while it is measured: osc_lost is the
part of them that was never heard, osc_wrong the knobs that don't stand where their last message put them.
"""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridge.flood import Flood
    from engine.shared import Session
    from engine.show import Show

HELP = "the whole instrument end to end: latencies, pictures per second, processor time of each player"
_RATE = 48_000
_MICROPHONE = "footsteps/footsteps_snow.ogg"
_PATIENCE_S = 180.0  # the very first start compiles the kernels
_LOOK_S = 0.01
_TURN_S = 0.25
_LATENCIES = ("embed", "camera_to_command", "onset_to_osc", "sound_to_frame")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `phonoscope bench loop`."""
    parser.add_argument("--block", type=int, default=64, metavar="FRAMES", help="frames per block; default 64")
    parser.add_argument("--dream", default="", metavar="F", help="model file to dream with; default: the shipped one")
    parser.add_argument("--dream-side", type=int, default=0, metavar="PIXELS",
                        help="which of its sides; default: the largest")
    parser.add_argument("--dream-rate", type=float, default=60, metavar="FPS", help="pictures to paint; default 60")
    parser.add_argument("--osc", type=float, default=0, metavar="N", help="messages that pour in each second")
    parser.add_argument("--seconds", type=float, default=20, metavar="S", help="how long to measure; default 20")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Return the figures; UserError if a player can't start."""
    from bridge.jack import jack_server
    from bridge.turns import take_turns
    from engine.library import shipped_library
    from engine.parameters import parameter
    from engine.show import DreamConfig, OscConfig, Show, SightConfig, SoundConfig

    take_turns()
    library = shipped_library()
    microphone = library.parent / "sounds" / _MICROPHONE
    knobs = {"master/gain": parameter("master/gain").low, "dream/rate": args.dream_rate}
    with jack_server(args.block, _RATE) as server:
        show = Show(library=str(library), parameters=knobs, sight=SightConfig(("demo",)),
                    dream=DreamConfig(model=args.dream, side=args.dream_side),
                    sound=SoundConfig("jack:system" if server else "null", str(microphone), rate=_RATE,
                                      block=args.block),
                    osc=OscConfig("127.0.0.1:0", targets=()))
        return {"device": server or "clocked device", **_play(show, args.seconds, args.osc)}


def _play(show: "Show", seconds: float, osc_rate: float) -> dict[str, Any]:
    import time

    from bridge.flood import Flood
    from bridge.osc import OscFace
    from engine.conductor import Conductor
    from engine.errors import UserError
    from engine.shared import PLAYERS

    conductor = Conductor(show.to_dict(), show.parameters)
    session = conductor.session

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not condition():
            conductor.poll()
            session.set("match/layers", 2 + int(time.monotonic() / _TURN_S) % 2)
            if time.monotonic() > deadline:
                raise UserError("the instrument does not play; what its players say is above")
            time.sleep(_LOOK_S)

    try:
        face = OscFace(session, show.osc)
        try:
            begun = time.monotonic()
            conductor.start()
            face.start()
            wait(lambda: session.told("sound/grains") > 0)
            first_sound = time.monotonic() - begun
            wait(lambda: session.told("dream/hops") > 0)
            wait(lambda: session.told("painter/alive") > 0)  # it has loaded its model by then, or can't
            flood = Flood(face.port, osc_rate) if osc_rate else None
            before, cpu, begun = _counters(session), _cpu_seconds(session), time.monotonic()
            wait(lambda: time.monotonic() - begun >= seconds)
            counted, lasted = _counters(session), time.monotonic() - begun
            used = _cpu_seconds(session)
            poured = _poured(flood, session) if flood else {}
        finally:
            face.close()
        figures = {name: counted[name] - before[name] for name in counted}
        return {
            "first_sound_s": round(first_sound, 2), **_latencies(session),
            "fps": round(figures.pop("sight/frames") / lasted, 2),
            "dream_fps": round(figures.pop("painter/frames") / lasted, 2), "dream_late": figures.pop("painter/late"),
            "dream_listen_ms": round(session.told("painter/listen_ms"), 2),
            "dream_paint_ms": round(session.told("painter/paint_ms"), 2),
            **{name.partition("/")[2]: figure for name, figure in figures.items()},
            **poured, "longest_gap_ms": round(session.told("sound/longest_gap_ms"), 3),
            "callback_load": round(session.told("sound/cpu_load"), 4),
            **{f"cpu_{name}": round((used[name] - cpu[name]) / lasted, 4) for name in PLAYERS if name in used}}
    finally:
        conductor.stop()


def _poured(flood: "Flood", session: "Session") -> dict[str, float]:
    """End the flood and return what came of it."""
    import time

    from bridge.flood import knobs, wrong

    sent, last = flood.end()
    time.sleep(_TURN_S)  # what is still on its way
    values = {knob.path: session.get(knob.path) for knob in knobs()}
    return {"osc_lost": round(1 - session.told("faces/osc_received") / sent, 6), "osc_wrong": wrong(values, last)}


def _latencies(session: "Session") -> dict[str, float | None]:
    return {f"{name}_{key}_ms": session.latency[name].percentile_ms(percent)
            for name in _LATENCIES for key, percent in (("p50", 50), ("p99", 99))}


def _counters(session: "Session") -> dict[str, int]:
    slots = ("sound/blocks", "sound/missed", "sound/flagged", "sight/frames", "painter/frames", "painter/late")
    return {slot: int(session.told(slot)) for slot in slots}


def _cpu_seconds(session: "Session") -> dict[str, float]:
    """Return the processor time that each player has used, as far as the system says."""
    from bridge.timing import processor_s
    from engine.shared import PLAYERS

    used = {name: processor_s(int(session.told(f"{name}/pid"))) for name in PLAYERS}
    return {name: seconds for name, seconds in used.items() if seconds is not None}
