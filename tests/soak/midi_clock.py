"""Measure MIDI clock over real JACK ports: how late and how steady the followed beat is, and the sent pulses.

    python -m tests.soak.midi_clock --bpm 20 120 300 --seconds 20
    python -m tests.soak.midi_clock --bpm 120 --seconds 60 --jitter 3 --period 256
    python -m tests.soak.midi_clock --bpm 120 --moves 300

The drum machine is a process of its own; --jitter: normal jitter of its pulses, ms. --moves: of a fader, each second,
on a controller beside it, whose other fader is moved as often by feedback. Prints one JSON object a tempo, times in ms:
`late` is the median by which the beat comes after the pulses' nominal times, `spread` what it differs from that
(median, 99th percentile), `sent` how far the spaces between the pulses that we send are from the nominal one, `moved`
the time from a fader's movement to its knob's.
"""

import argparse
import json
import multiprocessing
import os
import time
from typing import Any

import numpy as np

from bridge.control import Control
from bridge.midi import MidiPorts
from bridge.midi_clock import CLOCK, START
from bridge.midi_controllers import MidiControllers
from bridge.tempo import TempoFace
from engine.shared import Session
from engine.show import TempoConfig
from engine.tempo.keeper import MIDI
from engine.tempo.pulses import PULSES
from engine.tempo.timeline import Tempo
from tests.midi import DrumMachine, Surface, Synthesiser, times
from tests.servers import jack_server, until


def drum(bpm: float, seconds: float, jitter: float, begun: Any) -> None:
    """Play, in a process of its own; puts the time of beat 0 into `begun`."""
    rng, drums = np.random.default_rng(1), DrumMachine()
    until(lambda: drums.play(bpm, 0.2) and begun.value < 0, 30, "somebody listens")
    drums.send(START)
    begin = time.monotonic() + 0.05
    begun.value = begin
    for pulse in range(round(seconds * bpm / 60 * PULSES)):
        due = begin + pulse * 60 / PULSES / bpm + abs(rng.normal(0, jitter))
        time.sleep(max(0.0, due - time.monotonic()))
        drums.send(CLOCK)
    drums.unplug()


def turn(moves: float, seconds: float, begun: Any, values: Any, times: Any) -> None:
    """Move a fader so many times a second, in a process of its own; puts what it sent, and when, into the arrays."""
    surface = Surface()
    until(lambda: begun.value > 0, 120, "the start")
    for i in range(len(values)):
        time.sleep(max(0.0, begun.value + i / moves - time.monotonic()))
        step = 5003 * i % 16384
        values[i], times[i] = step / 16383, time.monotonic()
        surface.send(0xB0, 1, step >> 7)
        surface.send(0xB0, 33, step & 127)
    surface.unplug()


class Knob:
    """A mapper whose fader 1 moves nothing but is timed, and whose fader 2 wants to be elsewhere each time."""

    def __init__(self) -> None:
        self.moved_at: dict[float, float] = {}
        self._at = 0

    def moved(self, control: Control, value: float) -> None:
        if control.kind == "cc14":
            self.moved_at[value] = time.monotonic()

    def positions(self) -> dict[Control, float]:
        self._at = (self._at + 1) % 1000
        return {Control("surface", 1, "cc14", 2): self._at / 1000}


def measure(bpm: float, seconds: float, jitter: float, moves: float) -> dict[str, Any]:
    """Let the drum machine play at `bpm` and return the figures."""
    context = multiprocessing.get_context("spawn")
    begun = context.Value("d", 0.0)
    drummer = context.Process(target=drum, args=(bpm, seconds, jitter, begun))
    sent = context.Array("d", int(moves * seconds)), context.Array("d", int(moves * seconds))
    turner = context.Process(target=turn, args=(moves, seconds, begun, *sent))
    session, synthesiser, knob = Session.create({}), Synthesiser(), Knob()
    session.set("tempo/source", MIDI)
    config = TempoConfig("drum machine", "synthesiser")
    controllers = MidiControllers(session, ["surface"], knob, None, print) if moves else None
    ports = MidiPorts(session, config, print, controllers)
    face = TempoFace(session, config, print, ports)
    face.start()
    drummer.start()
    if moves:
        turner.start()
    try:
        until(lambda: int(session.tempo.read()["source"]) == MIDI and CLOCK in synthesiser.statuses(), 60, "a clock")
        begun.value = -1
        until(lambda: begun.value > 0, 30, "the start")
        beats, bpms = [], []
        settled, end = begun.value + 4 * 60 / bpm, begun.value + seconds - 0.2
        while (now := time.monotonic()) < end:
            if now > settled:
                tempo = Tempo.of(session.tempo.read())
                beats.append((now - begun.value) - tempo.beat_at(now) * 60 / bpm)
                bpms.append(tempo.bpm)
            time.sleep(0.01)
        pulses = np.array(times(synthesiser.got)[-round((end - settled) * bpm / 60 * PULSES):])
    finally:
        told = session.told("faces/midi_sent")
        face.close()
        ports.close()
        drummer.join()
        if moves:
            turner.join()
        synthesiser.unplug()
        session.close()
    took = [1e3 * (knob.moved_at[value] - began) for value, began in zip(*sent, strict=True) if value in knob.moved_at]
    spaces = np.diff(pulses)
    late = 1e3 * np.array(beats)
    return {"bpm": bpm, "late": _ms(np.median(late)), "spread": _both(late - np.median(late)),
            "tempo_off_percent": _both(100 * (np.array(bpms) / bpm - 1)),
            "sent": _both(1e3 * (spaces - 60 / PULSES / bpm)),
            "sent_missing": round((pulses[-1] - pulses[0]) * PULSES * bpm / 60) - len(spaces),
            "moves": len(took), "moved": _both(np.array(took)) if took else None,
            "told": told}


def _both(errors: np.ndarray) -> dict[str, float]:
    return {"median": _ms(np.median(np.abs(errors))), "p99": _ms(np.quantile(np.abs(errors), 0.99))}


def _ms(value: Any) -> float:
    return round(float(value), 3)


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bpm", type=float, nargs="+", default=[20, 120, 300])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--jitter", type=float, default=0, help="ms")
    parser.add_argument("--moves", type=float, default=0, help="a second")
    parser.add_argument("--period", type=int, default=64, help="of the JACK server, frames at 48 kHz")
    args = parser.parse_args()
    with jack_server(args.period) as server:
        os.environ.update({name: server.environment[name] for name in ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER")})
        for bpm in args.bpm:
            print(json.dumps(measure(bpm, args.seconds, args.jitter / 1e3, args.moves)), flush=True)


if __name__ == "__main__":
    main()
