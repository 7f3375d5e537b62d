"""The report of a run: how well the players kept up."""

import os
from typing import Any

from bridge.outputs.shown import shown
from engine.modelnames import Kind
from engine.shared import Histogram, Session
from engine.telemetry import PLAYERS


def report(session: Session) -> dict[str, Any]:
    """Return the figures of a run so far, ready for JSON; percentiles are None where nothing was measured."""

    def count(name: str) -> int:
        return int(session.told(name))

    return {
        "sound": {
            "sample_rate": count("sound/sample_rate"),
            "block": count("sound/block"),
            "blocks": count("sound/blocks"),
            "missed": count("sound/missed"),
            "flagged": count("sound/flagged"),
            "longest_gap_ms": round(session.told("sound/longest_gap_ms"), 3),
            "cpu_load": round(session.told("sound/cpu_load"), 4),
            "grains_degraded": count("sound/degraded"),
            "grains_refused": count("sound/refused"),
            "live_refused": count("sound/live_refused"),
            "record_dropped": count("sound/record_dropped"),
            "loudness_integrated": round(session.told("sound/loudness_integrated"), 1),
            "bad_samples": count("sound/bad_samples"),
        },
        "sight": {
            "eye": _model(session, "eye"),
            "library": _library(session),
            "swaps": count("sight/swaps"),
            "refusals": count("sight/refusals"),
            "frames": count("sight/frames"),
            "fps": round(session.told("sight/fps"), 2),
            "embed_ms": _percentiles(session.latency["embed"]),
            "camera_to_command_ms": _percentiles(session.latency["camera_to_command"]),
            "reconnects": count("sight/reconnects"),
            "dropped": count("sight/dropped"),
            "voices": count("sight/voices"),
        },
        "dream": {
            "hops": count("dream/hops"),
            "overruns": count("dream/overruns"),
            "onset_to_osc_ms": _percentiles(session.latency["onset_to_osc"]),
        },
        "painter": {
            "model": _model(session, "dream"),
            "swaps": count("painter/swaps"),
            "refusals": count("painter/refusals"),
            "frames": count("painter/frames"),
            "fps": round(session.told("painter/fps"), 2),
            "late": count("painter/late"),
            "listen_ms": round(session.told("painter/listen_ms"), 2),
            "paint_ms": round(session.told("painter/paint_ms"), 2),
            "sound_to_frame_ms": _percentiles(session.latency["sound_to_frame"]),
        },
        "outputs": [_output(session, number, output)
                    for number, output in enumerate(session.config.get("outputs", ()), 1)],
        "restarts": {name: count(f"{name}/restarts") for name in PLAYERS},
    }


def _output(session: Session, number: int, output: dict[str, Any]) -> dict[str, Any]:
    """How one picture output did."""
    def told(name: str) -> float:
        return session.told(f"output/{number}/{name}")

    return {"kind": output["kind"], "target": shown(output["kind"], output["target"]), "picture": output["picture"],
            **{name: int(told(name)) for name in ("restarts", "frames", "dropped", "missed")},
            "latency_ms": round(told("latency_ms"), 2), "arrival_ms": round(told("arrival_ms"), 2)}


def _model(session: Session, kind: Kind) -> dict[str, str] | None:
    """Which model of that kind is in use; None before one ever was."""
    model = session.models[kind].read()
    return None if model is None else {key: os.fsdecode(model[key].item()) for key in ("name", "sha256", "file")}


def _library(session: Session) -> str | None:
    """The folder of the library in use; None before a picture was seen."""
    match = session.match.read()
    return None if match is None else os.fsdecode(match["folder"].item())


def _percentiles(histogram: Histogram) -> dict[str, float | int | None]:
    return {"p50": histogram.percentile_ms(50), "p99": histogram.percentile_ms(99), "count": histogram.count}
