"""The one name space of OSC: every address, what it carries, and what it means.

From this table come the OSCQuery tree, the patches for other programs and the reference page. State is continuous:
only its newest value matters, and it may be coalesced. Events are numbered and never coalesced. Wishes ask for
something to be done. Replies go to who sent a message.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from engine.parameters import LAYERS, PARAMETERS, Parameter
from engine.shared import BANDS, LIVE_MODELS, SCENE_TOP, Event
from engine.telemetry import MOST_OUTPUTS, TELEMETRY

ROOT = "/phono"

WEKINATOR = "/wek/inputs"
"""What Wekinator listens to by default."""

Traffic = Literal["parameter", "state", "event", "wish", "reply"]


@dataclass(frozen=True, slots=True)
class Address:
    """One address.

    path: the whole address. sends, takes: OSC type tags of what is sent from it and of what it accepts, optional
    arguments left out; None if nothing is (an empty string is a message without arguments). parameter: the knob, for
    traffic "parameter".
    """

    path: str
    traffic: Traffic
    sends: str | None
    takes: str | None
    doc: str
    unit: str = ""
    parameter: Parameter | None = None


FEATURE_DOCS: dict[str, tuple[str, str]] = {
    "rms": ("dBFS", "level of the input"),
    "peak": ("dBFS", "peak of the input"),
    "centroid": ("Hz", "centre of the spectrum"),
    "flux": ("", "strength of change"),
    "onset": ("", "strength of the newest onset, decaying"),
    "pitch": ("Hz", "pitch, 0 where there is none"),
    "pitch_confidence": ("", "how sure the pitch is, 0 to 1"),
    "tempo": ("BPM", "tempo that is heard, 0 until known"),
    "beat_phase": ("", "place within the beat, 0 to 1"),
    "beat_confidence": ("", "how sure the beat is, 0 to 1"),
}
"""Unit and meaning of each feature that is one number."""

_PRIVATE = ("alive", "pid")
TOLD = tuple(name for name in TELEMETRY if not name.endswith(_PRIVATE))
"""Telemetry that is sent."""

_EVENTS: dict[Event, str] = {
    Event.ONSET: "a sound began; strength",
    Event.BEAT: "a beat was heard; tempo in BPM",
    Event.CUT: "the picture was cut; change 0 to 1, azimuth of the view",
    Event.LAYERS: "other clips sound; number of the command",
    Event.CAMERA_LOST: "a camera is gone; its number",
    Event.CAMERA_BACK: "a camera is back; its number",
    Event.PLAYER_STARTED: "a process was started; its number, restarts so far",
    Event.PLAYER_LOST: "a process ended; its number, exit status",
    Event.EYE_SWAPPED: "another eye sees, as was asked for; number of the wish",
    Event.EYE_REFUSED: "an eye was refused; number of the wish",
    Event.DREAM_SWAPPED: "another dream paints; number of the wish",
    Event.DREAM_REFUSED: "a dream was refused; number of the wish",
    Event.LIBRARY_SWAPPED: "another library sounds; number of the wish",
    Event.LIBRARY_REFUSED: "a library was refused; number of the wish",
    Event.CUE: "a cue was launched; its number from 1",
    Event.LEARNT: "a control was mapped; number of the parameter",
}


def _namespace() -> Iterator[Address]:
    for p in PARAMETERS:
        yield Address(f"{ROOT}/param/{p.path}", "parameter", "f", "f", p.doc, p.unit, p)
    for name, (unit, doc) in FEATURE_DOCS.items():
        yield Address(f"{ROOT}/feature/{name}", "state", "f", None, doc, unit)
    yield Address(f"{ROOT}/feature/bands", "state", "f" * BANDS, None, "bands from low to high", "dBFS")
    for rank in range(1, SCENE_TOP + 1):
        yield Address(f"{ROOT}/scene/{rank}", "state", "sf", None,
                      "class recognised ahead and its probability, best first")
    for layer in range(1, LAYERS + 1):
        yield Address(f"{ROOT}/layer/{layer}", "state", "ssff", None, "clip, its class, level 0 to 1, KL in nats")
    yield Address(f"{ROOT}/tempo", "state", "ffii", None,
                  "BPM, beat within the bar, who keeps time (tempo/source), Ableton Link peers")
    for kind in LIVE_MODELS:
        yield Address(f"{ROOT}/model/{kind}", "state", "ss", "s",
                      f"the {kind} in use: name and file; takes the file of another, empty for the shipped one")
    yield Address(f"{ROOT}/library", "state", "s", "s",
                  "folder of the library in use; takes that of another, empty for the show's own")
    yield Address(f"{ROOT}/snapshot/count", "state", "i", None, "how many snapshots there are")
    yield Address(f"{ROOT}/cue/count", "state", "i", None, "how many cues there are")
    yield Address(f"{ROOT}/cue/current", "state", "is", None, "the newest cue: its number from 1, or 0, and its name")
    yield Address(f"{ROOT}/morph", "state", "ssf", "ss",
                  "the two snapshots that morph/position blends from its next movement on, and where it is")
    for name in TOLD:
        yield Address(f"{ROOT}/state/{name}", "state", "f", None, TELEMETRY[name])
    yield Address(f"{ROOT}/heartbeat", "state", "i", None, "counts seconds")
    yield Address(f"{ROOT}/osc/heard", "state", "ss", None, "who sent last, host:port, and to which address")
    yield Address(f"{ROOT}/osc/refused", "state", "ss", None, "whose message was refused last, and which and why")
    yield Address(f"{ROOT}/osc/target/count", "state", "i", None, "how many programs OSC is sent to")
    yield Address(WEKINATOR, "state", "f" * (len(FEATURE_DOCS) + BANDS), None,
                  f"for Wekinator, to targets that ask for it: {', '.join(FEATURE_DOCS)}, and the {BANDS} bands")
    for event in Event:
        yield Address(f"{ROOT}/event/{event.name.lower()}", "event", "ifff", None,
                      f"number, age in seconds, two values: {_EVENTS[event]}")
    yield Address(f"{ROOT}/panic", "wish", None, "", "fade to silence in 50 ms, until master/panic is 0")
    yield Address(f"{ROOT}/voice", "wish", None, "", "make a new voice, of what is seen now")
    yield Address(f"{ROOT}/tempo/tap", "wish", None, "",
                  "a tap of the beat: the last four set tempo/bpm and where the beat falls")
    yield Address(f"{ROOT}/snapshot/store", "wish", None, "s", "keep how all knobs stand under this name")
    yield Address(f"{ROOT}/snapshot/recall", "wish", None, "s",
                  'move the knobs there; then seconds, "beat" or "bar" if wanted')
    yield Address(f"{ROOT}/snapshot/delete", "wish", None, "s", "forget a snapshot")
    for output in range(1, MOST_OUTPUTS + 1):
        yield Address(f"{ROOT}/output/{output}/restart", "wish", None, "", f"start picture output {output} anew")
        yield Address(f"{ROOT}/output/{output}/active", "wish", None, "i", f"switch picture output {output} on or off")
    yield Address(f"{ROOT}/cue/launch", "wish", None, "s", "launch the cue of this name")
    yield Address(f"{ROOT}/cue/next", "wish", None, "", "launch the cue after the newest")
    yield Address(f"{ROOT}/cue/previous", "wish", None, "", "launch the cue before the newest")
    yield Address(f"{ROOT}/cue/program", "wish", None, "i", "launch the cue of this MIDI program, 0 to 127")
    yield Address(f"{ROOT}/midi/learn", "wish", None, "s",
                  "map the control that is moved next to the parameter of this path")
    yield Address(f"{ROOT}/midi/unlearn", "wish", None, "s", "forget the controls of a parameter")
    yield Address(f"{ROOT}/midi/cancel", "wish", None, "", "wait for no control any more")
    yield Address(f"{ROOT}/ping", "wish", None, "", "is anybody there? Answered with /phono/pong and what was sent")
    yield Address(f"{ROOT}/pong", "reply", "", None, "the answer to /phono/ping, with the numbers and texts of it")
    yield Address(f"{ROOT}/ack", "wish", None, "i",
                  "a sign of life: the heartbeat's number; then the port that you listen on, if you send from another")
    yield Address(f"{ROOT}/error", "reply", "ss", None, "a message was refused: its address, and why")


NAMESPACE: dict[str, Address] = {address.path: address for address in _namespace()}
"""Every address that doesn't depend on the show; snapshots' and cues' names come and go as /phono/snapshot/1 ..."""
