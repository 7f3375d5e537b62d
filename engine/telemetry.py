"""What the instrument tells of itself: counters and meters, each a number that one process writes."""

from engine.parameters import LAYERS

PLAYERS = ("sound", "sight", "dream", "painter")
MOST_CHANNELS = 16
"""Output channels at most."""
MOST_OUTPUTS = 8
"""Ways by which pictures leave at most."""

TELEMETRY: dict[str, str] = {
    **{f"{player}/{name}": doc for player in PLAYERS for name, doc in (
        ("pid", "process number, 0 while down"),
        ("alive", "clock time of the player's last sign of life, s"),
        ("restarts", "times that the player was restarted"),
    )},
    "sound/sample_rate": "Hz",
    "sound/block": "frames",
    "sound/running": "1 while the device calls back",
    "sound/blocks": "blocks played",
    "sound/missed": "blocks that the device played without us",
    "sound/flagged": "blocks that the driver flagged with an under- or overflow",
    "sound/longest_gap_ms": "longest time between two blocks",
    "sound/cpu_load": "part of a block's time that computing it takes, smoothed",
    "sound/latency_ms": "output latency that the device reports",
    "sound/grains": "grains sounding",
    "sound/degraded": "grains read with a cheaper interpolation than asked for, because there were too many",
    "sound/refused": "grains refused because the pool was full",
    "sound/peak": "output peak, dBFS",
    "sound/true_peak": "output peak between samples, decaying, dBTP",
    "sound/loudness_momentary": "of the last 400 ms, LUFS",
    "sound/loudness_short": "of the last 3 s, LUFS",
    "sound/loudness_integrated": "of everything since SOUND started, gated, LUFS",
    "sound/reduction": "limiter gain reduction, dB",
    **{f"sound/layer/{n}/level": f"level of layer {n}, dBFS" for n in range(1, LAYERS + 1)},
    **{f"sound/channel/{n}/peak": f"peak of output channel {n}, decaying, dBFS" for n in range(1, MOST_CHANNELS + 1)},
    "sound/recorded_s": "length of the present recording, s",
    "sound/record_dropped": "frames that the recording lost because the disk was too slow",
    "sound/live_refused": "times that a layer asked for the microphone and feedback forbade it",
    "sound/bad_samples": "input samples that were not finite",
    "sound/clips_loaded": "clips in memory",
    "sound/clips_failed": "clips that could not be loaded",
    "sound/clips_evicted": "clips that made room for others",
    "sound/clips_mb": "memory that clips take, MB",
    "sound/voice": "number of the generated clip that layers can play, 0 before the first",
    "sight/frames": "frames embedded",
    "sight/fps": "frames embedded each second",
    "sight/reconnects": "times that a camera came back",
    "sight/dropped": "camera frames replaced by a newer one before they were seen",
    "sight/connected": "cameras that deliver",
    **{f"{player}/{name}": doc for player in ("sight", "painter") for name, doc in (
        ("candidate_pid", "process number of the newest process that has loaded what was wished for"),
        ("swaps", "times that another model or library took over"),
        ("refusals", "models and libraries that were asked for and refused"),
    )},
    "sight/voices": "clips generated of pictures",
    "sight/voice_ms": "time that generating the newest took",
    "dream/hops": "hops analysed",
    "dream/overruns": "times that the analysis fell behind the input and skipped to the newest",
    "painter/frames": "pictures painted",
    "painter/fps": "pictures painted each second",
    "painter/late": "pictures left out because their time had passed",
    "painter/listen_ms": "time that hearing what a picture shall show takes, smoothed",
    "painter/paint_ms": "time that a whole picture takes, smoothed",
    "painter/sound_to_frame_ms": "time from the newest sound in a picture to that picture, smoothed",
    "faces/osc_sent": "OSC datagrams sent",
    "faces/osc_received": "OSC messages accepted",
    "faces/osc_rejected": "OSC messages rejected",
    "faces/voices_asked": "times that a new voice was asked for",
    "faces/osc_clients": "programs connected by TCP",
    "faces/oscquery_clients": "programs connected to the OSCQuery server by WebSocket",
    "faces/oscquery_answered": "OSCQuery requests and commands answered",
    "faces/oscquery_rejected": "OSCQuery requests and commands rejected",
    "faces/midi_received": "messages from MIDI controllers",
    "faces/midi_sent": "messages to MIDI controllers",
    "faces/mappings": "mappings in use",
    "faces/mapping_errors": "times that a mapping gave no number",
    **{f"output/{n}/{name}": doc for n in range(1, MOST_OUTPUTS + 1) for name, doc in (
        ("pid", "process number of picture output, 0 while down"),
        ("restarts", "times that it was restarted"),
        ("receivers", "who receives it now"),
        ("frames", "pictures sent"),
        ("dropped", "pictures replaced by a newer one before they were sent"),
        ("latency_ms", "time from a picture's appearance to its sending, smoothed"),
    )},
}
"""Every telemetry slot and its unit or meaning."""
TELEMETRY_INDEX = {name: i for i, name in enumerate(TELEMETRY)}
